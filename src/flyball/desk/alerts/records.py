"""What became of pages, on its way into the journal: kept until the governor has said that it has it.

The pager goes on without a governor; its records wait, and are handed over when there is one again. Each
has a number, and the governor takes each number once.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from flyball.api.client import GovernorNotReachable
from flyball.api.delivered import AT_ONCE, DELIVERED, Told, told_line
from flyball.api.protocol import Reply, Request
from flyball.desk.alerts.page import Page
from flyball.kernel.bounds import MAX_TEXT

MOST: Final = 20_000  # that wait; then the oldest go, and the next record says how many

Ask = Callable[[Request], Awaitable[Reply]]


class Waiting(msgspec.Struct):
    """As it is kept in the pager's file."""

    n: int = 0  # of the newest record
    told: list[Told] = []
    dropped: int = 0


class Records:
    """The pager's records, in order."""

    def __init__(self, waiting: Waiting) -> None:
        self.waiting = waiting

    def add(self, page: Page, outcome: str, *, channel: str = "", detail: str = "", took: int = 0) -> None:
        """One more."""
        w = self.waiting
        if len(w.told) >= MOST:
            del w.told[0]
            w.dropped += 1
        if w.dropped and not detail:
            detail = f"{w.dropped} records before this one were lost: the governor was away too long"
            w.dropped = 0
        w.n += 1
        clean = "".join(c if c.isprintable() else " " for c in detail)[:MAX_TEXT]
        w.told.append(
            Told(
                n=w.n,
                alert=page.alert[:64],
                outcome=outcome,
                severity=page.severity,
                seq=page.seq,
                channel=channel,
                detail=clean,
                took=max(0, took),
            )
        )

    async def hand_over(self, ask: Ask) -> str:
        """Tell the governor the oldest ones; why that could not be, "" when it has them."""
        part = self.waiting.told[:AT_ONCE]
        if not part:
            return ""
        try:
            reply = await ask(Request(what=DELIVERED, args={"records": told_line(part)}, by="pager"))
        except GovernorNotReachable as gone:
            return str(gone)
        if reply.error is not None:
            return reply.error.message
        cursor = reply.data.get("cursor")
        if not isinstance(cursor, int):
            return "the governor did not say what it has"
        w = self.waiting
        if cursor > w.n:  # the pager's file was lost, and its numbers began again
            for i, one in enumerate(w.told, 1):
                one.n = cursor + i
            w.n = cursor + len(w.told)
            return ""
        w.told = [one for one in w.told if one.n > cursor]
        return ""
