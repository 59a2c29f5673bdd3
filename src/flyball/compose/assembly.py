"""One governor, put together from a plan and a machine: journal recovered, broker resumed, bots fed again,
first events ready.

Everything that touches the world comes in `Machine`, so that a proving ground may wrap any of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flyball.bots.host import Host
from flyball.bots.told import Teller
from flyball.broker.limited import Limited
from flyball.broker.paper import Paper
from flyball.compose.again import retell_today, snapshot_failed
from flyball.compose.mode import PAPER, fit_for
from flyball.compose.paper_place import paper_of
from flyball.compose.sessions import sessions_of
from flyball.compose.watch import Watch
from flyball.config.effective import Effective
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.feeds.actions import Actions, Dated
from flyball.feeds.marks import CARRIES, BarMarks
from flyball.feeds.series import Series
from flyball.journal import snapshots
from flyball.journal.emergency import EmergencyLog
from flyball.journal.log import Journal
from flyball.journal.replay import begun
from flyball.kernel.canon import digest
from flyball.kernel.events import Config, Epoch, Event, Feed, Instrument
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.kernel.state import State
from flyball.machine.keeper import AtOnce
from flyball.ports import Broker, Clock, Disk, Gauges, Keeper, KillFile, Random, Source, Spawn, Syncer, Wakeup
from flyball.runtime.budget import Budget
from flyball.runtime.flight import Flight
from flyball.runtime.killfile import KillFileSource
from flyball.runtime.outbox import Outbox
from flyball.runtime.pending import notes as waiting
from flyball.runtime.recover import recover, unheard
from flyball.runtime.sequencer import Sequencer, Taken
from flyball.runtime.snapshots import Beside, Snapshots
from flyball.runtime.timers import Timers
from flyball.runtime.trial import DiesAnywhere, Trial
from flyball.tables.calendar import Session
from flyball.tables.overlay import Overlay

JOURNAL = "journal"
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
    wrap_feed: Callable[[Source], Source] = lambda feed: feed
    second: Syncer | None = None  # syncs the emergency log, apart from the journal's disk
    keeper: Keeper = field(default_factory=AtOnce)
    scribe: Beside | None = None  # makes a large snapshot elsewhere
    kill_file: KillFile | None = None
    gauges: Gauges | None = None  # of a real machine, where time is real
    outside: Callable[[Clock], Broker] | None = None  # a broker in a process of its own, else one in here


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
    by: str = "start"  # who brings the configuration
    dated: Sequence[Dated] = ()  # corporate actions and flows, by time
    mode: str = PAPER
    table: Sequence[Session] = ()  # the schedule as it was before the overlay; () = the same
    overlay: Overlay = field(default_factory=dict)


@dataclass
class Cockpit:
    """A governor ready to fly."""

    flight: Flight
    governor: Governor
    journal: Journal
    broker: Broker
    inside: Paper | None  # the paper broker, where it is in this process
    bots: list[Host]
    recovered: int  # records found in the journal
    notes: list[str] = field(default_factory=list)
    snapshots: Snapshots | None = None
    trial: Trial | None = None
    kill_file: KillFile | None = None
    watch: Watch | None = None

    def sensors(self) -> list[dict[str, object]]:
        """What every sensor says now, the loop's own included."""
        return [] if self.watch is None else self.watch.shown(self.flight.clock.now(), self.flight.still)

    @property
    def paper(self) -> Paper:
        """The paper broker of this process. Only where there is one."""
        assert self.inside is not None, "the broker has a process of its own"
        return self.inside

    @property
    def head(self) -> str:
        return self.journal.head.hash.hex()

    def checkpoint(self, timeout_ns: int) -> str:
        """Leave a snapshot at the very end; why that could not be, "" when it is there."""
        return "" if self.snapshots is None else self.snapshots.checkpoint(timeout_ns)

    def close(self) -> None:
        """End the bots, sync and close the journal, free the lock."""
        for bot in self.bots:
            bot.close()
        if self.trial is not None:
            self.trial.close()
        self.journal.close()


def environment_of(plan: Plan) -> str:
    """What a journal is bound to: broker, its environment, the prices and the seed."""
    bars = [
        [s.symbol, s.price_exp, s.seconds, len(s.bars), [list(s.bars[0]), list(s.bars[-1])]]
        for s in plan.series
        if s.bars
    ]
    broker = plan.config.broker
    bound: list[object] = [plan.source, bars, plan.seed]
    if plan.dated:
        bound.append(list(plan.dated))
    return f"{broker.kind}:{broker.environment}:{digest(bound)[:12]}"


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
    fit_for(plan.mode, plan.config)
    journal, fresh = _journal(machine, plan)
    try:
        return await _assemble(plan, machine, journal, fresh)
    except BaseException:
        journal.close()
        raise


def _journal(machine: Machine, plan: Plan) -> tuple[Journal, bool]:
    size = plan.config.journal.segment_size
    if begun(machine.journal_disk):
        return Journal.open(machine.journal_disk, machine.syncer, segment_bytes=size), False
    return Journal.create(machine.journal_disk, machine.syncer, machine.random, segment_bytes=size), True


