"""One short, eventful day through the real kernel, as the journal records it: numbered events, each
followed by its effects.

Every class of record comes up. The documentation's examples are lines of its export.
"""

from dataclasses import dataclass

from flyball.journal.codec import Record
from flyball.kernel.effects import Alert, Approval, AskAccount, Effect, Order, Query
from flyball.kernel.events import (
    Account,
    Action,
    Answer,
    BotDown,
    Command,
    Config,
    Delivery,
    Epoch,
    Event,
    Feed,
    Fill,
    Flow,
    Ingress,
    Instrument,
    Intent,
    Mark,
    NotSent,
    Quarantined,
    Report,
    Sent,
    Session,
    Shut,
    Tick,
    Timeout,
    Update,
    Wake,
)
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.kernel.words import ACCOUNT, APPROVER, BUY, SECRET, SELL, SOCKET, SUBMIT

NS = 1_000_000_000
MS = 1_000_000
DOLLAR = 1_000_000
OPEN = 1_222_781_400 * NS  # 2008-09-30, 09:30 in New York

LIMITS = (
    ("", "max_order_notional", "money_abs", 10_000 * DOLLAR, "", "flyball.toml:12"),
    ("", "max_position_notional", "money_abs", 20_000 * DOLLAR, "", "profile demo"),
    ("", "max_gross", "money_ppm", 1_500_000, "", "profile demo"),
    ("", "max_daily_loss", "money_abs", 400 * DOLLAR, "", "profile demo"),
    ("", "price_tolerance", "ppm", 30_000, "", "profile demo"),
    ("", "max_slippage", "ppm", 5_000, "", "profile demo"),
    ("", "max_positions", "count", 4, "", "profile demo"),
    ("", "max_intent_age", "ns", 5 * NS, "", "profile demo"),
    ("", "restricted", "list", 0, "GME,AMC", "flyball.toml:13"),
    ("", "max_weekly_loss", "unread", 0, "$200", "profile demo"),
    ("", "fee_per_unit", "micros", 3_500, "", "profile demo"),
    ("", "stress_floor", "ppm", 5_000, "", "profile demo"),
    ("symbol:MSFT", "max_order_notional", "money_abs", 8_000 * DOLLAR, "", "flyball.toml:20"),
    ("strategy:trend", "on_excess", "text", 0, "clip", "flyball.toml:31"),
)


@dataclass
class Figures:
    """What the kernel's state says after record `seq`. Micros; quantities in the instrument's units."""

    seq: int
    known: bool
    cash: int
    traded: int
    positions: dict[str, int]
    worst: dict[str, int]


def figures(g: Governor, seq: int) -> Figures:
    s = g.state
    return Figures(
        seq,
        s.known,
        s.cash,
        s.day.traded,
        {symbol: s.position(symbol) for symbol in s.markets},
        {symbol: x.worst() for symbol, x in s.exposures.items()},
    )


