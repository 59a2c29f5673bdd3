"""Which brakes are on (C36): every key and every built-in check is ARMED, OFF (by whom, until when), WARMING
n/m or UNREACHABLE (why). From the state alone, so that a running governor and its journal say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flyball.config.effective import path_of
from flyball.config.keys import BY_NAME, LATER_NAMES, shown_limit
from flyball.journal.export_units import when
from flyball.kernel.controls import METAS
from flyball.kernel.controls.data import quotes
from flyball.kernel.limits import KEYS, Key
from flyball.kernel.loosening import ABSENT, UNREAD, Rule, holding, place
from flyball.kernel.state import State
from flyball.kernel.stats import ATR_BARS
from flyball.kernel.volatility import SLOW_BARS

ARMED: Final = "ARMED"
OFF: Final = "OFF"
WARMING: Final = "WARMING"
UNREACHABLE: Final = "UNREACHABLE"
STATES: Final = (ARMED, OFF, WARMING, UNREACHABLE)
NOTHING_READS: Final = "nothing in this version reads it"
BUILT_IN: Final = "built in"

# What does nothing unless one of these is set as well.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "fee_per_unit": ("max_daily_cost",),
    "fee_rate": ("max_daily_cost",),
    "stress_floor": ("max_daily_loss", "risk_per_trade"),
    "atr_bar": ("max_daily_loss", "risk_per_trade", "regime_high", "regime_extreme"),
    "caution_scale": ("drawdown_caution",),
    "incident_window": ("incident_errors",),
    "atr_stop": ("risk_per_trade",),
    "regime_exit": ("regime_high", "regime_extreme"),
    "regime_dwell": ("regime_high", "regime_extreme"),
    "regime_high_scale": ("regime_high",),
    "regime_extreme_scale": ("regime_extreme",),
    "volatility_ratio": ("regime_high", "regime_extreme"),
    "regime_scale": ("regime_high", "regime_extreme"),
    "regime_bars": ("regime_high", "regime_extreme"),
}
# Keys whose value 0 sets no limit.
ZERO_IS_OFF: Final = ("min_spacing", "duplicate_window", "min_notional", "fee_per_unit", "fee_rate")
# What is reckoned from bars: the symbol's bars so far, and how many it needs.
ATR_KEYS: Final = ("stress_floor", "risk_per_trade", "atr_stop")
REGIME_KEYS: Final = ("regime_high", "regime_extreme")
QUOTE_CHECKS: Final = ("max_spread", "crossed", "locked")


@dataclass(frozen=True)
class Armed:
    """One key or check. `key` as the file names it; `value` is None for a built-in check and where nothing is
    set; `why` says what the state leaves open."""

    control: str
    key: str
    state: str
    value: str | None
    origin: str
    why: str = ""
    until: int = 0  # UTC ns; 0 = for good
    codes: tuple[str, ...] = ()


def armed(s: State) -> list[Armed]:
    """Every key this version knows, in the order of the reference, then the built-in checks."""
    found = holding(s.terms)
    out: list[Armed] = []
    for key in (*KEYS, *(BY_NAME[name] for name in BY_NAME if name in LATER_NAMES)):
        rules = [r for at, r in sorted(found.items()) if r.key == key.name and at == place(r.scope, r.key)]
        if all(rule.scope for rule in rules) and key.name not in LATER_NAMES:
            out.append(_unset(s, key, found))
        out += [_set(s, key, rule, found) for rule in rules]
    return [*out, *_unknown(found), *_built_in(s, found)]


def unread(s: State) -> list[str]:
    """Configured keys that nothing reads, each with its origin: what keeps live mode from starting (C36)."""
    return [f"{one.origin}: {one.key} = {one.value}: {one.why}" for one in armed(s) if _decorative(one)]


def armed_view(s: State) -> dict[str, object]:
    """What `flyball controls --json` says: `controls`, and how many are in which state."""
    found = armed(s)
    return {
        "profile": s.profile,
        "controls": [
            {
                "control": one.control,
                "key": one.key,
                "state": one.state,
                "value": one.value,
                "origin": one.origin,
                "why": one.why,
                "until": when(one.until) if one.until else None,
                "codes": list(one.codes),
            }
            for one in found
        ],
        "counts": {state: sum(1 for one in found if one.state == state) for state in STATES},
    }


def _decorative(one: Armed) -> bool:
    return one.state == UNREACHABLE and one.origin not in ("", BUILT_IN) and one.why.startswith(NOTHING_READS)


def _codes(key: str) -> tuple[str, ...]:
    return tuple(code for meta in METAS if meta.key.partition(".")[0] == key for code in meta.codes)


def _unset(s: State, key: Key, found: dict[str, Rule]) -> Armed:
    """A key with no rule for the account: who left it out, and until when."""
    path = path_of("", key.name)
    gone = s.terms.loose.get(place("", key.name))
    if gone is not None and gone.rule.kind == ABSENT:
        why = f"taken out by {gone.approver}: {gone.reason}"
        return Armed(key.control, path, OFF, None, gone.rule.origin, why, gone.expires, _codes(key.name))
    files = sorted({_file(r.origin) for r in found.values()} - {"default", ""})
    why = f"not set by {' or '.join(files)}" if files else "nobody sets it"
    return Armed(key.control, path, OFF, None, "", why, 0, _codes(key.name))


def _file(origin: str) -> str:
    """flyball.toml of flyball.toml:12; anything else as it is."""
    name, _, line = origin.rpartition(":")
    return name if name and line.isdigit() else origin


def _set(s: State, key: Key, rule: Rule, found: dict[str, Rule]) -> Armed:
    loose = s.terms.loose.get(place(rule.scope, rule.key))
    state, why = _state(s, key, rule, found)
    if loose is not None:
        why = f"loosened by {loose.approver}: {loose.reason}" + (f"; {why}" if why else "")
    return Armed(
        key.control,
        path_of(rule.scope, rule.key),
        state,
        rule.text if rule.kind == UNREAD else shown_limit(key.name, rule.kind, rule.amount, rule.text),
        rule.origin,
        why,
        loose.expires if loose is not None else 0,
        _codes(key.name),
    )


def _state(s: State, key: Key, rule: Rule, found: dict[str, Rule]) -> tuple[str, str]:
    if rule.kind == UNREAD:
        return UNREACHABLE, f"{NOTHING_READS} (it belongs to {key.control})"
    if key.name in ZERO_IS_OFF and rule.amount == 0:
        return OFF, "zero sets no limit"
    if key.name == "restricted" and not rule.text:
        return OFF, "the list is empty"
    lacking = _lacking(key.name, found)
    if lacking:
        return OFF, lacking
    if key.name in QUOTE_CHECKS and not quotes(s):
        return UNREACHABLE, _never_fed(s)
    if key.name in ATR_KEYS:
        return _warming(s, {name: min(m.atr.bars, ATR_BARS) for name, m in s.markets.items()}, ATR_BARS)
    if key.name in REGIME_KEYS:
        returns = {name: min(m.volatility.returns, SLOW_BARS) for name, m in s.markets.items()}
        return _warming(s, returns, SLOW_BARS)
    if key.name == "flat_by" and rule.text == "never":
        return OFF, "nothing has to be flat by the close"
    if key.name == "clear_approvers" and rule.amount == 1:
        return OFF, "one person is enough"
    if key.name == "event_exempt" and not rule.text:
        return OFF, "the list is empty"
    if key.name == "max_overnight_exposure":
        return ARMED, "held by being flat at the close"
    return ARMED, ""


def _lacking(key: str, found: dict[str, Rule]) -> str:
    needed = NEEDS.get(key, ())
    if not needed or any(rule.key in needed and rule.kind != UNREAD for rule in found.values()):
        return ""
    return f"means nothing without {' or '.join(needed)}"


def _never_fed(s: State) -> str:
    carried = sorted({what for carries in s.carries.values() for what in carries})
    return f"no feed carries bid and ask (only {', '.join(carried) or 'nothing'})"


def _warming(s: State, bars: dict[str, int], needed: int) -> tuple[str, str]:
    """The symbols that still lack bars; until then the docstring of the control says what holds."""
    cold = [f"{name} {n}/{needed}" for name, n in sorted(bars.items()) if n < needed]
    if cold:
        more = f" and {len(cold) - 5} more" if len(cold) > 5 else ""
        return WARMING, ", ".join(cold[:5]) + more
    return ARMED, ""


def _unknown(found: dict[str, Rule]) -> Iterator[Armed]:
    """Rules with a key this version has never heard of: an older or newer journal."""
    for _, rule in sorted(found.items()):
        if rule.key not in BY_NAME:
            path, why = path_of(rule.scope, rule.key), f"{NOTHING_READS}: it is not known here"
            yield Armed("?", path, UNREACHABLE, rule.text or str(rule.amount), rule.origin, why)


def _built_in(s: State, found: dict[str, Rule]) -> Iterator[Armed]:
    """Checks without a key of their own."""
    for meta in METAS:
        key = meta.key.partition(".")[0]
        if key in BY_NAME:
            continue
        name = f"{meta.control}.{meta.key}"
        state, why = ARMED, ""
        if key in QUOTE_CHECKS and not quotes(s):
            state, why = UNREACHABLE, _never_fed(s)
        elif lacking := _lacking(key, found):
            state, why = OFF, lacking
        yield Armed(meta.control, name, state, None, BUILT_IN, why, 0, meta.codes)
