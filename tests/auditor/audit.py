"""The audit: the lines of an export in, findings out. None for an honest journal."""

from collections.abc import Iterable

from tests.auditor.account import Truth
from tests.auditor.actions import Actions
from tests.auditor.agreement import Agreement
from tests.auditor.conduct import Conduct, owed
from tests.auditor.latches import Brakes
from tests.auditor.reading import Line, UnreadableError, parse
from tests.auditor.shape import FIELDS, Form
from tests.auditor.verdicts import judge
from tests.auditor.world import World


class Audit:
    """One journal, line by line."""

    def __init__(self) -> None:
        self.world = World()
        self.form, self.conduct, self.brakes = Form(), Conduct(), Brakes()
        self.truth, self.agreement, self.actions = Truth(), Agreement(), Actions()
        self.findings: list[str] = []
        self.epoch = 0
        self.lines: list[Line] = []
        self.owing: set[str] = set()

    def read(self, text: str) -> None:
        """One line: judged by what came before, then part of it."""
        try:
            line = parse(text)
            found = list(self.form.check(line)) or self.judged(line)
        except UnreadableError as error:
            found, line = [f"unreadable: {error}"], {}
        except (
            KeyError,
            AttributeError,
            TypeError,
            ValueError,
            ZeroDivisionError,
            AssertionError,
            IndexError,
        ) as error:
            found, line = [f"impossible: {type(error).__name__} {error}"], locals().get("line", {})
        self.findings += [f"line {line.get('seq', '?')}: {one}" for one in found]

    def judged(self, line: Line) -> list[str]:
        found: list[str] = []
        world = self.world
        if line["kind"] not in FIELDS:
            return []  # a kind that was added since: it changes nothing that is known here
        if line["kind"] == "quarantined":
            return self.left_out(line)
        if line["kind"] == "epoch":
            found += self.start(line)
        elif line["seq"] == 1:
            found.append("epoch: a journal begins with a start")
        if line["kind"] == "decision" and "reference" in line:
            found += judge(world, world.intent, line)
        for part in (self.conduct, self.brakes, self.truth, self.agreement, self.actions):
            found += part.check(world, line)
        if line["kind"] == "session":
            found += owed(world, self.owing)
        world.read(line)
        self.lines.append(line)
        self.brakes.after(world, line)
        return found

    def left_out(self, line: Line) -> list[str]:
        """From here on everything follows without one record, and what was decided with it."""
        if line["record"] > line["seq"]:
            return [f"quarantined: record {line['record']} is not here yet"]
        if line["record"] < line["seq"]:
            self.lines = [one for one in self.lines if one["seq"] < line["record"]]
            self.world = World()
            for one in self.lines:
                self.world.read(one)
        return []

    def start(self, line: Line) -> list[str]:
        before, self.epoch = self.epoch, line["epoch"]
        found = [] if line["epoch"] == before + 1 else [f"epoch: {line['epoch']} behind {before}"]
        if ("state_hash" in line) != (before > 0):
            found.append("epoch: a state is recovered by every start but the first")
        bound = ("account", "broker", "environment")
        if before and any(line[name] != self.world.epoch[name] for name in bound):
            found.append("epoch: another account, broker or environment")
        return found

    def end(self) -> list[str]:
        """What is found in all of it; a journal may end anywhere."""
        return self.findings


def audit(lines: Iterable[str]) -> list[str]:
    """Everything that is wrong with an export."""
    one = Audit()
    for text in lines:
        if text.strip():
            one.read(text)
    return one.end()
