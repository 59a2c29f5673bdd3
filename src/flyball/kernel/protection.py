"""Orders that protect a position: resting stops that only reduce.

A flattening spares them until their symbol is being flattened, then takes them out of the way with the rest,
and puts them back, never beyond the position and never twice, when it cannot go on there.
"""

from typing import Final

from flyball.kernel.ask import reducible
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import place
from flyball.kernel.state import Flattening, Protection, State
from flyball.kernel.units import MINUTE
from flyball.kernel.words import BUY, DAY, STOP, WARNING

AUCTION: Final = "cls"  # time in force of an order for the closing auction
IRREVOCABLE: Final = 10 * MINUTE  # before the close it can no longer be taken back (M2)


def protective(o: OrderState) -> bool:
    """Whether an order is there to protect what is held."""
    return o.stop != 0 and not o.adds


def locked(s: State, o: OrderState) -> bool:
    """Whether an order is in the closing auction and cannot be taken back any more."""
    return o.tif == AUCTION and not o.final() and s.ts >= s.day.close - IRREVOCABLE


def guards(s: State, o: OrderState) -> bool:
    """Whether a protective order has something to protect."""
    return protective(o) and s.book_qty(o.strategy, o.symbol) * -o.side > 0


def remember(f: Flattening, o: OrderState) -> None:
    """It is taken out of the way now."""
    if o.remaining() > 0 and all(p.client_id != o.client_id for p in f.protections):
        f.protections.append(
            Protection(o.client_id, o.strategy, o.symbol, o.side, o.remaining(), o.stop),
        )


def put_back(s: State, out: list[Effect], f: Flattening, symbol: str) -> None:
    """The flattening cannot go on in this symbol now: protect what is still held. One whose old order may
    still work is not put back yet; one whose price the market has passed never is, being an exit without a
    collar."""
    for p in [p for p in f.protections if p.symbol == symbol]:
        if p.client_id in s.orders:
            continue
        f.protections.remove(p)
        qty = min(p.qty, reducible(s, p.strategy, symbol, p.side)[0])
        if qty <= 0 or _passed(s, p):
            continue
        s.exit_legs += 1
        o = place(
            s,
            out,
            intent="",
            author=f.why,
            strategy=p.strategy,
            symbol=symbol,
            side=p.side,
            qty=qty,
            kind=STOP,
            limit=0,
            tif=DAY,
            adds=False,
            leg=s.exit_legs,
            waits=[],
            stop=p.stop,
        )
        what = f"{f.why}: {symbol} cannot be flattened now; {o.client_id} protects it as {p.client_id} did"
        out.append(Alert(s.ts, "protection_back", WARNING, what))


def _passed(s: State, p: Protection) -> bool:
    m = s.markets[p.symbol]
    near = (m.ask or m.last or m.bid) if p.side == BUY else (m.bid or m.last or m.ask)
    return near > 0 and (near - p.stop) * p.side >= 0
