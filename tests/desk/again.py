"""Journals to look back on: flown for real with a bad broker and a restart, or made by hand; and the what-if
of one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flyball.compose.fly import Landed, fly, real_machine
from flyball.desk.what_if import WhatIf
from flyball.desk.what_if_habits import Habits
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.journal.replay import read
from flyball.kernel.events import Config
from flyball.lab.demo.plan import Wanted, plan
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.spawn import RealSpawn
from tests.journal.faulty import InlineSyncer
from tests.kernel.flight import Flight

Records = list[tuple[int, Record]]
Limit = tuple[str, int, str] | int


def bad_days(folder: Path, sessions: int = 2, seed: int = 3) -> list[Landed]:
    """The demo's bot on a broker that times out, delays, repeats and splits, stopped half-way and started
    again."""
    made, _ = plan(Wanted(sessions=sessions, seed=seed, folder=str(folder)), lambda _: b"", None)
    worse = replace(
        made.config.broker.paper,
        timeout_ratio=100_000,
        late_ratio=200_000,
        duplicate_ratio=200_000,
        partial_ratio=600_000,
    )
    made.config = replace(made.config, broker=replace(made.config.broker, paper=worse))
    (folder / "bots").mkdir(parents=True, exist_ok=True)
    whole = made.stop_at
    assert whole is not None
    landed = []
    for stop in (made.schedule[1].open + (made.schedule[1].close - made.schedule[1].open) // 2, whole):
        made.stop_at = stop
        spawn = RealSpawn()
        machine = real_machine(str(folder), str(folder / "journal"), str(folder / "emergency"), 0, spawn)
        try:
            landed.append(asyncio.run(fly(made, machine, lambda _: None, None)))
        finally:
            spawn.close()
    return landed


def of_folder(folder: Path) -> Records:
    return list(read(RealDisk(str(folder / "journal"))))


def of_flight(f: Flight) -> Records:
    """The records of a governor flown by hand."""
    flat = [record for event, effects in f.journal for record in (event, *effects)]
    return list(enumerate(flat, 1))


def written(folder: Path, records: Sequence[tuple[int, Record]]) -> Path:
    """These records as a journal in `folder`."""
    journal = Journal.create(RealDisk(str(folder / "journal")), InlineSyncer(), OsRandom())
    journal.append([record for _, record in records])
    journal.close()
    return folder


def limited(**limits: Limit) -> Any:
    """A configuration with these limits instead of the recorded ones; an integer is a count."""

    def configured(e: Config) -> Config:
        rows = {(row[0], row[1]): row for row in e.values}
        for key, value in limits.items():
            kind = value if isinstance(value, tuple) else ("count", value, "")
            rows[("", key)] = ("", key, *kind, "test")
        return replace(e, values=tuple(rows.values()))

    return configured


def what_if(records: Sequence[tuple[int, Record]], **limits: Limit) -> WhatIf:
    """The same records under other limits."""
    habits = Habits()
    for _, record in records:
        habits.take(record)
    made = WhatIf(limited(**limits), habits)
    for seq, record in records:
        made.take(seq, record)
    made.finish()
    made.other.state.check()
    assert not made.other.fault
    return made
