"""A bot that is out of its mind, in real time: what is not its own goes on as if it were not there.

A minute and a half of data take a second. Beside the mad bot a good one asks at every price, an operator
takes an order back, the ladder gets flat by the close; then again, and the operator presses panic.
"""

import asyncio
import time
from pathlib import Path
from typing import Final

import pytest

from flyball.kernel.effects import Alert, Cancel, Decision, Flat, LatchChange
from flyball.kernel.events import BotDown, Ingress, Report
from flyball.kernel.words import ACCEPTED, SET
from tests.runtime.live import MINUTE, SESSION, Live, Timed, live

MS: Final = 1_000_000
NS: Final = 1_000_000_000
PACE: Final = 90
BEFORE: Final = 10 * MINUTE  # before the close: three seconds and more until the ladder's flattening
PATIENT: Final = 'max_intent_age = "120 s"'  # of data: on a busy machine nothing here is to expire
EXPECTED: Final = 50 * MS  # from a bot's word to the decision in the journal
SLACK: Final = 450 * MS  # for one in a hundred: two cores and one disk, shared with other tests
ANSWERED: Final = 1.0  # seconds an operator waits at most

HOW = ("spins", "floods", "rubbish", "sleeps", "dies")


EVERY: Final = 3  # seconds of data between two prices of a symbol


def bots(how: str) -> dict[str, str]:
    return {"good": "Steady", "rests": "Resting", "mad": f'Misbehaves?how = "{how}"'}


def latencies(flying: Live) -> list[int]:
    """Of the good bot's intents: from its own clock to the decision in the journal, ns."""
    found = []
    for one in flying.records:
        if isinstance(one.what, Decision) and one.what.strategy == "good":
            asked = int(one.what.intent.rpartition("-")[2])
            found.append(one.at - asked)
    return sorted(found)


def judge(flying: Live, least: int) -> None:
    """The good bot was answered in time, all the while."""
    took = latencies(flying)
    assert len(took) >= least
    for percent, most in (50, EXPECTED), (90, 2 * EXPECTED), (99, EXPECTED + SLACK):
        found = took[len(took) * percent // 100]
        assert found < most, f"p{percent}: {found / MS:.1f} ms, at most {most / MS:.0f}"
    late = [r.detail for r in flying.of(Report) if r.what == "journal"]
    assert not late, "the disk was called slow"
    assert not flying.cockpit.governor.fault


def misbehaved(flying: Live, how: str) -> bool:
    """It did what this test is about."""
    downs = [event.why for event in flying.of(BotDown) if event.strategy == "mad"]
    counts = [event for event in flying.of(Ingress) if event.strategy == "mad"]
    if how == "dies":
        return bool(downs)
    if how == "rubbish":
        return sum(c.rubbish for c in counts) > 0 or "sends rubbish" in downs
    if how == "floods":
        return sum(c.dropped for c in counts) > 1_000
    mad = [one for one in flying.records if isinstance(one.what, Decision) and one.what.strategy == "mad"]
    return len(mad) > 3 and time.monotonic_ns() - mad[-1].at > 500 * MS  # silent


def orders_at_rest(flying: Live) -> list[str]:
    orders = flying.cockpit.governor.state.orders.values()
    return [o.client_id for o in orders if o.intent.startswith("rest") and o.state == ACCEPTED]


async def operator_cancels(flying: Live) -> None:
    """By the socket, answered at once, and gone at the broker."""
    order = (await flying.until(lambda: orders_at_rest(flying)))[0]
    begun = time.monotonic()
    reply = await flying.say("cancel", order=order)
    assert time.monotonic() - begun < ANSWERED
    assert reply.ok, reply
    await flying.until(lambda: order not in flying.cockpit.governor.state.orders, 2)
    assert any(isinstance(one.what, Cancel) and one.what.client_id == order for one in flying.sent)


def at(flying: Live, timed: Timed) -> float:
    """Seconds of real time from a record to the close; what is behind it is negative."""
    return (SESSION.close - timed.what.ts) / NS / PACE


@pytest.mark.parametrize("how", HOW)
def test_the_ladder_is_flat_by_the_close_whatever_a_bot_does(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        begin, end = SESSION.close - BEFORE, SESSION.close + MINUTE
        async with live(
            tmp_path, bots(how), pace=PACE, begin=begin, end=end, seconds=EVERY, extra=PATIENT
        ) as flying:
            await operator_cancels(flying)
            await flying.until(lambda: flying.now() > SESSION.close - 5 * MINUTE - 10 * NS)
            assert flying.cockpit.governor.state.books_held(), "nothing to get flat from"
            await flying.until(lambda: misbehaved(flying, how))
            landed = await asyncio.wait_for(asyncio.shield(flying.task), 30)
            assert landed.stopped == ""
        flats = [one for one in flying.records if isinstance(one.what, Flat) and one.what.why == "ladder"]
        assert flats
        assert all(one.what.confirmed for one in flats if isinstance(one.what, Flat))
        assert at(flying, flats[0]) > 60 / PACE, "the ladder took more than four of its five minutes"
        state = flying.cockpit.governor.state
        assert not state.books_held()
        assert not state.orders
        assert not [a for a in flying.of(Alert) if a.alert == "not_flat_at_close"]
        truth = flying.cockpit.paper.truth()
        assert dict(truth.positions) == {}
        judge(flying, 100)

    asyncio.run(main())


@pytest.mark.parametrize("how", ["spins", "floods"])
def test_panic_is_answered_and_gets_flat_whatever_a_bot_does(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        begin = SESSION.close - 60 * MINUTE
        async with live(tmp_path, bots(how), pace=PACE, begin=begin, seconds=EVERY, extra=PATIENT) as flying:
            await flying.until(lambda: orders_at_rest(flying))
            await flying.until(lambda: misbehaved(flying, how))
            assert flying.cockpit.governor.state.books_held()
            begun = time.monotonic()
            assert (await flying.say("panic", reason="enough")).ok
            assert time.monotonic() - begun < ANSWERED
            latched = [r for r in flying.of(LatchChange) if (r.latch, r.action) == ("L4", SET)]
            assert latched
            await flying.until(lambda: [f for f in flying.of(Flat) if f.why == "L4" and f.confirmed], 5)
            assert not flying.cockpit.governor.state.books_held()
            assert not flying.cockpit.governor.state.orders
            await asyncio.sleep(0.3)
            since = latched[0].ts
            passed = [d for d in flying.of(Decision) if d.ts > since and d.verdict != "reject"]
            assert passed == [], "something was let through behind a panic"
            judge(flying, 15)

    asyncio.run(main())
