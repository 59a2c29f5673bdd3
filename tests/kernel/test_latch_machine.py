"""Whatever is said in whatever order: nothing automatic loosens without its positive check, ever."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flyball.kernel.effects import LatchChange
from flyball.kernel.latches import COOLDOWN, DWELL, TABLE
from flyball.kernel.watching import WATCHED
from tests.kernel.hand import NS, flying, ns, of, text

MINUTE = 60 * NS
SAID = sorted((w.what, kind) for w in WATCHED.values() if w.latch for kind in w.scopes)
SCOPES = {"account": "account", "strategy": "strategy:s", "symbol": "symbol:AAA"}
RANK = {"exits": 0, "cancel_only": 1, "flatten": 2, "page": 3}


class Latches(RuleBasedStateMachine):
    """The judge keeps its own books: what each sensor said last, when it was set, who has asked to clear."""

    def __init__(self) -> None:
        super().__init__()
        self.f: Any = flying(
            flat_by=text("never"),
            incident_errors=3,
            incident_window=ns(MINUTE),
            deadman_flatten_after=ns(MINUTE),
            clear_approvers=2,
        )
        self.words: dict[tuple[str, str], str] = {}
        self.seen = len(self.f.journal)
        self.since: dict[str, int] = {}
        self.positions: dict[str, str] = {}
        self.asked: dict[str, tuple[str, int]] = {}
        self.incident_at = 0

    @rule(said=st.sampled_from(SAID), value=st.sampled_from(("ok", "bad")))
    def report(self, said: tuple[str, str], value: str) -> None:
        what, kind = said
        self.words[what, SCOPES[kind]] = value
        self.f.report(what, value, SCOPES[kind])

    @rule(what=st.sampled_from(("pause", "freeze", "panic", "flatten")), kind=st.sampled_from(sorted(SCOPES)))
    def tighten(self, what: str, kind: str) -> None:
        self.f.command(what, scope=SCOPES[kind])

    @rule(
        latch=st.sampled_from(sorted(TABLE)),
        kind=st.sampled_from(sorted(SCOPES)),
        by=st.sampled_from(("anna", "ben")),
        authority=st.sampled_from(("socket", "secret")),
    )
    def clear(self, latch: str, kind: str, by: str, authority: str) -> None:
        if authority == "secret":
            self.asked[f"{latch} {SCOPES[kind]}"] = (by, self.f.now)
        self.f.command("clear", authority, by=by, latch=latch, scope=SCOPES[kind], reason="r")

    @rule(
        latch=st.sampled_from(("L4", "L5", "L6")),
        by=st.sampled_from(("anna", "ben")),
        authority=st.sampled_from(("secret", "approver")),
    )
    def confirm(self, latch: str, by: str, authority: str) -> None:
        self.f.command("confirm", authority, by=by, latch=latch)

    @rule(seconds=st.sampled_from((1, 10, 29, 30, 31, 60, 600, 1_800, 3_600)))
    def wait(self, seconds: int) -> None:
        self.f.wait(seconds * NS)

    @rule(times=st.integers(1, 4))
    def fail(self, times: int) -> None:
        for _ in range(times):
            self.incident_at = self.f.now
            self.f.timeout("", "account")

    @rule()
    def restart(self) -> None:
        self.f.reborn()

    @rule()
    def agree(self) -> None:
        self.f.account()

    @invariant()
    def nothing_loosens_by_itself(self) -> None:
        new = self.f.journal[self.seen :]
        self.seen = len(self.f.journal)
        for event, effects in new:
            for change in of(effects, LatchChange):
                self._judge(event, change)
        assert {key: held.positions for key, held in self.f.s.latches.items()} == self.positions

    def _judge(self, event: Any, x: LatchChange) -> None:
        key, row = f"{x.latch} {x.scope}", TABLE[x.latch]
        if x.action == "set":
            assert key not in self.positions or RANK[x.positions] > RANK[self.positions[key]], "it does less"
            self.since[key], self.positions[key] = x.ts, x.positions
            return
        del self.positions[key]
        assert x.ts - self.since[key] >= DWELL, f"{key} within its dwell"
        if event.KIND == "command":
            assert row.operator
            by, ts = self.asked.get(key, ("", 0))
            if row.state == "HALTED" and x.scope == "account":
                assert (event.what, event.authority) == ("confirm", "approver")
                assert event.by != by
                assert x.ts - ts <= 10 * MINUTE
            else:
                assert event.authority == "secret"
            return
        assert row.itself, f"{key} by {event.KIND}"
        bad = [
            w.what
            for w in WATCHED.values()
            if w.latch == x.latch and self.words.get((w.what, x.scope)) == "bad"
        ]
        assert bad == [], f"{key} while {bad} is bad"
        if x.latch == "L6":
            assert x.ts - max(self.since[key], self.incident_at) >= COOLDOWN
            assert not any(one.startswith("L7") for one in self.positions)


TestLatches = Latches.TestCase
TestLatches.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
