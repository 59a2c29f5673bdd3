"""One order's life (B1): what the broker may still do with it, and only legal steps. Evidence ends an order,
time never does.

PENDING -> SENT -> ACCEPTED -> PARTIALLY_FILLED -> FILLED | CANCELED | REJECTED | EXPIRED; IN_DOUBT from
PENDING or SENT until the broker says otherwise; NOT_SENT when it never left. Fills may come before
acknowledgements, late, twice and after the end: they are facts and are always booked; an order whose broker
states more filled than we have seen still owes that difference.
"""

from dataclasses import dataclass, field

from flyball.kernel.words import (
    ACCEPTED,
    CANCELED,
    EXPIRED,
    FILLED,
    FINAL_STATES,
    IN_DOUBT,
    NOT_SENT,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
    SENT,
)

_OPEN = (ACCEPTED, PARTIALLY_FILLED)
LEGAL: dict[str, tuple[str, ...]] = {
    PENDING: (SENT, IN_DOUBT, *_OPEN, FILLED, CANCELED, REJECTED, EXPIRED, NOT_SENT),
    SENT: (IN_DOUBT, *_OPEN, FILLED, CANCELED, REJECTED, EXPIRED, NOT_SENT),
    IN_DOUBT: (SENT, *_OPEN, FILLED, CANCELED, REJECTED, EXPIRED, NOT_SENT),
    ACCEPTED: (PARTIALLY_FILLED, FILLED, CANCELED, REJECTED, EXPIRED),
    PARTIALLY_FILLED: (FILLED, CANCELED, REJECTED, EXPIRED),
    FILLED: (),
    CANCELED: (),
    REJECTED: (),
    EXPIRED: (),
    NOT_SENT: (),
}


@dataclass(slots=True)
class OrderState:
    """One order of ours. Quantities are in the instrument's units, prices too."""

    client_id: str
    intent: str
    author: str
    strategy: str
    symbol: str
    side: int
    qty: int
    type: str
    limit: int
    tif: str
    adds: bool
    leg: int
    born: int  # when its bot wanted it, or when the governor did; what its age is counted from
    sent_at: int  # the time of its newest Order effect
    state: str = PENDING
    filled: int = 0
    stated: int = 0  # the broker's own cumulative filled quantity, when it said more than we have seen
    attempt: int = 1
    broker_id: str = ""
    reason: str = ""
    fill_ids: list[str] = field(default_factory=list)
    cancel_at: int = 0  # when a cancel was asked for; 0 = never
    cancel_attempt: int = 0
    ask: int = 0  # queries so far
    asked_at: int = 0  # of the query that is open; 0 = none
    disowned: int = 0  # answers in a row that the broker does not know it
    waits: list[str] = field(default_factory=list)  # client ids whose end it waits for, or LOOK (lifecycle)
    ours: bool = False  # ended by us, without the broker's word for it
    owed: int = 0  # how far we are with fills that the broker states and does not tell; see kernel.owed
    absent: int = 0  # account answers in a row that showed nothing of it; -1: one showed all of it
    left: bool = False  # its bytes are known to have left
    unlisted: int = 0  # account answers in a row that did not list it although it should be open
    by_hand: int = 0  # quantity booked on an operator's word that the broker has not told yet
    hand_price: int = 0
    hand_fee: int = 0  # micros
    stop: int = 0  # the price that triggers it, 0 = none
    listed: int = 0  # as of when the broker's newest list showed it; negative: as of then it did not
    close: bool = False  # of a `close`: leaves behind what it took back, with what is left to reduce then
    refused: bool = False  # a retry was rejected; what came of the attempts before it is open

    def final(self) -> bool:
        return self.state in FINAL_STATES

    def remaining(self) -> int:
        """What may still be executed, under every outcome."""
        if self.state in FINAL_STATES:
            return max(0, self.stated - self.filled)
        return max(0, self.qty - self.filled)

    def live(self) -> bool:
        return self.remaining() > 0

    def doubtful(self) -> bool:
        return self.state == IN_DOUBT or (self.final() and self.live())

    def protects(self) -> bool:
        """Whether it is a stop that the broker has confirmed, still knows, and nobody is taking back."""
        return self.stop != 0 and self.state in _OPEN and self.cancel_at == 0 and self.disowned == 0

    def owing(self) -> bool:
        """Whether the broker states more executed than it has told of."""
        return self.stated > self.filled

    def unexplained(self) -> bool:
        """Whether only a person may be left to say what became of it."""
        return self.live() and (self.state == IN_DOUBT or self.owing() or self.disowned > 0)


def move(o: OrderState, state: str) -> bool:
    """Take a legal step; False (and nothing changes) when the step is illegal or no step at all."""
    if state == o.state or state not in LEGAL[o.state]:
        return False
    o.state = state
    return True


def reopen(o: OrderState) -> None:
    """What we held as over is not: it may do anything again until the broker says otherwise. The only way
    back from an end, and never taken on our own evidence."""
    o.state = IN_DOUBT
    o.absent = 0


def state_of_filled(o: OrderState) -> str:
    """The state that fills alone imply for an open order."""
    return FILLED if o.filled >= o.qty else PARTIALLY_FILLED
