"""The kill file as a source of events: it appears, and the account panics (L4). Its existence alone counts.

It speaks once for each time it appears, and at a start that finds it there. Taking it away clears nothing.
"""

from typing import Final

from flyball.kernel.events import Command, Event
from flyball.kernel.words import SOCKET
from flyball.ports import KillFile

BY: Final = "kill file"


class KillFileSource:
    """`panic` as soon as the file is there."""

    def __init__(self, file: KillFile) -> None:
        self.file = file
        self.told = False

    def next_due(self) -> int | None:
        """At once when there is something to tell."""
        there = self.file.there()
        if not there:
            self.told = False
        return 0 if there and not self.told else None

    def take(self, now: int) -> list[Event]:
        """The panic, as an operator without a secret would say it."""
        if self.next_due() is None:
            return []
        self.told = True
        return [panic(now)]


def panic(now: int) -> Command:
    """The command of the kill file. It has no number: no operator waits for its answer."""
    return Command(now, "panic", BY, -1, SOCKET, "the kill file is there", (("cancel_only", "no"),), 0)
