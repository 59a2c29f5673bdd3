"""Dated corporate actions and flows from a small CSV file, as a source of events in order of time.

The columns, of which only `at` and `what` have to be there:

| column | |
| --- | --- |
| `at` | a date (it takes effect at 00:00 UTC of that day) or a time with its zone |
| `what` | `split`, `symbol_change`, `cash_dividend`, `spin_off` or `flow` |
| `symbol` | whose action it is |
| `ratio` | `split`: new for old units, `4:1`, `1:10`; `spin_off`: units of `to` for those of `symbol` |
| `to` | the new name, or what is spun off |
| `cash` | a dividend a unit; what a fraction of a whole unit is paid at; a flow's amount (negative: out) |
| `cost` | of a spin-off: the share of the cost that goes with it, like `0.08` |
| `id` | counts once; by default made of the day, the kind and the symbol |
| `why` | of a flow |

Every error names file, line, cell and remedy.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from flyball.feeds.csv_table import open_csv
from flyball.feeds.table import BarsError
from flyball.kernel.bounds import MAX_MONEY, MAX_TEXT
from flyball.kernel.corporate import ACTIONS, CASH_DIVIDEND, MAX_RATIO, SPIN_OFF, SPLIT, SYMBOL_CHANGE
from flyball.kernel.events import Action, Event, Flow
from flyball.kernel.units import MONEY_EXP, NS, PPM, parse

FLOW: Final = "flow"
COLUMNS: Final = ("at", "what", "symbol", "ratio", "to", "cash", "cost", "id", "why")
NEEDED: Final = ("at", "what")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_RATIO: Final = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")
Dated = Action | Flow


class ActionsError(BarsError):
    """A file cannot be taken as corporate actions and flows. The message names file, line and remedy."""


def load_actions(path: str, data: bytes, symbols: Iterable[str]) -> list[Dated]:
    """The actions and flows of a file by time, each kind numbered from 1. `symbols` are the instruments there
    are; ActionsError when a row names another, or is not what it has to be."""
    table = open_csv(path, data)
    unknown = [name for name in table.names if name and name not in COLUMNS]
    missing = [name for name in NEEDED if name not in table.names]
    if unknown or missing:
        what = f"no column {missing[0]!r}" if missing else f"a column {unknown[0]!r} nobody knows"
        raise ActionsError(f"{path}: {what}; the columns are {', '.join(COLUMNS)}")
    there = [name for name in COLUMNS if name in table.names]
    known = frozenset(symbols)
    found: list[Dated] = []
    ids: set[str] = set()
    for line, cells in table.rows([table.names.index(name) for name in there]):
        where = f"{path}: line {line}"
        if not cells:
            raise ActionsError(f"{where}: not as wide as the header; one cell a column, empty ones too")
        row = {name: str(cell or "").strip() for name, cell in zip(there, cells, strict=True)}
        one = _row(where, {**dict.fromkeys(COLUMNS, ""), **row}, known)
        if isinstance(one, Action):
            if one.id in ids:
                raise ActionsError(f"{where}: id {one.id!r} is there twice; give one of them another")
            ids.add(one.id)
        found.append(one)
    found.sort(key=lambda one: one.ts)
    numbers = {Action: 0, Flow: 0}
    for one in found:
        numbers[type(one)] += 1
        one.n = numbers[type(one)]
    return found


def _row(where: str, row: Mapping[str, str], known: frozenset[str]) -> Dated:
    ts = _time(where, row["at"])
    what = row["what"]
    cash = _number(where, "cash", row["cash"], MONEY_EXP)
    if what == FLOW:
        if cash == 0:
            raise ActionsError(f"{where}: cash: a flow has an amount, negative when it is withdrawn")
        return Flow(ts, cash, row["why"][:MAX_TEXT] or FLOW, 0)
    if what not in ACTIONS:
        raise ActionsError(f"{where}: what: {what!r} is none of {', '.join((*ACTIONS, FLOW))}")
    for name in ("symbol", "to") if what in (SYMBOL_CHANGE, SPIN_OFF) else ("symbol",):
        if row[name] not in known:
            raise ActionsError(f"{where}: {name}: {row[name]!r} is no symbol of the feed; give it prices")
    num, den = _ratio(where, row["ratio"]) if what in (SPLIT, SPIN_OFF) else (0, 0)
    cost = _number(where, "cost", row["cost"], 6)
    if not 0 <= cost <= PPM:
        raise ActionsError(f"{where}: cost: {row['cost']} is no share between 0 and 1")
    needs_cash = what in (CASH_DIVIDEND, SPIN_OFF) or (what == SPLIT and den > 1)
    if cash < 0 or (needs_cash and cash == 0):
        paid = "what a whole unit's fraction is paid at" if what in (SPLIT, SPIN_OFF) else "paid a unit"
        raise ActionsError(f"{where}: cash: {what} needs an amount above zero, {paid}")
    name = row["id"] or f"{row['at']} {what} {row['symbol']}"
    return Action(ts, what, row["symbol"], num, den, row["to"], cash, cost, name, 0)


def _time(where: str, text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ActionsError(f"{where}: at: {text!r} is no date like 2014-06-09, nor a time") from None
    if at.tzinfo is None:
        if not _DAY.fullmatch(text):
            raise ActionsError(f"{where}: at: {text!r}: say whose time it is: {text}Z for UTC, or an offset")
        at = at.replace(tzinfo=UTC)
    return int(at.timestamp()) * NS


def _number(where: str, column: str, text: str, exp: int) -> int:
    try:
        value = parse(text, exp) if text else 0
    except ValueError as flaw:
        raise ActionsError(f"{where}: {column}: {flaw}") from None
    if abs(value) > MAX_MONEY:
        raise ActionsError(f"{where}: {column}: {text} is more than the governor can carry")
    return value


def _ratio(where: str, text: str) -> tuple[int, int]:
    found = _RATIO.fullmatch(text)
    num, den = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (0 < num <= MAX_RATIO and 0 < den <= MAX_RATIO):
        raise ActionsError(f"{where}: ratio: {text!r} is no ratio like 4:1, new units for old ones")
    return num, den


class Actions:
    """A source of those events, each kind behind its cursor."""

    def __init__(self, dated: Sequence[Dated], action: int = 0, flow: int = 0) -> None:
        self.dated = [one for one in dated if one.n > (action if isinstance(one, Action) else flow)]

    def next_due(self) -> int | None:
        return self.dated[0].ts if self.dated else None

    def take(self, now: int) -> list[Event]:
        out: list[Event] = []
        while self.dated and self.dated[0].ts <= now:
            out.append(replace(self.dated.pop(0)))
        return out
