"""What people are told of limits that wait or end: the same from a running governor and from its journal."""

from typing import Any

from flyball.commands.tables import limits_text, status_text
from flyball.commands.terms import terms_text
from flyball.journal.codec import Record
from flyball.kernel.canon import digest
from flyball.kernel.events import Command, Config, Epoch, Event, Session, Tick
from flyball.kernel.governor import Governor
from flyball.kernel.units import NS
from flyball.kernel.words import APPROVER, SOCKET
from flyball.runtime.pending import agreed, notes, rules_view, terms_view
from flyball.runtime.view import limits, status
from tests.kernel.test_approval import Row, row

HOUR = 3_600 * NS
USD = 1_000_000


class Told:
    """A kernel and its records."""

    def __init__(self) -> None:
        self.g, self.now = Governor(), 403_224 * HOUR  # 2016-01-01
        self.records: list[Record] = []
        self.feed(Epoch(self.now, 1, "1", 1, "T", "paper", "paper", "e", "c", ""))

    def feed(self, event: Event) -> None:
        self.records.extend([event, *self.g.step(event)])

    def start(self, *rows: Row) -> None:
        self.feed(Config(self.now, "ann", "", "micro", rows, 2))

    def say(self, what: str, by: str, authority: str, **args: str) -> None:
        given = tuple(sorted(args.items()))
        self.feed(Command(self.now, what, by, 1, authority, "grown", given, 1))

    def from_the_journal(self) -> Any:
        return agreed(enumerate(self.records, 1))


def story() -> list[tuple[Told, dict[str, Any], list[str]]]:
    """(as it stood, the view, the notes): nothing, pending, approved, expired."""
    t, found = Told(), []

    def note() -> None:
        s = t.from_the_journal()
        assert digest(s.terms) == digest(t.g.state.terms)
        assert rules_view(s) == rules_view(t.g.state)
        found.append((t, terms_view(t.g.state), notes(t.g.state)))

    t.start(row("max_gross", 800 * USD), row("max_net", 5, kind="unread", text="$5"))
    note()
    t.start(row("max_gross", 900 * USD))
    note()
    t.now += 12 * HOUR
    t.feed(Session(t.now, "X", 20160102, t.now, t.now + 100 * HOUR))
    number = str(t.g.state.terms.pending[" max_gross"].number)
    t.say("approve", "bob", APPROVER, proposal=number, expires=str(t.now + HOUR))
    note()
    t.now += HOUR
    t.feed(Tick(t.now))
    note()
    t.start(row("max_gross", 900 * USD))
    t.say("reject", "cid", SOCKET, proposal=str(t.g.state.terms.pending[" max_gross"].number))
    note()
    return found


def test_each_stage_is_told_in_full():
    (_, none, quiet), (_, waits, why), (_, holds, until), (_, over, still), (t, after, end) = story()
    assert none == over == after == {"approvers": 2, "pending": [], "loosened": []}
    assert quiet == still == end == []
    [one] = waits["pending"]
    assert (one["key"], one["in_force"], one["wanted"], one["by"]) == (
        "limits.max_gross",
        "$800",
        "$900",
        "ann",
    )
    assert one["missing"] == [
        "12 hours, over at 2016-01-01T12:00:00Z",
        "the next session's begin",
        f"the approval of another person than ann: `flyball approve {one['proposal']}`",
    ]
    assert why[0].startswith(
        "f.toml:1: limits.max_gross = $900 is looser and NOT in force; $800 holds. Missing: 12"
    )
    [held] = holds["loosened"]
    assert (held["in_force"], held["falls_back_to"], held["approver"]) == ("$900", "$800", "bob")
    assert until == ["limits.max_gross = $900 holds until 2016-01-01T13:00:00Z (approved by bob), then $800"]
    assert terms_text(none) == ""
    assert "PENDING  limits.max_gross: $900 is NOT in force, $800 holds" in terms_text(waits)
    assert "LOOSENED limits.max_gross: $900 until 2016-01-01T13:00:00Z, then $800" in terms_text(holds)
    shown = {**status(t.g, ""), "terms": waits}
    assert "PENDING  limits.max_gross" in status_text(shown)
    assert "PENDING" not in status_text(status(t.g, ""))
    assert "LOOSENED limits.max_gross" in limits_text({**limits(t.g.state), "terms": holds})


def test_a_row_to_be_left_out_is_told_as_not_set():
    t = Told()
    t.start(row("max_gross", 800 * USD))
    t.start()
    terms: Any = terms_view(t.g.state)
    [one] = terms["pending"]
    assert (one["wanted"], one["in_force"]) == ("not set", "$800")
    assert notes(t.g.state)[0].startswith("left out: limits.max_gross = not set is looser")
    assert "row left out" in terms_text(terms_view(t.g.state))


def test_an_empty_journal_agrees_to_nothing():
    assert agreed([]).terms.approvers == 0
