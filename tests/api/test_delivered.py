"""The pager's records: read strictly, or refused with the number of the one that is wrong."""

import json

import pytest

from flyball.api.delivered import AT_ONCE, BadRecords, Told, deliveries, told_line

GOOD = {"n": 1, "alert": "latch_L1", "outcome": "delivered", "severity": "critical"}


def test_they_become_events_as_they_are():
    told = Told(
        n=7, alert="x", outcome="failed", severity="info", seq=3, channel="email", detail="no", took=9
    )
    [event] = deliveries(told_line([told]), 5)
    said = (event.ts, event.n, event.alert, event.outcome, event.severity, event.seq, event.channel)
    assert said == (5, 7, "x", "failed", "info", 3, "email")
    assert (event.detail, event.took) == ("no", 9)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"n": 0}, "rise"),
        ({"n": 1 << 62}, "rise"),
        ({"n": 1.5}, "int"),
        ({"seq": -1}, "range"),
        ({"took": -1}, "range"),
        ({"took": 1 << 62}, "range"),
        ({"outcome": "read"}, "outcome"),
        ({"severity": "bad"}, "severity"),
        ({"alert": ""}, "empty"),
        ({"alert": "x" * 65}, "64"),
        ({"channel": "a\nb"}, "one line"),
        ({"detail": "x" * 201}, "200"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_wrong_one_is_refused(change, why):
    with pytest.raises(BadRecords, match=why):
        deliveries(json.dumps([{**GOOD, **change}]), 1)


def test_numbers_rise_and_there_is_a_most():
    with pytest.raises(BadRecords, match="number 1"):
        deliveries(json.dumps([GOOD, GOOD]), 1)
    many = [{**GOOD, "n": n} for n in range(1, AT_ONCE + 2)]
    assert len(deliveries(json.dumps(many[:-1]), 1)) == AT_ONCE
    with pytest.raises(BadRecords, match="at most"):
        deliveries(json.dumps(many), 1)
    with pytest.raises(BadRecords):
        deliveries("nonsense", 1)
