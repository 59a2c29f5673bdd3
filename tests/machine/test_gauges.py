"""This machine's gauges: the kernel's clock, chronyd's line, the disk, and a thread that holds up nobody."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.machine import adjtimex, chrony, gauges, ntp
from flyball.machine.gauges import ThreadGauges, room
from flyball.ports import ClockReading, Vitals

NS = 1_000_000_000
# `chronyc -n -c tracking` of chronyd 4.3, address changed
LINE = (
    "C0000201,192.0.2.1,3,1700000000.123456789,-0.000012345,0.000001234,0.000020000,"
    "-12.345,0.001,0.020,0.012300000,0.000400000,64.2,Normal"
)


def test_a_line_of_chronyd():
    said = chrony.reading(LINE)
    assert (said.offset, said.synchronised) == (12_345, True)
    assert said.error == 6_150_000 + 400_000
    assert "192.0.2.1" in said.detail


@pytest.mark.parametrize(
    ("line", "synchronised"),
    [
        (LINE.replace("Normal", "Not synchronised"), False),
        (LINE.replace("Normal", "Insert second"), True),
        ("506 Cannot talk to daemon", None),
        ("", None),
        (LINE.replace("-0.000012345", "NaN"), None),
        (LINE.replace("-0.000012345", "x"), None),
    ],
)
def test_what_else_a_line_may_say(line: str, synchronised: bool | None) -> None:
    said = chrony.reading(line)
    assert said.synchronised is synchronised
    assert (said.offset is None) == (synchronised is not True)


def test_a_chronyc_that_fails_or_is_none(tmp_path: Path) -> None:
    program = tmp_path / "chronyc"
    program.write_text("#!/bin/sh\necho '506 Cannot talk to daemon'\nexit 1\n")
    program.chmod(0o755)
    assert chrony.tracking(str(program)).detail == "506 Cannot talk to daemon"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = '-n -c tracking' ] && echo '{LINE}'\n")
    assert chrony.tracking(str(program)).offset == 12_345
    assert chrony.tracking(str(tmp_path / "none")).synchronised is None


@pytest.mark.skipif(sys.platform != "linux", reason="adjtimex is Linux's")
def test_the_kernel_says_one_or_the_other_of_its_own_clock():
    said = adjtimex.read()
    assert said.synchronised in (True, False), said.detail
    assert (said.offset is None) == (not said.synchronised)


@pytest.mark.parametrize(
    ("state", "status", "offset", "expected"),
    [
        (0, adjtimex.STA_NANO, 1_500, (-1_500, True)),
        (0, 0, 1_500, (-1_500_000, True)),
        (0, adjtimex.STA_UNSYNC, 0, (None, False)),
        (adjtimex.TIME_ERROR, 0, 0, (None, False)),
        (1, 0, -2, (2_000, True)),  # a leap second is coming
    ],
)
def test_the_numbers_of_a_timex(
    state: int, status: int, offset: int, expected: tuple[int | None, bool]
) -> None:
    said = adjtimex.reading(state, status, offset, 500)
    assert (said.offset, said.synchronised, said.error) == (*expected, 500_000)


def test_room_on_a_disk_that_is_there_or_will_be(tmp_path: Path) -> None:
    free, size = room(str(tmp_path))
    assert 0 < free <= size
    assert room(str(tmp_path / "not" / "yet"))[1] == size
    assert room("/proc/self/mem/none") == (-1, -1)  # below what is no folder


def seen(one: ThreadGauges, wanted: Callable[[Vitals], bool]) -> Vitals:
    limit = time.monotonic() + 5
    while (vitals := one.latest()) is None or not wanted(vitals):
        assert time.monotonic() < limit, vitals
        time.sleep(0.01)
    return vitals


def test_it_looks_by_itself_and_tells_how_long_ago(tmp_path: Path) -> None:
    one = ThreadGauges(str(tmp_path), syncs=lambda: (1, 2), every_s=0.02)
    try:
        vitals = seen(one, lambda v: v.free > 0)
        assert vitals.syncs == (1, 2)
        assert vitals.clock[0].source == "adjtimex"
        assert vitals.age < NS
    finally:
        one.close()
    assert not one._thread.is_alive()


def test_a_look_that_hangs_holds_up_nobody_and_grows_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, go = threading.Event(), threading.Event()
    looked = room

    def stuck(folder: str) -> tuple[int, int]:
        if hangs.is_set():
            go.wait(5)
        return looked(folder)

    monkeypatch.setattr(gauges, "room", stuck)
    one = ThreadGauges(str(tmp_path), every_s=0.01)
    try:
        seen(one, lambda v: v.free > 0)
        hangs.set()
        before = time.monotonic()
        seen(one, lambda v: v.age > NS // 5)
        assert time.monotonic() - before < 2
    finally:
        go.set()
        one.close()


def test_time_servers_are_asked_in_turn_and_not_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def query(server: str) -> ClockReading:
        asked.append(server)
        return ClockReading(f"ntp {server}", len(asked), 0, None)

    monkeypatch.setattr(ntp, "query", query)
    one = ThreadGauges(str(tmp_path), ("a", "b"), every_s=0.01)
    try:
        vitals = seen(one, lambda v: len([r for r in v.clock if r.source.startswith("ntp")]) == 2)
        time.sleep(0.1)
    finally:
        one.close()
    assert asked == ["a", "b"]
    assert {r.source: r.offset for r in vitals.clock if r.source.startswith("ntp")} == {
        "ntp a": 1,
        "ntp b": 2,
    }
