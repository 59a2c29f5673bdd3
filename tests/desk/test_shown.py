"""Numbers as people read them."""

import pytest

from flyball.desk import shown
from flyball.desk.evidence import CAPS, FLAGS, FLOORS, NOTES, Units, phrase, read, speaker
from flyball.kernel.controls import EVIDENCE, METAS
from flyball.kernel.units import OFF, UNKNOWN
from flyball.kernel.words import CODES


@pytest.mark.parametrize(
    ("micros", "said"),
    [
        (0, "$0.00"),
        (1_234_567_890, "$1,234.57"),
        (-1, "$0.00"),
        (-5_000, "−$0.01"),
        (-400_000_000, "−$400.00"),
    ],
)
def test_cash(micros, said):
    assert shown.cash(micros) == said


def test_cash_of_other_kinds():
    assert shown.cash(5_000_000, sign=True) == "+$5.00"
    assert shown.cash(0, sign=True) == "$0.00"
    assert shown.cash(1_499_999, cents=False) == "$1"
    assert shown.cash(-1_500_000, "EUR", cents=False) == "−€2"
    assert shown.cash(7_000_000, "CHF") == "CHF 7.00"


@pytest.mark.parametrize(
    ("part", "whole", "seen", "share"),
    [
        (1, 1, 1.0, "100.00%"),
        (999_999_999, 10**9, 0.999999, "99.99%"),
        (95, 100, 0.95, "95.00%"),
        (0, 5, 0.0, "0.00%"),
        (2, 3, 0.666666, "66.66%"),
    ],
)
def test_ratios_are_cut(part, whole, seen, share):
    assert shown.ratio(part, whole) == seen
    assert shown.share(shown.ratio(part, whole)) == share


@pytest.mark.parametrize(
    ("part", "whole", "seen"), [(1, 10**9, 0.01), (5, 10_000, 5.0), (-1, 10**9, -0.01), (3, 0, 0.0)]
)
def test_an_overshoot_is_never_shown_smaller(part, whole, seen):
    assert shown.bps(part, whole) == seen


@pytest.mark.parametrize(
    ("ns", "said"),
    [
        (0, "0 s"),
        (40_000_000, "40 ms"),
        (1_500_000_000, "1.5 s"),
        (90 * 10**9, "90 s"),
        (60 * 10**9, "1 min"),
        (7_200 * 10**9, "2 h"),
        (101 * 10**9, "101 s"),
        (1_234, "0.001 ms"),
    ],
)
def test_spans(ns, said):
    assert shown.span(ns) == said


def test_times_are_the_markets():
    ts = 1_221_485_467 * 10**9  # 2008-09-15 13:31:07 UTC
    assert shown.stamp(ts, "XNYS") == "15 Sep, 09:31:07"
    assert shown.stamp(ts, "24x7") == "15 Sep, 13:31:07"
    assert shown.stamp(0) == shown.DASH
    assert shown.day_name(20080915, weekday=True, year=True) == "Mon 15 Sep 2008"
    assert shown.iso_day(20080915) == "2008-09-15"


def test_every_figure_of_the_evidence_has_one_reading():
    """A new control has to be placed on purpose."""
    placed = [*CAPS, *FLOORS, *FLAGS, *NOTES]
    assert sorted(placed) == sorted(EVIDENCE)


@pytest.mark.parametrize("code", [code for meta in METAS for code in meta.codes])
def test_every_code_of_a_control_finds_it(code):
    assert code in CODES
    assert code in METAS[speaker(code)].codes


def test_readings():
    units = Units("USD", 4, 0)
    gross = EVIDENCE.index("C3.max_gross")
    over = read(gross, 12_000_000, 10_000_000, units, spoke=True)
    assert (over.value, over.limit, over.room, over.used) == ("$12.00", "$10.00", "$2.00 over", 1.2)
    assert phrase(over) == "$12.00, at most $10.00"
    assert read(gross, 5, UNKNOWN, units).state == "not set"
    assert read(gross, 5, 10, units, adds=False).state == "noted"
    spread = EVIDENCE.index("C19.max_spread")
    assert read(spread, UNKNOWN, OFF, units).state == "off"
    spacing = EVIDENCE.index("C20.min_spacing")
    assert phrase(read(spacing, 10**6, 10**8, units)) == "1 ms, at least 100 ms"
    assert read(spacing, UNKNOWN, 10**8, units).state == "unknown"
    assert phrase(read(EVIDENCE.index("C24.session"), 1, 0, units, spoke=True)) == ""
