"""Which of two configurations is looser, row by row, and what is in force while a looser one waits (P11).

A key's `tighter` decides; what it does not prove to be tighter is looser: `none`, a deletion, an unknown
key, an amount against a share of equity. What waits changes nothing; what was approved holds over the agreed
rules until it expires.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from flyball.kernel.limits import HIGHER, KEYS, LIST, LOWER, NONE, SUBSET, SUPERSET, TEXT, Cap, Key, Limits
from flyball.kernel.units import UNKNOWN

Row = tuple[str, str, str, int, str, str]  # of a `Config` event
Value = tuple[str, int, str]  # kind, amount, text

UNREAD: Final = "unread"  # kind of a row that this version does not enforce
ABSENT: Final = "absent"  # kind of a rule that says: no such row
OFF: Final[Value] = ("off", 0, "")
BY_NAME: Final[dict[str, Key]] = {key.name: key for key in KEYS}


@dataclass
class Rule:
    """One row of a configuration."""

    scope: str
    key: str
    kind: str
    amount: int
    text: str
    origin: str

    def row(self) -> Row:
        return (self.scope, self.key, self.kind, self.amount, self.text, self.origin)

    def value(self) -> Value:
        return (self.kind, self.amount, self.text)


@dataclass
class Loosening:
    """A looser rule: asked for, and holding from its approval until it expires."""

    rule: Rule
    number: int  # of the proposal: the record that brought it
    by: str
    since: int
    day: int  # risk day it was asked for in
    approver: str = ""
    reason: str = ""
    expires: int = 0


@dataclass
class Terms:
    """What was agreed. Every key is a place: "scope key"."""

    approvers: int = 0  # 1 or 2, fixed by the first configuration; 0 = there was none yet
    rules: dict[str, Rule] = field(default_factory=dict)  # what holds without any loosening
    pending: dict[str, Loosening] = field(default_factory=dict)
    loose: dict[str, Loosening] = field(default_factory=dict)
    until: int = 0  # when the first of `loose` expires; 0 = none does


def place(scope: str, key: str) -> str:
    return f"{scope} {key}"


def rules_of(values: tuple[Row, ...]) -> dict[str, Rule]:
    """The rules of a `Config` event, by place."""
    return {place(row[0], row[1]): Rule(*row) for row in values}


def holding(t: Terms) -> dict[str, Rule]:
    """The rules in force now: what was agreed, and over it what was approved and has not expired."""
    found = dict(t.rules)
    for at, one in t.loose.items():
        if one.rule.kind == ABSENT:
            found.pop(at, None)
        else:
            found[at] = one.rule
    return found


def rows(rules: dict[str, Rule]) -> tuple[Row, ...]:
    """Rules as the rows of an event, in the order of their places."""
    return tuple(rules[at].row() for at in sorted(rules))


def rename(t: Terms, old: str, new: str) -> bool:
    """A symbol's rules for its new name, unless that has some; where one is restricted so is the other. True
    when anything changed."""
    before = holding(t)
    was, scope = f"symbol:{old}", f"symbol:{new}"
    if not any(rule.scope == scope for rule in before.values()):
        for rule in [rule for rule in t.rules.values() if rule.scope == was]:
            t.rules[place(scope, rule.key)] = replace(rule, scope=scope)
    at = place("", "restricted")
    if at in t.rules:
        t.rules[at] = _restricting(t.rules[at], old, new)
    if at in t.loose:
        t.loose[at].rule = _restricting(t.loose[at].rule, old, new)
    return holding(t) != before


def _restricting(rule: Rule, old: str, new: str) -> Rule:
    names = rule.text.split(",")
    if old not in names or new in names:
        return rule
    return replace(rule, text=f"{rule.text},{new}")


def own(rules: dict[str, Rule], at: str) -> bool:
    """Whether a place has a rule of its own that this version enforces."""
    found = rules.get(at)
    return found is not None and found.kind != UNREAD


def standing(rules: dict[str, Rule], scope: str, key: str) -> Value:
    """What holds at a place: its own rule, else the account's (a daily loss is never inherited), else what
    the kernel assumes."""
    at = place(scope, key)
    if own(rules, at):
        return rules[at].value()
    if scope != "":
        return OFF if key == "max_daily_loss" else standing(rules, "", key)
    return DEFAULTS.get(key, OFF)


def looser(name: str, old: Value, new: Value) -> bool:
    """Whether `new` may let through what `old` does not. Only what is provably no looser is False."""
    if new == old:
        return False
    key = BY_NAME.get(name)
    if key is None or key.tighter == NONE or new == OFF:
        return True
    if old == OFF:
        return False
    if new[0] != old[0]:
        return True  # an amount and a share of equity: which is tighter changes with the equity
    if key.tighter == LOWER:
        return new[1] > old[1]
    if key.tighter == HIGHER:
        return new[1] < old[1]
    before, after = old[2].split(","), new[2].split(",")
    if key.tighter == SUBSET:
        return not all(name in before for name in after if name)
    assert key.tighter == SUPERSET
    return not all(name in after for name in before if name)


def _default(key: Key) -> Value:
    limits = Limits()
    found: object = getattr(limits if hasattr(limits, key.name) else limits.every_symbol, key.name)
    if isinstance(found, str):
        return (TEXT, 0, found)
    if isinstance(found, tuple):
        return (LIST, 0, ",".join(found))
    if isinstance(found, Cap) or found == UNKNOWN:
        return OFF
    assert isinstance(found, int)
    return (key.kind, found, "")


DEFAULTS: Final[dict[str, Value]] = {key.name: _default(key) for key in KEYS}