class Story:
    """A governor and what its journal holds so far."""

    def __init__(self) -> None:
        self.g = Governor()
        self.records: list[tuple[int, Record]] = []
        self.now = OPEN - 60 * NS
        self.sent: list[Order] = []
        self.queries: list[Query] = []
        self.asked: list[AskAccount] = []
        self.figures: list[Figures] = []  # after each event
        self._n: dict[str, int] = {}

    def n(self, source: str) -> int:
        self._n[source] = self._n.get(source, 0) + 1
        return self._n[source]

    def feed(self, event: Event) -> list[Effect]:
        effects = self.g.step(event)
        for record in (event, *effects):
            self.records.append((len(self.records) + 1, record))
            if isinstance(record, Order):
                self.sent.append(record)
            elif isinstance(record, Query):
                self.queries.append(record)
            elif isinstance(record, AskAccount):
                self.asked.append(record)
        assert not self.g.fault
        self.g.state.check()
        self.figures.append(figures(self.g, len(self.records)))
        return effects

    def later(self, ms: int) -> int:
        self.now += ms * MS
        return self.now

    def tick(self) -> None:
        """The kernel's own next timer."""
        self.now = max(self.now, self.g.next_due())
        self.feed(Tick(self.now))

    def mark(self, symbol: str, bid: int, ask: int) -> None:
        self.feed(Mark(self.later(1000), symbol, bid, ask, 0, min(bid, ask), ask, "demo", self.n("feed")))

    def intent(
        self, side: int, qty: int, limit: int = 0, symbol: str = "MSFT", flaw: str = "", stop: int = 0
    ) -> list[Effect]:
        n = self.n("bot:trend")
        at, born = self.later(5), self.now - 2 * MS
        kind = "limit" if limit else "stop" if stop else "market"
        return self.feed(
            Intent(at, f"t-{n}", born, "trend", symbol, side, qty, 0, kind, limit, "day", "", flaw, n, stop)
        )

    def accepted(self, order: Order) -> None:
        self.feed(Sent(self.later(1), order.client_id, order.attempt))
        broker_id = f"b-{self.n('id')}"
        self.feed(Update(self.later(40), order.client_id, "ACCEPTED", broker_id, 0, "", self.n("broker")))

    def fill(self, order: Order, qty: int, price: int, fill_id: str = "") -> None:
        n = self.n("broker")
        fee = qty * 3_500 // (1 if order.symbol == "MSFT" else 10**9)
        self.feed(
            Fill(
                self.later(20),
                order.client_id,
                fill_id or f"x-{n}",
                order.symbol,
                order.side,
                qty,
                price,
                fee,
                n,
            )
        )

    def account(self, **changes: object) -> None:
        s = self.g.state
        ours = tuple((symbol, s.position(symbol)) for symbol in sorted(s.markets) if s.position(symbol))
        said: dict[str, object] = {
            "ask": self.asked[-1].ask if self.asked else 0,
            "cash": s.cash,
            "equity": s.equity(),
            "day_equity": s.equity(),
            "positions": ours,
            "open_ids": (),
        }
        self.feed(Account(self.later(30), **{**said, **changes}))  # type: ignore[arg-type]

    def command(self, what: str, authority: str, reason: str = "", **args: str) -> None:
        given = tuple(sorted(args.items()))
        self.feed(Command(self.later(500), what, "ada", 1000, authority, reason, given, self.n("operator")))


def start() -> Story:
    """Up to the open: who we are, what is allowed, what is traded, what there is."""
    s = Story()
    s.feed(Epoch(s.later(0), 1, VERSION, SCHEMA, "demo", "paper", "paper", "paper:demo-2008", "c0ffee", ""))
    s.feed(Config(s.later(0), "ada", "ada", "demo", LIMITS))
    s.feed(Instrument(s.later(0), "MSFT", "USD", "us_equity", 4, 0, 100, 1, True, ("tech",)))
    s.feed(Instrument(s.later(0), "BTC-USD", "USD", "crypto", 2, 9, 1, 10_000, True))
    s.feed(Feed(s.later(0), "demo", ("bid", "ask", "low", "high"), "real days, minutes drawn"))
    cash = 25_000 * DOLLAR
    s.account(cash=cash, equity=cash, day_equity=cash, positions=())
    s.now = OPEN
    s.feed(Session(s.now, "XNYS", 20080930, OPEN, OPEN + 390 * 60 * NS))
    s.mark("MSFT", 250_000, 250_200)
    s.mark("BTC-USD", 1_000_000, 1_000_500)  # 10,000.00 and 10,005.00
    return s


