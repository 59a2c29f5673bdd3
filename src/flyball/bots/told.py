"""What a bot is told: the kernel's records as plain items, numbers as floats, its own orders only, nothing
twice.

An item has no client id, sequence or epoch: a bot sees the same whether or not the governor was restarted in
between.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from flyball.kernel.bounds import MAX_CLOSED_ORDERS
from flyball.kernel.effects import Booked, Decision, Effect, Moved, Order
from flyball.kernel.events import (
    BotDown,
    Event,
    Fill,
    Ingress,
    Instrument,
    Intent,
    Mark,
    Quarantined,
    Session,
    Update,
    Wake,
)
from flyball.kernel.orders import OrderState
from flyball.kernel.state import State
from flyball.kernel.units import MICRO
from flyball.kernel.words import SIDES

K = TypeVar("K")
V = TypeVar("V")

Item = dict[str, object]
Recorded = Intent | Wake | Ingress | BotDown | Quarantined  # the last in place of one of the others

KINDS: Final = ("session", "mark", "decision", "fill", "order", "wake", "moved")


class Teller:
    """Turns the journal's records, in order, into the items one strategy is told.

    Give it every record from the beginning: it learns the instruments (`instruments` is kept up to date,
    share it with the host) and which orders are the strategy's.
    """

    def __init__(self, strategy: str) -> None:
        self.strategy = strategy
        self.instruments: dict[str, Instrument] = {}
        self._orders: dict[str, Order | OrderState] = {}  # by client id
        self._fills: dict[tuple[str, str], None] = {}
        self._by_hand: dict[str, int] = {}  # client id -> told on an operator's word, not by the broker yet

    def item(self, record: Event | Effect) -> Item | None:
        """The item for one record; None when this bot is not told."""
        if isinstance(record, Mark):
            return self._mark(record)
        if isinstance(record, Decision):
            return self._decision(record) if record.strategy == self.strategy else None
        if isinstance(record, Fill):
            return self._fill(record)
        if isinstance(record, Booked):
            return self._booked(record)
        if isinstance(record, Moved):
            return self._moved(record) if record.strategy == self.strategy else None
        if isinstance(record, Update):
            return self._update(record)
        if isinstance(record, Session):
            return {
                "kind": "session",
                "ts": record.ts,
                "venue": record.venue,
                "day": record.day,
                "open": record.open,
                "close": record.close,
            }
        if isinstance(record, Wake):
            return {"kind": "wake", "ts": record.ts} if record.strategy == self.strategy else None
        if isinstance(record, Instrument):
            self.instruments[record.symbol] = record
        elif isinstance(record, Order) and record.strategy == self.strategy:
            self._orders[record.client_id] = record
            _bound(self._orders)
        return None

    def retell(self, records: Iterable[Event | Effect]) -> Iterator[Item | Recorded]:
        """For `Host.replay`: what the bot was told, and between it what its host had handed out."""
        for record in records:
            if isinstance(record, Recorded) and self._handed_out(record):
                yield record
            if (item := self.item(record)) is not None:
                yield item

    def _handed_out(self, record: Recorded) -> bool:
        if isinstance(record, Quarantined):
            return record.source == f"bot:{self.strategy}"
        return record.strategy == self.strategy

    def remember(self, s: State, *, fills: bool = False) -> None:
        """Know the strategy's orders that `s` still knows, without the records that placed them; with `fills`
        also which of their fills have been told."""
        for of_day in (s.closed_before, s.closed, s.orders):
            for client_id, order in of_day.items():
                if order.strategy == self.strategy:
                    self._orders.setdefault(client_id, order)
                    if order.by_hand:
                        self._by_hand[client_id] = order.by_hand
                    self._fills.update({(client_id, one): None for one in order.fill_ids} if fills else {})
        _bound(self._orders)
        _bound(self._fills)

    def _mark(self, mark: Mark) -> Item | None:
        one = self.instruments.get(mark.symbol)
        if one is None:
            return None
        exp = one.price_exp
        return {
            "kind": "mark",
            "ts": mark.ts,
            "symbol": mark.symbol,
            "bid": _price(mark.bid, exp),
            "ask": _price(mark.ask, exp),
            "last": _price(mark.last, exp),
            "low": _price(mark.low, exp),
            "high": _price(mark.high, exp),
        }

    def _decision(self, decision: Decision) -> Item:
        one = self.instruments.get(decision.symbol)
        price_exp, qty_exp = (one.price_exp, one.qty_exp) if one else (0, 0)
        return {
            "kind": "decision",
            "ts": decision.ts,
            "intent": decision.intent,
            "symbol": decision.symbol,
            "side": SIDES.get(decision.side),
            "verdict": decision.verdict,
            "qty": _float(decision.qty, qty_exp),
            "would_pass": _float(decision.would_pass, qty_exp),
            "limit": _price(decision.limit, price_exp),
            "stop": _price(decision.stop, price_exp),
            "codes": list(decision.codes),
            "adds": decision.adds,
            "reference": _price(decision.reference, price_exp),
            "held": self._held(decision),
        }

    def _held(self, decision: Decision) -> list[str]:
        """The bot's own intents whose orders already reduce what it asked for; an author's name otherwise."""
        known = [order for name in decision.held if (order := self._orders.get(name)) is not None]
        # one that has not left yet is known after a start only: what is told must not depend on that
        out = [order for order in known if not (isinstance(order, OrderState) and order.waits)]
        return [order.intent or order.author for order in out]

    def _fill(self, fill: Fill) -> Item | None:
        order = self._orders.get(fill.client_id)
        one = self.instruments.get(fill.symbol)
        seen = (fill.client_id, fill.fill_id)
        if order is None or one is None or seen in self._fills:
            return None
        self._fills[seen] = None
        _bound(self._fills)
        part = min(fill.qty, self._by_hand.get(fill.client_id, 0))
        if part:
            self._by_hand[fill.client_id] -= part  # told already, on an operator's word
        if part == fill.qty:
            return None
        return {
            "kind": "fill",
            "ts": fill.ts,
            "intent": order.intent,
            "author": order.author,
            "symbol": fill.symbol,
            "side": SIDES.get(fill.side),
            "qty": _float(fill.qty - part, one.qty_exp),
            "price": _float(fill.price, one.price_exp),
            "fee": fill.fee / MICRO,
        }

    def _booked(self, booked: Booked) -> Item | None:
        """What an operator says was executed is a fill as any other; the broker's own is not told again."""
        b = booked
        item = self._fill(Fill(b.ts, b.client_id, b.fill_id, b.symbol, b.side, b.qty, b.price, b.fee, 0))
        if item is not None:
            self._by_hand[b.client_id] = b.qty
            _bound(self._by_hand)
        return item

    def _moved(self, moved: Moved) -> Item | None:
        one = self.instruments.get(moved.symbol)
        if one is None:
            return None
        return {
            "kind": "moved",
            "ts": moved.ts,
            "symbol": moved.symbol,
            "qty": _float(moved.change, one.qty_exp),
            "cash": moved.cash / MICRO,
            "why": moved.why,
        }

    def _update(self, update: Update) -> Item | None:
        order = self._orders.get(update.client_id)
        one = self.instruments.get(order.symbol) if order else None
        if order is None or one is None:
            return None
        return {
            "kind": "order",
            "ts": update.ts,
            "intent": order.intent,
            "author": order.author,
            "symbol": order.symbol,
            "side": SIDES.get(order.side),
            "state": update.state,
            "filled": None if update.filled < 0 else _float(update.filled, one.qty_exp),
            "reason": update.reason,
        }


def _float(value: int, exp: int) -> float:
    return float(value / 10**exp)  # correctly rounded, so the same on every machine


def _price(value: int, exp: int) -> float | None:
    return _float(value, exp) if value else None


def _bound(held: dict[K, V]) -> None:
    while len(held) > MAX_CLOSED_ORDERS:
        del held[next(iter(held))]
