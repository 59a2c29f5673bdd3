"""Faults come as often as they are set, and what is set off never comes."""

from dataclasses import replace

import pytest

from flyball.broker.faults import TWICE_MAX, TWICE_MIN, call_of, deliveries
from flyball.broker.paper_draws import numbers
from flyball.broker.paper_settings import PaperSettings
from flyball.kernel.units import MS, NS, PPM

USUAL = PaperSettings()
MANY = range(20_000)


def calls(settings):
    return [call_of(numbers(1, k), settings) for k in MANY]


def told(settings):
    return [deliveries(0, numbers(1, k), settings) for k in MANY]


def test_the_shipped_numbers_are_those_of_the_specification():
    assert (USUAL.half_spread_ppm, USUAL.slippage_ppm, USUAL.fee_per_unit) == (100, 100, 3_500)
    assert (USUAL.latency_min, USUAL.latency_max, USUAL.timeout) == (50 * MS, 250 * MS, 10 * NS)
    assert (USUAL.partial_ppm, USUAL.pieces_min, USUAL.pieces_max) == (200_000, 2, 4)
    assert (USUAL.timeout_ppm, USUAL.timeout_applied_ppm) == (10_000, 500_000)
    assert (USUAL.late_ppm, USUAL.duplicate_ppm) == (10_000, 10_000)


def test_one_call_in_a_hundred_is_not_answered_and_half_of_those_are_applied():
    unanswered = [c for c in calls(USUAL) if not c.answered]
    assert 150 < len(unanswered) < 250
    assert 0.4 < sum(c.applied for c in unanswered) / len(unanswered) < 0.6
    assert all(c.applied for c in calls(USUAL) if c.answered)


@pytest.mark.parametrize(
    ("timeout", "applied", "expected"),
    [
        (0, 0, {(True, True)}),
        (0, PPM, {(True, True)}),
        (PPM, 0, {(False, False)}),
        (PPM, PPM, {(False, True)}),
        (PPM, PPM // 2, {(False, False), (False, True)}),
    ],
)
def test_calls_can_be_forced(timeout, applied, expected):
    settings = replace(USUAL, timeout_ppm=timeout, timeout_applied_ppm=applied)
    assert {(c.answered, c.applied) for c in calls(settings)} == expected


def test_latency_keeps_its_bounds_both_ways():
    assert all(50 * MS <= way <= 250 * MS for c in calls(USUAL) for way in (c.there, c.back))


def test_one_event_in_a_hundred_is_late_and_one_comes_twice():
    events = told(USUAL)
    late = [e for e in events if e[0] > 250 * MS]
    twice = [e for e in events if len(e) == 2]
    assert 150 < len(late) < 250
    assert 150 < len(twice) < 250
    assert all(1 * NS + 50 * MS <= e[0] <= 5 * NS + 250 * MS for e in late)
    assert all(TWICE_MIN <= e[1] - e[0] <= TWICE_MAX for e in twice)
    assert all(e[0] >= 50 * MS for e in events)


@pytest.mark.parametrize(("late", "twice"), [(0, 0), (PPM, 0), (0, PPM), (PPM, PPM)])
def test_events_can_be_forced(late, twice):
    events = told(replace(USUAL, late_ppm=late, duplicate_ppm=twice))
    assert {e[0] >= 1 * NS for e in events} == {late == PPM}
    assert {len(e) for e in events} == {1 + (twice == PPM)}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("half_spread_ppm", -1, "negative"),
        ("timeout", -1, "negative"),
        ("timeout_ppm", PPM + 1, "more than all"),
        ("latency_min", 0, "latency_min = 0"),
        ("latency_min", 251 * MS, "latency_max"),
        ("pieces_min", 0, "pieces_min = 0"),
        ("pieces_min", 5, "pieces_max"),
        ("late_min", 6 * NS, "late_max"),
    ],
)
def test_numbers_that_cannot_be(field, value, says):
    with pytest.raises(ValueError, match=says):
        replace(USUAL, **{field: value})
