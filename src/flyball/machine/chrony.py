"""What chronyd says of the clock it keeps: `chronyc -n -c tracking`, one line of comma-separated values.

Its fields (chronyc(1), "tracking"): reference id, its name, stratum, reference time, system time offset
(seconds), last offset, RMS offset, frequency, residual frequency, skew, root delay, root dispersion, update
interval, leap status. Only the size of the offset is used: which sign means ahead is not in the manual.
"""

import shutil
import subprocess
from decimal import Decimal, InvalidOperation
from typing import Final

from flyball.ports import ClockReading

SOURCE: Final = "chrony"
NS: Final = 1_000_000_000
FIELDS: Final = 14
TIMEOUT_S: Final = 2.0
LEAPS: Final = ("Normal", "Insert second", "Delete second")


def found() -> str:
    """Where chronyc is, "" when it is not installed."""
    return shutil.which("chronyc") or ""


def tracking(program: str) -> ClockReading:
    """Ask chronyd through `program`. It blocks up to 2 s."""
    try:
        done = subprocess.run(
            [program, "-n", "-c", "tracking"],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return ClockReading(SOURCE, None, 0, None, str(error))
    text = done.stdout.decode("ascii", "replace").strip()
    if done.returncode != 0:
        return ClockReading(SOURCE, None, 0, None, text or f"chronyc ended with {done.returncode}")
    return reading(text)


def reading(line: str) -> ClockReading:
    """What a line of `chronyc -c tracking` says."""
    fields = line.split(",")
    if len(fields) != FIELDS:
        return ClockReading(SOURCE, None, 0, None, f"not a tracking line: {line[:80]!r}")
    if fields[13] not in LEAPS:
        return ClockReading(SOURCE, None, 0, False, f"chronyd: {fields[13].lower()}")
    try:
        off, delay, dispersion = (abs(_ns(fields[i])) for i in (4, 10, 11))
    except InvalidOperation:
        return ClockReading(SOURCE, None, 0, None, f"not a tracking line: {line[:80]!r}")
    return ClockReading(SOURCE, off, delay // 2 + dispersion, True, f"from {fields[1]}")


def _ns(seconds: str) -> int:
    value = Decimal(seconds)
    if not value.is_finite():
        raise InvalidOperation
    return int(value * NS)
