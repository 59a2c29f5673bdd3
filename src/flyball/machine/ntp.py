"""One question to a time server, by SNTP (RFC 4330, RFC 5905): how far is this machine's clock off?

offset = ((T2 - T1) + (T3 - T4)) / 2 and delay = (T4 - T1) - (T3 - T2), T1 and T4 ours, T2 and T3 the
server's; the truth is within half the delay and the server's own root distance. An answer is believed only
from the address that was asked, to this very question (its origin time is a number nobody can guess), from a
server that is itself synchronised. It blocks up to its timeout: never on the loop's thread."""

import os
import socket
import struct
import time
from typing import Final

from flyball.ports import ClockReading

NS: Final = 1_000_000_000
PORT: Final = 123
ERA: Final = 2_208_988_800  # seconds from 1900, where NTP begins, to 1970
PACKET: Final = struct.Struct("!BBbbII4s8s8s8s8s")
CLIENT: Final = 4 << 3 | 3  # version 4, mode client
SERVER: Final = 4
ALARM: Final = 3  # leap indicator: the server's clock is not set
FARTHEST: Final = 15  # the last stratum that means anything


def query(server: str, timeout_s: float = 2.0) -> ClockReading:
    """Ask `server` ("host", "host:port" or "[v6]:port")."""
    source = f"ntp {server}"
    try:
        host, port = address(server)
        family, kind, proto, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, proto) as door:
            door.settimeout(timeout_s)
            door.connect(where)  # from then on only that address is heard
            return _ask(door, source)
    except (OSError, ValueError) as error:
        return ClockReading(source, None, 0, None, str(error) or type(error).__name__)


def address(server: str) -> tuple[str, int]:
    """Host and port. ValueError for a port that is none."""
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, int(rest[1:]) if rest else PORT
    host, colon, port = server.rpartition(":")
    return (host, int(port)) if colon and ":" not in host else (server, PORT)


def _ask(door: socket.socket, source: str) -> ClockReading:
    nonce = os.urandom(8)
    zero = bytes(8)
    sent, begun = time.time_ns(), time.monotonic_ns()
    door.send(PACKET.pack(CLIENT, 0, 0, 0, 0, 0, bytes(4), zero, zero, zero, nonce))
    answer = door.recv(512)
    back = sent + time.monotonic_ns() - begun  # a step of the wall clock in between would count as offset
    return reading(source, answer, nonce, sent, back)


def reading(source: str, answer: bytes, nonce: bytes, sent: int, back: int) -> ClockReading:
    """What an answer says. `sent` and `back` are our times, UTC ns."""
    if len(answer) < PACKET.size:
        return ClockReading(source, None, 0, None, f"an answer of {len(answer)} bytes")
    first, stratum, _, _, delay, dispersion, ref, _, origin, received, left = PACKET.unpack_from(answer)
    if first & 7 != SERVER or origin != nonce:
        return ClockReading(source, None, 0, None, "an answer to no question of ours")
    if stratum == 0:
        kiss = ref.decode("ascii", "replace").strip("\0 ")
        return ClockReading(source, None, 0, None, f"the server refuses ({kiss})")
    if first >> 6 == ALARM or stratum > FARTHEST or left == bytes(8):
        return ClockReading(source, None, 0, None, "the server's own clock is not set")
    t2, t3 = stamp(received, sent), stamp(left, sent)
    ahead = ((sent - t2) + (back - t3)) // 2
    way = max(0, (back - sent) - (t3 - t2))
    error = way // 2 + _short(delay) // 2 + _short(dispersion)
    return ClockReading(source, ahead, error, None, f"stratum {stratum}")


def stamp(raw: bytes, near: int) -> int:
    """UTC ns of a 64-bit time stamp, in the era that is nearest to `near`: they wrap in 2036."""
    seconds, fraction = int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:], "big")
    ns = (seconds - ERA) * NS + (fraction * NS >> 32)
    era = NS << 32
    return ns + (near - ns + era // 2) // era * era


def _short(raw: int) -> int:
    """Nanoseconds of a 32-bit short format (16.16 seconds)."""
    return raw * NS >> 16
