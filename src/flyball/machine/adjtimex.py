"""What the Linux kernel knows of its own clock, without asking anybody: adjtimex(2), read only.

The kernel calls its clock unsynchronised (STA_UNSYNC) until a daemon disciplines it, and again once
`maxerror`, which grows by 500 ppm, has passed 16 s: that is the one word about a daemon that has died. Where
there is no adjtimex the reading says so and nothing else."""

import ctypes
import os
from typing import Final

from flyball.ports import ClockReading

SOURCE: Final = "adjtimex"
STA_UNSYNC: Final = 0x0040
STA_NANO: Final = 0x2000
TIME_ERROR: Final = 5
MICRO: Final = 1_000


class Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0: change nothing
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", Timeval),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


def read() -> ClockReading:
    """The kernel's present view of its clock."""
    timex = Timex()
    try:
        call = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):
        return ClockReading(SOURCE, None, 0, None, "this system has no adjtimex")
    state = call(ctypes.byref(timex))
    if state < 0:
        return ClockReading(SOURCE, None, 0, None, os.strerror(ctypes.get_errno()))
    return reading(state, timex.status, timex.offset, timex.maxerror)


def reading(state: int, status: int, offset: int, maxerror: int) -> ClockReading:
    """What the numbers of a struct timex say. `maxerror` is microseconds, `offset` too unless STA_NANO. The
    offset is what the kernel has still to take out of its clock: a clock that is behind has a positive
    one."""
    if state == TIME_ERROR or status & STA_UNSYNC:
        return ClockReading(
            SOURCE, None, maxerror * MICRO, False, "the kernel calls its clock unsynchronised"
        )
    ahead = -offset if status & STA_NANO else -offset * MICRO
    return ClockReading(SOURCE, ahead, maxerror * MICRO, True)
