"""A broker that misbehaves (B9): any broker, with the kinds of `chaos_kinds` between it and the governor.

`Chaos` is the outside and outlives the governor: what is under way to the broker, what the stream still owes,
what was traded by hand or never told. `wrap` gives each incarnation of the governor its own `ports.Broker`
round the real one. The stream is numbered anew here, in order of delivery, and kept: after a restart it goes
on behind any number, with what a power loss made the governor forget.

Chance is drawn by what a call is for and by what an event says, never by ids or by how often the broker was
asked. With `now` given everything happens in that (true) time and is stamped by the governor's clock when it
arrives; without it time is what the governor says.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from heapq import heappush
from typing import Final, Protocol

from flyball.broker.chaos_call import Chaotic, Held
from flyball.broker.chaos_kinds import (
    CLOCK,
    EVENT,
    KINDS,
    REJECTS,
    Kind,
    Stroke,
    Window,
    checked,
    length_of,
    windows,
)
from flyball.broker.chaos_truth import Outside, Reached
from flyball.broker.paper_account import Truth
from flyball.broker.paper_draws import Key, between, happens, numbers
from flyball.kernel.effects import Cancel, Order
from flyball.kernel.events import Account, Fill, Update
from flyball.kernel.units import MS, NS
from flyball.kernel.words import BUY, DAY, LIMIT, MARKET, REJECTED, SELL
from flyball.ports import Broker

FAR: Final = 2**62
SHUT: Final = ("mute", "down", "restart")
DEAF: Final = ("down", "restart")
HANDS: Final = ("hand", "hand_order", "hand_untold")
STREAM: Final = tuple(kind for kind in KINDS.values() if kind.hits == (EVENT,))
OF_UPDATES: Final = ("unfinished", "strange_word")
OF_FILLS: Final = ("garbled",)
FARTHEST: Final = 100  # a price that nothing trades at, and a multiple of any tick that was met so far
LATENCY: Final = (50 * MS, 250 * MS)
SNAPSHOTS: Final = 32


class Known(Protocol):
    """A broker whose truth can be read: `Paper`."""

    def truth(self) -> Truth: ...


class Chaos:
    """The outside of one account.

    `kinds`: switches by name; `script`: strokes that hit for sure; `hours`: when the strokes of the clock may
    begin; `by_hand`: the largest quantity of each symbol somebody trades by hand; `timeout`: how long the
    governor's side waits for an answer, ns. ValueError for what `chaos_kinds.checked` does not take.
    """

    def __init__(
        self,
        seed: int,
        kinds: Mapping[str, int],
        *,
        script: Sequence[Stroke] = (),
        begin: int = 0,
        hours: Sequence[tuple[int, int]] = (),
        by_hand: Mapping[str, int] | None = None,
        timeout: int = 10 * NS,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.seed = seed
        self.kinds = checked(kinds, script)
        self.timeout = timeout
        self.patience = f"no answer within {timeout // MS} ms"
        self.now = now
        self.quiet_at = FAR
        self.hits: Counter[str] = Counter()  # what happened how often
        self.log: list[Update | Fill] = []  # all that was ever delivered, in order
        self.stream: list[tuple[int, int, Update | Fill, int]] = []  # due, order, event, wrong by
        self.acts: list[tuple[int, int, Held]] = []  # what is under way to the broker
        self.heard = 0  # events of the broker's own stream so far
        self.keys: dict[str, Key] = {}  # by client id
        self.muffled: dict[str, int] = {}  # client id -> nothing is told of it before then
        self.forgotten: set[str] = set()
        self.arrived: dict[str, int] = {}  # client ids that were handed to the broker, and when
        self.worked: set[str] = set()  # client ids its own stream has spoken of
        self.snapshots: deque[Account] = deque(maxlen=SNAPSHOTS)
        self.submits: list[Reached] = []
        self.refused: dict[str, str] = {}
        self.untold: list[Update | Fill] = []
        self.front: Chaotic | None = None
        self._script = {(s.kind, s.of, s.nth) for s in script if s.nth}
        self._scripted = {s.kind for s in script if s.nth}
        self._met: Counter[tuple[str, str]] = Counter()
        self._same: Counter[Key] = Counter()
        self._told: Counter[str] = Counter()
        self._count = 0
        self._by_hand = dict(by_hand or {})
        spans = list(hours) or [(begin, FAR)]
        self._coming: dict[str, Iterator[Window]] = {}
        self._ahead: dict[str, Window] = {}
        self._shut: list[Window] = [
            Window(s.kind, begin + s.at, begin + s.at + s.lasts, 0) for s in script if s.kind in SHUT
        ]
        for name in SHUT:
            self._coming[name] = windows(seed, name, self.kinds[name], spans)
            self._look_ahead(name)
        for name in HANDS:
            self._coming[name] = windows(seed, name, self.kinds[name] if self._by_hand else 0, spans)
            self._next_hand(name)
        for number, stroke in enumerate(script):
            if stroke.kind in HANDS:
                at = begin + stroke.at
                self.act(at, Held(hand=Window(stroke.kind, at, at + stroke.lasts, -number)))

    def wrap(
        self,
        broker: Broker,
        *,
        now: Callable[[], int] | None = None,
        meet: Callable[[str], None] = lambda _: None,
    ) -> "Chaotic":
        """The broker as this incarnation of the governor meets it. `now`: the governor's own clock (needed
        when the chaos has one); `meet` is called at "send", "sent", "cancel", "query", "account" and "lookup"
        and may raise to end the governor there."""
        self.front = Chaotic(self, broker, now, meet)
        return self.front

    def quiet(self) -> None:
        """From now on nothing misbehaves; what is under way arrives, what was lost stays lost."""
        self.quiet_at = min(self.quiet_at, self.now() if self.now else self.front.at if self.front else 0)

    def truth(self) -> Outside:
        """What is the case. Only round a broker that knows (`Paper`); TypeError otherwise."""
        known = self.front.broker if self.front else None
        if known is None or not hasattr(known, "truth"):
            raise TypeError("chaos: no broker whose truth can be read")
        t: Truth = known.truth()
        way = {h.order.client_id: due for due, _, h in self.acts if h.order is not None}
        return Outside(
            t.ts, t.cash, t.fees, t.positions, t.orders, t.fills, self.submits, way, self.refused, self.untold
        )

    # -- chance

    def hit(self, kind: Kind, sort: str, draws: Iterator[int], at: int) -> bool:
        """Whether this kind hits now. Takes one number, whatever is switched on."""
        drawn = happens(draws, self.kinds[kind.name])
        if at >= self.quiet_at:
            return False
        if kind.name in self._scripted:
            self._met[kind.name, sort] += 1
            nth = self._met[kind.name, sort]
            drawn = drawn or (kind.name, sort, nth) in self._script or (kind.name, "", nth) in self._script
        return drawn

    def wants(self, name: str) -> bool:
        """Whether this kind may still hit."""
        return self.kinds[name] > 0 or name in self._scripted

    def fate(self, call: str, key: Key, may: Callable[[str], bool], at: int) -> tuple[str, int]:
        """(kind, how long) of what befalls a call; ("", 0) when nothing does."""
        draws = numbers(self.seed, *key, call)
        found = ("", 0)
        for kind in KINDS.values():
            if call not in kind.hits:
                continue
            if not may(kind.name):
                next(draws)
            elif self.hit(kind, call, draws, at) and not found[0]:
                found = kind.name, length_of(kind, numbers(self.seed, *key, call, kind.name))
                self.hits[kind.name] += 1
        return found

    def latency(self, key: Key, what: str) -> int:
        """One way, by what it is for."""
        return between(numbers(self.seed, *key, what, "latency"), *LATENCY)

    def key_of(self, order: Order) -> Key:
        """What an order's chance is drawn by: what it is for, never its id."""
        key = self.keys.get(order.client_id)
        if key is None:
            if order.intent:
                plain: Key = ("bot", order.strategy, order.intent, order.leg)
            else:
                plain = ("own", order.author, order.strategy, order.symbol, order.leg)
            key = self.keys[order.client_id] = (*plain, self._same[plain])
            self._same[plain] += 1
        return key

    # -- time

    def act(self, due: int, held: Held) -> None:
        """Have something reach the broker at `due`."""
        self._count += 1
        heappush(self.acts, (due, self._count, held))

    def tell(self, due: int, event: Update | Fill, wrong: int = 0) -> None:
        """Have the stream say something at `due`, its stamp wrong by so much."""
        self._count += 1
        heappush(self.stream, (max(due, self.muffled.get(event.client_id, 0)), self._count, event, wrong))

    def deaf(self, at: int) -> str:
        """The kind of the clock that keeps calls from being answered at a time; "" when none does."""
        self._extend(at)
        for window in self._shut:
            if window.kind in DEAF and window.begin <= at < min(window.end, self.quiet_at):
                return window.kind
        return ""

    def opens(self, at: int) -> int:
        """When the stream can say what is due at a time: that time, or the end of the silence it lies in."""
        moved = True
        while moved:
            moved = False
            self._extend(at)
            for window in self._shut:
                end = min(window.end, self.quiet_at)
                if window.begin <= at < end:
                    at, moved = end, True
        return at

    def _extend(self, at: int) -> None:
        """Draw the silences that begin by a time."""
        for name in SHUT:
            while (ahead := self._ahead.get(name)) is not None and ahead.begin <= at:
                if ahead.begin < self.quiet_at:
                    self._shut.append(ahead)
                    self.hits[name] += 1
                self._look_ahead(name)

    def _look_ahead(self, name: str) -> None:
        window = next(self._coming[name], None)
        if window is None:
            self._ahead.pop(name, None)
        else:
            self._ahead[name] = window

    def _next_hand(self, name: str) -> None:
        window = next(self._coming[name], None)
        if window is not None:
            self.act(window.begin, Held(hand=window))

    # -- the stream

    def hear(self, event: Update | Fill) -> None:
        """Take in what the broker's own stream says, and let the stream say what becomes of it."""
        self.heard = max(self.heard, event.n)
        self.worked.add(event.client_id)
        if event.client_id.startswith("hand_untold"):
            self.untold.append(event)
            return
        name = event.fill_id if isinstance(event, Fill) else f"{event.broker_id} {event.state} {event.filled}"
        key: Key = ("event", name, self._told[name])
        self._told[name] += 1
        draws = numbers(self.seed, *key)
        struck: dict[str, int] = {}
        for kind in STREAM:
            if kind.name in (OF_UPDATES if isinstance(event, Fill) else OF_FILLS):
                next(draws)
            elif self.hit(kind, EVENT, draws, event.ts):
                struck[kind.name] = length_of(kind, numbers(self.seed, *key, kind.name))
                self.hits[kind.name] += 1
        if "lost" in struck:
            self.untold.append(event)
            return
        due = event.ts + struck.get("late", 0) + struck.get("shuffled", 0)
        wrong = struck.get("skewed", 0) * (1 if next(draws) & 1 else -1)
        if "strange_word" in struck and isinstance(event, Update):
            strange = copy(event)
            strange.state, strange.filled = "PENDING_REVIEW", -1
            self.tell(due, strange)
        if "garbled" in struck and isinstance(event, Fill):
            broken = copy(event)
            broken.price, broken.qty = ((0, event.qty), (-event.price, event.qty), (event.price, 0))[
                next(draws) % 3
            ]
            self.tell(due, broken)
        if "unfinished" in struck and isinstance(event, Update):
            event.broker_id, event.filled = "", -1
        self.tell(due, event, wrong)
        if "twice" in struck:
            self.tell(due + struck["twice"], copy(event))

    def reject(self, order: Order, key: Key, at: int) -> None:
        """Have the broker refuse an order it never had."""
        draws = numbers(self.seed, *key, "why")
        self.refused[order.client_id] = why = REJECTS[next(draws) % len(REJECTS)]
        due = at + self.latency(key, "reject")
        self.tell(due, Update(due, order.client_id, REJECTED, f"C{next(draws):016x}", 0, why, 0))

    # -- hands

    def hand(self, window: Window, at: int) -> Order | None:
        """Somebody's own order; None when there is nothing to trade."""
        if window.number > 0:
            self._next_hand(window.kind)
        if not self._by_hand or at >= self.quiet_at:
            return None
        self.hits[window.kind] += 1
        draws = numbers(self.seed, window.kind, window.number)
        symbol = sorted(self._by_hand)[next(draws) % len(self._by_hand)]
        side = BUY if next(draws) & 1 else SELL
        name = f"{window.kind}-{abs(window.number)}{'s' if window.number <= 0 else ''}"
        qty = between(draws, 1, self._by_hand[symbol])
        if window.kind == "hand_order":
            self.act(window.end, Held(cancel=Cancel(window.end, name, "by hand", 1)))
            return Order(
                at, name, name, "", "by-hand", symbol, BUY, qty, LIMIT, FARTHEST, DAY, True, 1, 1, False
            )
        return Order(at, name, name, "", "by-hand", symbol, side, qty, MARKET, 0, DAY, True, 1, 1, False)


assert all(KINDS[name].hits == (CLOCK,) for name in (*SHUT, *HANDS))
