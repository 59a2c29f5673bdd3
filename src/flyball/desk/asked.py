"""An intent in one line, as a person would say it: buy 1,200 AAPL at 140.36."""

from flyball.desk.evidence import Units
from flyball.desk.shown import cash
from flyball.kernel.events import Intent
from flyball.kernel.units import show
from flyball.kernel.words import CLOSE, LIMIT, SIDES


def asked(i: Intent, units: Units) -> str:
    """What was asked for. `units` of the intent's symbol; plain integers where nobody has said them."""
    if i.notional:
        size = f"{cash(i.notional, units.currency)} of"
    elif i.qty:
        size = quantity(i.qty, units)
    elif i.type == CLOSE and not i.flaw:
        return f"{SIDES.get(i.side, '?')} all {i.symbol}, {i.type}"
    else:
        return f"an order for {i.symbol}{' that could not be read' if i.flaw.startswith('FORMAT') else ''}"
    price = f" at {show(i.limit or i.stop, units.price_exp)}" if i.limit or i.stop else ""
    kind = f", {i.type}" if i.type != LIMIT else ""
    return f"{SIDES.get(i.side, '?')} {size} {i.symbol}{price}{kind}"


def quantity(qty: int, units: Units) -> str:
    """1,200 or 0.25"""
    whole, dot, part = show(qty, units.qty_exp).partition(".")
    return f"{int(whole):,}{dot}{part}"
