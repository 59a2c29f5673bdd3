"""Somebody presses panic at fixed moments: for runs in which every step of getting flat is to be met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flyball.kernel.events import Command, Event
from flyball.kernel.governor import Governor
from flyball.kernel.words import SOCKET
from flyball.ports import Source


@dataclass
class Button:
    """`ports.Source`: panic at each of `moments` (UTC ns, rising), none of them twice however often the
    governor starts; one that it slept through at once."""

    moments: Sequence[int]
    pressed: int
    press: Callable[[int], None] = lambda _: None  # told of each, just before

    def next_due(self) -> int | None:
        return self.moments[self.pressed] if self.pressed < len(self.moments) else None

    def take(self, now: int) -> list[Event]:
        out: list[Event] = []
        while self.pressed < len(self.moments) and self.moments[self.pressed] <= now:
            self.press(now)
            self.pressed += 1
            out.append(Command(now, "panic", "drill", -1, SOCKET, "drill", (), self.pressed))
        return out


def button(
    moments: Sequence[int], press: Callable[[int], None] = lambda _: None
) -> Callable[[Governor, int], Source]:
    """What makes the button of each incarnation (`Plan.operator`)."""

    def made(governor: Governor, _: int) -> Source:
        return Button(moments, governor.state.cursors.get("operator", 0), press)

    return made
