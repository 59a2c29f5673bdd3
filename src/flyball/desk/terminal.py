"""Live progress of a run: with a terminal a panel that is redrawn at most eight times a second, without one
plain lines, one a session and one for each latch set or cleared. At the end, a summary in text.

Time comes from outside: nothing here waits or starts a thread.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from flyball.desk.lines import BAD, GOOD, WARN, Line, Lines
from flyball.desk.summary import Summary
from flyball.desk.summary_text import summary_table

if TYPE_CHECKING:
    from rich.live import Live as RichLive

__all__ = ["Live", "summary_table"]

REDRAW: Final = 0.125  # seconds
STYLES: Final = {GOOD: "green", BAD: "red", WARN: "yellow"}


class Live:
    """Shows `summary` while it is fed. `now`: seconds of any steady clock. `plain`: `out` is no terminal."""

    def __init__(
        self,
        summary: Summary,
        *,
        now: Callable[[], float],
        plain: bool,
        out: TextIO,
        sessions: int = 0,
    ) -> None:
        self.summary = summary
        self._now = now
        self._out = out
        self._lines = Lines(summary, sessions)
        self._drawn = float("-inf")
        self._live: RichLive | None = None
        self._plain = plain

    @property
    def sessions(self) -> int:
        """How many sessions the run will have; 0 = nobody knows."""
        return self._lines.sessions

    @sessions.setter
    def sessions(self, count: int) -> None:
        self._lines.sessions = count

    def update(self) -> None:
        """The summary was fed."""
        self._say(self._lines.new())
        if self._plain:
            return
        now = self._now()
        if now - self._drawn >= REDRAW:
            self._drawn = now
            self._draw()

    def note(self, text: str) -> None:
        """A line of the caller's."""
        self._say([Line(text)])

    def done(self) -> None:
        """The run is over: the last lines, the last picture."""
        self._say(self._lines.new(ended=True))
        if not self._plain:
            self._draw()
            if self._live is not None:
                self._live.stop()
                self._live = None

    def _say(self, lines: list[Line]) -> None:
        if not lines:
            return
        if self._plain:
            for line in lines:
                self._out.write(line.text + "\n")
            self._out.flush()
            return
        from rich.text import Text

        console = self._start().console
        for line in lines:
            console.print(Text(line.text, STYLES.get(line.mood, "")), no_wrap=True, overflow="ellipsis")

    def _draw(self) -> None:
        from flyball.desk.panel import panel

        live = self._start()
        live.update(panel(self.summary, self.sessions, live.console.width), refresh=True)

    def _start(self) -> "RichLive":
        """The panel's place on the screen, taken when it is first needed."""
        if self._live is None:
            from rich.console import Console
            from rich.live import Live as RichLive

            console = Console(file=self._out, highlight=False)
            self._live = RichLive(
                console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        return self._live
