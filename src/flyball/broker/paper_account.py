"""The paper account: cash, positions and equity, worked out anew from the lives of its orders."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from flyball.broker.paper_draws import Key
from flyball.broker.paper_file import Placed, Withdrawn
from flyball.broker.paper_life import FILL, Happening, Unit, state_at
from flyball.broker.prices import PriceFeed, Sessions
from flyball.kernel.events import Account
from flyball.kernel.units import MINUTE, mul_div, notional, scale_of
from flyball.kernel.words import ACCEPTED, BUY, PARTIALLY_FILLED

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


@dataclass(frozen=True)
class Accounting:
    """How an account is valued."""

    start_cash: int
    instruments: Mapping[str, Unit]
    prices: PriceFeed
    sessions: Sessions


def truth_at(held: Iterable[Held], books: Accounting, at: int) -> Truth:
    """The whole truth at a time."""
    orders = list(held)
    fills = sorted(execution for one in orders for execution in executions(one, at))
    cash, fees = books.start_cash, 0
    positions: dict[str, int] = {}
    for fill in fills:
        unit = books.instruments[fill.symbol]
        cash += trade_cash(fill.side, fill.qty, fill.price, unit) - fill.fee
        fees += fill.fee
        positions[fill.symbol] = positions.get(fill.symbol, 0) + fill.side * fill.qty
    return Truth(
        at,
        cash,
        fees,
        {symbol: qty for symbol, qty in sorted(positions.items()) if qty},
        {one.placed.client_id: Standing(one.placed, one.broker_id, *one.state(at)) for one in orders},
        tuple(fills),
    )


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


def fill_id(one: Held, happening: Happening) -> str:
    """An execution's id: the same however often it is told."""
    return f"{one.broker_id}-{happening.rank}"


def trade_cash(side: int, qty: int, price: int, unit: Unit) -> int:
    """Micros an execution moves: what is paid rounded up, what is received rounded down."""
    scale = scale_of(unit.price_exp, unit.qty_exp)
    if side == BUY:
        return -notional(price, qty, scale)
    return price * qty * -scale if scale < 0 else mul_div(price * qty, 1, scale)


def account_at(held: Iterable[Held], books: Accounting, at: int, *, told: int, ask: int) -> Account:
    """The account's figures at a time, as told at `told`."""
    orders = list(held)
    now = truth_at(orders, books, at)
    opened = last_open(books.sessions, at)
    before = None if opened is None else truth_at(orders, books, opened - 1)
    working = (ACCEPTED, PARTIALLY_FILLED)
    return Account(
        told,
        ask,
        now.cash,
        equity(now, books),
        equity(before, books) if before is not None else books.start_cash,
        tuple(now.positions.items()),
        tuple(sorted(cid for cid, order in now.orders.items() if order.state in working)),
    )


def equity(truth: Truth, books: Accounting) -> int:
    """Cash and positions at the middle of the last quote before or at that time."""
    total = truth.cash
    for symbol, qty in truth.positions.items():
        point = books.prices.last(symbol, truth.ts)
        assert point is not None, "a position without a price: it was filled at one"
        unit = books.instruments[symbol]
        middle = (point.bid + point.ask) // 2 if point.bid > 0 and point.ask > 0 else point.price
        total += trade_cash(-1 if qty > 0 else 1, abs(qty), middle, unit)
    return total


def last_open(sessions: Sessions, at: int) -> int | None:
    """When the newest session at or before a time began; None when there was none for days."""
    for step in range(LOOK_BACK):
        session = sessions(at - step * STEP)
        if session is not None:
            return session[0]
    return None
