"""A channel: something that takes a message and says whether it arrived there.

What failed may have arrived all the same. Every attempt of one message carries the same id, so that a
receiver can leave out what it has already.
"""

from typing import Protocol

from flyball.desk.alerts.page import Message

PATIENCE_S = 10.0  # for one attempt


class NotDelivered(Exception):  # noqa: N818 - it says what is the case
    """The attempt failed; the text says why, and holds no secret."""


class Channel(Protocol):
    """One way to a person."""

    name: str

    async def send(self, message: Message) -> str:
        """Deliver it; what the other side said of it, for the record. Raises NotDelivered."""
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...
