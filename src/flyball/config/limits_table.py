"""Reading `[limits]` and the limits of single symbols and strategies, each with the place it stands in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flyball.config.keys import (
    BY_NAME,
    ELSEWHERE,
    LATER_NAMES,
    MEANINGS,
    out_of_range,
    reader_of,
    shown_limit,
)
from flyball.config.lines import Path
from flyball.config.settings import STRATEGY, TABLES
from flyball.config.sheet import Sheet
from flyball.config.values import EXAMPLES, SYMBOL, UNREAD, Unreadable, read
from flyball.kernel.bounds import MAX_STRATEGIES, MAX_SYMBOLS
from flyball.kernel.limits import KEYS, TEXT, Cap, Key, Limits

SCOPES: Final = ("symbol", "strategy")
DEFAULT: Final = "default"
Row = tuple[str, str, str, int, str, str]


@dataclass(frozen=True)
class Entry:
    """One limit in force. `line` is 0 unless it stands in the file."""

    scope: str
    key: str
    kind: str
    amount: int
    text: str
    origin: str
    path: Path
    line: int = 0

    def shown(self, currency: str = "USD") -> str:
        return shown_limit(self.key, self.kind, self.amount, self.text, currency)

    def row(self, unread: bool) -> Row:
        """As the `Config` event carries it; one that is not enforced keeps its value as text."""
        if unread:
            return (
                self.scope,
                self.key,
                UNREAD,
                self.amount,
                self.shown(),
                self.origin,
            )
        return (self.scope, self.key, self.kind, self.amount, self.text, self.origin)


Entries = dict[tuple[str, str], Entry]


def read_limits(sheet: Sheet, entries: Entries, currency: str) -> None:
    """Put every limit of the sheet into `entries`, over what is there; note what is wrong in the sheet."""
    table = sheet.table(("limits",))
    for name, raw in table.items():
        if name not in SCOPES:
            read_limit(sheet, entries, "", ("limits", name), raw, currency)
    for what in SCOPES:
        form, most = (SYMBOL, MAX_SYMBOLS) if what == "symbol" else (STRATEGY, MAX_STRATEGIES)
        path: Path = ("limits", what)
        named = sheet.table(path)
        if len(named) > most:
            sheet.fault(path, f"names {len(named)} of at most {most}", "remove some")
        for name, keys in named.items():
            if not isinstance(keys, dict):
                sheet.not_a_table((*path, name), keys)
            elif not form.fullmatch(name):
                sheet.fault((*path, name), f"is no name of a {what}", f"names look like {form.pattern}")
            else:
                for key, raw in keys.items():
                    read_limit(sheet, entries, f"{what}:{name}", (*path, name, key), raw, currency)


def read_limit(sheet: Sheet, entries: Entries, scope: str, path: Path, raw: object, currency: str) -> None:
    """One limit. `path` is where it stands, its last part the key."""
    key = BY_NAME.get(path[-1])
    kind_of_scope = scope.partition(":")[0]
    if key is None:
        known = [name for name, k in BY_NAME.items() if kind_of_scope in k.scopes and name not in ELSEWHERE]
        if scope == "" and path[-1] in TABLES:
            sheet.unknown(path, known, f"[{path[-1]}] is a section of its own")
        else:
            sheet.unknown(path, known)
        return
    home = ELSEWHERE.get(key.name)
    if home is not None and path[0] != home:
        sheet.fault(path, "stands in the wrong section", f"move it to [{home}]")
        return
    if kind_of_scope not in key.scopes:
        sheet.fault(path, f"is no limit of a single {kind_of_scope}", "move it to [limits]")
        return
    entry = _entry(sheet, key, scope, path, raw, currency)
    if entry is not None:
        entries[(scope, key.name)] = entry


def _entry(sheet: Sheet, key: Key, scope: str, path: Path, raw: object, currency: str) -> Entry | None:
    try:
        found = read(reader_of(key), raw, currency)
    except Unreadable as error:
        sheet.fault(path, error.what, error.remedy, raw=raw)
        return None
    if found.kind == TEXT and key.choices and found.text not in key.choices:
        choices = " or ".join(f'"{choice}"' for choice in key.choices)
        sheet.fault(path, "is none of its values", f"write {choices}", raw=raw)
        return None
    wrong = out_of_range(key, found.kind, found.amount, currency)
    if wrong:
        remedy = f"write {EXAMPLES[reader_of(key)]}; here {key.name} = {MEANINGS[key.name].example} would do"
        sheet.fault(path, wrong, remedy, raw=raw)
        return None
    origin = sheet.origin(path)
    return Entry(scope, key.name, found.kind, found.amount, found.text, origin, path, sheet.line(path))


def defaults() -> Entries:
    """What the kernel assumes of a key that nobody sets, where that is anything at all."""
    limits = Limits()
    found: Entries = {}
    for key in KEYS:
        home: object = limits if hasattr(limits, key.name) else limits.every_symbol
        value = getattr(home, key.name)
        path = (ELSEWHERE.get(key.name, "limits"), key.name)
        if isinstance(value, str):
            found[("", key.name)] = Entry("", key.name, key.kind, 0, value, DEFAULT, path)
        elif isinstance(value, int) and value > 0:
            found[("", key.name)] = Entry("", key.name, key.kind, value, "", DEFAULT, path)
        else:
            assert isinstance(value, Cap) or value in (0, -1, ()), f"{key.name} has a default nobody reads"
    return found


def in_order(entries: Mapping[tuple[str, str], Entry]) -> list[Entry]:
    """Account, then symbols, then strategies by name; keys as they are listed."""
    rank = {name: i for i, name in enumerate(BY_NAME)}
    scopes = {"": 0, "symbol": 1, "strategy": 2}
    return sorted(entries.values(), key=lambda e: (scopes[e.scope.partition(":")[0]], e.scope, rank[e.key]))


def not_enforced(entry: Entry, flat_by: str) -> bool:
    """Whether this version only keeps the limit. Overnight exposure is held by being flat at the close."""
    return entry.key in LATER_NAMES or (entry.key == "max_overnight_exposure" and flat_by != "close")
