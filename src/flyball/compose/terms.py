"""A file against what is in force in a folder: what would be tighter at once, what would have to wait.

Nothing is compared here: the kernel's own `configure` is asked, on the terms the journal ends with.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

from flyball.config.effective import Effective, path_of
from flyball.journal.replay import read
from flyball.kernel.approval import configure
from flyball.kernel.effects import Effect
from flyball.kernel.events import Config
from flyball.kernel.loosening import Value, holding, standing
from flyball.kernel.state import State
from flyball.machine.disk import RealDisk
from flyball.runtime.pending import agreed, missing, shown, value_text

View = dict[str, object]


@dataclass
class Difference:
    """What a file would change. A row: key, in_force, wanted, origin; of a looser one also what it needs."""

    tighter: list[View]
    looser: list[View]
    refused: list[str]

    def none(self) -> bool:
        return not (self.tighter or self.looser or self.refused)


def journal_of(folder: Path, config: Effective | None) -> Path | None:
    """The folder of the journal of a run's folder; None when there is none yet."""
    named = [folder / config.journal.dir] if config is not None else []
    for path in (*named, folder / "journal", folder):
        if (path / "segments").is_dir():
            return path
    return None


def terms_of(journal: Path) -> State:
    """What a journal ends with. Raises JournalError."""
    return agreed(read(RealDisk(str(journal))))


def difference(s: State, config: Effective, by: str) -> Difference:
    """What starting with this configuration would do to the terms of `s`, which stays as it is."""
    after = copy.deepcopy(s)
    after.seq += 1
    effects: list[Effect] = []
    approvers = config.account.approvers
    configure(after, effects, Config(s.ts, by, "", config.profile, config.values, s.terms.approvers))
    old, new = holding(s.terms), holding(after.terms)
    tighter: list[View] = []
    for at in sorted({**old, **new}):
        rule = new.get(at, old.get(at))
        assert rule is not None
        was, will = (standing(rules, rule.scope, rule.key) for rules in (old, new))
        if was != will:
            tighter.append(_row(rule.scope, rule.key, was, value_text(rule.key, will), rule.origin))
    looser: list[View] = []
    for _, one in sorted(after.terms.pending.items()):
        rule = one.rule
        row = _row(rule.scope, rule.key, standing(new, rule.scope, rule.key), shown(rule), rule.origin)
        number = None if one.number == after.seq else one.number
        looser.append({**row, "proposal": number, "missing": missing(after, one) if number else NEEDS})
    refused = []
    if approvers != s.terms.approvers:
        refused.append(
            f"account.approvers = {approvers}: the first start agreed {s.terms.approvers} for good"
        )
    return Difference(tighter, looser, refused)


NEEDS = ["a start with this file", "12 hours and the next session after it", "an approver"]


def _row(scope: str, key: str, was: Value, wanted: str, origin: str) -> View:
    return {
        "key": path_of(scope, key),
        "in_force": value_text(key, was),
        "wanted": wanted,
        "origin": origin,
    }
