"""What happened, a line at a time: one for each session that ended, one for each latch set or cleared.

The same lines stand above the live panel and in a log without a terminal.
"""

from dataclasses import dataclass, field

from flyball.desk import shown
from flyball.desk.latch_log import Episode
from flyball.desk.rows import Row
from flyball.desk.summary import Summary
from flyball.kernel.latches import ACCOUNT_SCOPE, TABLE
from flyball.kernel.words import HALTED

GOOD, BAD, WARN, PLAIN = "good", "bad", "warn", ""


@dataclass
class Line:
    """One line and its mood."""

    text: str
    mood: str = PLAIN


@dataclass
class Lines:
    """Tells each thing once."""

    summary: Summary
    sessions: int = 0  # how many are to come, 0 = nobody knows
    _rows: int = 0
    _episodes: int = 0
    _open: list[Episode] = field(default_factory=list)

    def new(self, *, ended: bool = False) -> list[Line]:
        """What has happened since the last call. `ended`: nothing more will come, so tell the day under
        way.
        """
        s = self.summary
        out: list[Line] = []
        if self._episodes < len(s.latches.episodes) or any(x.cleared_at for x in self._open):
            out += self._latches()
        while self._rows < len(s.rows):
            row = s.rows[self._rows]
            last = self._rows == len(s.rows) - 1
            if last and row.flat is None and not ended:
                break
            self._rows += 1
            out.append(self._session(row, self._rows))
        return out

    def _latches(self) -> list[Line]:
        out = []
        for x in self._open[:]:
            if x.cleared_at:
                self._open.remove(x)
                out.append(self._cleared(x))
        for x in self.summary.latches.episodes[self._episodes :]:
            out.append(self._set(x))
            if x.cleared_at:
                out.append(self._cleared(x))
            else:
                self._open.append(x)
        self._episodes = len(self.summary.latches.episodes)
        return out

    def _set(self, x: Episode) -> Line:
        scope = "" if x.scope == ACCOUNT_SCOPE else f" on {x.scope}"
        mood = BAD if x.state == HALTED else WARN
        return Line(f"{self._when(x.set_at)}  {name_of(x)} set{scope}: {x.reason}", mood)

    def _cleared(self, x: Episode) -> Line:
        why = f": {x.cleared_reason}" if x.cleared_reason else ""
        return Line(f"{self._when(x.cleared_at)}  {name_of(x)} cleared by {x.cleared_by}{why}", GOOD)

    def _when(self, ts: int) -> str:
        today = self.summary.today
        return shown.stamp(ts, today.venue if today else "").rjust(16)

    def _session(self, row: Row, number: int) -> Line:
        s = self.summary
        currency = s.books.currency
        pnl = s.row_pnl(row)
        number_of = f"{number}/{self.sessions}" if self.sessions else f"{number}"
        flat = s.flat_of(row)
        held = "NOT FLAT" if s.flat_by_close else "held"
        end = "" if flat is None else "flat" if flat else held
        text = (
            f"{shown.day_name(row.day, weekday=True):>10} {number_of:>5} {end:<4}"
            f" {shown.cash(pnl, currency, sign=True):>10} {shown.cash(s.row_equity(row), currency):>11}"
            f" {row.approved:>4} passed {row.clipped:>3} cut {row.refused:>5,} refused"
        )
        return Line(text, BAD if flat is False and s.flat_by_close else PLAIN)


def name_of(x: Episode) -> str:
    """L1 daily loss"""
    return f"{x.latch} {TABLE[x.latch].title}" if x.latch in TABLE else x.latch
