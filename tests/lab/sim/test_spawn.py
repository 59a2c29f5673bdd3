"""Bots in the simulator's own process: word for word what a process of their own would say, and
every way in which such a process may misbehave on its pipe.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Raw

from flyball.bots.host import Host, Patience
from flyball.bots.wire import Start, Tell, encode, read_answer
from flyball.kernel.events import BotDown, Event, Intent
from flyball.kernel.units import MS, NS
from flyball.lab.sim.child import FRAMES, BotFaults, SimChild
from flyball.lab.sim.clock import SimClock, SimWake, Wall
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.loop import Pipes, SimLoop
from flyball.lab.sim.spawn import MODULE, SimSpawn
from flyball.lab.sim.world import World
from flyball.machine.frames import MAX_FRAME
from flyball.machine.spawn import RealSpawn
from flyball.ports import Child, Spawn
from tests.bots.drive import (
    HERE,
    INSTRUMENTS,
    T0,
    Entry,
    blocks,
    downs,
    handed_out,
    host_of,
    mark,
    minutes,
    run,
)

BOTS = Path(HERE)
MARK = Raw(b"\x82\xa4kind\xa4mark\xa2ts\x01")
ALWAYS = 1_000_000


@pytest.fixture
def real() -> Iterator[RealSpawn]:
    one = RealSpawn()
    yield one
    one.close()


class Table:
    """A world with one spawn; `child` is ready."""

    def __init__(self, faults: BotFaults | None = None, seed: int = 1) -> None:
        self.world = World(seed, T0)
        self.doom = Doom()
        self.pipes = Pipes()
        self.faults = faults or BotFaults()
        self.spawn = SimSpawn(self.world, self.doom, self.pipes, self.faults)

    def child(self, bot: str = "every", **given: object) -> SimChild:
        child = self.spawn.python(MODULE, (), cwd="/", log=None)
        assert child.send(encode(Start("s1", f"{BOTS}:{bot}", dict(given), 0, {})))
        return child

    def host(self, bot: str, **given: object) -> Host:
        return Host(
            "s1",
            self.spawn,
            f"{BOTS}:{bot}",
            instruments=INSTRUMENTS,
            lockstep=False,
            settings=given,
            seed=7,
            patience=Patience(),
        )

    def on(self, ns: int) -> None:
        self.world.advance(self.world.now + ns)


def answers(child: Child) -> list[object]:
    out: list[object] = []
    while frames := child.receive():
        out += [read_answer(frame) for frame in frames]
    return out


def tell(child: Child, n: int) -> bool:
    return child.send(encode(Tell(n, [MARK])))


def test_it_is_a_spawn() -> None:
    port: Spawn = Table().spawn
    with pytest.raises(ValueError, match="only flyball"):
        port.python("os", (), cwd="/", log=None)


@pytest.mark.parametrize("bot", ["Lively", "every", "fail", "quit_politely", "Unbuildable", "Mute"])
def test_in_lock_step_it_says_word_for_word_what_a_process_says(real: RealSpawn, bot: str) -> None:
    theirs: list[Entry] = run(host_of(real, bot), minutes(80), [])
    ours: list[Entry] = run(host_of(Table().spawn, bot), minutes(80), [])
    assert handed_out(ours) == handed_out(theirs)
    assert len(handed_out(ours)) >= 1


def test_in_lock_step_its_latency_is_no_matter() -> None:
    quick: list[Entry] = run(host_of(Table().spawn, "Lively"), minutes(40), [])
    slow: list[Entry] = run(host_of(Table(BotFaults(quick_ns=100 * MS)).spawn, "Lively"), minutes(40), [])
    assert handed_out(quick) == handed_out(slow)


def test_a_bot_that_starts_again_goes_on_where_it_was() -> None:
    whole: list[Entry] = run(host_of(Table().spawn, "Lively"), minutes(60), [])
    cut = len(whole) // 2
    cut = next(at for at in blocks(whole) if at >= cut)
    host = host_of(Table().spawn, "Lively")
    host.replay(whole[:cut])
    again: list[Entry] = run(host, minutes(60), whole[:cut])
    assert handed_out(again) == handed_out(whole)


def test_an_answer_arrives_later_and_makes_the_pipe_readable() -> None:
    table = Table(BotFaults(quick_ns=50 * MS))
    child = table.child()
    assert child.receive() == []
    assert child.fileno() not in table.pipes.readable
    table.on(50 * MS)
    assert child.fileno() in table.pipes.readable
    assert [a.re for a in answers(child)] == [0]  # type: ignore[attr-defined]
    for n in (1, 2, 3):
        assert tell(child, n)
    assert answers(child) == []
    table.on(150 * MS)
    assert [a.re for a in answers(child)] == [1, 2, 3]  # type: ignore[attr-defined]
    assert child.fileno() not in table.pipes.readable


def test_waiting_for_it_lets_the_world_go_on() -> None:
    table = Table(BotFaults(slow=ALWAYS, slow_ns=2 * NS))
    child = table.child()
    assert child.receive(NS // 1000) == []
    assert table.world.now == T0 + NS // 1000
    assert len(child.receive(10 * NS)) == 1
    assert T0 < table.world.now <= T0 + 2 * NS
    assert child.receive(NS) == []


def test_what_it_prints_is_kept_and_shown_to_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    table = Table()
    child = table.child("fail")
    tell(child, 1)
    assert "RuntimeError: no luck with mark" in child.printed.getvalue()
    assert capfd.readouterr() == ("", "")


def test_it_dies() -> None:
    table = Table()
    child = table.child()
    tell(child, 1)
    table.faults.dies = ALWAYS
    tell(child, 2)
    assert [a.re for a in answers_to_the_end(child)] == [0, 1]  # type: ignore[attr-defined]
    with pytest.raises(EOFError, match="killed by SIGKILL"):
        child.receive()
    assert not child.alive()
    assert not tell(child, 3)
    assert child.fileno() in table.pipes.readable  # the end can be read, again and again
    child.kill()
    assert child.fileno() == -1


def answers_to_the_end(child: Child) -> list[object]:
    out: list[object] = []
    try:
        while frames := child.receive():
            out += [read_answer(frame) for frame in frames]
    except EOFError:
        return out
    return out


def test_it_hangs_and_fills_its_own_pipe() -> None:
    table = Table()
    child = table.child()
    table.faults.hangs = ALWAYS
    tell(child, 1)
    table.faults.quiet()
    taken = sum(child.send(bytes(60_000)) for _ in range(10))
    assert 3 <= taken <= 4
    table.on(3600 * NS)
    assert [a.re for a in answers(child)] == [0]  # type: ignore[attr-defined]
    assert child.alive()
    child.kill()
    assert not child.alive()
    with pytest.raises(EOFError, match="was ended"):
        child.receive()


def test_too_large_a_frame_is_refused() -> None:
    child = Table().child()
    with pytest.raises(ValueError, match="at most"):
        child.send(bytes(MAX_FRAME + 1))


def test_garbage_comes_before_its_answer() -> None:
    ends = set()
    for seed in range(40):
        table = Table(seed=seed)
        child = table.child()
        answers(child)
        table.faults.garbage = ALWAYS
        tell(child, 1)
        got = answers_to_the_end(child)
        ends.add((child.alive(), any(a is None for a in got), len(got)))
    assert {alive for alive, _, _ in ends} == {True, False}
    assert any(rubbish for _, rubbish, _ in ends)


def test_a_flood_comes_in_bounded_pieces() -> None:
    table = Table()
    child = table.child()
    answers(child)
    table.faults.floods = ALWAYS
    tell(child, 1)
    pieces = []
    while frames := child.receive():
        pieces.append(len(frames))
    assert max(pieces) == FRAMES
    assert sum(pieces) == table.faults.flood


def test_it_goes_with_its_governor() -> None:
    table = Table(BotFaults(quick_ns=50 * MS))
    child = table.child()
    table.doom.die()
    table.on(NS)
    for call in (child.receive, child.kill, lambda: tell(child, 1)):
        with pytest.raises(Killed):
            call()
    with pytest.raises(Killed):
        table.spawn.python(MODULE, (), cwd="/", log=None)


# In real time, with the real host on the simulated loop.


def fly(table: Table, host: Host, seconds: int) -> list[Event]:
    """A price a second; whatever the host hands out."""
    clock, wake = SimClock(Wall(table.world), table.doom), SimWake()
    out: list[Event] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        listening: set[int] = set()
        for k in range(1, seconds + 1):
            while (now := clock.now()) < T0 + k * NS:
                out.extend(host.take(now))
                wanted = {fd for fd in (host.watch(),) if fd is not None}
                for fd in listening - wanted:
                    loop.remove_reader(fd)
                for fd in wanted - listening:
                    loop.add_reader(fd, wake.set)
                listening = wanted
                due = host.next_due()
                await clock.until(min(T0 + k * NS, due or T0 + k * NS), wake)
                wake.clear()
            host.tell([mark(T0 + k * NS)], clock.now())
        await clock.until(T0 + (seconds + 10) * NS, wake)
        out.extend(host.take(clock.now()))

    SimLoop(table.world, table.doom, pipes=table.pipes).run(main())
    return out


def test_in_real_time_a_bot_answers_every_price() -> None:
    table = Table(BotFaults(quick_ns=100 * MS))
    out = fly(table, table.host("every"), 50)
    assert [e.intent for e in out if isinstance(e, Intent)] == [f"i{T0 + k * NS}" for k in range(1, 51)]
    assert not downs(out)
    late = [e.ts - T0 for e in out]
    assert len({ts % NS for ts in late}) > 30  # each at its own time


@pytest.mark.parametrize(
    ("fault", "why"),
    [("dies", "killed by SIGKILL"), ("garbage", ""), ("floods", "")],
)
def test_in_real_time_a_bad_one_is_ended_and_said_so(fault: str, why: str) -> None:
    table = Table()
    host = table.host("every")
    setattr(table.faults, fault, ALWAYS)
    out = fly(table, host, 60)
    (down,) = downs(out)
    assert isinstance(down, BotDown)
    assert why in down.why
    assert host.ended == down.why


def test_in_real_time_a_hang_delays_nobody() -> None:
    table = Table()
    host = table.host("every")
    table.faults.hangs = ALWAYS
    out = fly(table, host, 60)
    assert out == []
    assert host.conflated > 40
    assert table.world.now == T0 + 70 * NS


def test_the_same_seed_is_the_same_life() -> None:
    def life(seed: int) -> list[Event]:
        table = Table(BotFaults(quick_ns=300 * MS, slow=200_000, garbage=5_000, dies=5_000), seed)
        return fly(table, table.host("Lively"), 60)

    assert life(1) == life(1)
    assert life(1) != life(2)
