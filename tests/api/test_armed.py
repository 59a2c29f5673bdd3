"""Which brakes are on: by whom a limit is off and until when, what warms, what cannot be reached."""

from typing import Any

import pytest

from flyball.api.armed import (
    ARMED,
    NEEDS,
    OFF,
    STATES,
    UNREACHABLE,
    WARMING,
    Armed,
    armed,
    armed_view,
    unread,
)
from flyball.config.keys import ELSEWHERE
from flyball.kernel.approval import WAIT
from flyball.kernel.controls import METAS
from flyball.kernel.events import Command, Config, Feed, Session
from flyball.kernel.governor import Governor
from flyball.kernel.limits import KEYS
from flyball.kernel.state import State
from tests.kernel.flight import DOLLAR, NS, ppm, usd
from tests.kernel.hand import Hand, flying

HOUR = 3_600 * NS


def of(s: State, key: str) -> Armed:
    [found] = [one for one in armed(s) if one.key == key]
    return found


def test_every_key_and_every_check_is_listed_once() -> None:
    found = [one.key for one in armed(flying().s)]
    assert len(found) == len(set(found))
    for key in KEYS:
        home = ELSEWHERE.get(key.name, "limits")
        assert f"{home}.{key.name}" in found
    named = {key.name for key in KEYS}
    for meta in METAS:
        if meta.key.partition(".")[0] not in named:
            assert f"{meta.control}.{meta.key}" in found


def test_what_is_set_is_armed_with_its_value_and_origin() -> None:
    one = of(flying(max_gross=usd(500)).s, "limits.max_gross")
    assert (one.state, one.value, one.origin) == (ARMED, "$500", "test")
    assert one.codes == ("EXPOSURE_GROSS",)


def test_what_nobody_sets_is_off_by_those_who_left_it_out() -> None:
    f: Hand = flying(max_gross=usd(500))
    one = of(f.s, "limits.max_net")
    assert (one.state, one.value, one.why, one.until) == (OFF, None, "not set by test", 0)


@pytest.mark.parametrize(
    ("key", "limits", "why"),
    [
        ("limits.min_spacing", {"min_spacing": ("ns", 0, "")}, "zero sets no limit"),
        ("limits.restricted", {"restricted": ("list", 0, "")}, "the list is empty"),
        ("session.flat_by", {"flat_by": ("text", 0, "never")}, "nothing has to be flat by the close"),
        ("limits.caution_scale", {"caution_scale": ppm(1)}, "means nothing without drawdown_caution"),
        ("limits.fee_rate", {"fee_rate": ppm(1)}, "means nothing without max_daily_cost"),
    ],
)
def test_what_is_set_to_nothing_is_off(key: str, limits: dict[str, Any], why: str) -> None:
    one = of(flying(**limits).s, key)
    assert (one.state, one.why) == (OFF, why)


def test_a_helper_key_is_armed_with_what_it_helps() -> None:
    assert of(flying(caution_scale=ppm(1), drawdown_caution=ppm(5)).s, "limits.caution_scale").state == ARMED
    names = {key.name for key in KEYS} | {meta.key for meta in METAS}
    assert set(NEEDS) <= names


def test_what_is_reckoned_from_bars_warms() -> None:
    f: Hand = flying(risk_per_trade=ppm(5_000), atr_bar=("ns", 60 * NS, ""), regime_high=ppm(1_500_000))
    for n in range(1, 70):
        bars, returns = min(n - 1, 20), min(max(n - 2, 0), 60)
        one, two = of(f.s, "limits.risk_per_trade"), of(f.s, "limits.regime_high")
        assert (one.state, one.why) == ((ARMED, "") if bars == 20 else (WARMING, f"AAA {bars}/20"))
        assert (two.state, two.why) == ((ARMED, "") if returns == 60 else (WARMING, f"AAA {returns}/60"))
        f.later(60 * NS).mark(last=10_000 + n % 2)


def test_what_no_feed_carries_cannot_be_reached() -> None:
    f: Hand = flying(max_spread=ppm(100))
    assert of(f.s, "limits.max_spread").state == ARMED  # with no feed declared, it should carry both
    f.feed(Feed(f.now, "bars", ("last", "low", "high"), "test"))
    for key in ("limits.max_spread", "C19.crossed", "C19.locked"):
        one = of(f.s, key)
        assert (one.state, one.why) == (UNREACHABLE, "no feed carries bid and ask (only high, last, low)")
    assert unread(f.s) == []  # it is read; the feed is to blame
    f.feed(Feed(f.now, "quotes", ("bid", "ask"), "test"))
    assert of(f.s, "limits.max_spread").state == ARMED


def test_what_nothing_reads_cannot_be_reached_and_is_said_by_its_line() -> None:
    g = Governor()
    rows = (
        ("", "max_gross", "money_abs", 500 * DOLLAR, "", "flyball.toml:4"),
        ("", "max_sector", "unread", 300_000, "30%", "flyball.toml:5"),
        ("", "no_such_key", "count", 3, "", "flyball.toml:6"),
    )
    g.step(Config(1, "start", "", "micro", rows))
    one, two = of(g.state, "limits.max_sector"), of(g.state, "limits.no_such_key")
    assert (one.state, one.value, one.origin) == (UNREACHABLE, "30%", "flyball.toml:5")
    assert one.why == "nothing in this version reads it (it belongs to C16)"
    assert two.state == UNREACHABLE
    assert [line.partition(" = ")[0] for line in unread(g.state)] == [
        "flyball.toml:5: limits.max_sector",
        "flyball.toml:6: limits.no_such_key",
    ]


def test_what_was_loosened_says_by_whom_and_until_when() -> None:
    g = Governor()
    strict = ("", "max_gross", "money_abs", 500 * DOLLAR, "", "flyball.toml:4")
    other = ("", "max_net", "money_abs", 400 * DOLLAR, "", "flyball.toml:5")
    wider = ("", "max_gross", "money_abs", 900 * DOLLAR, "", "flyball.toml:4")
    g.step(Config(1, "start", "", "micro", (strict, other)))
    g.step(Config(2, "ann", "", "micro", (wider,)))  # and max_net is left out
    number = str(next(iter(g.state.terms.pending.values())).number)
    assert of(g.state, "limits.max_gross").value == "$500"
    assert of(g.state, "limits.max_net").state == ARMED
    g.step(Session(3, "XNYS", 20260102, 3, 4))
    later = WAIT + 5
    args = (("expires", str(later + HOUR)), ("proposal", number))
    g.step(Command(later, "approve", "bob", 1, "approver", "quarter end", args, 1))
    gross, net = of(g.state, "limits.max_gross"), of(g.state, "limits.max_net")
    assert (gross.state, gross.value, gross.until) == (ARMED, "$900", later + HOUR)
    assert gross.why == "loosened by bob: quarter end"
    assert (net.state, net.why, net.until) == (OFF, "taken out by bob: quarter end", later + HOUR)


def test_the_view_counts_what_it_lists() -> None:
    view: Any = armed_view(flying(max_gross=usd(500), max_spread=ppm(1)).s)
    assert view["profile"] == "test"
    states = [one["state"] for one in view["controls"]]
    assert view["counts"] == {state: states.count(state) for state in STATES}
    assert all(one["until"] is None for one in view["controls"])
