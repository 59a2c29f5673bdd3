"""Silence is an alarm (D9): a journal that does not grow while the market is open, and a governor that does
not answer; and the heartbeat that tells a monitor outside that somebody is still watching here.

A governor that has nothing to write is asked before anybody is paged; one that answers is not silent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from flyball.api.client import GovernorNotReachable
from flyball.api.protocol import Reply, Request
from flyball.desk.alerts.pages import SAME_CLOCK, Pages
from flyball.kernel.units import NS
from flyball.kernel.words import CRITICAL, WARNING

SILENT: Final = "governor_silent"
HEARTBEAT: Final = "heartbeat_failed"
PROBE: Final = 2 * NS  # between two questions
MISSED: Final = 3  # heartbeats in a row that nobody took

Open = Callable[[int], bool | None]
Beat = Callable[[], Awaitable[str]]


@dataclass
class Silence:
    """Watches one governor. `calendar`: whether the market is open at a time of this machine's clock; None
    when it does not know."""

    pages: Pages
    ask: Callable[[Request], Awaitable[Reply]]
    calendar: Open
    after: int
    grown: int
    asked: int = 0

    def grew(self, now: int) -> None:
        """The journal has new records."""
        self.grown = now
        self.pages.end(SILENT, "governor", now)

    def market_open(self, now: int) -> bool:
        """By the calendar where the journal keeps this machine's time, else by the journal's own session."""
        if abs(now - self.pages.ts) < SAME_CLOCK:
            known = self.calendar(now)
            if known is not None:
                return known
        opens, closes = self.pages.session
        at = now if abs(now - self.pages.ts) < SAME_CLOCK else self.pages.ts
        return opens <= at < closes

    def due(self, now: int) -> bool:
        """Whether the governor has to be asked."""
        quiet = now - self.grown >= self.after and self.market_open(now)
        held = self.pages.holds(SILENT, "governor")
        return (quiet or held) and now - self.asked >= PROBE

    async def look(self, now: Callable[[], int]) -> None:
        """Ask it; page when it does not answer, end the page when it does."""
        self.asked = now()
        try:
            await self.ask(Request(what="status"))
        except GovernorNotReachable as gone:
            quiet = (now() - self.grown) // NS
            text = f"nothing was written for {quiet} s while the market is open, and {gone}"
            if not self.pages.holds(SILENT, "governor"):
                self.pages.again(SILENT, "governor", CRITICAL, text, now(), holds=True)
        else:
            self.pages.end(SILENT, "governor", now())


@dataclass
class Heartbeat:
    """Tells a monitor outside that the pager lives and the governor is not silent."""

    pages: Pages
    beat: Beat
    every: int
    due: int = 0
    missed: int = 0

    async def tell(self, now: int) -> None:
        """One heartbeat. None is sent while the governor is silent: then the monitor alarms as well."""
        self.due = now + self.every
        if self.pages.holds(SILENT, "governor"):
            return
        why = await self.beat()
        if not why:
            self.missed = 0
            self.pages.end(HEARTBEAT, "monitor", now)
            return
        self.missed += 1
        if self.missed == MISSED:
            text = f"the monitor outside took none of the last {MISSED} heartbeats: {why}"
            self.pages.again(HEARTBEAT, "monitor", WARNING, text, now, holds=True)
