"""What the calendar could not know: unscheduled closures and early closes, from a small file beside the
configuration.

A CSV file with the columns `date` (2025-01-09), `hours` (`closed`, or New York times like `09:30-13:00`) and
`reason`. It only ever takes hours away: a row that opens a closed day, opens earlier or closes later than the
table is refused, because a wrong row of that kind would trade where nothing is.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from flyball.tables.calendar import OutOfTable, Session, moment, session_on

COLUMNS: Final = ["date", "hours", "reason"]
CLOSED: Final = "closed"
LONGEST_FILE: Final = 1 << 20
MOST_TEXT: Final = 200
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class OverlayError(ValueError):
    """A file that cannot be taken as an overlay. The message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One day. `session` None: closed."""

    day: int
    session: Session | None
    reason: str


Overlay = Mapping[int, Row]
NONE: Final[Overlay] = {}


def read_overlay(path: str, data: bytes) -> Overlay:
    """The rows of a file by day (yyyymmdd). OverlayError for the first thing that is wrong in it."""
    if len(data) > LONGEST_FILE:
        raise OverlayError(f"{path}: larger than {LONGEST_FILE} bytes; an overlay is a few lines")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise OverlayError(f"{path}: not UTF-8 at byte {wrong.start}; save it as UTF-8") from None
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or [cell.strip() for cell in lines[0]] != COLUMNS:
        raise OverlayError(f"{path}:1: the first line has to be {','.join(COLUMNS)}")
    found: dict[int, Row] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not cells or cells[0].strip().startswith("#"):
            continue
        where = f"{path}:{number}"
        if len(cells) != len(COLUMNS):
            raise OverlayError(
                f"{where}: {len(cells)} cells, not {len(COLUMNS)}; put a reason with commas in quotes"
            )
        row = _row(where, *(cell.strip() for cell in cells))
        if row.day in found:
            raise OverlayError(f"{where}: {cells[0].strip()} is there twice; keep one of the two")
        found[row.day] = row
    return found


def _row(where: str, date: str, hours: str, reason: str) -> Row:
    parts = _DATE.fullmatch(date)
    if parts is None:
        raise OverlayError(f"{where}: date = {date!r}: a date like 2025-01-09")
    day = int("".join(parts.groups()))
    if not reason or len(reason) > MOST_TEXT:
        raise OverlayError(f"{where}: reason = {reason[:20]!r}: say why, in at most {MOST_TEXT} letters")
    try:
        scheduled = session_on(day)
    except OutOfTable as wrong:
        raise OverlayError(f"{where}: date = {date!r}: {wrong}") from None
    except ValueError:
        raise OverlayError(f"{where}: date = {date!r}: there is no such day") from None
    if hours == CLOSED:
        return Row(day, None, reason)
    times = _HOURS.fullmatch(hours)
    if times is None:
        raise OverlayError(f"{where}: hours = {hours!r}: closed, or New York times like 09:30-13:00")
    if scheduled is None:
        raise OverlayError(
            f"{where}: hours = {hours!r}: {date} has no session to shorten; an overlay opens none"
        )
    a, b, c, d = map(int, times.groups())
    begins, ends = moment(day, time(a, b)), moment(day, time(c, d))
    if not scheduled.open <= begins < ends <= scheduled.close:
        raise OverlayError(
            f"{where}: hours = {hours!r}: not inside the scheduled session; an overlay only takes hours away"
        )
    return Row(day, Session(day, begins, ends, ends < scheduled.close or scheduled.early), reason)


def overlaid(schedule: Sequence[Session], overlay: Overlay) -> list[Session]:
    """A schedule as the overlay leaves it."""
    found = []
    for session in schedule:
        row = overlay.get(session.day)
        if row is None:
            found.append(session)
        elif row.session is not None:
            found.append(row.session)
    return found