async def _assemble(plan: Plan, machine: Machine, journal: Journal, fresh: bool) -> Cockpit:
    config = plan.config
    notes = [*config.notices(), *journal.recovered.notes]
    try:
        trial = Trial.at_start(machine.journal_disk, journal.head.seq)
        found = recover(journal, trial=trial)
    except DiesAnywhere as dies:
        raise CannotStart(str(dies)) from dies
    governor = found.governor
    notes += found.notes
    s = governor.state
    environment = environment_of(plan)
    if s.epoch and (s.environment, s.account) != (environment, config.account.tag):
        raise CannotStart(
            f"{machine.journal_disk.root}: this journal belongs to account {s.account!r}"
            f" in {s.environment!r}, not to {config.account.tag!r} in {environment!r}\n"
            "remedy: use the data, seed and config it was begun with, or another folder"
        )
    if s.terms.approvers not in (0, config.account.approvers):
        raise CannotStart(
            f"account.approvers = {config.account.approvers}: this journal began with {s.terms.approvers},"
            " and that does not change\n"
            f"remedy: write approvers = {s.terms.approvers} into [account]"
        )
    emergency = EmergencyLog(machine.emergency_disk, syncer=machine.second)
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
    inside: Paper | None = None
    if machine.outside is not None:
        broker = machine.wrap_broker(machine.outside(clock))
    else:
        inside, _ = paper_of(plan, instruments_of(plan, 0), machine.disk, clock.now())
        broker = machine.wrap_broker(inside)
    published = config.broker.rate_limit
    if published:
        broker = Limited(broker, published, clock.now)
    broker.resume(s.cursors.get("broker", 0), clock.now())
    sequencer = Sequencer(governor, journal, machine.syncer, emergency, trial)
    outbox = Outbox(governor, broker, budget=Budget(published))
    kept = Snapshots(governor, journal, machine.keeper, clock.virtual, machine.scribe, found.since)
    if not fresh:
        snapshots.cut(journal.disk, journal.head.seq)
        if not trial.condemned():  # else the journal does not say yet what this state is without
            kept.take()
    bots, tellers = _bots(plan, machine, clock.virtual, journal, None if fresh else s)
    sources: list[Source] = [
        Actions(plan.dated, s.cursors.get("action", 0), s.cursors.get("flow", 0)),
        sessions_of(plan, machine.disk, clock.virtual, s),
        machine.wrap_feed(BarMarks(plan.series, plan.source, s.cursors.get("feed", 0))),
        Timers(governor),
    ]
    if plan.operator is not None:
        sources.append(plan.operator(governor, s.ts))
    if machine.kill_file is not None:
        machine.kill_file.on_seen(machine.wake)
        sources.insert(0, KillFileSource(machine.kill_file))
    watch = Watch(
        s,
        clock,
        mode=plan.mode,
        calendar=config.session.calendar,
        schedule=plan.schedule,
        series=plan.series,
        broker=inside or broker,
        bots=bots,
        gauges=machine.gauges,
    )
    sources.extend(watch.sources)
    flight = Flight(
        clock=clock,
        wake=machine.wake,
        sequencer=sequencer,
        outbox=outbox,
        broker=broker,
        sources=sources,
        bots=list(zip(bots, tellers, strict=True)),
        observers=[kept.watch] if plan.watch is None else [plan.watch, kept.watch],
        stop_at=plan.stop_at,
        timed=watch.latency.note if watch.latency is not None else None,
    )
    kept.tell = lambda why: flight.submit(snapshot_failed(s.ts, why))
    machine.syncer.on_done(machine.wake)
    epoch = _epoch(plan, governor, environment, state_before, clock.now())
    why = flight.begin(epoch, epoch.ts, trial.sentences(epoch.ts))
    if why:
        raise CannotStart(
            f"{machine.journal_disk.root}: this start could not be written into the journal ({why})\n"
            "remedy: check the disk, then start again"
        )
    for event in _first_events(plan, governor, trial, clock.now()):
        flight.submit(event)
    account = await broker.read_account(clock.now())
    if account is not None:
        flight.submit(account)
    flight.turn(clock.now())
    notes.extend(waiting(s))
    return Cockpit(
        flight,
        governor,
        journal,
        broker,
        inside,
        bots,
        found.records,
        notes,
        kept,
        trial,
        machine.kill_file,
        watch,
    )


def _epoch(plan: Plan, governor: Governor, environment: str, state_before: str, now: int) -> Epoch:
    config = plan.config
    return Epoch(
        now,
        governor.state.epoch + 1,
        VERSION,
        SCHEMA,
        config.account.tag,
        config.broker.kind,
        plan.mode,
        environment,
        config.config_hash,
        state_before,
    )


def _first_events(plan: Plan, governor: Governor, trial: Trial, now: int) -> list[Event]:
    config = plan.config
    s = governor.state
    events: list[Event] = [
        Config(now, plan.by, "", config.profile, config.values, config.account.approvers),
        *trial.report(now),
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


def _bots(
    plan: Plan, machine: Machine, virtual: bool, journal: Journal, known: State | None
) -> tuple[list[Host], list[Teller]]:
    """A host for each strategy, told again what it had been told: in virtual time all of it, since it has to
    answer the same; else this risk day. `known`: the recovered state, None in a new journal."""
    instruments = {x.symbol: x for x in instruments_of(plan, 0)}
    bots: list[Host] = []
    tellers: list[Teller] = []
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
        if known is not None and virtual:
            host.replay(teller.retell(record for _, record in journal.records()))
        bots.append(host)
        tellers.append(teller)
    if known is not None and not virtual:
        retell_today(bots, tellers, journal, known)
    return bots, tellers
