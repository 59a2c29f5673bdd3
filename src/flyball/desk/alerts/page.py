"""What is kept of a page: one episode of one alert, and how far it has got on each channel.

Everything here is written to the pager's own file as JSON, so that a pager that dies goes on where it was.
All times are UTC nanoseconds of this machine's clock, except `ts`, which is the governor's.
"""

from typing import Final

import msgspec

FIRST: Final = "first"
REPEAT: Final = "repeat"
ESCALATION: Final = "escalation"
OVER: Final = "over"


class Leg(msgspec.Struct):
    """A page on one channel. `why`: what has to be sent next, "" when nothing has."""

    channel: str
    opened: int
    why: str = ""
    times: int = 0  # how often it was delivered
    sent: int = 0  # when last, 0 = never
    failed: bool = False  # that it failed here has been recorded
    told: bool = False  # that it is over has been sent here


class Page(msgspec.Struct):
    """One episode. `id` is the number of the alert's record, or own-N for what no record says."""

    id: str
    alert: str
    scope: str
    severity: str
    text: str
    seq: int
    ts: int
    seen: int  # when the pager first saw it
    event: int  # when it happened by this machine's clock, as far as that can be told
    last: int  # when it last came again
    holds: bool = False  # its cause has an end of its own (a latch is cleared), which is told
    count: int = 1
    by: str = ""  # who acknowledged it
    over: int = 0  # when its episode ended, 0 = it is open
    test: bool = False  # for every channel at once, whatever its severity
    legs: list[Leg] = []

    def leg(self, channel: str) -> Leg | None:
        """How far it is on a channel, None when it was never meant for it."""
        return next((leg for leg in self.legs if leg.channel == channel), None)

    def waiting(self) -> bool:
        """Whether a channel still has something to send."""
        return any(leg.why for leg in self.legs)


class Item(msgspec.Struct):
    """One page in a message, and why it is in it."""

    page: str
    why: str


class Message(msgspec.Struct):
    """What is sent to one channel. `id` stays the same however often it has to be tried."""

    id: str
    severity: str
    subject: str
    text: str
    head: str
    account: str
    items: list[Item]
    made: int


class Line(msgspec.Struct):
    """One channel: what is on the way, and how it has been doing."""

    channel: str
    message: Message | None = None
    tries: int = 0  # failed attempts in a row
    due: int = 0  # not before then
    began: int = 0  # when the attempt under way began, 0 = none is
    since: int = 0  # failing since then, 0 = it is not
    delivered: int = 0  # messages
    failed: str = ""  # why the last attempt failed
