"""apply: one event into the state, and what follows from it. Total: every event at every time has a meaning,
none may fail.

The order is always the same: the fact, then triggers, then flattenings, then the ladder.
"""

from typing import Final

from flyball.kernel import incidents, runaway
from flyball.kernel.approval import configure
from flyball.kernel.bounds import MAX_INTENTS_A_DAY, MAX_SYMBOLS
from flyball.kernel.clearing import restart_due
from flyball.kernel.commands import carry_out
from flyball.kernel.controls.duplicate import intent_key
from flyball.kernel.controls.rate import SECOND, remember
from flyball.kernel.corporate import on_action
from flyball.kernel.days import Day, IntentRecord, hours_of
from flyball.kernel.deadman import expired
from flyball.kernel.decide import Judged
from flyball.kernel.effects import Alert, Cancel, CancelAll, DayStart, Effect, Query
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
from flyball.kernel.evidence import ask_account, shut
from flyball.kernel.flatten import progress
from flyball.kernel.hashes import fold_day
from flyball.kernel.ladder import changed, climb, doubted, late
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch, settled
from flyball.kernel.lifecycle import on_answer, on_fill, on_not_sent, on_sent, on_timeout, on_update
from flyball.kernel.market import accept, market_of, measure
from flyball.kernel.owed import overdue
from flyball.kernel.placing import ask, cancel, cancel_adds, fit, place, unsent
from flyball.kernel.quarantine import on_quarantined
from flyball.kernel.starting import begin
from flyball.kernel.state import Recent, State
from flyball.kernel.triggers import drift, watch
from flyball.kernel.truth import on_account
from flyball.kernel.units import mul_div_up
from flyball.kernel.watching import heed
from flyball.kernel.weeks import Week, monday_of
from flyball.kernel.words import (
    APPROVE,
    CLIP,
    CLOSE,
    LIMIT,
    MARKET,
    PENDING,
    REJECT,
    SENT,
    STOP,
    WARNING,
)


def apply(s: State, e: Event, out: list[Effect], judged: Judged | None) -> None:
    """Take one event in. `judged` is the decision on an `Intent`, made before anything changed."""
    refused, entry = incidents.rejected(s, e), runaway.entering(s, e)
    if isinstance(e, Mark):
        _mark(s, out, e)
    elif isinstance(e, Intent):
        assert judged is not None
        _intent(s, out, e, judged)
    elif isinstance(e, Fill):
        worst = s.totals.gross
        on_fill(s, out, e)
        fit(s, out, e.symbol)
        watch(s, out, e.symbol, worst)
        late(s, out)
        _cursor(s, "broker", e.n)
    elif isinstance(e, Update):
        on_update(s, out, e)
        _cursor(s, "broker", e.n)
    elif isinstance(e, Sent):
        on_sent(s, e)
    elif isinstance(e, NotSent):
        on_not_sent(s, out, e)
    elif isinstance(e, Timeout):
        on_timeout(s, out, e)
    elif isinstance(e, Answer):
        on_answer(s, out, e)
    elif isinstance(e, Tick):
        _due(s, out)
    elif isinstance(e, (Wake, Ingress)):
        _cursor(s, f"bot:{e.strategy}", e.n)
    elif isinstance(e, BotDown):
        _bot_down(s, out, e)
    elif isinstance(e, Session):
        _session(s, out, e)
    elif isinstance(e, Account):
        on_account(s, out, e)
    elif isinstance(e, Command):
        carry_out(s, out, e)
        for symbol in list(s.live) if e.what == "resolve" else ():
            fit(s, out, symbol)
        _cursor(s, "operator", e.n)
    elif isinstance(e, Flow):
        _flow(s, e)
    elif isinstance(e, Action):
        on_action(s, out, e)
        s.traded_at[e.symbol] = s.ts  # what was listed before is of other units
        s.lacking.pop(e.symbol, None)
        if e.to:
            s.traded_at[e.to] = s.ts
        _cursor(s, "action", e.n)
    elif isinstance(e, Report):
        heed(s, out, e)
    elif isinstance(e, Instrument):
        _instrument(s, out, e)
    elif isinstance(e, Feed):
        s.carries[e.source] = e.carries
    elif isinstance(e, Config):
        configure(s, out, e)
    elif isinstance(e, Quarantined):
        on_quarantined(s, out, e)
    elif isinstance(e, Shut):
        shut(s, out, e)
    elif isinstance(e, Delivery):
        _cursor(s, "pager", e.n)
    else:
        _epoch(s, out, e)
    incidents.count(s, out, e, refused)
    runaway.count(s, out, e, refused, entry)
    if s.flattenings:
        progress(s, out, e)


