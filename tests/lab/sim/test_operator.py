"""The simulated operator at a real governor's socket: what it says arrives, and what is over it tidies up."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

from flyball.api.words import WORDS
from flyball.kernel.effects import Done, LatchChange, Refused
from flyball.kernel.events import Command, Fill
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.operator import WRONG, Handle, Operator, stored, verify
from tests.lab.sim.small import Small

BOTS = ("Honest", "Wild", "Adversary")
SCOPES = ("account", "strategy:s1", "symbol:AAA", "symbol:NOBODY")


def meddling(seed: int, words: tuple[str, ...], minutes: int = 30) -> tuple[Small, Operator, list[Any]]:
    """Somebody restless sits at the socket for a while."""
    small = Small(seed)
    who = Operator(Draw(seed, "op"), NS * 30, SCOPES, words)

    async def act(world: Small, handle: Handle) -> None:
        while world.world.now < world.scenario.begin + (minutes - 2) * MINUTE:
            await asyncio.sleep(who.next_in() / NS)
            await who.act(handle)

    return small, who, small.fly(minutes, act, bots=("Wild", "Adversary"))


def test_the_secret_is_the_real_one() -> None:
    assert verify(stored(), "k7qfm 2zd8t rx0va 9ghjn")
    assert not verify(stored(), WRONG)


def test_whims_arrive_as_commands_and_are_carried_out_or_refused() -> None:
    words = ("pause", "resume", "freeze", "flatten", "clear", "cancel", "limits")
    said: Counter[str] = Counter()
    for seed in (1, 2, 3):
        _, who, records = meddling(seed, words)
        commands = [r for r in records if isinstance(r, Command)]
        answered = [r for r in records if isinstance(r, Done | Refused)]
        assert len(commands) == len(answered) > 20
        reached = [key for key in who.said.elements() if key.split()[1] in ("done", "REFUSED")]
        views = [key for key in reached if not WORDS[key.split()[0]].authority]
        assert len(reached) - len(views) == len(commands)
        said += who.said
    for outcome in (
        "pause done",
        "pause REFUSED",
        "resume done",
        "resume SECRET_WRONG",
        "resume BUSY",
        "clear done",
        "flatten done",
        "limits done",
        "status done",
    ):
        assert said[outcome], f"never: {outcome} in {said}"


def test_panic_is_pressed_twice() -> None:
    _, who, records = meddling(5, ("panic", "clear"), minutes=45)
    assert who.said["panic done"] > 2
    set_ = [r for r in records if isinstance(r, LatchChange) and (r.latch, r.action) == ("L4", "set")]
    assert set_
    presses = [r.ts for r in records if isinstance(r, Command) and r.what == "panic"]
    assert min(b - a for a, b in pairwise(presses)) < NS


def test_the_diligent_one_clears_what_may_be_cleared() -> None:
    small = Small(3)
    wild = Operator(Draw(3, "wild"), 30 * NS, ("account", "symbol:AAA"), ("pause", "freeze", "flatten"))
    careful = Operator(Draw(3, "careful"), NS, diligent=True)

    async def act(world: Small, handle: Handle) -> None:
        for _ in range(6):
            await asyncio.sleep(wild.next_in() / NS)
            await wild.act(handle)
        assert world.cockpit.governor.state.latches
        for _ in range(6):
            await asyncio.sleep(careful.next_in() / NS)
            await careful.act(handle)

    small.fly(30, act, bots=("Honest",))
    assert not small.cockpit.governor.state.latches
    assert careful.said["clear done"] + careful.said["resume done"] >= 2


def test_the_same_seed_does_the_same() -> None:
    words = ("pause", "resume", "panic", "clear", "cancel")
    assert meddling(7, words)[2] == meddling(7, words)[2]


def test_the_diligent_one_says_what_became_of_fills_nobody_told() -> None:
    small = Small(4, {"lost": 300_000})
    units = {x.symbol: (x.price_exp, 0) for x in small.scenario.series}
    careful = Operator(Draw(4, "careful"), NS, diligent=True, page=small.chaos.truth, units=units)

    async def act(world: Small, handle: Handle) -> None:
        await asyncio.sleep(1_500)
        world.chaos.quiet()
        assert world.cockpit.governor.state.orders
        for _ in range(30):
            await asyncio.sleep(careful.next_in() / NS)
            await careful.act(handle)

    small.fly(24 * 60, act, bots=BOTS)
    state, truth = small.cockpit.governor.state, small.chaos.truth()
    assert [e for e in truth.untold if isinstance(e, Fill)]
    assert careful.said["resolve done"] > 0, careful.said
    assert not state.orders
    assert {x: state.position(x) for x in state.markets if state.position(x)} == truth.positions
    assert state.cash == truth.cash
    assert "L7 account" not in state.latches
