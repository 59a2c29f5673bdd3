"""One paper broker and everybody it serves: its clock, its rules at the door, and the one place through which
every call passes, the governor's and strangers'.

What was taken on is durable before anything is said about it (`Paper.take` syncs first). The stream tells the
governor of every order of the account, strangers' included, as Alpaca's trade_updates does; answers to single
calls go only to whoever asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from flyball.broker.paper import Paper
from flyball.broker.paper_account import Held, Truth
from flyball.broker.paper_actions import Dated, price_at
from flyball.broker.paper_life import Unit
from flyball.broker.paper_rules import Asked, Refusal, Switches, buying_power, cost, held_back, reduces, wash
from flyball.broker.prices import PriceFeed, Sessions
from flyball.kernel.effects import Cancel, Order
from flyball.kernel.events import Account, Event, Timeout, Update
from flyball.kernel.words import CANCELED, EXPIRED, FILLED, REJECTED
from flyball.ports import Disk

DOOR: Final = "door"  # author of what came in through the HTTP door
ENDED: Final = (CANCELED, EXPIRED, FILLED, REJECTED)
SWITCHES: Final = "paper.account"  # file of the account's own settings


@dataclass(frozen=True)
class Market:
    """What the broker knows of its market. `schedule`: (open, close) of every session, rising."""

    units: Mapping[str, Unit]
    prices: PriceFeed
    sessions: Sessions
    schedule: Sequence[tuple[int, int]]
    crypto: bool = False
    currency: str = "USD"
    dated: Sequence[Dated] = ()

    def price(self, symbol: str, at: int) -> int:
        """The middle of the newest quote, in price units; 0 = none."""
        return price_at(symbol, at, self.prices, self.dated, self.units)

    def is_open(self, at: int) -> bool:
        session = self.sessions(at)
        return session is not None and at < session[1]


class PaperDesk:
    """The broker's house. `now` is its clock; `tell` takes what the governor is to hear."""

    def __init__(self, paper: Paper, market: Market, disk: Disk, now: Callable[[], int]) -> None:
        self.paper = paper
        self.market = market
        self.now = now
        self.tell: Callable[[list[Event]], None] = lambda _: None
        self.wake: Callable[[], None] = lambda: None
        self._disk = disk
        self._strangers: set[str] = set()  # ids that came in through the door and were lost on the way
        self.switches = Switches()
        if disk.exists(SWITCHES):
            self.switches = Switches(**msgspec.json.decode(disk.read(SWITCHES)))

    # -- time

    def advance(self) -> int:
        """Let the broker live up to now, and tell what it says; returns the time."""
        now = self.now()
        events = [e for e in self.paper.take(now) if not self._answers_a_stranger(e)]
        if events:
            self.tell(events)
        return now

    def next_due(self) -> int | None:
        return self.paper.next_due()

    def truth(self) -> Truth:
        """What is the case now."""
        self.advance()
        return self.paper.truth()

    async def account(self) -> Account | None:
        """The account's figures now; None when the broker's file is lost."""
        return await self.paper.read_account(self.advance())

    # -- the governor's orders

    def submit(self, order: Order) -> None:
        """Take on an order of the governor; what the account does not allow is refused in the stream's words,
        under no number, and never reaches the book."""
        refused = None
        if self.paper.held(order.client_id) is None and order.symbol in self.market.units:
            asked = Asked(order.symbol, order.side, order.qty, order.type, order.limit)
            refused = self._held_back(asked, self.truth())
        if refused is not None:
            self.tell([Update(self.now(), order.client_id, REJECTED, "", 0, refused.message, 0)])
            return
        self.paper.submit(order)
        self.wake()

    # -- strangers' orders

    def place(self, order: Order, equity: int) -> Refusal | Held | None:
        """Take on an order that came in through the door: why not, or what it has become; None when nobody
        can tell (the call is lost on its way, or its answer, or the disk)."""
        truth = self.truth()
        asked = Asked(order.symbol, order.side, order.qty, order.type, order.limit)
        refused = self._held_back(asked, truth) or wash(asked, truth) or self._too_dear(asked, truth, equity)
        if refused is not None:
            return refused
        self._strangers.add(order.client_id)
        self.paper.submit(order)
        self.advance()
        self.wake()
        held = self.paper.held(order.client_id)
        return held if held is not None and self.paper.answers(order.client_id) else None

    def withdraw(self, held: Held) -> bool:
        """Ask for a cancel of an order, whoever placed it; False when it is over already."""
        now = self.advance()
        if held.state(now)[0] in ENDED:
            return False
        self._strangers.add(held.placed.client_id)
        self.paper.cancel(Cancel(now, held.placed.client_id, DOOR, now))
        self.advance()
        self.wake()
        return True

    def turn(self, switches: Switches) -> None:
        """Change the account's settings; durable on return."""
        self._disk.replace(SWITCHES, msgspec.json.encode(switches), private=True)
        self.switches = switches

    # -- inside

    def _held_back(self, asked: Asked, truth: Truth) -> Refusal | None:
        unit = self.market.units[asked.symbol]
        return held_back(asked, truth, self.switches, unit, self.market.crypto)

    def _too_dear(self, asked: Asked, truth: Truth, equity: int) -> Refusal | None:
        if reduces(asked, truth):
            return None
        units = self.market.units
        power = buying_power(equity, truth, self.prices(truth), units)
        price = asked.limit or self.market.price(asked.symbol, truth.ts)
        needed = cost(asked.side, asked.qty, price, units[asked.symbol])
        if needed <= power:
            return None
        more: dict[str, object] = {"buying_power": dollars(power), "cost_basis": dollars(needed)}
        return Refusal(403, 40310000, "insufficient buying power", more)

    def prices(self, truth: Truth) -> dict[str, int]:
        """The price of everything held or open, in price units."""
        symbols = {*truth.positions, *(o.placed.symbol for o in truth.orders.values())}
        return {s: self.market.price(s, truth.ts) for s in symbols if s in self.market.units}

    def _answers_a_stranger(self, e: Event) -> bool:
        """A timeout of a call that came in through the door: its caller has long been told."""
        if not isinstance(e, Timeout):
            return False
        held = self.paper.held(e.client_id)
        return e.client_id in self._strangers and (held is None or held.placed.author == DOOR)


def dollars(micros: int) -> str:
    """Money as this API writes it: a decimal string with cents at least."""
    sign = "-" if micros < 0 else ""
    whole, part = divmod(abs(micros), 1_000_000)
    digits = f"{part:06}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"