def _cursor(s: State, source: str, n: int) -> None:
    if n > 0:
        s.cursors[source] = n


def _epoch(s: State, out: list[Effect], e: Epoch) -> None:
    """A start: whatever was under way is taken up again, the broker asked first (P5)."""
    s.epoch = e.epoch
    s.account = e.account
    s.broker = e.broker
    s.mode = e.mode
    s.environment = e.environment
    s.account_asked = 0
    begin(s)
    for o in s.orders.values():
        if o.asked_at != 0:
            out.append(Query(o.asked_at, o.client_id, o.ask))
        elif unsent(o) and o.state in (PENDING, SENT) and not o.waits:
            out.append(Query(s.ts, o.client_id, 0))
    _cancels_again(s, out)
    s.look_at = 0
    for f in s.flattenings.values():
        f.asked = 0


def _cancels_again(s: State, out: list[Effect]) -> None:
    """A start: every cancel under way once more. Of a cancel of everything nobody knows whether it left;
    while exits work, its orders are cancelled one by one."""
    asked = [o for o in s.orders.values() if o.cancel_at != 0 and not o.final()]
    whole = any(o.cancel_attempt == 0 for o in asked)
    if whole and not any(o.author and not o.final() for o in s.orders.values()):
        out.append(CancelAll(s.cancel_all_at, s.cancel_alls, "again"))
    elif whole:
        for o in asked:
            o.cancel_attempt = max(1, o.cancel_attempt)
    single = [o for o in asked if o.cancel_attempt > 0]
    out.extend(Cancel(o.cancel_at, o.client_id, "again", o.cancel_attempt) for o in single)


def _instrument(s: State, out: list[Effect], e: Instrument) -> None:
    old = s.markets.get(e.symbol)
    if old is None and len(s.markets) >= MAX_SYMBOLS:
        out.append(Alert(s.ts, "capacity", WARNING, f"{e.symbol} is one instrument too many"))
        return
    new = market_of(e)
    if old is not None:
        same = (old.price_exp, old.qty_exp) == (new.price_exp, new.qty_exp)
        if not same and (s.position(e.symbol) != 0 or s.live_of(e.symbol)):
            out.append(
                Alert(s.ts, "instrument", WARNING, f"{e.symbol} changed its units while held; kept as it was")
            )
            return
        if same:
            old.tick, old.lot, old.tradable = new.tick, new.lot, new.tradable
            return
    s.markets[e.symbol] = new
    s.refresh(e.symbol)


def _session(s: State, out: list[Effect], e: Session) -> None:
    """A new risk day: baselines from the ledger, counters at zero. Latches stay as they are."""
    if e.day == s.day.day:
        changed(s, out, e)
    if e.day <= s.day.day:
        return
    first = s.day.day == 0
    s.chain = fold_day(s)
    baseline = s.day.baseline + s.day.flows if first and s.known else s.equity()
    begins, ends, doubtful = hours_of(e)
    s.day = Day(e.day, e.venue, begins, ends, baseline, doubtful=doubtful)
    for of_symbol in s.books.values():
        for b in of_symbol.values():
            b.day_base = b.profit()
    s.profits = {}
    monday = monday_of(e.day)
    if monday != s.week.monday:
        s.week = Week(monday, baseline)
    s.brakes.rearms = 0
    runaway.next_day(s)
    for m in s.markets.values():
        m.first_of_session = True
    s.closed_before = s.closed
    s.closed = {}
    s.recent = []
    s.flattenings = {k: f for k, f in s.flattenings.items() if f.why != "ladder"}
    out.append(
        DayStart(
            s.ts, e.day, baseline, s.high_water, begins, ends, e.venue, monday, s.week.baseline, s.week.flows
        )
    )
    doubted(s, out)


