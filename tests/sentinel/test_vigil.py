"""When the sentinel acts, second by second."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from flyball.sentinel.vigil import Seen, Vigil

STEP = 0.25


def beats(
    until: float, *, kill_from: float = 1e9, panicked_from: float = 1e9, dead: bool = False
) -> Callable[..., Seen]:
    """A governor that beats until then, and is stuck, or gone, afterwards."""

    def at(t: float) -> Seen:
        return Seen(
            kill=t >= kill_from,
            count=1 + int(min(t, until) / STEP),
            flying=True,
            panicked=t >= panicked_from,
            alive=t <= until or not dead,
        )

    return at


def never(kill_from: float = 1e9, said_goodbye: bool = False) -> Callable[..., Seen]:
    return lambda t: Seen(kill=t >= kill_from, count=9 if said_goodbye else 0)


ROWS: dict[str, tuple[Callable[[float], Seen], float | None]] = {
    "all is well": (beats(1e9), None),
    "stuck at 10": (beats(10), 40.0),
    "gone at 10": (beats(10, dead=True), 20.25),
    "nobody ever flew": (never(), None),
    "it took its leave": (never(said_goodbye=True), None),
    "kill file, nobody flies": (never(kill_from=5), 5.0),
    "kill file after a farewell": (never(kill_from=5, said_goodbye=True), 5.0),
    "kill file, taken up": (beats(1e9, kill_from=5, panicked_from=6), None),
    "kill file, taken up at the last moment": (beats(1e9, kill_from=5, panicked_from=15), None),
    "kill file, not taken up": (beats(100, kill_from=5), 15.0),
    "kill file, taken up, then stuck at 20": (beats(20, kill_from=5, panicked_from=6), 30.0),
    "stuck at 10, kill file at 15": (beats(10, kill_from=15), 20.0),
    "stuck at 10, kill file at 25": (beats(10, kill_from=25), 25.0),
    "gone at 10, kill file at 12": (beats(10, kill_from=12, dead=True), 20.0),
    "its process cannot be seen from here, and it beats": (lambda t: unseen(t, 1e9), None),
    "its process cannot be seen from here, and it stops at 10": (lambda t: unseen(t, 10), 20.25),
    "gone at 10, the next recovers from 14 to 80": (lambda t: recovering(t, 14, 80), None),
    "gone at 10, the next recovers from 14 for ever": (lambda t: recovering(t, 14, 1e9), 130.0),
    "gone at 10, the next recovers from 14 and dies at 50": (lambda t: recovering(t, 14, 1e9, 50), 60.0),
    "gone at 10, a next one every 5 s dies while it recovers": (lambda t: looping(t), 130.0),
    "gone at 10 in the middle of a panic, the next recovers from 14": (
        lambda t: replace(recovering(t, 14, 1e9), panicked=t <= 10),
        40.0,
    ),
    "recovering from 14, kill file at 40": (lambda t: recovering(t, 14, 80, kill_from=40), 40.0),
}


def unseen(t: float, until: float) -> Seen:
    """Another namespace of processes, or /proc mounted with hidepid: it beats and nobody is there."""
    return Seen(kill=False, count=1 + int(min(t, until) / STEP), flying=True, alive=False)


def recovering(t: float, begin: float, ready: float, dies: float = 1e9, kill_from: float = 1e9) -> Seen:
    """Beats until 10 and is gone; the next one begins, and beats when it is ready."""
    count = 1 + int(min(t, 10) / STEP) + (t >= begin) + max(0, 1 + int((t - ready) / STEP))
    there = t <= 10 or begin <= t < dies
    return Seen(t >= kill_from, count, True, alive=there, starting=begin <= t < ready)


def looping(t: float) -> Seen:
    """Beats until 10; from 14 on one begins every five seconds and lives for three."""
    round_ = max(0, int((t - 9) / 5))
    there = t <= 10 or (t >= 14 and (t - 14) % 5 < 3)
    return Seen(False, 1 + int(min(t, 10) / STEP) + round_, True, alive=there, starting=t >= 14)


def first(vigil: Vigil, seen: Callable[[float], Seen], until: float = 60.0) -> list[float]:
    steps = [n * STEP for n in range(int(until / STEP))]
    return [t for t in steps if vigil.look(t, seen(t))]


@pytest.mark.parametrize("name", ROWS)
def test_when(name: str) -> None:
    seen, at = ROWS[name]
    assert first(Vigil(), seen, 200 if at is None or at > 50 else 60)[:1] == ([] if at is None else [at])


def test_once_an_episode_and_again_in_the_next() -> None:
    """Stuck at 10, back at 50 with a kill file there, the file taken away at 60, stuck again at 70."""

    def seen(t: float) -> Seen:
        count = int(min(t, 10) / STEP) if t < 50 else int(min(t, 70) / STEP)
        return Seen(kill=40 <= t < 60, count=1 + count, flying=True, panicked=t >= 50, alive=True)

    assert first(Vigil(), seen, 150) == [40.0, 100.0]


def test_a_pause_of_its_own_proves_nothing() -> None:
    """The machine slept for an hour: the governor's silence begins with the first look after it."""
    vigil = Vigil()
    assert first(vigil, beats(100), 20) == []
    seen = Seen(kill=False, count=80, flying=True, alive=True)  # the beat it saw last
    times = [3600 + n * STEP for n in range(200)]
    assert next(t for t in times if vigil.look(t, seen)) == 3630.0


@pytest.mark.parametrize("after", [5.0, 30.0])
def test_silence_is_what_was_asked_for(after: float) -> None:
    assert first(Vigil(after=after, grace=2.0), beats(10)) == [10 + after]


def test_a_kill_file_that_is_put_down_again_is_a_new_one() -> None:
    """Also where no governor has flown in between; and taking it away begins nothing."""
    assert first(Vigil(), lambda t: Seen(kill=5 <= t < 20 or t >= 40), 80) == [5.0, 40.0]

    def gone(t: float) -> Seen:
        return Seen(kill=25 <= t < 40, count=1 + int(min(t, 10) / STEP), flying=True, alive=t <= 10)

    vigil, pressed = Vigil(), []
    for n in range(400):
        if vigil.look(n * STEP, gone(n * STEP)):
            pressed.append(n * STEP)
            vigil.kill_before = True  # the sentinel's own
    assert pressed == [20.25, 25.0]  # that one was put down by somebody
    vigil, pressed = Vigil(), []
    for n in range(400):
        t = n * STEP
        if vigil.look(t, replace(gone(t), kill=20.25 < t < 40)):
            pressed.append(t)
            vigil.kill_before = True
    assert pressed == [20.25]
