"""An overlay file that changes while the governor flies: today's close moves, and the account is flat by
it."""

from dataclasses import replace
from functools import partial
from typing import Any

from flyball.journal.replay import read
from flyball.kernel.effects import Alert, LatchChange
from flyball.kernel.events import Session
from flyball.lab.ladder import close
from flyball.lab.ladder.law import hours
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.faults import Faults
from flyball.lab.sim.run import Run
from flyball.lab.sim.view import SimView
from flyball.tables.calendar import session_on
from tests.lab.ladder.days import SUMMER, when

FILE = "calendar-overlay.csv"
HEAD = "date,hours,reason\n"
MINUTE = 60 * 10**9


def flown(*changes: tuple[int, str]) -> tuple[Run, int]:
    """A quiet close with an overlay file that is written at (minutes before the close); its records."""
    law, table = hours(when(SUMMER)), session_on(SUMMER)
    assert law is not None
    assert table is not None
    made = close._scenario(1, "", law, table)
    session = replace(made.config.session, overlay=FILE)
    run = Run(1, Faults(()), made=replace(made, config=replace(made.config, session=session)))

    def write(text: str) -> None:
        SimView(run.account, Doom()).replace(FILE, text.encode())

    write(HEAD)
    for minutes, text in changes:
        run.world.at(law.close - minutes * MINUTE, partial(write, text))
    run.fly()
    return run, law.close


def records(run: Run, kind: Any) -> list[Any]:
    return [one for _, one in read(SimView(run.journal, Doom())) if isinstance(one, kind)]


def test_todays_close_moves_at_the_next_look_and_the_account_is_flat_by_it():
    run, ends = flown((20, HEAD + "2025-07-16,09:30-15:50,storm\n"))
    told = records(run, Session)
    assert [one.close for one in told] == [ends, ends - 10 * MINUTE]
    assert 0 <= told[1].ts - (ends - 20 * MINUTE) <= 6 * 10**9
    fills = run.chaos.truth().fills
    assert len(close._positions(fills, ends - 16 * MINUTE)) >= 2
    assert close._positions(fills, ends - 10 * MINUTE) == {}


def test_one_that_cannot_be_read_stops_adding_until_it_can():
    run, _ = flown((20, HEAD + "nonsense\n"), (15, HEAD))
    changes = [(one.latch, one.action) for one in records(run, LatchChange)]
    assert changes[:2] == [("L7", "set"), ("L7", "cleared")]
    assert any("overlay" in one.text for one in records(run, Alert))
    assert len(records(run, Session)) == 1
