"""How close each cap was pressed: the greatest worst case / limit over what was let through and adds.

Ratios are compared multiplied out, exactly; they are cut, not rounded, only where they are shown.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.desk.evidence import pair
from flyball.desk.shown import amount, ratio
from flyball.kernel.controls import EVIDENCE, METAS
from flyball.kernel.effects import Decision
from flyball.kernel.units import MONEY_EXP, show
from flyball.kernel.verdict import MONEY, PPM, QTY
from flyball.kernel.words import APPROVE, REJECT

RATES: Final = ("order_rate", "message_rate", "reject_rate", "max_orders_per_day")
CENT: Final = 10_000  # micros
CAPS: Final[tuple[int, ...]] = tuple(  # positions in the evidence
    at
    for at, meta in enumerate(METAS)
    if meta.control in ("C1", "C2", "C3", "C4", "C5", "C6", "C10")
    or (meta.control == "C20" and meta.key in RATES)
)


@dataclass
class Peak:
    """The closest that something came to its limit. Both in the unit of the evidence."""

    value: int = -1
    limit: int = 1
    symbol: str = ""
    seq: int = 0

    def take(self, value: int, limit: int, symbol: str, seq: int) -> None:
        if value * self.limit > self.value * limit:
            self.value, self.limit, self.symbol, self.seq = value, limit, symbol, seq

    def ratio(self) -> float | None:
        """value / limit cut to six decimals; None when nothing passed."""
        return ratio(self.value, self.limit) if self.value >= 0 else None


@dataclass
class Pressed:
    """One cap: over everything let through, and over what was let through as it was asked for."""

    peak: Peak = field(default_factory=Peak)
    whole: Peak = field(default_factory=Peak)


class Caps:
    """Every cap that had a limit, pressed or not."""

    def __init__(self) -> None:
        self.pressed: dict[int, Pressed] = {}

    def take(self, seq: int, d: Decision) -> None:
        if not d.adds:
            return
        for at in CAPS:
            value, limit = pair(d.evidence, at)
            if limit <= 0:
                continue
            pressed = self.pressed.get(at)
            if pressed is None:
                pressed = self.pressed[at] = Pressed()
            if value < 0 or d.verdict == REJECT:
                continue
            pressed.peak.take(value, limit, d.symbol, seq)
            if d.verdict == APPROVE:
                pressed.whole.take(value, limit, d.symbol, seq)

    def in_order(self) -> list[tuple[int, Pressed]]:
        """(position in the evidence, cap) by the control's number: C2 before C20."""
        return sorted(self.pressed.items(), key=lambda x: _number(x[0]))

    def to_dict(self, qty_exp: dict[str, int]) -> dict[str, object]:
        """By evidence name; money as decimals, ratios as plain numbers."""
        out: dict[str, object] = {}
        for at, pressed in self.in_order():
            peak = pressed.peak
            exp = qty_exp.get(peak.symbol, 0)
            some = peak.value >= 0
            out[EVIDENCE[at]] = {
                "max_ratio": peak.ratio(),
                "unclipped_max_ratio": pressed.whole.ratio(),
                "limit": _plain(METAS[at].unit, peak.limit, exp) if some else None,
                "value": _plain(METAS[at].unit, peak.value, exp) if some else None,
            }
        return out


def _number(at: int) -> tuple[int, str]:
    control, _, key = EVIDENCE[at].partition(".")
    return int(control[1:]), key


def _plain(unit: str, value: int, qty_exp: int) -> str | int:
    """As the journal's export writes it."""
    if unit in (MONEY, PPM):
        return show(value, MONEY_EXP)
    return show(value, qty_exp) if unit == QTY else value


def figures(at: int, peak: Peak, currency: str, qty_exp: int) -> tuple[str, str]:
    """(value, limit) of a peak for a person. Money is cut: below its limit it never reads as the limit."""
    meta = METAS[at]
    cut = peak.value // CENT * CENT if meta.unit == MONEY else peak.value
    value = amount(meta.unit, cut, currency, 0, qty_exp, meta.key)
    return value, amount(meta.unit, peak.limit, currency, 0, qty_exp, meta.key)
