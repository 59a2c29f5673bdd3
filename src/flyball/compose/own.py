"""`flyball run`: anybody's own bot on the paper broker, by the flyball.toml of a folder. Nothing clears
itself here.

SIGTERM and SIGINT end the flight after the round under way: what is written is synced, what is still open is
named.
"""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flyball.compose.assembly import CannotStart, Cockpit, Machine, Plan
from flyball.compose.fly import Landed, fly, real_machine
from flyball.compose.paging import Paging, wanted
from flyball.compose.paging import check as check_paging
from flyball.compose.paper_own import meet_outside
from flyball.compose.paper_place import only_here
from flyball.compose.plane import open_plane
from flyball.compose.schedule import cut, ends_soon, laid
from flyball.compose.watched import find_pulse, keep_sentinel, take_pulse
from flyball.config.effective import Effective
from flyball.config.load import load
from flyball.config.problems import ConfigError, Problem
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.desk.summary import Summary
from flyball.desk.terminal import Live, summary_table
from flyball.feeds.actions import Dated, load_actions
from flyball.feeds.bars import load as load_bars
from flyball.feeds.table import BarsError
from flyball.journal.replay import begun, read
from flyball.journal.verify import verify
from flyball.kernel.events import Report
from flyball.kernel.units import NS
from flyball.machine.disk import RealDisk
from flyball.machine.environment import environment, user
from flyball.machine.files import make_folder, read_bytes, read_text, steady
from flyball.machine.spawn import RealSpawn
from flyball.ports import Lock
from flyball.runtime.sequencer import Taken
from flyball.runtime.view import orders, positions
from flyball.tables.overlay import Overlay, OverlayError, read_overlay
from flyball.tables.rules import ending

REQUIRED = ("feed.file", "strategy")
AFTER_CLOSE = 600 * NS
BEFORE_OPEN = 60 * NS


@dataclass
class OwnRun:
    """What the command line said."""

    config: Path
    begin: str | None = None
    pace: str | None = None
    sentinel: bool = False


def configuration(path: Path) -> Effective:
    """The file, read and checked; ConfigError with everything that is wrong in it."""
    return load(read_text(path), path=str(path), environ=environment(), require=REQUIRED)


def pace_of(config: Effective, given: str | None) -> int:
    """Data time per real time in millionths; 0 = as fast as it is decided."""
    if given is None:
        return max(config.feed.pace, 0)
    if given == "max":
        return 0
    try:
        times = float(given.removesuffix("x"))
    except ValueError:
        times = 0.0
    if not 0 < times <= 1_000_000:
        raise BarsError(f"--pace {given}: max, or a number like 1x or 60x")
    return round(times * 1_000_000)


def begin_of(given: str | None, first_open: int) -> int:
    """Where a new journal begins, UTC ns."""
    if given is None:
        return first_open - BEFORE_OPEN
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise BarsError(f"--from {given}: a time like 2016-04-15T19:50:00Z") from None
    if at.tzinfo is None:
        raise BarsError(f"--from {given}: say whose time it is: {given}Z for UTC, or an offset")
    return int(at.timestamp()) * NS


def plan_of(run: OwnRun, config: Effective, watch: Summary, live: Live) -> Plan:
    """The plan of a run and its notes."""
    folder = run.config.resolve().parent
    feed = config.feed
    file = str(folder / feed.file)
    if not Path(file).exists():
        raise BarsError(f"{file}: no such file; {run.config} names it as feed.file")
    loaded = load_bars(
        file,
        read_bytes=read_bytes,
        stamp=feed.stamp or None,
        tz=feed.tz or None,
        symbols=feed.symbols or None,
    )
    series, table, left_out = cut(loaded.series, config.session.calendar)
    overlay = overlay_of(run, config)
    series, schedule, overlaid = laid(series, table, overlay)
    for note in (*loaded.notes, *left_out, *overlaid, ends_soon(schedule, config.session.calendar)):
        if note:
            live.note(note)
    if not schedule:
        raise BarsError(f"{file}: no bar lies in a session of {config.session.calendar}")
    for note in () if config.session.calendar == AROUND_THE_CLOCK else ending(schedule[-1].day):
        live.note(note)
    begin = begin_of(run.begin, schedule[0].open)
    dated: list[Dated] = []
    if feed.actions:
        listed = str(folder / feed.actions)
        if not Path(listed).exists():
            raise BarsError(f"{listed}: no such file; {run.config} names it as feed.actions")
        dated = load_actions(listed, read_bytes(listed), (s.symbol for s in series))
    live.sessions = len(schedule)
    seq = 0

    def taken(what: Taken) -> None:
        nonlocal seq
        for record in what.records:
            seq = max(seq, watch.seq) + 1
            watch.feed(seq, record)
        live.update()

    name = Path(file).name
    make_folder(folder / "bots")
    return Plan(
        config=config,
        series=series,
        schedule=schedule,
        source=name,
        label=feed.label or f"bars of {name}",
        begin=begin,
        dated=[one for one in dated if one.ts >= begin],
        seed=config.broker.paper.seed,
        stop_at=schedule[-1].close + AFTER_CLOSE,
        bot_folder=str(folder),
        bot_logs=str(folder / "bots"),
        watch=taken,
        by=user(),
        table=table,
        overlay=overlay,
    )


