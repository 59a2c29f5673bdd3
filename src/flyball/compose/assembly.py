"""One governor, put together from a plan and a machine: journal recovered, broker resumed, bots fed again,
first events ready.

Everything that touches the world comes in `Machine`, so that a proving ground may wrap any of it.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flyball.bots.host import Host
from flyball.bots.told import Teller
from flyball.broker.paper import Paper, PaperSettings
from flyball.broker.prices import BarPrices
from flyball.config.effective import Effective
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.feeds.marks import CARRIES, BarMarks
from flyball.feeds.series import Series
from flyball.journal.emergency import EmergencyLog
from flyball.journal.log import Journal
from flyball.kernel.canon import digest
from flyball.kernel.events import Config, Epoch, Event, Feed, Instrument
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.ports import Broker, Clock, Disk, Random, Source, Spawn, Syncer, Wakeup
from flyball.runtime.flight import Flight, Tells
from flyball.runtime.outbox import Outbox
from flyball.runtime.recover import recover, unheard
from flyball.runtime.sequencer import Sequencer, Taken
from flyball.runtime.timers import Sessions, Timers
from flyball.tables.calendar import Session

JOURNAL = "journal"
BROKER_FILE = "paper.broker"
DECIMALS = 2  # of a US stock's tick at one dollar and above (SEC Rule 612)
CRYPTO_QTY_EXP = 8


class CannotStart(Exception):  # noqa: N818 - it says what is the case
    """What is on the disk does not fit what was asked for; the text says which and what to do."""


@dataclass
class Machine:
    """The world's ports. `clock` is made once the journal's head is known: time never begins before it."""

    disk: Disk
    journal_disk: Disk
    emergency_disk: Disk
    syncer: Syncer
    spawn: Spawn
    random: Random
    wake: Wakeup
    clock: Callable[[int], Clock]
    wrap_broker: Callable[[Broker], Broker] = lambda broker: broker


@dataclass
class Plan:
    """What is to be flown."""

    config: Effective
    series: Sequence[Series]
    schedule: Sequence[Session]
    source: str  # name of the prices
    label: str  # what they are, for people
    begin: int  # no event of a new journal is earlier
    seed: int
    stop_at: int | None
    bot_folder: str
    bot_logs: str | None
    operator: Callable[[Governor, int], Source] | None = None
    watch: Callable[[Taken], None] | None = None


@dataclass
class Cockpit:
    """A governor ready to fly."""

    flight: Flight
    governor: Governor
    journal: Journal
    broker: Broker
    paper: Paper
    bots: list[Host]
    recovered: int  # records found in the journal
    notes: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.journal.head.hash.hex()

    def close(self) -> None:
        """End the bots, sync and close the journal, free the lock."""
        for bot in self.bots:
            bot.close()
        self.journal.close()


def environment_of(plan: Plan) -> str:
    """What a journal is bound to: broker, its environment, the prices and the seed."""
    bars = [
        [s.symbol, s.price_exp, s.seconds, len(s.bars), [list(s.bars[0]), list(s.bars[-1])]]
        for s in plan.series
        if s.bars
    ]
    broker = plan.config.broker
    return f"{broker.kind}:{broker.environment}:{digest([plan.source, bars, plan.seed])[:12]}"


def instruments_of(plan: Plan, ts: int) -> list[Instrument]:
    """An instrument for every series, by what the calendar says of the market."""
    return [
        _instrument(s, plan.config.session.calendar == AROUND_THE_CLOCK, plan.config.account.currency, ts)
        for s in plan.series
    ]


def _instrument(s: Series, crypto: bool, currency: str, ts: int) -> Instrument:
    cent = 10 ** (s.price_exp - DECIMALS) if s.price_exp >= DECIMALS else 1
    dollar = 10**s.price_exp
    tick = 1 if crypto or s.bars[0].close < dollar else cent
    return Instrument(
        ts,
        s.symbol,
        currency,
        "crypto" if crypto else "us_equity",
        s.price_exp,
        CRYPTO_QTY_EXP if crypto else 0,
        tick,
        1,
        True,
    )


async def assemble(plan: Plan, machine: Machine) -> Cockpit:
    """Recover or begin the journal, resume the broker, feed the bots again, hand over a flight with its
    first events pending."""
    journal, fresh = _journal(machine, plan)
    try:
        return await _assemble(plan, machine, journal, fresh)
    except BaseException:
        journal.close()
        raise


def _journal(machine: Machine, plan: Plan) -> tuple[Journal, bool]:
    size = plan.config.journal.segment_size
    if machine.journal_disk.exists("segments") and machine.journal_disk.list("segments"):
        return Journal.open(machine.journal_disk, machine.syncer, segment_bytes=size), False
    return Journal.create(machine.journal_disk, machine.syncer, machine.random, segment_bytes=size), True


async def _assemble(plan: Plan, machine: Machine, journal: Journal, fresh: bool) -> Cockpit:
    config = plan.config
    notes = [*config.notices(), *journal.recovered.notes]
    found = recover(journal)
    governor = found.governor
    s = governor.state
    environment = environment_of(plan)
    if s.epoch and (s.environment, s.account) != (environment, config.account.tag):
        raise CannotStart(
            f"{machine.journal_disk.root}: this journal belongs to account {s.account!r}"
            f" in {s.environment!r}, not to {config.account.tag!r} in {environment!r}\n"
            "remedy: use the data, seed and config it was begun with, or another folder"
        )
    emergency = EmergencyLog(machine.emergency_disk)
    entries = emergency.entries()
    if unheard(journal, entries):
        raise CannotStart(
            f"{emergency.path}: the last run had to act from memory and wrote this emergency log\n"
            "remedy: compare it with the broker, then move the file away and start again"
        )
    if entries:
        notes.append(f"{emergency.path}: of a slow disk; everything in it is in the journal")
    state_before = governor.state_hash() if not fresh else ""
    clock = machine.clock(max(s.ts, plan.begin))
    paper = _paper(plan, machine, clock.now())
    broker = machine.wrap_broker(paper)
    broker.resume(s.cursors.get("broker", 0), clock.now())
    sequencer = Sequencer(governor, journal, machine.syncer, emergency)
    outbox = Outbox(governor, broker)
    bots, tellers = _bots(plan, machine, clock.virtual, journal, fresh)
    sources: list[Source] = [
        Sessions(config.session.calendar, plan.schedule, s.day.day),
        BarMarks(plan.series, plan.source, s.cursors.get("feed", 0)),
        Timers(governor),
    ]
    if plan.operator is not None:
        sources.append(plan.operator(governor, s.ts))
    flight = Flight(
        clock=clock,
        wake=machine.wake,
        sequencer=sequencer,
        outbox=outbox,
        broker=broker,
        sources=sources,
        bots=list(zip(bots, tellers, strict=True)),
        observers=[] if plan.watch is None else [plan.watch],
        stop_at=plan.stop_at,
    )
    machine.syncer.on_done(machine.wake)
    for event in _first_events(plan, governor, environment, state_before, clock.now()):
        flight.submit(event)
    account = None if s.known else await broker.read_account(clock.now())
    if account is not None:
        flight.submit(account)
    flight.turn(clock.now())
    return Cockpit(flight, governor, journal, broker, paper, bots, found.records, notes)


def _first_events(
    plan: Plan, governor: Governor, environment: str, state_before: str, now: int
) -> list[Event]:
    config = plan.config
    s = governor.state
    events: list[Event] = [
        Epoch(
            now,
            s.epoch + 1,
            VERSION,
            SCHEMA,
            config.account.tag,
            config.broker.kind,
            "paper",
            environment,
            config.config_hash,
            state_before,
        ),
        Config(now, "start", "", config.profile, config.values),
    ]
    known = {symbol: (m.price_exp, m.qty_exp, m.tick, m.lot) for symbol, m in s.markets.items()}
    events.extend(
        one
        for one in instruments_of(plan, now)
        if known.get(one.symbol) != (one.price_exp, one.qty_exp, one.tick, one.lot)
    )
    if s.carries.get(plan.source) != CARRIES:
        events.append(Feed(now, plan.source, CARRIES, plan.label))
    return events


def _paper(plan: Plan, machine: Machine, now: int) -> Paper:
    p = plan.config.broker.paper
    settings = PaperSettings(
        half_spread_ppm=p.half_spread,
        slippage_ppm=p.slippage,
        fee_per_unit=p.fee_per_unit,
        latency_min=p.latency_min,
        latency_max=p.latency_max,
        partial_ppm=p.partial_ratio,
        pieces_min=p.partial_pieces_min,
        pieces_max=p.partial_pieces_max,
        timeout_ppm=p.timeout_ratio,
        timeout_applied_ppm=p.timeout_applied_ratio,
        late_ppm=p.late_ratio,
        duplicate_ppm=p.duplicate_ratio,
        timeout=p.timeout,
    )
    ordered = [x.open for x in plan.schedule]
    closes = {x.open: x.close for x in plan.schedule}

    def session(ts: int) -> tuple[int, int] | None:
        at = bisect_right(ordered, ts) - 1
        if at < 0 or ts > closes[ordered[at]]:
            return None
        return ordered[at], closes[ordered[at]]

    units = {x.symbol: (x.price_exp, x.qty_exp, x.tick) for x in instruments_of(plan, 0)}
    return Paper(
        machine.disk,
        BROKER_FILE,
        prices=BarPrices(plan.series, plan.seed, session),
        settings=settings,
        seed=plan.seed,
        start_cash=plan.config.account.equity,
        sessions=session,
        instruments=units,
        now=now,
    )


def _bots(
    plan: Plan, machine: Machine, virtual: bool, journal: Journal, fresh: bool
) -> tuple[list[Host], list[Tells]]:
    instruments = {x.symbol: x for x in instruments_of(plan, 0)}
    bots: list[Host] = []
    tellers: list[Tells] = []
    for strategy in plan.config.strategies:
        teller = Teller(strategy.name)
        teller.instruments.update(instruments)
        log = None if plan.bot_logs is None else f"{plan.bot_logs}/{strategy.name}.log"
        host = Host(
            strategy.name,
            machine.spawn,
            strategy.bot,
            instruments=teller.instruments,
            lockstep=virtual,
            settings=strategy.settings,
            seed=plan.seed,
            cwd=plan.bot_folder,
            log=log,
        )
        if not fresh:
            host.replay(teller.retell(record for _, record in journal.records()))
        bots.append(host)
        tellers.append(teller)
    return bots, tellers
