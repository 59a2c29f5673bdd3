"""P11 from outside: whatever configurations, sessions, times, approvals and restarts come, what is in force
is never looser than what was agreed or what a valid approval allows, and what is tighter holds at once.

The model knows only what was asked and said; it reads the limits a control would read, never the kernel's
terms.
"""

import copy
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flyball.kernel.canon import recorded
from flyball.kernel.effects import Done, Effect
from flyball.kernel.events import Command, Config, Epoch, Event, Session, Tick
from flyball.kernel.governor import SCHEMA, Governor
from flyball.kernel.hashes import state_hash
from flyball.kernel.upcasts import read_state

HOUR = 3_600 * 10**9
DAY = 24 * HOUR
Place = tuple[str, str]  # scope, key
GROSS: Place = ("", "max_gross")
ORDER: Place = ("", "max_order_notional")
ORDER_A: Place = ("symbol:A", "max_order_notional")
ORDER_B: Place = ("symbol:B", "max_order_notional")
SPACING: Place = ("", "min_spacing")
LIST: Place = ("", "restricted")
FLAT: Place = ("", "flat_by")
PLACES = (GROSS, ORDER, ORDER_A, ORDER_B, SPACING, LIST, FLAT)
ALWAYS = (GROSS, ORDER, SPACING, LIST, FLAT)

money = st.tuples(st.sampled_from(["money_abs", "money_ppm"]), st.integers(1, 6), st.just(""))
wishes: dict[Place, st.SearchStrategy[Any]] = {
    GROSS: money,
    ORDER: money,
    ORDER_A: st.none() | money,
    ORDER_B: st.none() | money,
    SPACING: st.tuples(st.just("ns"), st.integers(1, 6), st.just("")),
    LIST: st.sets(st.sampled_from("XYZ"), min_size=1).map(lambda x: ("list", 0, ",".join(sorted(x)))),
    FLAT: st.sampled_from(["close", "never"]).map(lambda x: ("text", 0, x)),
}
files = st.fixed_dictionaries(dict(wishes))
changes = st.sets(st.sampled_from(PLACES), min_size=1, max_size=2).flatmap(
    lambda places: st.fixed_dictionaries({place: wishes[place] for place in sorted(places)})
)


def safe(place: Place, old: Any, new: Any) -> bool:
    """Whether going from `old` to `new` lets nothing through that did not pass before."""
    if old == new:
        return True
    if place == FLAT:
        return False
    if place == LIST:
        return set(old[2].split(",")) <= set(new[2].split(","))
    if old[0] != new[0]:
        return False
    return bool(new[1] >= old[1] if place == SPACING else new[1] <= old[1])


@dataclass
class Asked:
    """A configuration as it was handed in."""

    number: int
    by: str
    ts: int
    day: int
    file: dict[Place, Any]


@dataclass
class Allowed:
    place: Place
    value: Any
    number: int
    expires: int


