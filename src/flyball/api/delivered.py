"""The pager's records as it hands them over: a JSON list, read strictly, so that nothing odd reaches the
journal.

    [{"n":7,"alert":"latch_L1","seq":812,"channel":"email","outcome":"delivered","severity":"critical","took":140000000}]

`n` rises by itself and never repeats: a record told twice is recorded once.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from flyball.kernel.bounds import MAX_ID, MAX_TEXT
from flyball.kernel.events import Delivery
from flyball.kernel.words import CRITICAL, INFO, WARNING

DELIVERED: Final = "delivered"  # the word it is said with
RAISED: Final = "raised"
REPEATED: Final = "repeated"
ESCALATED: Final = "escalated"
FAILED: Final = "failed"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
OUTCOMES: Final = (RAISED, DELIVERED, REPEATED, ESCALATED, FAILED, ACKNOWLEDGED, RESOLVED)
AT_ONCE: Final = 100  # records in one request
MOST: Final = 1 << 62


class BadRecords(ValueError):  # noqa: N818 - it says what is the case
    """They are no records of a pager of this version."""


class Told(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One record. `took`: nanoseconds from the alert to its delivery, 0 = not said."""

    n: int
    alert: str
    outcome: str
    severity: str
    seq: int = 0
    channel: str = ""
    detail: str = ""
    took: int = 0


_read: Final = msgspec.json.Decoder(list[Told]).decode


def told_line(records: Sequence[Told]) -> str:
    """The argument of the request."""
    return msgspec.json.encode(records).decode()


def deliveries(text: str, ts: int) -> list[Delivery]:
    """The events of an argument. BadRecords says which record is wrong, and how."""
    try:
        told = _read(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BadRecords(f"records: {error}") from None
    if len(told) > AT_ONCE:
        raise BadRecords(f"records: {len(told)} of at most {AT_ONCE}")
    last = 0
    for one in told:
        flaw = _flaw(one, last)
        if flaw:
            raise BadRecords(f"records: number {one.n}: {flaw}")
        last = one.n
    return [
        Delivery(ts, one.alert, one.seq, one.channel, one.outcome, one.detail, one.n, one.severity, one.took)
        for one in told
    ]


def _flaw(one: Told, last: int) -> str:
    if not last < one.n < MOST:
        return "the numbers do not rise"
    if not (0 <= one.seq < MOST and 0 <= one.took < MOST):
        return "seq or took is out of range"
    if one.outcome not in OUTCOMES:
        return f"outcome is none of {', '.join(OUTCOMES)}"
    if one.severity not in (INFO, WARNING, CRITICAL):
        return "severity is info, warning or critical"
    for name, most in (("alert", MAX_ID), ("channel", MAX_ID), ("detail", MAX_TEXT)):
        word = getattr(one, name)
        if len(word) > most or not word.isprintable():
            return f"{name} has at most {most} characters on one line"
    return "" if one.alert else "alert is empty"
