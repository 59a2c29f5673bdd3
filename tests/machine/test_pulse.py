"""The heartbeat: what is written is read, by whom it may be."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flyball.machine import pulse
from flyball.machine.pulse import (
    FLYING,
    PANICKED,
    SIZE,
    STARTING,
    STOPPED,
    Beat,
    Listener,
    Pulse,
    alive,
    places,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for place in places(str(tmp_path)):
        if os.path.exists(place):
            os.unlink(place)


def test_beats_are_read_in_order(desk: Path) -> None:
    listener = Listener(str(desk))
    assert listener.read() is None
    heart = Pulse(str(desk))
    seen = []
    for act in (lambda: heart.beat(panicked=False), lambda: heart.beat(panicked=True), heart.goodbye):
        act()
        beat = listener.read()
        assert beat is not None
        assert (beat.pid, alive(beat)) == (os.getpid(), True)
        seen.append((beat.state, beat.count))
    assert seen == [(FLYING, 1), (PANICKED, 2), (STOPPED, 3)]


def test_the_next_governor_goes_on_counting(desk: Path) -> None:
    """After a farewell it is silent until it flies; after a crash it says at once that it begins."""
    Pulse(str(desk)).goodbye()
    heart = Pulse(str(desk))
    listener = Listener(str(desk))
    seen = []
    for act in (lambda: None, lambda: heart.beat(panicked=False), lambda: Pulse(str(desk))):
        act()
        beat = listener.read()
        assert beat is not None
        seen.append((beat.state, beat.count))
    assert seen == [(STOPPED, 1), (FLYING, 2), (STARTING, 3)]


def test_without_shared_memory_it_lies_in_the_folder(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "MEMORY", str(desk / "nothing" / "here"))
    (desk / "nothing").write_text("in the way")
    Pulse(str(desk)).beat(panicked=False)
    assert (desk / pulse.BESIDE).stat().st_size == SIZE
    beat = Listener(str(desk)).read()
    assert beat is not None
    assert beat.state == FLYING


@pytest.mark.parametrize("what", ["a link", "a folder", "half", "another's"])
def test_what_is_none_of_ours_is_no_heartbeat(desk: Path, what: str) -> None:
    place, _ = places(str(desk))
    Pulse(str(desk)).beat(panicked=False)
    whole = Path(place).read_bytes()
    os.unlink(place)
    if what == "a link":
        (desk / "elsewhere").write_bytes(whole)
        os.symlink(desk / "elsewhere", place)
    elif what == "a folder":
        os.mkdir(place)
    elif what == "half":
        Path(place).write_bytes(whole[: SIZE // 2])
    else:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        Path(place).write_bytes(whole)
        os.chown(place, 12345, 12345)
    try:
        assert Listener(str(desk)).read() is None
        if what != "half":
            Pulse(str(desk))  # not there: in the folder then
            assert (desk / pulse.BESIDE).exists()
    finally:
        if what == "a folder":
            os.rmdir(place)


def test_a_process_that_is_gone_or_another_of_its_number_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = pulse._born(child.pid)
    beat = Beat(FLYING, child.pid, born, 0, 1)
    assert alive(beat)
    assert not alive(Beat(FLYING, child.pid, born + 1, 0, 1))
    child.kill()
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT) is None:
        pass
    assert not alive(beat)  # a zombie
    child.communicate()
    assert not alive(beat)


def test_one_that_is_cleaned_away_is_silent_until_the_next_beat(desk: Path) -> None:
    listener = Listener(str(desk))
    heart = Pulse(str(desk))
    heart.beat(panicked=False)
    before = listener.read()
    os.unlink(places(str(desk))[0])
    assert listener.read() == before
    heart.beat(panicked=False)
    beat = listener.read()
    assert beat is not None
    assert before is not None
    assert beat.count == before.count + 1
