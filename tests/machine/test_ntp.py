"""A time server speaking real NTP packets on loopback: how far off it finds us, and what it cannot make us
believe.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flyball.machine.ntp import ERA, NS, PACKET, address, query, stamp

MS = 1_000_000
SOON = 0.4  # seconds


def raw(ns: int) -> bytes:
    """A 64-bit NTP time stamp of UTC ns."""
    seconds, rest = divmod(ns, NS)
    return struct.pack("!II", (seconds + ERA) % (1 << 32), (rest << 32) // NS)


Change = Callable[[dict[str, object]], None]


@contextmanager
def server(ahead: int = 0, change: Change = lambda _: None, late: float = 0.0) -> Iterator[str]:
    """Answers with a clock that is `ahead` ns of ours, after `change` has had its way with the answer."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(5)

    def serve() -> None:
        try:
            asked, who = door.recvfrom(512)
        except OSError:
            return
        said: dict[str, object] = {
            "first": 4 << 3 | 4,
            "stratum": 2,
            "origin": asked[40:48],
            "ref": b"\x7f\0\0\1",
            "dispersion": 0,
            "t2": raw(time.time_ns() + ahead),
        }
        time.sleep(late)
        said["t3"] = raw(time.time_ns() + ahead)
        change(said)
        answer = PACKET.pack(
            said["first"], said["stratum"], 6, -20, 0, said["dispersion"], said["ref"],
            raw(time.time_ns()), said["origin"], said["t2"], said["t3"],
        )  # fmt: skip
        door.sendto(answer[: int(str(said.get("length", 48)))], who)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.close()
        thread.join(1)


@pytest.mark.parametrize("ahead", [0, 250 * MS, -250 * MS, 3600 * NS])
def test_it_finds_how_far_we_are_off(ahead: int) -> None:
    with server(ahead) as where:
        said = query(where, SOON)
    assert said.offset is not None, said.detail
    assert abs(said.offset + ahead) <= said.error + 2 * MS  # ours is behind when the server is ahead
    assert said.error < 100 * MS
    assert said.source == f"ntp {where}"


def test_the_time_a_server_takes_is_no_offset():
    with server(250 * MS, late=0.2) as where:
        said = query(where, 1.0)
    assert said.offset is not None
    assert abs(said.offset + 250 * MS) < 20 * MS


def wrong(**fields: object) -> Change:
    return lambda said: said.update(fields)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (wrong(origin=bytes(8)), "no question of ours"),
        (wrong(first=4 << 3 | 3), "no question of ours"),  # a client's packet
        (wrong(first=3 << 6 | 4 << 3 | 4), "not set"),
        (wrong(stratum=16), "not set"),
        (wrong(t3=bytes(8)), "not set"),
        (wrong(stratum=0, ref=b"RATE"), "refuses (RATE)"),
        (wrong(length=20), "20 bytes"),
    ],
)
def test_what_is_no_answer_says_nothing(change: Change, why: str) -> None:
    with server(0, change) as where:
        said = query(where, SOON)
    assert (said.offset, said.synchronised) == (None, None)
    assert why in said.detail


def test_a_server_that_is_far_from_its_own_source_is_not_exact():
    with server(0, wrong(dispersion=2 << 16)) as where:  # two seconds
        assert query(where, SOON).error >= 2 * NS


def test_nobody_there_is_a_reading_too():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        said = query(f"127.0.0.1:{mute.getsockname()[1]}", 0.05)
    assert said.offset is None
    assert "timed out" in said.detail


def test_the_time_stamps_wrap_in_2036_and_mean_the_nearest():
    for now in (1_700_000_000 * NS, 2_085_978_496 * NS, 2_200_000_000 * NS):
        assert abs(stamp(raw(now), now + 5 * NS) - now) <= 1


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("time.example", "time.example", 123),
        ("192.0.2.1:1123", "192.0.2.1", 1123),
        ("2001:db8::1", "2001:db8::1", 123),
        ("[2001:db8::1]:1123", "2001:db8::1", 1123),
        ("[2001:db8::1]", "2001:db8::1", 123),
    ],
)
def test_servers_as_people_write_them(text: str, host: str, port: int) -> None:
    assert address(text) == (host, port)


def test_a_port_that_is_none_is_said():
    assert "invalid literal" in query("time.example:ntp").detail
