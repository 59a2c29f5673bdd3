"""Reading a decision's evidence: which figures are caps, which are floors, which only answer yes or no, and
how much room each left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyball.desk import shown
from flyball.kernel.controls import EVIDENCE, METAS
from flyball.kernel.units import OFF, UNKNOWN
from flyball.kernel.verdict import SKIP

CAP: Final = "cap"  # at most
FLOOR: Final = "floor"  # at least
FLAG: Final = "flag"  # not zero speaks
NOTE: Final = "note"  # shown only

FLOORS: Final = frozenset(
    "C21.duplicate_window C23.qty C23.lot C23.min_notional C20.min_spacing C9.min_account_equity".split()
)
FLAGS: Final = frozenset(
    "L.latches B14.account P3.opposite_side C24.session C24.flat_by C24.restricted C24.type C24.tif"
    " C24.asset_class C21.intent_id C21.self_trade C19.crossed C19.locked C19.valued C24.halted".split()
)
NOTES: Final = frozenset(
    "C24.limit C19.max_tick_move C11.volatility_ratio C11.regime_scale C11.regime_bars".split()
)
CAPS: Final = frozenset(
    "K.open_orders K.lots C27.max_intent_age C21.intents_remembered C19.max_quote_age C19.max_spread"
    " C18.price_tolerance C18.max_slippage C8.drawdown_halt C6.max_daily_loss C6.max_daily_loss.strategy"
    " C6.max_daily_loss.symbol C1.max_order_notional C1.max_order_qty C2.max_position_notional C3.max_gross"
    " C3.max_net C3.max_leverage C3.max_at_risk C4.max_positions C5.max_daily_turnover C5.max_daily_cost"
    " C20.order_rate C20.message_rate C20.reject_rate C20.max_orders_per_day C20.reduce_rate"
    " C10.risk_per_trade C7.max_weekly_loss".split()
)
KINDS: Final[dict[str, str]] = {
    name: kind
    for kind, names in ((FLOOR, FLOORS), (FLAG, FLAGS), (NOTE, NOTES), (CAP, CAPS))
    for name in names
}

# which control speaks a code; latches and the door have none of their own
SPEAKER: Final[dict[str, int]] = {
    code: at for at, meta in reversed(list(enumerate(METAS))) for code in meta.codes
}
LATCHES: Final = EVIDENCE.index("L.latches")
NOTIONAL: Final = EVIDENCE.index("C1.max_order_notional")
REGIME_SCALE: Final = EVIDENCE.index("C11.regime_scale")


@dataclass
class Units:
    """What the figures of one symbol are counted in."""

    currency: str = "USD"
    price_exp: int = 0
    qty_exp: int = 0


@dataclass
class Seen:
    """One control's figures, for people. `used` is value / limit of a cap, None where that means nothing."""

    name: str
    kind: str
    value: str
    limit: str
    room: str
    used: float | None
    state: str  # "clear", "spoke", "noted" (not held against exits), "off", "not set", "unknown"


def pair(evidence: Sequence[int], at: int) -> tuple[int, int]:
    """Value and limit of evidence number `at`; a version that had no such control set no limit."""
    return (evidence[2 * at], evidence[2 * at + 1]) if 2 * at + 1 < len(evidence) else (UNKNOWN, UNKNOWN)


def speaker(code: str) -> int:
    """The position in the evidence of the control that speaks this code; -1 = none."""
    return LATCHES if code.startswith("LATCH_") else SPEAKER.get(code, -1)


def read(at: int, value: int, limit: int, units: Units, *, spoke: bool = False, adds: bool = True) -> Seen:
    """Evidence number `at` of a decision. `spoke`: its code is among the decision's. `adds`: the
    decision's; most controls are only noted for what reduces.
    """
    meta = METAS[at]
    name = EVIDENCE[at]
    kind = KINDS.get(name, NOTE)

    def figure(number: int) -> str:
        return shown.amount(meta.unit, number, units.currency, units.price_exp, units.qty_exp, meta.key)

    used: float | None = None
    room = ""
    state = "spoke" if spoke else "clear" if adds or meta.on_reduce != SKIP else "noted"
    if limit == OFF:
        state = "off"
    elif limit == UNKNOWN:
        state = "not set"
    elif value == UNKNOWN:
        state = state if spoke else "unknown"
    elif kind == CAP:
        used = value / limit if limit > 0 else None
        room = figure(limit - value) if limit >= value else f"{figure(value - limit)} over"
    elif kind == FLOOR:
        room = figure(value - limit) if value >= limit else f"{figure(limit - value)} short"
    return Seen(name, kind, figure(value), figure(limit), room, used, state)


def phrase(seen: Seen) -> str:
    """$11,939.52, at most $10,000.00"""
    if seen.state == "not set" or seen.kind in (FLAG, NOTE):
        return ""
    return f"{seen.value}, at {'most' if seen.kind == CAP else 'least'} {seen.limit}"
