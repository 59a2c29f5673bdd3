"""One order of ours, from what was emitted and what the broker has stated. Only evidence ends it."""

from dataclasses import dataclass, field
from fractions import Fraction

ZERO = Fraction(0)


@dataclass
class Order:
    """One order of ours, from what was emitted and what the broker has stated."""

    client_id: str
    intent: str
    author: str
    strategy: str
    symbol: str
    side: int
    qty: Fraction
    limit: Fraction  # 0 = market
    adds: bool
    leg: int
    attempts: list[int]
    filled: Fraction = ZERO
    stated: Fraction = ZERO  # the most the broker has said it executed
    ended: str = ""  # the evidence of its end; time is none
    fills: list[str] = field(default_factory=list)
    left: bool = False  # some attempt went out
    acknowledged: bool = False  # the broker has spoken of it
    asked: int = -1  # the question that is open; -1 = none
    disowned: int = 0  # questions in a row answered with "unknown"
    cancels: int = 0
    grounds: str = ""  # the end that the governor may give it without the broker's word
    by_hand: Fraction = ZERO  # booked on an operator's word, and not told by the broker yet
    hand_price: Fraction = ZERO
    hand_fee: Fraction = ZERO
    day: int = 0  # risk day it was decided in
    heard_at: int = 0  # when anything last came of it
    stop: Fraction = ZERO  # what triggers it; 0 = no stop
    confirmed: bool = False  # the broker has it as open, or executed some of it
    vanished: bool = False  # and has since said that it knows no such order

    def remaining(self) -> Fraction:
        """What may still be executed."""
        return max(ZERO, (self.stated if self.ended else self.qty) - self.filled)

    def retry_refused(self, state: str, filled: Fraction | None) -> bool:
        """The word may be on its newest attempt alone: those before it, unanswered, may still arrive."""
        return state == "REJECTED" and max(self.attempts) > 1 and not filled and not self.ended

    def protects(self) -> bool:
        """A stop the broker has, and nobody has asked back."""
        return (
            self.stop > 0
            and self.confirmed
            and not (self.ended or self.cancels or self.vanished)
            and self.live()
        )

    def live(self) -> bool:
        return self.remaining() > 0
