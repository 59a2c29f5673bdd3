"""A close is flown as it says: flat, or latched and paged; a calendar that is wrong is found by what
follows."""

from dataclasses import asdict

import pytest

from flyball.lab.ladder import close, sweep
from flyball.lab.ladder.close import FAILED, FLAT, LATCHED, fly
from flyball.lab.sim.faults import Faults
from flyball.tables import calendar, xnys
from tests.lab.ladder.days import EARLY, SUMMER, WINTER

QUIET = Faults(())


@pytest.fixture
def quiet(monkeypatch):
    """No faults but the one that is given."""

    def drawn(what: str) -> None:
        monkeypatch.setattr(close, "DRAWN", (what,))
        monkeypatch.setattr(close, "_faults", lambda mixed: QUIET)

    return drawn


@pytest.fixture
def table(monkeypatch):
    """The calendar may be spoilt; what it remembers is forgotten before and behind."""
    calendar._session_on.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    calendar._session_on.cache_clear()


@pytest.mark.parametrize("day", [SUMMER, WINTER, EARLY, 20280703])
@pytest.mark.parametrize("what", ["", "broker down", "broker mute", close.EARLIER])
def test_flat_whatever_day_it_is(quiet, day, what):
    quiet(what)
    found = fly(day, 1)
    assert found is not None
    assert (found.outcome, found.why, found.left) == (FLAT, "", 0)
    assert found.held >= 2


@pytest.mark.parametrize(("what", "least"), [("one symbol halted", 1), ("all symbols halted", 4)])
def test_what_is_halted_is_latched_and_paged(quiet, what, least):
    quiet(what)
    found = [fly(day, 1) for day in (SUMMER, WINTER, EARLY)]
    assert {one.outcome for one in found if one and one.left} == {LATCHED}
    assert max(one.left for one in found if one) >= least


def test_a_day_without_a_session_is_none():
    assert fly(20250704, 1) is None


def test_the_same_seed_is_the_same_close():
    one, other = fly(SUMMER, 5), fly(SUMMER, 5)
    assert one is not None
    assert other is not None
    assert {**asdict(one), "seconds": 0} == {**asdict(other), "seconds": 0}


def test_a_table_an_hour_late_in_summer_is_found(quiet, table):
    quiet("")
    sound = calendar._utc
    table.setattr(calendar, "_utc", lambda day, at: sound(day, at) + 3_600 * 10**9 * (4 <= day.month <= 10))
    found = fly(SUMMER, 1)
    assert found is not None
    assert found.outcome == FAILED
    winter = fly(WINTER, 1)
    assert winter is not None
    assert winter.outcome == FLAT
    assert {one.day // 100 % 100 for one in sweep.misprinted(2025, 2025)} == {4, 5, 6, 7, 8, 9, 10}


def test_an_early_close_that_is_not_in_the_table_is_found(quiet, table):
    quiet("")
    table.setattr(xnys, "EARLY", frozenset())
    found = fly(EARLY, 1)
    assert found is not None
    assert found.outcome == FAILED
    assert [one.day for one in sweep.misprinted(2024, 2024)] == [20240703, 20241129, 20241224]


def test_a_session_that_is_not_in_the_table_is_found(table):
    table.setattr(xnys, "CLOSED", xnys.CLOSED | {SUMMER})
    found = fly(SUMMER, 1)
    assert found is not None
    assert (found.outcome, found.why) == (FAILED, "a session that the exchange has and the table has not")


def test_a_ladder_that_does_nothing_is_found(quiet, monkeypatch):
    quiet("")
    monkeypatch.setattr("flyball.kernel.apply.climb", lambda s, out: None)
    found = fly(SUMMER, 1)
    assert found is not None
    assert found.outcome == FAILED
