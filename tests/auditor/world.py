"""Everything the lines so far add up to. It believes what came from outside, and recomputes the rest."""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.auditor.ledger import OUTSIDE, Ledger
from tests.auditor.limits import Limits
from tests.auditor.market import Instrument, Quote, read_instrument, read_quote
from tests.auditor.orders import Hand, Order, note_update, read_order, waiting
from tests.auditor.reading import MICRO, SECOND, Line, money, nanos, up
from tests.auditor.volatility import Regime, Statistics

STEPS = (250_000, 500_000, MICRO)


@dataclass
class Session:
    """A risk day."""

    day: str
    open: int
    close: int
    baseline: int


class World:
    """Read a line with `read`; ask anything in between."""

    def __init__(self) -> None:
        self.ts = 0
        self.epoch: Line = {}
        self.limits = Limits()
        self.regime = Regime(None, None, 0, 0)
        self.instruments: dict[str, Instrument] = {}
        self.quotes: dict[str, Quote] = {}
        self.doubted: dict[str, Quote] = {}
        self.agreed: dict[str, int] = defaultdict(int)
        self.fresh: set[str] = set()  # symbols without a print in this session
        self.stale: set[str] = set()  # symbols restated and not seen since
        self.statistics: dict[str, Statistics] = defaultdict(Statistics)
        self.ledger = Ledger()
        self.orders: dict[str, Order] = {}
        self.live: dict[str, Order] = {}
        self.waiting: dict[int, Order] = {}  # by the seq of the decision
        self.intent: Line = {}
        self.action: Line = {}
        self.command: Line = {}
        self.restart = MICRO  # what is let through again after a panic
        self.fills: dict[tuple[str, str], Line] = {}
        self.latches: dict[tuple[str, str], Line] = {}
        self.session: Session | None = None
        self.high_water = 0
        self.flows = 0  # of the day
        self.week = ("", 0, 0)  # its Monday, its baseline, its flows
        self.sensors: dict[tuple[str, str], str] = {}  # what each sensor said last, by word and scope
        self.start: dict[tuple[str, str], int] = {}  # what each holding was worth when the day began
        self.carries: set[str] = set()
        self.sent_adds: deque[int] = deque()
        self.sent_exits: deque[int] = deque()
        self.messages: deque[int] = deque()
        self.rejects: deque[int] = deque()
        self.adds_today = 0
        self.last_add: int | None = None
        self.intents: dict[tuple[str, str], int] = {}
        self.alike: list[
            tuple[tuple[object, ...], int]
        ] = []  # what was let through and adds, while remembered
        self.decided_today = 0

    # --- what follows from it

    def worth(self, symbol: str, qty: int) -> int:
        """A position at the conservative side of the mark, rounded down."""
        if not qty:
            return 0
        quote, instrument = self.quotes.get(symbol, Quote()), self.instruments[symbol]
        return instrument.less(quote.low if qty > 0 else quote.high, qty)

    @property
    def equity(self) -> int:
        held = self.ledger.held()
        return self.ledger.cash + sum(self.worth(symbol, self.ledger.position(symbol)) for symbol in held)

    def profit(self, strategy: str = "", symbol: str = "") -> int:
        """Of the day, of one strategy or one symbol."""
        return sum(
            book.cash + self.worth(of, book.qty) - self.start.get((owner, of), 0)
            for (owner, of), book in self.ledger.books.items()
            if strategy in ("", owner) and symbol in ("", of)
        )

    @property
    def loss(self) -> int:
        """Of the day, flows stripped."""
        return self.session.baseline + self.flows - self.equity if self.session else 0

    @property
    def week_loss(self) -> int:
        """Since the week's first session, flows stripped."""
        return self.week[1] + self.week[2] - self.equity

    def halted(self, symbol: str) -> bool:
        """Whether a market is halted: L12 holds, and what it was for has not resumed."""
        return any(
            latch == "L12" and self.sensors.get((what, scope), "ok") != "ok"
            for latch, scope in self.latches
            for what in ("halt", "breaker")
            if scope in ("account", f"symbol:{symbol}")
        )

    @property
    def start_held(self) -> bool:
        """Whether the day began with positions: the broker may value them by another price."""
        return any(self.start.values())

    @property
    def measure(self) -> int:
        """The equity that shares are taken of."""
        return min(self.session.baseline, self.equity) if self.session else self.equity

    def forbids(self, strategy: str, symbol: str) -> list[Line]:
        """The latches that hold for a strategy and a symbol."""
        scopes = ("account", f"strategy:{strategy}", f"symbol:{symbol}")
        return [
            line
            for (_, scope), line in self.latches.items()
            if scope in scopes and line["state"] in ("REDUCING", "HALTED")
        ]

    def within(self, times: deque[int], ts: int, window: int = SECOND) -> int:
        """How many of these happened in the last second (or window)."""
        while times and times[0] <= ts - window:
            times.popleft()
        return len(times)

    # --- lines

    def read(self, line: Line) -> None:
        self.ts = nanos(line["ts"])
        getattr(self, f"read_{line['kind']}", lambda line: None)(line)

    def read_epoch(self, line: Line) -> None:
        self.epoch = line

    def read_config(self, line: Line) -> None:
        self.limits = rows = Limits(line)
        self.regime = Regime(
            rows.of("regime_high"), rows.of("regime_extreme"), rows.of("regime_exit"), rows.of("regime_dwell")
        )

    def read_instrument(self, line: Line) -> None:
        self.instruments[line["symbol"]] = read_instrument(line)
        self.fresh.add(line["symbol"])

    def read_account(self, line: Line) -> None:
        if self.ledger.known:
            return
        self.ledger.known = True
        self.ledger.cash = money(line["cash"])
        for symbol, qty in line["positions"].items():
            if instrument := self.instruments.get(symbol):
                self.ledger.books[OUTSIDE, symbol].trade(instrument.qty(qty), Fraction(0))

    def read_session(self, line: Line) -> None:
        baseline = money(line["baseline"])
        self.session = Session(line["day"], nanos(line["open"]), nanos(line["close"]), baseline)
        self.high_water = money(line["high_water"])
        monday = date.fromisoformat(line["day"])
        monday -= timedelta(days=monday.weekday())
        if self.week[0] != monday.isoformat():
            self.week = (monday.isoformat(), baseline, 0)
        self.flows = self.adds_today = self.decided_today = 0
        self.intents.clear()
        self.alike.clear()
        self.ledger.day()
        self.start = {name: self.worth(name[1], book.qty) for name, book in self.ledger.books.items()}
        self.fresh = set(self.instruments)
        for one in self.statistics.values():
            one.session()

    def read_flow(self, line: Line) -> None:
        amount, before = money(line["amount"]), self.equity
        self.ledger.cash += amount
        self.flows += amount
        self.week = (self.week[0], self.week[1], self.week[2] + amount)
        if before > 0:
            self.high_water = up(self.high_water * (before + amount), before)

    def read_mark(self, line: Line) -> None:
        symbol = line["symbol"]
        instrument = self.instruments[symbol]
        quote = read_quote(line, instrument)
        if line.get("restated"):
            self.restate(symbol, quote)
            self.stale.add(symbol)
            return
        if not self.believe(symbol, quote):
            return
        self.stale.discard(symbol)
        self.fresh.discard(symbol)
        self.quotes[symbol] = quote
        low, high = (instrument.price(line[side]) if side in line else quote.last for side in ("low", "high"))
        self.statistics[symbol].mark(self.ts, self.limits.of("atr_bar"), (low, high, quote.last), self.regime)
        self.peak()

    def restate(self, symbol: str, quote: Quote) -> None:
        """A corporate action gave a symbol another price, and its statistics the same step."""
        before = self.quotes.get(symbol)
        self.quotes[symbol] = quote
        if before is None:
            return
        num, den = quote.last, before.last
        if self.action.get("action") == "split":
            num, den = self.action["den"], self.action["num"]
        self.statistics[symbol].restate(num, den)

    def read_action(self, line: Line) -> None:
        self.action = line

    def believe(self, symbol: str, quote: Quote) -> bool:
        """A crossed quote values nothing, a jump not until two more agree."""
        if quote.bid and quote.ask and quote.bid > quote.ask:
            return False
        most = self.limits.of("max_tick_move", symbol)
        last = self.quotes.get(symbol)
        if most is None or last is None or symbol in self.fresh or symbol in self.stale:
            return True
        if abs(quote.low - last.low) * MICRO <= most * last.low:
            self.doubted.pop(symbol, None)
            return True
        doubted = self.doubted.get(symbol)
        agrees = doubted is not None and abs(quote.low - doubted.low) * MICRO <= most * doubted.low
        self.agreed[symbol] = self.agreed[symbol] + 1 if agrees else 0
        self.doubted[symbol] = quote
        if self.agreed[symbol] < 2:
            return False
        self.doubted.pop(symbol)
        return True

    def peak(self) -> None:
        if self.session:
            self.high_water = max(self.high_water, self.equity)

    def read_intent(self, line: Line) -> None:
        self.intent = line

    @staticmethod
    def likeness(intent: Line) -> tuple[object, ...]:
        """What two intents have in common that are the same order under two names."""
        return tuple(intent.get(name) for name in ("strategy", "symbol", "side", "qty", "notional", "limit"))

    def read_decision(self, line: Line) -> None:
        self.decided_today += 1
        self.intents.setdefault((line["strategy"], line["intent"]), line["seq"])
        if line["verdict"] == "reject":
            return
        order = waiting(line, self.instruments[line["symbol"]])
        self.waiting[line["seq"]] = self.live[order.name] = order
        if line["adds"]:
            window = self.limits.of("duplicate_window") or 0
            self.alike = [one for one in self.alike if one[1] > self.ts - window]
            self.alike.append((self.likeness(self.intent), self.ts))
            self.sent_adds.append(self.ts)
            self.last_add = self.ts
            self.adds_today += 1
        else:
            self.sent_exits.append(self.ts)

    def leaves(self, decision: int) -> None:
        """What waited has its order line, or will never have one."""
        if order := self.waiting.pop(decision, None):
            self.live.pop(order.name)

    def read_order(self, line: Line) -> None:
        name = line["client_order_id"]
        self.leaves(line.get("decision", 0))
        known = self.orders.get(name)
        order = known or read_order(line, self.instruments[line["symbol"]])
        order.attempts.append(line["attempt"])
        self.orders[name] = self.live[name] = order
        self.messages.append(self.ts)

    def read_update(self, line: Line) -> None:
        order = self.orders.get(line["client_order_id"])
        if order is None:
            if line.get("ended"):
                asked = {(one.strategy, one.line["intent"]): seq for seq, one in self.waiting.items()}
                self.leaves(asked.get((line["strategy"], line.get("intent", "")), 0))
            return
        if line.get("state") == "REJECTED" and "ended" not in line and not (order.over or order.refused):
            self.rejects.append(self.ts)
        note_update(order, line, self.instruments[order.symbol])
        self.track(order)

    def track(self, order: Order) -> None:
        if order.left:
            self.live[order.name] = order
        else:
            self.live.pop(order.name, None)

    def read_fill(self, line: Line) -> None:
        name = (line["client_order_id"], line["fill_id"])
        if name in self.fills:
            return
        self.fills[name] = line
        instrument = self.instruments[line["symbol"]]
        qty, price, fee = instrument.qty(line["qty"]), instrument.price(line["price"]), money(line["fee"])
        sign = 1 if line["side"] == "buy" else -1
        order = self.orders.get(line["client_order_id"])
        if order and (order.symbol, order.side) != (line["symbol"], line["side"]):
            order = None
        owner = order.strategy if order else line.get("strategy", OUTSIDE)
        if order and order.hand and "by" not in line:
            hand = order.hand
            part = min(qty, hand.qty)
            back = hand.fee * part // hand.qty
            self.ledger.fill(owner, instrument, -sign * part, hand.price, back, back=True)
            order.filled -= part
            order.hand = Hand(hand.qty - part, hand.price, hand.fee - back) if hand.qty > part else None
        elif order and "by" in line:
            order.hand = Hand(qty, price, fee)
        self.ledger.fill(owner, instrument, sign * qty, price, fee)
        if order:
            order.filled += qty
            order.confirmed = True
            self.track(order)
        self.peak()

    def read_report(self, line: Line) -> None:
        what = line["what"]
        if what == "feed" and "carries" in line:
            self.carries |= set(line["carries"])
        elif what in ("cancel", "cancel_all", "query"):
            self.messages.append(self.ts)
            for order in self.live.values():
                named = (what, order.name) == ("cancel", line.get("client_order_id"))
                order.recalled = order.recalled or named or what == "cancel_all"
        elif "value" in line and "scope" in line and what != "trip":
            self.sensors[what, line["scope"]] = line["value"]
        elif what == "moved" and (instrument := self.instruments.get(line["symbol"])):
            cash = money(line["cash"])
            self.ledger.move(line["strategy"], line["symbol"], instrument.qty(line["change"]), cash)

    def read_latch(self, line: Line) -> None:
        name = (line["latch"], line["scope"])
        if line["action"] == "set":
            self.latches[name] = line
            return
        self.latches.pop(name, None)
        if line["latch"] == "L4":
            self.restart = STEPS[0]
        if line["latch"] == "L2" and self.command.get("args", {}).get("rebase") == "yes":
            self.high_water = self.equity

    def read_command(self, line: Line) -> None:
        self.command = line
