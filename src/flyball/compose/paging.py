"""Beside a governor: keep its desk's pager alive. Started when the governor starts, started again when it
dies; it outlives the governor and ends by itself once that has ended cleanly.
"""

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from flyball.compose.pager_socket import Asked, tell
from flyball.compose.places import PAGER_LOG, PAGER_PULSE
from flyball.config.alerting import lacking, secret_files
from flyball.config.problems import ConfigError, Problem
from flyball.config.settings import AlertSettings
from flyball.kernel.units import NS
from flyball.machine.clock import AsyncWakeup, RealClock
from flyball.machine.private import NotPrivate, read_private
from flyball.machine.pulse import Listener
from flyball.machine.standing import Standing, stand

LOOK: Final = NS
AGAIN: Final = 2 * NS  # after it died, and twice as long each time
LONGEST: Final = 300 * NS
HUNG: Final = 30 * NS  # without a round
PATIENCE: Final = 10 * NS  # for a pager that is just starting
NEEDS: Final = ("aiohttp", "aiosmtplib", "slack_sdk")


def check(path: str, alerts: AlertSettings) -> None:
    """Raise ConfigError when `[alerts]` names a channel that could page nobody."""
    wrong = [Problem(path, 0, "", "", one, "") for one in lacking(alerts)]
    folder = Path(path).resolve().parent
    for key, file in secret_files(alerts):
        try:
            read_private(str(folder / file))
        except OSError as error:
            why = str(error) if isinstance(error, NotPrivate) else f"{folder / file}: {error.strerror}"
            wrong.append(Problem(path, 0, key, f'"{file}"', why, "the secret goes into a file of mode 0600"))
    lacks = [name for name in NEEDS if find_spec(name) is None] if wanted(alerts) else []
    if lacks:
        what = f"needs {', '.join(lacks)}, not installed here"
        wrong.append(Problem(path, 0, "alerts", "", what, "pip install 'flyball[alerts]'"))
    if wrong:
        raise ConfigError(wrong)


def wanted(alerts: AlertSettings) -> bool:
    """Whether anybody is to be paged, or may speak from Slack."""
    return bool(alerts.channels()) or alerts.slack.port != 0


class Paging:
    """Keeps the pager of one desk. `keep` runs beside the flight; `landed` is said once it is over."""

    def __init__(self, config: Path) -> None:
        self.config = config.resolve()
        self.folder = self.config.parent
        self.running: Standing | None = None
        self.task: asyncio.Task[None] | None = None

    def begin(self, died: Callable[[str], None]) -> None:
        """Start keeping, in the running loop. `died`: told why, whenever there is no pager."""
        self.task = asyncio.get_running_loop().create_task(self.keep(died))

    async def keep(self, died: Callable[[str], None]) -> None:
        """Have a pager as long as this task runs. Never raises for want of one; more is in its log."""
        clock, wake = RealClock(), AsyncWakeup()
        words = ["alerts", "run", "--dir", str(self.folder), "--config", str(self.config), "--with-run"]
        pause = AGAIN
        while True:
            began = clock.now()
            try:
                self.running = await stand(words, cwd=str(self.folder), log=str(self.folder / PAGER_LOG))
            except OSError as error:
                why = f"could not be started ({error.strerror or error})"
            else:
                why = await self.watch(self.running, clock)
            died(f"the pager {why}; see {PAGER_LOG}")
            pause = AGAIN if clock.now() - began > LONGEST else min(2 * pause, LONGEST)
            await clock.until(clock.now() + pause, wake)

    async def watch(self, running: Standing, clock: RealClock) -> str:
        """Until it is over; how it ended. One that lives and does not go round any more is ended: it would
        page nobody and look well.
        """
        wake, listener = AsyncWakeup(), Listener(f"{self.folder}/{PAGER_PULSE}")
        beats, since = 0, clock.now()
        while (code := running.ended()) is None:
            beat, now = listener.read(), clock.now()
            count = beat.count if beat is not None and beat.pid == running.pid else 0
            if count != beats:
                beats, since = count, now
            if now - since > HUNG:
                running.end()
                while running.ended() is None and clock.now() - now < PATIENCE:  # one in a hanging disk stays
                    await clock.until(clock.now() + NS // 10, wake)
                return f"was stuck for {HUNG // NS} s and has been ended"
            await clock.until(now + LOOK, wake)
        return f"ended with {code}"

    async def landed(self) -> None:
        """The governor has ended cleanly: the pager sends what it has, then ends as well. Without this word
        it takes the silence for a death."""
        clock, wake = RealClock(), AsyncWakeup()
        until = clock.now() + PATIENCE
        while clock.now() < until and self.running is not None and self.running.ended() is None:
            try:
                await tell(str(self.folder), Asked("landed"))
            except (OSError, ValueError):
                await clock.until(clock.now() + NS // 10, wake)  # it may be just starting
            else:
                return