def trade(s: Story) -> None:
    """Approved, clipped, refused; filled in pieces and twice; unanswered and found; stopped at the gate."""
    s.intent(BUY, 100, 250_200)
    first = s.sent[-1]
    s.accepted(first)
    s.fill(first, 40, 250_200)
    s.fill(first, 60, 250_150)
    s.fill(first, 60, 250_150, "x-3")  # the broker says it twice
    s.intent(BUY, 900)  # clipped
    second = s.sent[-1]
    s.feed(Timeout(s.later(10_000), second.client_id, SUBMIT, 1, "no answer in 10 s"))
    s.feed(Answer(s.later(50), second.client_id, s.queries[-1].ask, True, "ACCEPTED", 0, "b-77"))
    s.fill(second, 200, 250_200)
    s.mark("MSFT", 250_300, 250_500)
    s.intent(BUY, 5_000_000, symbol="BTC-USD")  # 0.005
    third = s.sent[-1]
    s.feed(Timeout(s.later(10_000), third.client_id, SUBMIT, 1, "no answer in 10 s"))
    s.feed(Answer(s.later(50), third.client_id, s.queries[-1].ask, False, "", 0, ""))
    s.feed(Sent(s.later(5), third.client_id, 2))
    s.fill(third, 5_000_000, 1_000_500)
    s.intent(BUY, 10, symbol="GME")
    s.intent(0, 0, flaw="FORMAT_FIELD")
    s.intent(SELL, 400, 250_300)  # through zero; it waits for the end of the second
    s.feed(Update(s.later(30), second.client_id, "CANCELED", "b-77", 200, "", s.n("broker")))
    s.accepted(s.sent[-1])
    s.fill(s.sent[-1], 100, 250_300)
    s.feed(Update(s.later(30), s.sent[-1].client_id, "CANCELED", "b-2", 100, "day done", s.n("broker")))
    s.feed(Ingress(s.later(1), "trend", 37, 2, s.n("bot:trend")))
    s.feed(Wake(s.later(1), "trend", s.n("bot:trend")))
    s.feed(Flow(s.later(1), -500 * DOLLAR, "withdrawal", s.n("flow")))


def tighten(s: Story) -> None:
    """An operator pauses, may not resume without the secret, and resumes; the disk hiccups."""
    s.command("pause", SOCKET, "lunch")
    s.command("resume", SOCKET, "back")
    s.later(30_000)
    s.command("resume", SECRET, "back")
    s.feed(Report(s.later(1), "journal_sync", "late", "journal", "300 ms"))
    s.feed(Report(s.later(900), "journal_sync", "ok", "journal", ""))
    s.feed(Report(s.later(1), "feed", "stale", "feed", "no price for 40 s", "symbol:GME"))
    s.feed(Report(s.later(30_000), "feed", "ok", "feed", "a price", "symbol:GME"))
    s.intent(BUY, 20, 250_500)
    s.feed(NotSent(s.later(6000), s.sent[-1].client_id, "older than max_intent_age"))


def settle(s: Story) -> None:
    """Nobody answers for an order, and an operator says what became of it; the broker says so too, later. A
    dividend is paid."""
    s.mark("MSFT", 250_300, 250_500)
    s.intent(BUY, 10, 250_500)
    lost = s.sent[-1]
    s.feed(Timeout(s.later(10_000), lost.client_id, SUBMIT, 1, "no answer in 10 s"))
    s.command("resolve", SECRET, "statement, page 2", order=lost.client_id, outcome="10@25.05", fee="0.035")
    s.fill(lost, 10, 250_500)
    s.feed(Action(s.later(1000), "cash_dividend", "MSFT", 0, 0, "", 130_000, 0, "msft-div", s.n("action")))
    s.mark("MSFT", 250_300, 250_500)


