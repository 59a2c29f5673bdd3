"""The paper account: cash, positions and equity, worked out from the lives of its orders."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from flyball.broker.paper_actions import NONE, Dated, between, happen, price_at
from flyball.broker.paper_draws import Key
from flyball.broker.paper_file import Placed, Withdrawn
from flyball.broker.paper_life import FILL, Happening, Unit, state_at
from flyball.broker.prices import PriceFeed, Sessions
from flyball.kernel.events import Account
from flyball.kernel.units import MINUTE, mul_div, notional, scale_of
from flyball.kernel.words import ACCEPTED, BUY, PARTIALLY_FILLED, SELL

STEP: Final = 60 * MINUTE  # sessions are longer than this
LOOK_BACK: Final = 10 * 24  # steps: no market stays shut for longer


@dataclass
class Held:
    """One order the broker has, and all that happens to it."""

    placed: Placed
    key: Key  # what its chance is drawn by
    broker_id: str
    cancels: list[Withdrawn]
    life: list[Happening]

    def state(self, at: int) -> tuple[str, int]:
        """(state, cumulative filled) at a time."""
        return state_at(self.life, self.placed.qty, at)


class Execution(NamedTuple):
    """One fill as the broker has it. Money in micros."""

    ts: int
    client_id: str
    fill_id: str
    symbol: str
    side: int
    qty: int
    price: int
    fee: int


class Standing(NamedTuple):
    """One order as the broker has it."""

    placed: Placed
    broker_id: str
    state: str
    filled: int


@dataclass(frozen=True)
class Truth:
    """What is the case at the broker, whatever anybody was told. `fills` rise in time."""

    ts: int
    cash: int
    fees: int
    positions: dict[str, int]  # signed, no zeros
    orders: dict[str, Standing]  # by client id
    fills: tuple[Execution, ...]


@dataclass
class Ledger:
    """Cash, fees and positions. Money in micros; `positions` may hold zeros."""

    cash: int
    fees: int
    positions: dict[str, int]

    def book(self, fill: Execution, unit: Unit) -> None:
        """Take an execution in."""
        self.cash += trade_cash(fill.side, fill.qty, fill.price, unit) - fill.fee
        self.fees += fill.fee
        self.positions[fill.symbol] = self.positions.get(fill.symbol, 0) + fill.side * fill.qty

    def held(self) -> dict[str, int]:
        """The positions there are, by symbol."""
        return {symbol: qty for symbol, qty in sorted(self.positions.items()) if qty}


class Accounting:
    """How an account is worked out and valued. What was settled before the newest session is kept."""

    def __init__(
        self,
        start_cash: int,
        instruments: Mapping[str, Unit],
        prices: PriceFeed,
        sessions: Sessions,
        dated: Sequence[Dated] = NONE,
    ) -> None:
        self.dated = dated  # corporate actions and flows, by time
        self.start = Ledger(start_cash, 0, {})
        self.instruments = instruments
        self.prices = prices
        self.sessions = sessions
        self._opened: int | None = None
        self._settled = self.start
        self._day_equity = start_cash

    def truth(self, held: Collection[Held], at: int) -> Truth:
        """The whole truth at a time."""
        fills = sorted(fill for one in held for fill in executions(one, at))
        ledger = self._ledger(self.start, fills, between(self.dated, -1, at))
        orders = {one.placed.client_id: Standing(one.placed, one.broker_id, *one.state(at)) for one in held}
        return Truth(at, ledger.cash, ledger.fees, ledger.held(), orders, tuple(fills))

    def figures(self, held: Collection[Held], at: int, *, told: int, ask: int) -> Account:
        """The account at a time, as told at `told`. Nothing may happen before that time any more."""
        opened = last_open(self.sessions, at)
        if opened != self._opened:
            self._begin(held, opened)
        since = opened if opened is not None else 0
        late = [one for one in held if one.life[-1].ts >= since]
        today = (fill for one in late for fill in executions(one, at) if fill.ts >= since)
        ledger = self._ledger(self._settled, today, between(self.dated, since - 1, at))
        working = [one for one in late if one.state(at)[0] in (ACCEPTED, PARTIALLY_FILLED)]
        return Account(
            told,
            ask,
            ledger.cash,
            self._equity(ledger, at),
            self._day_equity,
            tuple(ledger.held().items()),
            tuple(sorted(one.placed.client_id for one in working)),
            at,
            tuple(sorted(listed(one, at) for one in working)),
        )

    def _begin(self, held: Collection[Held], opened: int | None) -> None:
        """Another session: what was before it is settled."""
        before = opened - 1 if opened is not None else 0
        fills = (fill for one in held for fill in executions(one, before))
        self._settled = self._ledger(self.start, fills, between(self.dated, -1, before))
        self._day_equity = self._equity(self._settled, before)
        self._opened = opened

    def _ledger(self, start: Ledger, fills: Iterable[Execution], dated: Sequence[Dated]) -> Ledger:
        """What executions and dated events make of a ledger; an event comes before what happens at its
        time."""
        ledger = replace(start, positions=dict(start.positions))
        rest = iter(sorted(fills)) if dated else iter(fills)
        fill = next(rest, None)
        for one in dated:
            while fill is not None and fill.ts < one.ts:
                ledger.book(fill, self.instruments[fill.symbol])
                fill = next(rest, None)
            ledger.cash += happen(one, ledger.positions, self.instruments)
        while fill is not None:
            ledger.book(fill, self.instruments[fill.symbol])
            fill = next(rest, None)
        return ledger

    def _equity(self, ledger: Ledger, at: int) -> int:
        """Cash and positions at the middle of the last quote at or before a time."""
        total = ledger.cash
        for symbol, qty in ledger.held().items():
            middle = price_at(symbol, at, self.prices, self.dated, self.instruments)
            assert middle > 0, "a position without a price: it was filled at one"
            total += trade_cash(SELL if qty > 0 else BUY, abs(qty), middle, self.instruments[symbol])
        return total


def executions(one: Held, at: int) -> Iterator[Execution]:
    """The fills of an order up to a time."""
    placed = one.placed
    for happening in one.life:
        if happening.what == FILL and happening.ts <= at:
            yield Execution(
                happening.ts,
                placed.client_id,
                fill_id(one, happening),
                placed.symbol,
                placed.side,
                happening.qty,
                happening.price,
                happening.fee,
            )


def listed(one: Held, at: int) -> tuple[str, str, str, int, int, str, int, int]:
    """An open order as the account's list has it (`events.Account.open_orders`)."""
    p = one.placed
    left = p.qty - one.state(at)[1]
    return p.client_id, one.broker_id, p.symbol, p.side, left, p.type, p.limit, getattr(p, "stop", 0)


def fill_id(one: Held, happening: Happening) -> str:
    """An execution's id: the same however often it is told."""
    return f"{one.broker_id}-{happening.rank}"


def trade_cash(side: int, qty: int, price: int, unit: Unit) -> int:
    """Micros an execution moves: what is paid rounded up, what is received rounded down."""
    scale = scale_of(unit.price_exp, unit.qty_exp)
    if side == BUY:
        return -notional(price, qty, scale)
    return price * qty * -scale if scale < 0 else mul_div(price * qty, 1, scale)


def last_open(sessions: Sessions, at: int) -> int | None:
    """When the newest session at or before a time began; None when there was none for days."""
    for step in range(LOOK_BACK):
        session = sessions(at - step * STEP)
        if session is not None:
            return session[0]
    return None