def _mark(s: State, out: list[Effect], e: Mark) -> None:
    _cursor(s, "feed", e.n)
    m = s.markets.get(e.symbol)
    if m is None:
        return
    worst = s.totals.gross
    opening = m.first_of_session
    if not accept(m, e, s.limits.of_symbol(e.symbol).max_tick_move):
        return
    measure(m, e, s.limits, s.day.day, opening)
    s.revalue(e.symbol)
    s.refresh(e.symbol)
    drift(s, out, e.symbol)
    watch(s, out, e.symbol, worst)


def _intent(s: State, out: list[Effect], e: Intent, judged: Judged) -> None:
    _cursor(s, f"bot:{e.strategy}", e.n)
    d = judged.decision
    out.append(d)
    key = intent_key(e.strategy, e.intent)
    if key not in s.day.intents and (len(s.day.intents) < MAX_INTENTS_A_DAY or d.verdict != REJECT):
        s.day.intents[key] = IntentRecord(d.verdict, d.qty)
    if d.codes == ("CONTROL_FAILED",):
        s.failures += 1
        if set_latch(s, out, "L5", ACCOUNT_SCOPE, "governor", f"a control failed on intent {e.intent}"):
            cancel_adds(s, out, ACCOUNT_SCOPE, "L5")
    if d.verdict == REJECT:
        return
    assert d.verdict in (APPROVE, CLIP) and d.qty > 0 and judged.ask is not None
    if d.adds:
        remember(s.rates.orders, s.ts, SECOND)
        window = s.limits.duplicate_window
        s.recent = [r for r in s.recent if s.ts - r.ts < window]
        s.recent.append(Recent(s.ts, e.strategy, e.symbol, e.side, e.qty, e.notional, e.limit))
        s.day.orders += 1
        runaway.approved(s, out, e)
    else:
        remember(s.rates.reduces, s.ts, SECOND)
    waits: list[str] = []
    if not d.adds:
        # an exit never meets an own order: that one is cancelled first, and the exit waits for the evidence
        for other in [*judged.ask.crossing, *judged.ask.own]:
            cancel(s, out, other, "makes room for an exit")
            waits.append(other.client_id)
    kind = STOP if d.stop else LIMIT if d.limit else MARKET
    place(
        s,
        out,
        intent=e.intent,
        author="",
        strategy=e.strategy,
        symbol=e.symbol,
        side=e.side,
        qty=d.qty,
        kind=kind,
        limit=d.limit,
        tif=e.tif,
        adds=d.adds,
        leg=1,
        waits=waits,
        born=max(e.created_at, 0),
        stop=d.stop,
        close=e.type == CLOSE,
    )


def _bot_down(s: State, out: list[Effect], e: BotDown) -> None:
    _cursor(s, f"bot:{e.strategy}", e.n)
    scope = f"strategy:{e.strategy}"
    if set_latch(s, out, "L5", scope, "governor", f"the bot is down: {e.why}"):
        cancel_adds(s, out, scope, "L5")


def _flow(s: State, e: Flow) -> None:
    """Money in or out is no profit and no drawdown: the high-water mark moves in proportion (unitised
    NAV)."""
    _cursor(s, "flow", e.n)
    equity = s.equity()
    s.cash += e.amount
    s.flows += e.amount
    s.day.flows += e.amount
    s.week.flows += e.amount
    if equity > 0 and equity + e.amount > 0:
        s.high_water = mul_div_up(s.high_water, equity + e.amount, equity)
    else:
        s.high_water = max(0, s.high_water + e.amount)


# What a latch waits for: the key's name, and what is done when it is due.
LATCH_TIMERS: Final = {"clean": settled, "rearm": incidents.rearm, "deadman": expired}


def _due(s: State, out: list[Effect]) -> None:
    """A timer: every one that is due."""
    for key in [k for k, due in s.timers.items() if due <= s.ts]:
        if s.timers.get(key, s.ts + 1) > s.ts:
            continue  # one before it has dealt with it
        del s.timers[key]
        if key == "account":
            ask_account(s, out, "again")
            continue
        what, _, name = key.partition(" ")
        if what in LATCH_TIMERS:
            LATCH_TIMERS[what](s, out, name)
            continue
        o = s.orders.get(name)
        if o is not None and what == "owed":
            overdue(s, out, o)
        elif o is not None:
            ask(s, out, o)
    restart_due(s)
    climb(s, out)
