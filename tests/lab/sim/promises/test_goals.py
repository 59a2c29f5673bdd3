"""The sometimes table: each goal is reached by what its line says, and by nothing less."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.goals import GOALS
from flyball.lab.sim.promises.judge import Judge
from tests.lab.sim.promises.told import (
    CLOSE,
    NS,
    OPEN,
    account,
    asked,
    begun,
    bought,
    command,
    decision,
    epoch,
    fill,
    intent,
    judged,
    latch,
    mark,
    order,
    show,
    update,
)

B = order("fbT-1-1-s-1", 1, 10)
OUT = order("fbT-1-2-s-1", -1, 10, adds=False)
STOP = order("fbT-1-3-s-1", -1, 10, adds=False, type="stop", stop=9_800)
HELD = begun(*bought(B))
DOUBT: list[Record] = [*asked(B), ev.Timeout(OPEN, B.client_id, "submit", 1, "")]
CANCEL = fx.Cancel(OPEN, B.client_id, "operator", 1)
LATE = ev.Report(OPEN, "journal", "late", "journal", "")
PANIC = latch("L4", state="HALTED", positions="flatten")


QUARANTINED = ev.Quarantined(OPEN, 7, "mark", "feed", 1, "d", "the governor died twice")


def unknown(ask: int) -> list[Record]:
    return [fx.Query(OPEN, B.client_id, ask), ev.Answer(OPEN, B.client_id, ask, False, "", 0, "")]


def refused(*codes: str, adds: bool = False, **fields: object) -> list[Record]:
    o = replace(OUT, adds=adds, side=1 if adds else -1)
    return [intent(o), decision(o, verdict="reject", qty=0, codes=codes, **fields)]


def approval(what: str) -> fx.Approval:
    return fx.Approval(OPEN, what, 7, "anna", "", 0, 0, ())


TOLD: dict[str, list[Record]] = {
    "panic during recovery": [*begun(), epoch(2), command("panic", ts=OPEN + 9 * NS)],
    "panic twice": begun(PANIC, command("panic")),
    "in doubt, applied": begun(*DOUBT, update(B, "ACCEPTED", 0)),
    "in doubt, never": begun(*DOUBT, *unknown(1), *unknown(2)),
    "retried": begun(*DOUBT, *unknown(1), replace(B, attempt=2)),
    "left again after a start": begun(*asked(B), epoch(2), replace(B, again=True)),
    "not sent after a start": begun(*asked(B), epoch(2), *unknown(0)),
    "cancel lost the race": begun(*asked(B), CANCEL, fill(B, 10)),
    "fill before acknowledgement": begun(*asked(B), fill(B, 10)),
    "fill after the end": begun(*asked(B), update(B, "CANCELED", 10), fill(B, 10)),
    "fill twice": begun(*asked(B), fill(B, 5), fill(B, 5)),
    "fill of a lost order": begun(fill(B, 5)),
    "trade by hand": begun(fill(order("hand-1", 1, 5), 5)),
    "stopped at the gate": begun(*asked(B), ev.NotSent(OPEN, B.client_id, "LATCH_L5")),
    "expired at the gate": begun(*asked(B), ev.NotSent(OPEN, B.client_id, "INTENT_EXPIRED")),
    "journal late": begun(LATE),
    "clip at a cap": begun(intent(B), decision(B, verdict="clip", qty=5)),
    "refused at a cap": begun(*refused("CONTROL_FAILED", adds=True, would_pass=5)),
    "opposite strategies": begun(*refused("ACCOUNT_OPPOSITE_SIDE", adds=True)),
    "exit held": [*HELD, *refused("REDUCE_HELD")],
    "exit in doubt": [*HELD, *refused("REDUCE_IN_DOUBT")],
    "cut at zero": [*HELD, *refused("REDUCE_THROUGH_ZERO")],
    "exit waits for a cancel": [*HELD, intent(OUT), decision(OUT), epoch(2), OUT],
    "stop set off": [*HELD, *asked(STOP), fill(STOP, 1)],
    "stop in the way": [*HELD, *asked(STOP), *refused("REDUCE_HELD", held=(STOP.client_id,))],
    "close waits": [*HELD, replace(intent(OUT), type="close", qty=0), decision(OUT), epoch(2), OUT],
    "daily loss": begun(latch("L1")),
    "drawdown halt": begun(latch("L2")),
    "drawdown restrict": begun(latch("L3")),
    "scaled": begun(intent(B), decision(B, scale=500_000)),
    "flat by order": begun(fx.Flat(OPEN, "account", "L1", True, (), 0, 1)),
    "not flat at the close": begun(fx.Alert(OPEN, "not_flat_at_close", "critical", "")),
    "reconciliation break": begun(fx.Divergence(OPEN, "cash", "1", "2", False)),
    "reconciliation healed": begun(latch("L7"), account(), latch("L7", "cleared")),
    "bot down": begun(ev.BotDown(OPEN, "s", "died", 1)),
    "flood": begun(ev.Ingress(OPEN, "s", 5, 0, 1)),
    "pending loosening at a start": begun(approval("proposed"), epoch(2)),
    "resolved by a person": begun(command("resolve")),
    "quarantine": begun(QUARANTINED),
    "panic at the close": begun(command("panic", ts=CLOSE - 300 * NS)),
    "panic under a freeze": begun(latch("L5"), command("panic")),
    "kill file": begun(command("panic", by="kill file")),
    "all cancelled at once": begun(fx.CancelAll(OPEN, 1, "L4")),
    "order of others cancelled": begun(fx.Cancel(OPEN, "", "L4", 1, "P7")),
    "protection back": begun(fx.Alert(OPEN, "protection_back", "warning", "")),
    "named residue": begun(fx.Flat(OPEN, "account", "L4", False, (("s", "AAA", 10),), 0, 1)),
    "empty account while held": [*HELD, replace(account(), ask=1)],
    "feed silent": begun(ev.Report(OPEN, "feed", "silent", "feed", "", "symbol:AAA")),
    "loop gap": begun(ev.Report(OPEN, "loop", "gap", "loop", "")),
}
NOT_YET: dict[str, list[Record]] = {
    "panic during recovery": begun(command("panic")),
    "panic twice": begun(command("panic")),
    "in doubt, applied": begun(*asked(B), update(B, "ACCEPTED", 0)),
    "in doubt, never": begun(*DOUBT, *unknown(1)),
    "cancel lost the race": begun(*asked(B), CANCEL, update(B, "CANCELED", 0)),
    "fill before acknowledgement": begun(*asked(B), update(B, "ACCEPTED", 0), fill(B, 10)),
    "fill twice": begun(*asked(B), fill(B, 5), fill(B, 5, fill_id="other")),
    "stopped at the gate": begun(*asked(B), ev.NotSent(OPEN, B.client_id, "cancelled")),
    "exit waits for a cancel": [*HELD, *asked(OUT)],
    "stop set off": [*HELD, *asked(OUT), fill(OUT, 1)],
    "stop in the way": [*HELD, *asked(OUT), *refused("REDUCE_HELD", held=(OUT.client_id,))],
    "close waits": [*HELD, intent(OUT), decision(OUT), epoch(2), OUT],
    "flat by order": begun(fx.Flat(OPEN, "account", "L1", False, (), 0, 1)),
    "panic at the close": begun(command("panic", ts=CLOSE - 301 * NS)),
    "panic under a freeze": begun(command("panic")),
    "kill file": begun(command("panic")),
    "order of others cancelled": begun(*asked(B), CANCEL),
    "named residue": begun(fx.Flat(OPEN, "account", "L4", True, (), 0, 1)),
    "empty account while held": [*HELD, replace(account(positions=(("AAA", 10),)), ask=1)],
    "feed silent": begun(ev.Report(OPEN, "feed", "ok", "feed", "", "symbol:AAA")),
    "pending loosening at a start": begun(approval("proposed"), approval("rejected"), epoch(2)),
}


def died(*records: Record, power: bool = False) -> Judge:
    judge = judged(*records)
    judge.crashed(power=power, written=0, durable=0)
    return judge


def hung() -> Judge:
    judge = Judge()
    judge.durable = lambda: 6
    show(judge, *begun())
    show(judge, latch("L5"))
    show(judge, mark(ts=OPEN + NS // 4 + 1))
    return judge


def late_exit() -> Judge:
    judge = judged(*HELD, LATE)
    judge.sending(OUT, 0, OPEN)
    return judge


def started_twice() -> Judge:
    judge = died(*begun())
    judge.started(list(enumerate(begun(), 1)), OPEN)
    judge.crashed(power=False, written=0, durable=0)
    return judge


def torn() -> Judge:
    judge = died(*begun(), power=True)
    judge.started(list(enumerate(begun()[:-1], 1)), OPEN)
    return judge


def from_memory(*records: Record) -> Judge:
    judge = judged(*HELD)
    judge.sending(OUT, 0, OPEN)
    judge.taken(-1, asked(OUT), OPEN)
    return judge


SEEN: dict[str, Callable[[], Judge]] = {
    "partial fill, then crash": lambda: died(*begun(*asked(B), fill(B, 5))),
    "crash in doubt": lambda: died(*begun(*DOUBT)),
    "crash under a latch": lambda: died(*begun(latch("L3"))),
    "crash while flattening": lambda: died(*HELD, PANIC),
    "crash at a start": started_twice,
    "power loss": lambda: died(*begun(), power=True),
    "panic through power loss": lambda: died(*begun(PANIC), power=True),
    "torn tail": torn,
    "exit while the disk hangs": late_exit,
    "journal broken": from_memory,
    "exit from memory": from_memory,
    "latch not durable in time": hung,
}


@pytest.mark.parametrize("goal", TOLD)
def test_a_goal_is_reached_by_what_is_told(goal: str):
    assert judged(*TOLD[goal]).goals.reached[goal] == 1


@pytest.mark.parametrize("goal", NOT_YET)
def test_and_by_nothing_less(goal: str):
    assert judged(*NOT_YET[goal]).goals.reached[goal] == 0


@pytest.mark.parametrize("goal", SEEN)
def test_a_goal_is_reached_by_what_happens(goal: str):
    assert SEEN[goal]().goals.reached[goal] == 1


def test_nothing_is_reached_by_nothing():
    assert not any(judged(*begun()).goals.reached.values())


def test_every_goal_has_its_case():
    assert {*TOLD, *SEEN} == set(GOALS)
