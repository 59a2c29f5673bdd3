"""Orders: what was sent, what is known of it, and what may still be executed."""

from dataclasses import dataclass, field

from tests.auditor.market import Instrument
from tests.auditor.reading import Line, nanos

OVER = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")
OPEN = ("ACCEPTED", "PARTIALLY_FILLED")


@dataclass
class Hand:
    """What an operator booked and the broker has not yet told."""

    qty: int
    price: int
    fee: int


@dataclass
class Order:
    """One client order id."""

    name: str
    strategy: str
    symbol: str
    side: str
    qty: int
    limit: int
    adds: bool
    author: str
    line: Line
    attempts: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    filled: int = 0
    stated: int = 0
    over: bool = False
    found: bool = False  # the broker was asked, and knows it
    hand: Hand | None = None
    stop: int = 0  # what triggers it; 0 = no stop
    confirmed: bool = False  # the broker has it open, or executed some of it
    recalled: bool = False  # a cancel was asked for
    refused: bool = False  # a retry was rejected; an attempt before it may still arrive

    @property
    def protects(self) -> bool:
        return self.stop > 0 and self.confirmed and not self.recalled and not self.over

    @property
    def left(self) -> int:
        """What may still be executed."""
        return max((self.stated if self.over else self.qty) - self.filled, 0)


def read_order(line: Line, instrument: Instrument) -> Order:
    return Order(
        line["client_order_id"],
        line["strategy"],
        line["symbol"],
        line["side"],
        instrument.qty(line["qty"]),
        instrument.price(line["limit"]) if "limit" in line else 0,
        line["adds"],
        line.get("author", ""),
        line,
        stop=instrument.price(line["stop"]) if "stop" in line else 0,
    )


def waiting(decision: Line, instrument: Instrument) -> Order:
    """What was approved and has no order line yet: an exit that waits until a cancel has made room for it."""
    return read_order(decision | {"client_order_id": f"decision {decision['seq']}"}, instrument)


def retry_refused(order: Order, line: Line, instrument: Instrument) -> bool:
    """Whether the broker's word may be on the newest attempt alone: only an answer ends the order then."""
    told = "found" not in line and line.get("state") == "REJECTED"
    executed = "filled" in line and instrument.qty(line["filled"]) > 0
    return told and max(order.attempts) > 1 and not (order.over or executed)


def note_update(order: Order, line: Line, instrument: Instrument) -> None:
    """What a line says of an order."""
    if "ended" in line:
        order.over = line["ended"]
        if line["ended"]:
            order.stated = order.filled
        return
    state = line.get("state")
    order.confirmed = line.get("found", True) and (order.confirmed or state in OPEN)
    order.found = order.found or line.get("found", False)
    if state == "SENT":
        order.sent.append(nanos(line["ts"]))
    if state == "NOT_SENT":
        order.stopped.append(line.get("attempt", 0))
    if retry_refused(order, line, instrument):
        order.refused = True
    else:
        order.over = order.over or state in OVER
    if "filled" in line:
        order.stated = max(order.stated, instrument.qty(line["filled"]))
    elif state == "FILLED":
        order.stated = max(order.stated, order.qty)
