"""Where a page goes and when, without a clock: tables with the limit, the limit less one and nothing."""

import pytest

from flyball.desk.alerts.due import BACKOFF, LONGEST, SLOW, Policy, backoff, down, settle
from flyball.desk.alerts.letter import Desk, letter
from flyball.desk.alerts.page import ESCALATION, FIRST, OVER, REPEAT, Leg, Line, Page
from flyball.desk.alerts.pages import MOST, Pages
from flyball.kernel.effects import Alert
from flyball.kernel.words import CRITICAL, INFO, WARNING

POLICY = Policy(
    {CRITICAL: ("a", "b", "c"), WARNING: ("a", "b"), INFO: ()},
    ("a", "b", "c"),
    escalate_after=100,
    repeat_every=300,
    resolve_after=1_000,
)


def page(severity: str = CRITICAL, **more: object) -> Page:
    made = Page("7", "x", "", severity, "text", 7, 0, 0, 0, 0)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def legs(one: Page) -> list[tuple[str, str]]:
    return [(leg.channel, leg.why) for leg in one.legs]


@pytest.mark.parametrize(
    ("severity", "wanted"), [(CRITICAL, [("a", FIRST)]), (WARNING, [("a", FIRST)]), (INFO, [])]
)
def test_it_begins_with_the_first_channel_of_its_severity(severity, wanted):
    one = page(severity)
    settle(one, POLICY, (), 0)
    assert legs(one) == wanted


@pytest.mark.parametrize(
    ("dead", "wanted"),
    [
        ((), [("a", FIRST)]),
        (("a",), [("a", FIRST), ("b", ESCALATION)]),
        (("b",), [("a", FIRST)]),
        (("a", "b"), [("a", FIRST), ("b", ESCALATION), ("c", ESCALATION)]),
        (("a", "b", "c"), [("a", FIRST), ("b", ESCALATION), ("c", ESCALATION)]),
    ],
)
def test_a_dead_channel_is_passed_at_once(dead, wanted):
    one = page()
    settle(one, POLICY, dead, 0)
    assert legs(one) == wanted


@pytest.mark.parametrize(("now", "count"), [(99, 1), (100, 2), (101, 2)])
def test_time_alone_escalates_what_is_critical(now, count):
    one, mild = page(legs=[Leg("a", 0, "", 1, 0)]), page(WARNING, legs=[Leg("a", 0, "", 1, 0)])
    settle(one, POLICY, (), now)
    settle(mild, POLICY, (), now)
    assert (len(one.legs), len(mild.legs)) == (count, 1)


@pytest.mark.parametrize(("now", "why"), [(299, ""), (300, REPEAT)])
def test_what_is_critical_repeats(now, why):
    one = page(legs=[Leg("a", 0, "", 1, 0), Leg("b", now, "", 0, 0), Leg("c", now, "", 0, 0)])
    settle(one, POLICY, (), now)
    assert one.legs[0].why == why


@pytest.mark.parametrize(
    ("severity", "by", "holds", "now", "over"),
    [
        (WARNING, "", False, 999, False),
        (WARNING, "", False, 1_000, True),
        (WARNING, "", True, 1_000_000, False),
        (CRITICAL, "", False, 1_000_000, False),
        (CRITICAL, "ann", False, 999, False),
        (CRITICAL, "ann", False, 1_000, True),
        (CRITICAL, "ann", True, 1_000_000, False),
    ],
)
def test_when_it_is_over(severity, by, holds, now, over):
    one = page(severity, by=by, holds=holds, legs=[Leg("a", 0, "", 1, 0)])
    settle(one, POLICY, (), now)
    assert bool(one.over) == over


def test_what_is_over_is_told_where_it_was_told_and_critical_ones_nobody_heard_of_still_go_out():
    heard = page(over=5, holds=True, legs=[Leg("a", 0, REPEAT, 1, 1), Leg("b", 0, ESCALATION)])
    settle(heard, POLICY, (), 10)
    assert legs(heard) == [("a", OVER), ("b", "")]
    unheard = page(over=5, holds=True, legs=[Leg("a", 0, FIRST)])
    settle(unheard, POLICY, (), 10)
    assert legs(unheard) == [("a", FIRST)]
    mild = page(WARNING, over=5, holds=True, legs=[Leg("a", 0, FIRST)])
    settle(mild, POLICY, (), 10)
    assert legs(mild) == [("a", "")]


def test_a_channel_is_down_when_it_fails_or_takes_too_long():
    lines = [Line("a"), Line("b", tries=1), Line("c", began=1), Line("d", began=SLOW)]
    assert down(lines, SLOW + 1) == {"b"}
    assert down(lines, SLOW + 2) == {"b", "c"}


def test_attempts_come_slower_and_slower_and_never_slower_than_a_minute_and_a_half():
    assert [backoff(n, 0) for n in (1, 2, 3)] == [BACKOFF, 2 * BACKOFF, 4 * BACKOFF]
    assert backoff(1_000, 0) == LONGEST
    assert LONGEST < backoff(1_000, 255) < LONGEST * 3 // 2


def test_more_pages_than_can_be_kept_are_one_page_of_their_severity():
    pages = Pages()
    for i in range(MOST + 50):
        name = "a" + "".join(chr(97 + int(digit)) for digit in str(i))
        pages.take(i + 1, Alert(1, name, CRITICAL, "x"), 1)
    flood = [one for one in pages.all.values() if one.alert == "flood"]
    assert len(pages.all) == MOST + 1
    assert [(one.severity, one.count) for one in flood] == [(CRITICAL, 50)]


def test_a_worse_alert_of_the_same_kind_pages_anew_though_somebody_had_taken_it():
    pages = Pages()
    pages.take(1, Alert(1, "x", WARNING, "loss 10"), 1)
    pages.acknowledge("1", "ann", 2)
    pages.take(2, Alert(1, "x", WARNING, "loss 12"), 3)
    assert (pages.all["1"].by, pages.all["1"].count) == ("ann", 2)
    pages.take(3, Alert(1, "x", CRITICAL, "loss 20"), 4)
    assert (pages.all["1"].by, pages.all["1"].severity) == ("", CRITICAL)


def test_a_message_keeps_its_id_until_what_it_says_has_been_delivered():
    desk = Desk("main", "live", "/desk", "ab" * 32, 9)
    one = page(legs=[Leg("a", 0, FIRST)])
    first = letter("a", [(one, FIRST)], desk, 5)
    assert letter("a", [(one, FIRST)], desk, 99).id == first.id
    assert letter("b", [(one, FIRST)], desk, 5).id != first.id
    one.legs[0].times = 1
    assert letter("a", [(one, REPEAT)], desk, 5).id != first.id


@pytest.mark.parametrize("count", [1, 10, 11, 70, 71, 1_000])
def test_a_message_of_many_stays_readable_and_leaves_none_out(count):
    desk = Desk("main", "live", "/desk", "ab" * 32, 9)
    many = [page(WARNING if i % 2 else CRITICAL, id=str(i), text="t\n" * 200) for i in range(count)]
    made = letter("a", [(one, FIRST) for one in many], desk, 5)
    assert len(made.items) == count
    assert len(made.text) < 20_000
    assert made.severity == CRITICAL
    if count > 70:
        counted = made.text.partition("and also ")[2].partition(";")[0]
        assert sum(int(n) for n in counted.split() if n.isdigit()) == count - 70
