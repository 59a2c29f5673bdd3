"""Reading the sections beside `[limits]` into their settings, and what a bot's own settings may hold."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from flyball.config.lines import Path
from flyball.config.settings import EMPTY, STRATEGY, Setting, StrategySettings, settings_of, value_of
from flyball.config.sheet import Sheet
from flyball.config.values import EXAMPLES, Unreadable, outside, read, written
from flyball.kernel.bounds import MAX_STRATEGIES
from flyball.kernel.limits import TEXT

T = TypeVar("T")

_LONGEST: Final = 4_096  # characters of a text given to a bot
_DEEPEST: Final = 8


def read_section(sheet: Sheet, section: str, before: T, currency: str, also: Collection[str] = ()) -> T:
    """`before` with what the sheet's section says over it. `also`: its keys that somebody else reads."""
    path: Path = tuple(section.split("."))
    return _over(sheet, path, sheet.table(path), section, before, currency, also)


def read_strategies(sheet: Sheet, currency: str) -> list[StrategySettings]:
    """Every `[strategy.X]`, by name. Each must name its bot."""
    found = []
    named = sheet.table(("strategy",))
    if len(named) > MAX_STRATEGIES:
        sheet.fault(("strategy",), f"has {len(named)} of at most {MAX_STRATEGIES}", "remove some")
    for name in sorted(named):
        path: Path = ("strategy", name)
        table = named[name]
        if not isinstance(table, dict):
            sheet.not_a_table(path, table)
            continue
        if not STRATEGY.fullmatch(name):
            remedy = "a name is part of every order id: at most 16 letters, digits and hyphens"
            sheet.fault(path, "is no name of a strategy", remedy)
        made = StrategySettings(name=name)
        made = _over(sheet, path, table, "strategy.X", made, currency, ("on_excess", "settings"))
        if "bot" not in table:
            missing(sheet, (*path, "bot"), settings_of("strategy.X")["bot"])
        settings = sheet.table((*path, "settings"))
        kept = {key: _given(sheet, (*path, "settings", key), raw, 1) for key, raw in settings.items()}
        found.append(replace(made, settings=kept))
    return found


def read_empty(sheet: Sheet) -> None:
    """Sections of later versions may be there; what is in them would be read by nobody."""
    for section in EMPTY:
        for key in sheet.table((section,)):
            sheet.fault((section, key), f"is not known in this version, [{section}] is empty", "remove it")


def missing(sheet: Sheet, path: Path, setting: Setting) -> None:
    """Note that a key which must be there is not."""
    sheet.fault(path, "is missing", f"write {path[-1]} = {setting.example}  # {setting.says}")


def _over(
    sheet: Sheet,
    path: Path,
    table: dict[str, object],
    section: str,
    before: T,
    currency: str,
    also: Collection[str],
) -> T:
    settings = settings_of(section)
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key in settings:
            value = _value(sheet, settings[key], (*path, key), raw, currency)
            if value is not None:
                values[key] = value
        elif key not in also:
            sheet.unknown((*path, key), [*settings, *also])
    return replace(before, **values)  # type: ignore[type-var]


def _value(
    sheet: Sheet, setting: Setting, path: Path, raw: object, currency: str
) -> int | str | tuple[str, ...] | None:
    """The value, or None after its fault was noted."""
    try:
        found = read(setting.kind, raw, currency)
    except Unreadable as error:
        sheet.fault(path, error.what, error.remedy, raw=raw)
        return None
    if setting.kind == TEXT:
        if setting.choices and found.text not in setting.choices:
            choices = " or ".join(f'"{choice}"' for choice in setting.choices)
            sheet.fault(path, "is none of its values", f"write {choices}", raw=raw)
            return None
        if setting.form and not setting.form.fullmatch(found.text):
            sheet.fault(path, "has another form", f"write {setting.form_says}", raw=raw)
            return None
    wrong = outside(setting.kind, found.amount, setting.lowest, setting.highest, currency)
    if wrong:
        sample = setting.default or setting.example
        sheet.fault(path, wrong, f"write {EXAMPLES[setting.kind]}; {sample} would do", raw=raw)
        return None
    return value_of(setting.kind, found.amount, found.text)


def _given(sheet: Sheet, path: Path, raw: object, depth: int) -> object:
    """A value for a bot: what survives the way to its process unchanged. Anything else is a fault."""
    if depth > _DEEPEST:
        sheet.fault(path, f"is nested more than {_DEEPEST} deep", "flatten it")
        return None
    if isinstance(raw, dict):
        return {key: _given(sheet, (*path, key), value, depth + 1) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_given(sheet, path, value, depth + 1) for value in raw]
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int) and -(1 << 63) <= raw < 1 << 63:
        return raw
    if isinstance(raw, str) and len(raw) <= _LONGEST:
        return raw
    if isinstance(raw, Decimal) and raw.is_finite() and abs(raw.adjusted()) < 300:
        return float(raw)
    what = "is longer than a bot can be told" if isinstance(raw, str) else "cannot be told to a bot"
    sheet.fault(
        path, what, "write text, a finite number, true, false, a list or a table of those", raw=written(raw)
    )
    return None
