"""Whether the values agree with each other: contradictions are faults, legal oddities are warnings."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from flyball.config.effective import Effective
from flyball.config.keys import BY_NAME
from flyball.config.limits_table import Entries, Entry
from flyball.config.problems import did_you_mean
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.config.sheet import Sheet, dotted
from flyball.config.values import MONEY_ABS, MONEY_PPM, shown
from flyball.kernel.limits import HIGHER, LOWER, MICROS, Cap

ZONES: Final = ("drawdown_caution", "drawdown_restrict", "drawdown_halt")
# The first is worth nothing above the second.
NESTED: Final = (
    ("max_order_notional", "max_position_notional"),
    ("max_position_notional", "max_gross"),
    ("max_net", "max_gross"),
    ("max_daily_loss", "max_weekly_loss"),
    ("max_slippage", "price_tolerance"),
)


def contradictions(sheet: Sheet, entries: Entries, whole: Effective) -> None:
    """Note in the sheet what cannot hold together."""
    zones = [entries[("", key)] for key in ZONES if ("", key) in entries]
    for lower, higher in pairwise(zones):
        if lower.amount >= higher.amount:
            _against(sheet, lower, higher, "caution < restrict < halt")
    high, extreme = entries.get(("", "regime_high")), entries.get(("", "regime_extreme"))
    if high is not None and extreme is not None and high.amount >= extreme.amount:
        _against(sheet, high, extreme, "high < extreme")
    for scope, key in sorted(entries):
        smallest = entries.get(("", "min_notional"))
        if key == "max_order_notional" and smallest is not None:
            largest = entries[(scope, key)]
            worth = _worth(largest, whole.account.equity)
            if worth is not None and worth < smallest.amount:
                _against(sheet, smallest, largest, "no order would be large and small enough")
    paper = whole.broker.paper
    for less, more in (("latency_min", "latency_max"), ("partial_pieces_min", "partial_pieces_max")):
        if getattr(paper, less) > getattr(paper, more):
            sheet.fault(("broker", "paper", less), f"is above {more}", "write the smaller one here")
    named = {strategy.name for strategy in whole.strategies}
    for scope in {scope for scope, _ in entries if scope.startswith("strategy:")}:
        name = scope.partition(":")[2]
        if named and name not in named:
            sheet.fault(
                ("limits", "strategy", name), "limits a strategy that is not there", did_you_mean(name, named)
            )


def oddities(entries: Entries, whole: Effective) -> Iterator[str]:
    """What is legal and probably not meant, one sentence each."""
    equity, currency = whole.account.equity, whole.account.currency

    def text(entry: Entry) -> str:
        return f"{dotted(entry.path)} = {entry.shown(currency)}"

    for inner, outer in NESTED:
        a, b = entries.get(("", inner)), entries.get(("", outer))
        if a is not None and b is not None and _exceeds(a, b, equity):
            yield f"{a.origin}: {text(a)} is above {text(b)}, which binds first"
    for (scope, key), own in entries.items():
        everyone = entries.get(("", key))
        if scope and everyone is not None and _looser(own, everyone, equity):
            yield f"{own.origin}: {text(own)} is looser than {text(everyone)} for everyone else"
    assumed, real = entries.get(("", "fee_per_unit")), whole.broker.paper.fee_per_unit
    if assumed is None or assumed.amount < real:
        place = f"{assumed.origin}: {text(assumed)}" if assumed else "limits.fee_per_unit is not set and"
        fee = shown(MICROS, real, "", currency)
        yield f"{place} is less than the paper broker charges ({fee}), so max_daily_cost is reserved too low"
    flat_by = entries.get(("", "flat_by"))
    if flat_by is not None and flat_by.text == "close" and whole.session.calendar == AROUND_THE_CLOCK:
        yield f'{flat_by.origin}: session.flat_by = "close" with calendar "24x7" flattens every UTC midnight'
    traded = {symbol for strategy in whole.strategies for symbol in strategy.symbols} | set(
        whole.feed.symbols
    )
    for scope in sorted({scope for scope, _ in entries if scope.startswith("symbol:")}):
        if whole.feed.symbols and scope.partition(":")[2] not in traded:
            yield f"limits.{scope.replace(':', '.', 1)} limits a symbol that feed.symbols leaves out"


def _against(sheet: Sheet, a: Entry, b: Entry, rule: str) -> None:
    """Fault the later of two entries, naming the other and where it comes from."""
    blamed, other = (a, b) if a.line >= b.line else (b, a)
    value, others = (entry.shown() for entry in (blamed, other))
    what = f"contradicts {dotted(other.path)} = {others} ({other.origin}): {rule}"
    sheet.fault(blamed.path, f"{value} {what}", "change one of them")


def _worth(entry: Entry, equity: int) -> int | None:
    """The cap in micros at the starting equity; None when it cannot be told."""
    if entry.kind == MONEY_ABS:
        return entry.amount
    if entry.kind == MONEY_PPM and equity >= 0:
        return Cap(ppm=entry.amount).at(equity)
    return None


def _exceeds(a: Entry, b: Entry, equity: int) -> bool:
    if a.kind == b.kind:
        return a.amount > b.amount
    left, right = _worth(a, equity), _worth(b, equity)
    return left is not None and right is not None and left > right


def _looser(own: Entry, everyone: Entry, equity: int) -> bool:
    tighter = BY_NAME[own.key].tighter
    if tighter == LOWER:
        return _exceeds(own, everyone, equity)
    return tighter == HIGHER and _exceeds(everyone, own, equity)
