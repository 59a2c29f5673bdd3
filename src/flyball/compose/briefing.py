"""A brief made from a journal's files: from which moment on, the ledger then, and everything since."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from flyball.desk.brief import Brief, figures
from flyball.journal.chain import Place
from flyball.journal.errors import JournalError
from flyball.journal.left_out import left_out
from flyball.journal.replay import read
from flyball.journal.snapshots import newest
from flyball.kernel.decode import DecodeError
from flyball.kernel.events import Command, Session
from flyball.kernel.units import MINUTE, NS
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import Replay, knows, restore

LAST: Final = "last"
_SPAN: Final = re.compile(r"(\d{1,9})\s*(s|m|min|h|d)")
_UNITS: Final = {"s": NS, "m": MINUTE, "min": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE}
EVERY: Final = 2_000


class NoSuchTime(ValueError):  # noqa: N818 - it says what is the case
    """--since is nothing this version understands."""


@dataclass
class Moment:
    """The first record of a brief, and why that one."""

    seq: int
    why: str


def brief_of(journal: Path, since: str, advance: Callable[[int], None]) -> Brief:
    """The brief. NoSuchTime for a `since` that is none; JournalError, ReplayDiffers."""
    disk = RealDisk(str(journal))
    moment = _moment(disk, since)
    replay, start = _before(disk, moment.seq)
    brief: Brief | None = None
    for seq, record in read(disk, start=start):
        if seq == moment.seq:
            brief = Brief(moment.why, figures(replay.governor.state))
            brief.then.ts = record.ts
        replay.take(seq, record)
        if brief is not None:
            brief.take(record)
        if seq % EVERY == 0:
            advance(seq)
    replay.end()
    if brief is None:
        brief = Brief(moment.why, figures(replay.governor.state))
    brief.finish(replay.governor.state)
    return brief


def _before(disk: RealDisk, seq: int) -> tuple[Replay, Place | None]:
    """Where to begin: the newest good snapshot before a record, else the beginning."""
    for at, found in newest(disk):
        if isinstance(found, str) or at >= seq:
            continue
        try:
            next(read(disk, start=found.place))
            left = left_out(disk, found.place)
            if not knows(at, left):
                continue
            start = restore(found, found.place, found.place.id)
        except (DecodeError, JournalError, StopIteration):
            continue
        return Replay(start, at, found.kernel, left), found.place
    return Replay(left_out=left_out(disk)), None


def _moment(disk: RealDisk, since: str) -> Moment:
    """Which record `since` means: one pass over the journal."""
    command = session = first = last_ts = 0
    wanted = -1 if since == LAST else _time(since)
    back = _back(since)
    times: deque[tuple[int, int]] = deque()  # (ts, seq) of what lies inside the span, as far as is known
    for seq, record in read(disk):
        first = first or seq
        last_ts = max(last_ts, record.ts)
        if isinstance(record, Command):
            command = seq
        elif isinstance(record, Session):
            session = seq
        if back:
            times.append((record.ts, seq))
            while times[0][0] < last_ts - back:
                times.popleft()
        if wanted > 0 and record.ts >= wanted:
            return Moment(seq, since)
    if back:
        return Moment(times[0][1] if times else first, f"the last {since}")
    if since != LAST:
        return Moment(0, f"{since}: nothing has happened since")
    if command:
        return Moment(command, "the last command of an operator")
    if session:
        return Moment(session, "the last session's start")
    return Moment(first, "the beginning")


def _back(since: str) -> int:
    """8h as nanoseconds; 0 when it is no span."""
    found = _SPAN.fullmatch(since.strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def _time(since: str) -> int:
    """A time as UTC nanoseconds; -1 for a span."""
    if _back(since):
        return -1
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        raise NoSuchTime(
            f"--since {since}: a span like 8h, a time like 2026-11-20T08:00:00Z, or last"
        ) from None
    if at.tzinfo is None:
        raise NoSuchTime(f"--since {since}: say whose time it is: {since}Z for UTC, or an offset")
    return int(at.timestamp() * 1_000_000) * 1_000