def fall(s: Story) -> None:
    """Up past a cap, then down: the daily loss trips, what works is cancelled, the book is brought flat."""
    s.intent(BUY, 300, 250_400)
    s.accepted(s.sent[-1])
    s.fill(s.sent[-1], 300, 250_400)
    s.intent(SELL, s.g.state.book_qty("trend", "MSFT"), stop=249_000)
    stop = s.sent[-1]
    s.accepted(stop)
    s.intent(SELL, 10)  # the stop holds all of it
    s.intent(BUY, 250, 250_000)
    working = s.sent[-1]
    s.accepted(working)
    own = tuple(
        (o.client_id, f"b-{o.leg}", o.symbol, o.side, o.qty, o.type, o.limit, o.stop) for o in (working, stop)
    )
    others = tuple((f"manual-{k}", f"m-{k}", "MSFT", BUY, 1, "limit", 200_000 + k, 0) for k in (1, 2))
    listed = tuple(sorted((*own, *others)))
    s.account(as_of=s.now, open_ids=tuple(sorted(one[0] for one in listed)), open_orders=listed)
    s.mark("MSFT", 286_000, 286_200)
    s.mark("MSFT", 238_000, 238_200)
    s.feed(Update(s.later(30), working.client_id, "CANCELED", "b-4", 0, "", s.n("broker")))
    s.feed(Update(s.later(30), stop.client_id, "CANCELED", "b-5", 0, "", s.n("broker")))
    done: set[str] = set()
    while s.g.next_due():
        for order in [o for o in s.sent if o.author and o.client_id not in done]:
            done.add(order.client_id)
            s.accepted(order)
            s.fill(order, order.qty, order.limit)
        if s.g.state.account_asked:
            s.account()
        s.tick()
    wrong = s.g.state.cash - DOLLAR
    for _ in range(3):
        s.account(cash=wrong)
    s.feed(Timeout(s.later(100), "", ACCOUNT, 1, "connection reset"))
    s.feed(BotDown(s.later(1), "trend", "exit status 1", s.n("bot:trend")))


def loosen(s: Story) -> None:
    """A start with other limits: the tighter one holds, the looser ones wait; approved, expired, rejected."""
    wanted = tuple(
        ("", "max_positions", "count", 3, "", "flyball.toml:14")
        if row[1] == "max_positions"
        else (row[0], row[1], row[2], row[3] * 2, *row[4:])
        for row in LIMITS
        if row[1] not in ("restricted", "max_weekly_loss")
    )
    s.feed(Config(s.later(1000), "ada", "", "demo", wanted))
    proposal = str(next(e.proposal for _, e in reversed(s.records) if isinstance(e, Approval)))
    s.now = OPEN + 24 * 60 * 60 * NS
    s.feed(Session(s.now, "XNYS", 20081001, s.now, s.now + 390 * 60 * NS))
    expires = s.now + 60 * NS
    s.command("approve", SECRET, "more capital", proposal=proposal, expires=str(expires))  # not an approver's
    s.command("approve", APPROVER, "more capital", proposal=proposal, expires=str(expires))
    s.now = expires
    s.feed(Tick(s.now))
    s.feed(Config(s.later(1000), "ada", "", "demo", LIMITS))  # four positions again
    proposal = str(next(e.proposal for _, e in reversed(s.records) if isinstance(e, Approval)))
    s.command("reject", SOCKET, "not yet", proposal=proposal)


def quarantine(s: Story) -> None:
    """A price at which the governor has died twice is passed over."""
    n = s.n("feed")
    why = "the governor died twice at it"
    s.feed(Quarantined(s.later(1000), s.g.state.seq + 1, "mark", "feed", n, "5f3a09c1", why))


def crowd(s: Story) -> None:
    """Another program has used up the calls of the minute."""
    at = s.later(100)
    s.feed(Shut(at, at - 100_000_000, at + 30_000_000_000))


def page(s: Story) -> None:
    """The pager tells what became of the last alert: refused by one channel, taken by the next, seen."""
    seq, alert = next((n, e) for n, e in reversed(s.records) if isinstance(e, Alert))
    for channel, outcome, detail, took in (
        ("", "raised", "the governor's socket does not answer", 0),
        ("slack", "failed", "no answer in 10 s", 0),
        ("email", "escalated", "", 3_141_000_000),
        ("", "acknowledged", "ada", 0),
    ):
        own = outcome == "raised"
        name, number = ("governor_silent", 0) if own else (alert.alert, seq)
        n = s.n("pager")
        s.feed(Delivery(s.later(900), name, number, channel, outcome, detail, n, alert.severity, took))


def day() -> Story:
    """All of it."""
    s = start()
    trade(s)
    tighten(s)
    settle(s)
    fall(s)
    loosen(s)
    quarantine(s)
    page(s)
    crowd(s)
    return s