def overlay_of(run: OwnRun, config: Effective) -> Overlay:
    """The calendar's overlay, none when none is named."""
    name = config.session.overlay
    if not name:
        return {}
    if config.session.calendar == AROUND_THE_CLOCK:
        raise BarsError(f"{run.config}: session.overlay = {name!r}: a calendar around the clock has none")
    file = str(run.config.resolve().parent / name)
    if not Path(file).exists():
        raise BarsError(f"{file}: no such file; {run.config} names it as session.overlay")
    try:
        return read_overlay(file, read_bytes(file))
    except OverlayError as wrong:
        raise BarsError(str(wrong)) from wrong


def fly_own(run: OwnRun, *, as_json: bool) -> int:
    """Fly it; the exit code."""
    started = steady()
    config = configuration(run.config)
    check_paging(str(run.config), config.alerts)
    folder = run.config.resolve().parent
    summary = Summary()
    live = Live(summary, now=steady, plain=as_json or not sys.stderr.isatty(), out=sys.stderr)
    pulse = find_pulse(str(folder), live.note) if pace_of(config, run.pace) else []
    plan = plan_of(run, config, summary, live)
    journal = folder / config.journal.dir
    spawn = RealSpawn()
    machine = real_machine(
        str(folder),
        str(journal),
        str(folder / config.journal.emergency_dir),
        pace_of(config, run.pace),
        spawn,
        config.session.time_servers,
    )
    held = _outside(run, config, machine, plan, str(folder))
    disk = RealDisk(str(journal))
    if begun(disk):
        live.note(f"going on with the journal in {journal}")
        for number, record in read(disk):
            summary.feed(number, record)
    left: list[Cockpit] = []
    paging = Paging(run.config)
    kept: list[asyncio.Task[None]] = []

    def ready(cockpit: Cockpit) -> None:
        flight, loop = cockpit.flight, asyncio.get_running_loop()
        left.append(cockpit)
        for note in cockpit.notes:
            live.note(note)
        if ending := ends_soon(plan.schedule, config.session.calendar):
            now = cockpit.flight.clock.now()
            cockpit.flight.submit(Report(now, "calendar_ends", "soon", "calendar", ending))
        take_pulse(cockpit, pulse)
        if run.sentinel:
            kept.append(
                loop.create_task(
                    keep_sentinel(
                        str(folder),
                        live.note,
                        lambda why: flight.submit(
                            Report(flight.clock.now(), "sentinel", "failed", "sentinel", why)
                        ),
                    )
                )
            )
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, cockpit.flight.stop, signal.Signals(number).name)
        if wanted(config.alerts):
            paging.begin(
                lambda why: flight.submit(Report(flight.clock.now(), "pager", "failed", "pager", why))
            )

    try:
        landed = asyncio.run(fly(plan, machine, ready, open_plane(str(folder))))
        for one in pulse:  # before anything that waits: from here on silence means nothing
            one.goodbye()
        asyncio.run(paging.landed())
    finally:
        spawn.close()
        if held is not None:
            held.release()
    live.done()
    checked = verify(disk, landed.head)
    summary.finish(
        path=str(journal),
        recovered=landed.recovered,
        new=landed.records - landed.recovered,
        head=landed.head,
        verified=checked.ok,
        state_hash=landed.state_hash,
        book_hash=landed.book_hash,
        elapsed_s=round(steady() - started, 3),
    )
    if as_json:
        print(json.dumps(summary.to_dict(), indent=2))
    else:
        print(summary_table(summary))
    if left and landed.stopped:
        _name_open(left[0], landed)
    return 0 if checked.ok else 4


def _outside(run: OwnRun, config: Effective, machine: Machine, plan: Plan, folder: str) -> Lock | None:
    """The paper broker's place: a process of its own, or this one, which then has its account to itself."""
    pace = pace_of(config, run.pace)
    if config.broker.paper.process != "own":
        return only_here(machine.disk)
    if pace == 0:
        raise ConfigError([no_pace(str(run.config))])
    meet_outside(machine, plan, folder, run.config, pace)
    return None


def no_pace(file: str) -> Problem:
    """A market that is as fast as it is decided has no time that two processes could share."""
    why = 'a paper broker with a process of its own (broker.paper.process = "own") needs a pace to share'
    return Problem(file, 0, "feed.pace", '"max"', why, 'write pace = "1x" or "60x", or give --pace 60x')


def _name_open(cockpit: Cockpit, landed: Landed) -> None:
    """What a stopped flight leaves open at the broker."""
    state = cockpit.governor.state
    held, working = positions(state), orders(state)
    print(f"stopped: {landed.stopped}", file=sys.stderr)
    for p in held:
        print(f"  still held: {p['strategy']} {p['qty']} {p['symbol']}", file=sys.stderr)
    for o in working:
        print(f"  still working: {o['order']} {o['side']} {o['qty']} {o['symbol']}", file=sys.stderr)
    if not held and not working:
        print("  nothing is open", file=sys.stderr)


__all__ = ["CannotStart", "OwnRun", "fly_own"]
