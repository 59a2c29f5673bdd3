"""The simulated event loop: asyncio as it is, on the world's time, in a drawn order, to a clear end."""

import asyncio
import time

import pytest

from flyball.kernel.units import NS
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.loop import Deadlock, Pipes, SimLoop
from flyball.lab.sim.world import World

START = 10**18


@pytest.fixture
def world() -> World:
    return World(1, START)


def test_sleeping_takes_no_time_but_the_worlds(world: World) -> None:
    seen: list[float] = []
    for second in (1, 5, 3000):
        world.at(START + second * NS, lambda: seen.append((world.now - START) / NS))

    async def main() -> str:
        await asyncio.sleep(1800)
        seen.append(-1.0)
        await asyncio.sleep(1800)
        return "done"

    began = time.monotonic()
    assert SimLoop(world).run(main()) == "done"
    assert time.monotonic() - began < 5
    assert seen == [1.0, 5.0, -1.0, 3000.0]
    assert abs(world.now - START - 3600 * NS) < 1000


def test_timeouts_and_tasks_are_asyncios_own(world: World) -> None:
    async def late(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def main() -> tuple[list[float], float]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await late(60)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(late(s)) for s in (3, 1, 2)]
        return [task.result() for task in tasks], asyncio.get_running_loop().time()

    results, at = SimLoop(world).run(main())
    assert results == [3, 1, 2]
    assert abs(at - 8) < 1e-5


def test_callbacks_keep_their_order_and_tasks_are_mixed(world: World) -> None:
    def orders(shuffle: bool) -> set[tuple[str, ...]]:
        found = set()
        for seed in range(60):
            said: list[str] = []

            async def one(name: str, said: list[str] = said) -> None:
                await asyncio.sleep(0)
                said.append(name)

            async def main(said: list[str] = said) -> None:
                loop = asyncio.get_running_loop()
                tasks = [asyncio.create_task(one(name)) for name in "abc"]
                for n in range(3):
                    loop.call_soon(said.append, str(n))
                await asyncio.gather(*tasks)

            SimLoop(World(seed, START), shuffle=Draw(seed, "x") if shuffle else None).run(main())
            assert [x for x in said if x.isdigit()] == ["0", "1", "2"]
            found.add(tuple(x for x in said if x.isalpha()))
        return found

    assert orders(shuffle=False) == {("a", "b", "c")}
    assert len(orders(shuffle=True)) == 6


def test_the_same_draw_is_the_same_order() -> None:
    def life(seed: int) -> list[int]:
        said: list[int] = []

        async def one(n: int) -> None:
            for _ in range(5):
                await asyncio.sleep(0)
                said.append(n)

        async def main() -> None:
            await asyncio.gather(*(one(n) for n in range(8)))

        SimLoop(World(seed, START), shuffle=Draw(seed, "x")).run(main())
        return said

    assert life(1) == life(1)
    assert life(1) != life(2)


def test_a_reader_is_called_as_long_as_there_is_something(world: World) -> None:
    pipes = Pipes()
    fd, other = pipes.add(), pipes.add()
    held: list[int] = []

    def arrive() -> None:
        held.extend([1, 2])
        pipes.say(fd, True)
        pipes.say(other, True)  # read by nobody

    for second in (1, 2):
        world.at(START + second * NS, arrive)
    calls: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def readable(word: str) -> None:
            assert word == "hello"
            calls.append(loop.time())
            held.pop()
            pipes.say(fd, bool(held))
            if len(calls) == 4:
                assert loop.remove_reader(fd)
                assert not loop.remove_reader(fd)
                done.set_result(None)

        loop.add_reader(fd, readable, "hello")
        await done
        pipes.say(fd, True)
        await asyncio.sleep(1)

    SimLoop(world, pipes=pipes).run(main())
    assert calls == [1.0, 1.0, 2.0, 2.0]
    pipes.say(fd, False)
    pipes.say(fd, False)
    assert list(pipes.readable) == [other]


def test_waiting_for_nothing_is_an_error(world: World) -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock, match="nothing will ever happen again"):
        SimLoop(world).run(main())


def test_going_round_while_time_stands_still_is_an_error(world: World) -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Deadlock, match="time stands still"):
        SimLoop(world).run(main())


def test_killed_at_a_moment_while_everything_waits(world: World) -> None:
    doom = Doom()
    world.at(START + 5 * NS, doom.die)
    world.at(START + 6 * NS, lambda: pytest.fail("time went on for a dead process"))
    cleaned: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cleaned.append("other")
            doom.check()

    async def main() -> None:
        task = asyncio.create_task(other())
        try:
            await asyncio.sleep(3600)
        finally:
            cleaned.append("main")
            await task

    with pytest.raises(Killed):
        SimLoop(world, doom).run(main())
    assert world.now == START + 5 * NS
    assert sorted(cleaned) == ["main", "other"]


def test_an_end_that_waits_for_something_else_is_an_error(world: World) -> None:
    doom = Doom()
    world.at(START + 5 * NS, doom.die)

    async def main() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock, match="told to end"):
        SimLoop(world, doom).run(main())


def test_what_a_callback_raises_is_not_lost(world: World) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    with pytest.raises(ZeroDivisionError):
        SimLoop(world).run(main())


def test_what_main_raises_comes_out_and_its_tasks_are_ended(world: World) -> None:
    ended: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append("other")
            raise

    async def main() -> None:
        task = asyncio.create_task(other())
        await asyncio.sleep(1)
        del task
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        SimLoop(world).run(main())
    assert ended == ["other"]
    assert abs(world.now - START - NS) < 1000


def test_killed_in_the_very_turn_in_which_main_was_done(world: World) -> None:
    doom = Doom()
    ended: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("other")

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(other())
        await asyncio.sleep(1)
        doom.die()
        return task

    with pytest.raises(Killed):
        SimLoop(world, doom).run(main())
    assert ended == ["other"]
