"""The end of a process: at the chosen pass, for good, and out of everybody's reach."""

import pytest

from flyball.lab.sim.doom import Doom, Killed


def test_without_a_point_it_lives() -> None:
    doom = Doom()
    for _ in range(1000):
        doom.meet("write")
    doom.check()
    assert (doom.alive, doom.seen) == (True, {"write": 1000})


@pytest.mark.parametrize("n", [1, 2, 17])
def test_it_dies_at_the_chosen_pass_and_stays_dead(n: int) -> None:
    doom = Doom(f"write:{n}")
    for _ in range(n - 1):
        doom.meet("write")
        doom.meet("sync")
    with pytest.raises(Killed, match=f"write:{n}"):
        doom.meet("write")
    for point in ("write", "sync", "anything"):
        with pytest.raises(Killed):
            doom.meet(point)
    with pytest.raises(Killed):
        doom.check()
    assert doom.why == f"write:{n}"


def test_the_first_of_several_points_ends_it() -> None:
    doom = Doom("sync:2", "write:3")
    doom.meet("write")
    doom.meet("sync")
    with pytest.raises(Killed, match="sync:2"):
        doom.meet("sync")


def test_nothing_that_catches_errors_catches_it() -> None:
    def careful(doom: Doom) -> None:
        try:
            doom.meet("x")
        except Exception as error:
            raise AssertionError("caught") from error

    with pytest.raises(Killed):
        careful(Doom("x:1"))


def test_killed_from_outside() -> None:
    doom = Doom()
    doom.die("at noon")
    doom.die("again")
    with pytest.raises(Killed, match="at noon"):
        doom.meet("write")


def test_killed_while_it_stands_still() -> None:
    doom = Doom()
    doom.stall = lambda point: doom.die("asleep") if point == "send" else None
    doom.meet("write")
    with pytest.raises(Killed, match="asleep"):
        doom.meet("send")


@pytest.mark.parametrize("text", ["", "write", "write:", "write:0", "write:x", ":3", "write:-1"])
def test_what_is_no_point(text: str) -> None:
    with pytest.raises(ValueError, match="a point, a colon"):
        Doom(text)
