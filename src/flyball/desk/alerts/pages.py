"""The pages that are open, made from the journal's records: one page an episode, however often its alert
comes.

An alert is the same again when its name and scope are; without a scope, when its text is but for the numbers
in it. A latch's page ends when the latch is cleared.
"""

import re
from collections.abc import Iterable
from typing import Final

from flyball.desk.alerts.page import Page
from flyball.journal.codec import Record
from flyball.kernel.effects import Alert, DayStart, Done, LatchChange
from flyball.kernel.events import Command, Delivery, Epoch
from flyball.kernel.units import MINUTE
from flyball.kernel.words import CRITICAL, INFO, SET, WARNING

MOST: Final = 5_000  # open pages; what comes then is counted on one page of its severity
ENDED: Final = 200  # pages that are over and kept to be shown
SAME_CLOCK: Final = 1440 * MINUTE  # a journal whose time is further from ours plays recorded data
LATCH: Final = "latch_"
FLOOD: Final = "flood"
RANK: Final = {CRITICAL: 0, WARNING: 1, INFO: 2}
_DIGITS: Final = re.compile(r"\d+")


class Pages:
    """Takes records in journal order. `now` is this machine's clock whenever it is asked for."""

    def __init__(self, pages: Iterable[Page] = (), own: int = 0) -> None:
        self.all: dict[str, Page] = {page.id: page for page in pages}
        self.own = own  # pages that no record says, so far
        self.acknowledged: list[tuple[Page, str]] = []  # since they were last taken
        self.resolved: list[Page] = []
        self.fresh: list[Page] = []
        self.account = ""
        self.mode = ""
        self.seq = 0
        self.ts = 0  # of the newest record
        self.session = (0, 0)  # open, close
        self.standing: dict[tuple[str, str], tuple[int, LatchChange]] = {}
        self._scope = ""
        self._word: tuple[str, str] | None = None  # page and name of an acknowledgement not yet carried out
        self._open = {(p.alert, p.scope): p for p in self.all.values() if not p.over}

    def take(self, seq: int, record: Record, now: int) -> None:
        """One record of the journal."""
        self.seq, self.ts = seq, record.ts
        if isinstance(record, LatchChange):
            self._latch(seq, record, now)
        elif isinstance(record, Alert):
            latch = record.alert.startswith(LATCH) and self._scope
            scope = self._scope if latch else _DIGITS.sub("#", record.text)[:120]
            self.again(
                record.alert,
                scope,
                record.severity,
                record.text,
                now,
                seq=seq,
                ts=record.ts,
                holds=bool(latch),
            )
        elif isinstance(record, Command) and record.what == "acknowledge":
            self._word = (dict(record.args).get("page", ""), record.by)
        elif isinstance(record, Done) and self._word is not None:
            self.acknowledge(*self._word, now)
        elif isinstance(record, Epoch):
            self.account, self.mode = record.account, record.mode
        elif isinstance(record, DayStart):
            self.session = (record.open, record.close)
        self._scope = record.scope if isinstance(record, LatchChange) and record.action == SET else ""
        if not isinstance(record, Command | Delivery):
            self._word = None

    def again(
        self,
        alert: str,
        scope: str,
        severity: str,
        text: str,
        now: int,
        *,
        seq: int = 0,
        ts: int = 0,
        holds: bool = False,
    ) -> Page | None:
        """An alert: a new page, which is returned, or its page once more. `seq` 0: the pager's own."""
        page = self._open.get((alert, scope))
        if page is None and len(self._open) >= MOST and alert != FLOOD:
            self.again(FLOOD, severity, severity, f"more than {MOST} pages are open; see the journal", now)
            return None
        if page is not None:
            page.count += 1
            page.last = now
            if RANK[severity] < RANK[page.severity]:
                page.severity, page.by, page.legs = severity, "", []
            return None
        if seq == 0:
            self.own += 1
        name = str(seq) if seq else f"own-{self.own}"
        event = ts if 0 < now - ts < SAME_CLOCK else now
        page = Page(name, alert, scope, severity, text, seq, ts or now, now, event, now, holds)
        self.all[name] = page
        self._open[alert, scope] = page
        self.fresh.append(page)
        return page

    def end(self, alert: str, scope: str, now: int) -> None:
        """The cause of a page is gone."""
        page = self._open.pop((alert, scope), None)
        if page is not None:
            page.over = now
            self.resolved.append(page)

    def acknowledge(self, name: str, by: str, now: int) -> int:
        """Somebody looks after a page, or all of them; how many that were."""
        found = [p for p in self._open.values() if name in ("all", p.id) and not p.by]
        for page in found:
            page.by, page.last = by, max(page.last, now)
            self.acknowledged.append((page, by))
        return len(found)

    def holds(self, alert: str, scope: str) -> bool:
        """Whether a page of this cause is open."""
        return (alert, scope) in self._open

    def open_one(self, alert: str, scope: str) -> Page | None:
        """The open page of a cause."""
        return self._open.get((alert, scope))

    def sweep(self) -> None:
        """Close what `due` has ended; forget the oldest of what is over and has nothing to send."""
        for key in [key for key, page in self._open.items() if page.over]:
            self.resolved.append(self._open.pop(key))
        gone = [p.id for p in self.all.values() if p.over and not p.waiting()]
        for name in gone[: max(0, len(gone) - ENDED)]:
            del self.all[name]

    def begin(self, now: int) -> None:
        """The first look at a journal that is there already: latches set before its newest start still page,
        nothing else of before does."""
        for (alert, scope), (seq, latch) in self.standing.items():
            if self.holds(alert, scope):
                continue
            text = f"{latch.latch} has been set on {latch.scope} since before this start: {latch.reason}"
            self.again(LATCH + latch.latch, latch.scope, WARNING, text, now, seq=seq, ts=latch.ts, holds=True)

    def forget(self) -> None:
        """Drop every page: those that follow are of a newer start."""
        self.all.clear()
        self._open.clear()
        self.acknowledged.clear()
        self.resolved.clear()
        self.fresh.clear()

    def restore(self, pages: Iterable[Page]) -> None:
        """Put back what was known of pages."""
        for page in pages:
            self.all[page.id] = page
            if not page.over:
                self._open[page.alert, page.scope] = page

    def _latch(self, seq: int, latch: LatchChange, now: int) -> None:
        key = (LATCH + latch.latch, latch.scope)
        if latch.action == SET:
            self.standing[key] = (seq, latch)
        else:
            self.standing.pop(key, None)
            self.end(*key, now)