class Agreement(RuleBasedStateMachine):
    @initialize(file=files, approvers=st.integers(1, 2))
    def begin(self, file: dict[Place, Any], approvers: int) -> None:
        self.g, self.seq, self.now, self.day = Governor(), 0, DAY, 0
        self.events: list[Event] = []
        self.approvers, self.n = approvers, 0
        self.asked: list[Asked] = []
        self.allowed: list[Allowed] = []
        self.agreed: dict[Place, Any] = {}
        self.file = file
        self.feed(Epoch(self.now, 1, "1", 1, "T", "paper", "paper", "e", "c", ""))
        self.feed(self.config(file, "ann"))
        self.agreed = {place: value for place, value in file.items() if value is not None}
        self.before = self.in_force()

    def feed(self, event: Event) -> list[Effect]:
        self.events.append(copy.copy(event))
        effects = self.g.step(event)
        self.seq += 1 + len(effects)
        assert not self.g.fault, self.g.fault
        self.allowed = [one for one in self.allowed if one.expires > self.now]
        return effects

    def config(self, file: dict[Place, Any], by: str) -> Config:
        rows = tuple((*place, *value, "f") for place, value in file.items() if value is not None)
        return Config(self.now, by, "", "p", rows, self.approvers)

    # -- what a control would read ---------------------------------------------------------------------------

    def in_force(self) -> dict[Place, Any]:
        x = self.g.state.limits

        def cap(value: Any) -> Any:
            if value.micros >= 0:
                return ("money_abs", value.micros, "")
            return ("money_ppm", value.ppm, "")

        return {
            GROSS: cap(x.max_gross),
            ORDER: cap(x.every_symbol.max_order_notional),
            ORDER_A: cap(x.of_symbol("A").max_order_notional),
            ORDER_B: cap(x.of_symbol("B").max_order_notional),
            SPACING: ("ns", x.min_spacing, ""),
            LIST: ("list", 0, ",".join(x.restricted)),
            FLAT: ("text", 0, x.flat_by),
        }

    def base(self, place: Place) -> Any:
        """What was agreed: the place's own, else the account's."""
        return self.agreed.get(place, self.agreed[("", place[1])])

    def within(self, place: Place, value: Any) -> bool:
        """Whether a value is covered by what was agreed or by an approval that holds."""
        wide = [one.value for one in self.allowed if one.place == place and one.value is not None]
        if place not in self.agreed or any(x.place == place and x.value is None for x in self.allowed):
            account = ("", place[1])
            wide += [one.value for one in self.allowed if one.place == account]
            wide.append(self.agreed[account])
        return any(safe(place, one, value) for one in [self.base(place), *wide])

    # -- what may happen -------------------------------------------------------------------------------------

    @rule(ns=st.sampled_from([1, HOUR, 6 * HOUR, 12 * HOUR - 1, 12 * HOUR, DAY]))
    def wait(self, ns: int) -> None:
        self.now += ns
        self.feed(Tick(self.now))

    @rule()
    def serve_the_timer(self) -> None:
        due = self.g.next_due()
        if due > self.now:
            self.now = due
            self.feed(Tick(self.now))

    @rule()
    def open_a_session(self) -> None:
        self.now += HOUR
        self.day += 1
        self.feed(Session(self.now, "X", self.day, self.now, self.now + HOUR))

    @rule(changes=changes, by=st.sampled_from(["ann", "bob"]))
    def start_with(self, changes: dict[Place, Any], by: str) -> None:
        """Tighter rows hold at once, at the account's places exactly as written."""
        file = {**self.file, **changes}
        self.feed(Tick(self.now))
        before = self.in_force()
        number = self.seq + 1
        self.feed(self.config(file, by))
        self.asked.append(Asked(number, by, self.now, self.day, file))
        self.file = file
        after, old = self.in_force(), dict(self.agreed)
        for place, value in file.items():
            account = old[("", place[1])]
            if value is not None and safe(place, old.get(place, account), value):
                self.agreed[place] = value
                self.allowed = [one for one in self.allowed if one.place != place]
            if value is not None and safe(place, before[place], value):
                assert after[place] == value, f"{place} is tighter and does not hold"
            # back to what was agreed, however that compares; for the account where a deletion was approved
            gone = any(one.place == place and one.value is None for one in self.allowed)
            agreed = [self.base(place), self.base(("", place[1]))] if gone else [self.base(place)]
            back = any(safe(place, one, after[place]) for one in agreed)
            if value is not None or place in old:
                assert back or safe(place, before[place], after[place]), f"{place} loosened by a start"

    @rule()
    def start_again(self) -> None:
        """The same file once more changes nothing."""
        self.feed(Tick(self.now))
        before = self.in_force()
        self.feed(self.config(self.file, "ann"))
        assert self.in_force() == before

    @precondition(lambda self: self.asked)
    @rule(
        data=st.data(),
        by=st.sampled_from(["ann", "bob", "ANN"]),
        authority=st.sampled_from(["approver", "approver", "approver", "secret", "socket"]),
        reason=st.sampled_from(["grown", "grown", ""]),
        lasts=st.sampled_from([-1, 0, 1, HOUR, 30 * DAY, 366 * DAY, 366 * DAY + 1]),
    )
    def approve(self, data: Any, by: str, authority: str, reason: str, lasts: int) -> None:
        self.say_yes(data.draw(st.sampled_from(self.asked[-3:])), by, authority, reason, lasts)

    @precondition(lambda self: self.asked)
    @rule(lasts=st.sampled_from([1, HOUR, 3 * DAY]))
    def approve_as_it_should_be(self, lasts: int) -> None:
        self.wait(12 * HOUR)
        self.open_a_session()
        self.say_yes(self.asked[-1], "cid", "approver", "grown", lasts)

    @precondition(lambda self: self.asked)
    @rule(fault=st.sampled_from(["early", "same session", "no reason", "same person", "secret", "over"]))
    def approve_with_one_fault(self, fault: str) -> None:
        """All is as it should be but for one thing."""
        self.start_with({GROSS: ("money_abs", self.now % 7 + 7, "")}, "ann")
        one = self.asked[-1]
        if fault != "same session":
            self.open_a_session()
        self.now = one.ts + 12 * HOUR - (fault == "early")
        self.feed(Tick(self.now))
        self.say_yes(
            one,
            "Ann" if fault == "same person" else "cid",
            "secret" if fault == "secret" else "approver",
            "" if fault == "no reason" else "grown",
            0 if fault == "over" else HOUR,
        )

    def say_yes(self, one: Asked, by: str, authority: str, reason: str, lasts: int) -> None:
        self.n += 1
        args = (("expires", str(self.now + lasts)), ("proposal", str(one.number)))
        effects = self.feed(Command(self.now, "approve", by, 1, authority, reason, args, self.n))
        if not any(isinstance(x, Done) for x in effects):
            return
        assert authority == "approver"
        assert reason
        assert 0 < lasts <= 366 * DAY
        assert self.now >= one.ts + 12 * HOUR
        assert self.day > one.day
        assert self.approvers == 1 or by.lower() != one.by.lower()
        self.allowed += [Allowed(p, v, one.number, self.now + lasts) for p, v in one.file.items()]

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def reject(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.asked[-3:]))
        self.n += 1
        before = self.in_force()
        self.feed(
            Command(self.now, "reject", "cid", 1, "socket", "", (("proposal", str(one.number)),), self.n)
        )
        self.allowed = [x for x in self.allowed if x.number != one.number]
        after = self.in_force()
        for place in ALWAYS:
            assert safe(place, before[place], after[place]) or safe(place, self.base(place), after[place])

    @rule()
    def die(self) -> None:
        """Everything again from the journal: the same state."""
        again = Governor()
        for event in self.events:
            again.step(copy.copy(event))
        assert again.state_hash() == self.g.state_hash()
        self.g = again

    @rule()
    def die_and_start_from_a_snapshot(self) -> None:
        found = read_state(recorded(self.g.state), SCHEMA)
        found.rebuild()
        assert state_hash(found) == self.g.state_hash()
        self.g = Governor()
        self.g.state = found

    # -- what always holds -----------------------------------------------------------------------------------

    @invariant()
    def never_looser_than_agreed_or_approved(self) -> None:
        for place, value in self.in_force().items():
            assert self.within(place, value), f"{place}: {value} over {self.base(place)} and {self.allowed}"

    @invariant()
    def without_approvals_exactly_what_was_agreed(self) -> None:
        if not self.allowed:
            now = self.in_force()
            assert {place: now[place] for place in PLACES} == {place: self.base(place) for place in PLACES}

    @invariant()
    def no_latch_comes_or_goes(self) -> None:
        assert not self.g.state.latches


Agreement.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
test_nothing_loosens_quietly = Agreement.TestCase
