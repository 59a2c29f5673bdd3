"""One order of ours, from what was emitted and what the broker has stated. Only evidence ends it; time is
none."""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.effects import Order as Emitted

ENDS: Final = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")
NOT_SENT: Final = "NOT_SENT"
DISOWNED: Final = 2  # questions in a row the broker has to answer with "unknown"
IDENTITY: Final = (
    *("intent", "author", "strategy", "symbol", "side", "qty", "type", "limit", "tif", "adds", "leg", "stop"),
)


@dataclass(slots=True)
class Order:
    """What is known of it. Quantities and prices in the instrument's steps."""

    first: Emitted  # the record it began with
    seq: int  # of the newest record that sends it
    decision: int  # seq of the decision it carries out; 0 = the governor's own
    created: int  # when its bot made the intent; -1 = the governor's own
    day: int  # risk day it was emitted in
    attempt: int
    qty: int
    filled: int = 0
    stated: int = 0  # the most the broker has said it executed
    ended: str = ""  # how it ended
    ours: bool = False  # by the governor's own word, without the broker's
    fills: set[str] = field(default_factory=set)
    left: bool = False  # some attempt went out
    acknowledged: bool = False  # the broker has spoken of it
    confirmed: bool = False  # ... as open, and has not said since that it knows no such order
    doubted: bool = False  # a submit got no answer
    asked: int = -1  # the question that is open; -1 = none
    disowned: int = 0  # questions in a row answered with "unknown"
    unsent: bool = False  # stopped at the gate, or found never to have left
    cancels: int = 0
    hand_qty: int = 0  # booked on a person's word, and not told by the broker yet
    hand_price: int = 0
    hand_fee: int = 0  # micros

    def remaining(self) -> int:
        """What may still be executed. What we ended ourselves owes nothing, unless the broker says so."""
        return max(0, (self.stated if self.ended else self.qty) - self.filled)

    def retry_refused(self, state: str, filled: int) -> bool:
        """The word may be on its newest attempt alone: those before it, unanswered, may still arrive."""
        return state == "REJECTED" and self.attempt > 1 and filled <= 0 and not self.ended

    def protects(self) -> bool:
        """A stop that the broker has, and nobody has asked back."""
        return self.first.stop > 0 and self.confirmed and not (self.ended or self.cancels)

    def live(self) -> bool:
        return self.remaining() > 0

    def over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.ended != "" and self.remaining() == 0
