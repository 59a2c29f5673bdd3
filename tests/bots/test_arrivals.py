"""Stamps, allowance, reports and order, without a process."""

from hypothesis import given
from hypothesis import strategies as st

from flyball.bots.arrivals import ALLOWANCE, APART, LAG, SNOOZE, STORM, Arrivals
from flyball.kernel.events import BotDown, Ingress, Intent, Wake

NS = 1_000_000_000
T0 = 1_000 * NS


def said(ts: int) -> Intent:
    return Intent(ts, "", ts, "s", "AAPL", 1, 1, 0, "market", 0, "day", "", "", 0)


def everything(arrivals: Arrivals, now: int = 10**18) -> list[Intent | Wake | Ingress | BotDown]:
    events = []
    while (event := arrivals.next(now)) is not None:
        events.append(event)
    return events


def send(arrivals: Arrivals, cause: int, count: int, now: int = 0) -> None:
    for _ in range(count):
        ts = arrivals.arrive(cause, now)
        if arrivals.admit(ts):
            arrivals.intent(said(ts))


def test_in_virtual_time_stamps_follow_their_causes() -> None:
    arrivals = Arrivals("s", virtual=True)
    assert arrivals.arrive(T0, 0) == T0 + APART
    assert arrivals.arrive(T0, 0) == T0 + 2 * APART
    assert arrivals.arrive(T0 + NS, 0) == T0 + NS + APART
    assert arrivals.arrive(T0 + NS // 2, 0) == T0 + NS + 2 * APART
    assert arrivals.arrive(T0, 0) == -1  # a second and more behind its cause


def test_in_real_time_the_clock_is_the_stamp_and_never_goes_back() -> None:
    arrivals = Arrivals("s", virtual=False)
    assert [arrivals.arrive(0, now) for now in (T0, T0, T0 - 5, T0 + 1)] == [T0, T0, T0, T0 + 1]


def test_the_fifty_first_of_a_second_is_counted() -> None:
    arrivals = Arrivals("s", virtual=False)
    send(arrivals, 0, ALLOWANCE + 1, T0)
    send(arrivals, 0, ALLOWANCE, T0 + NS)
    events = everything(arrivals)
    assert [type(event) for event in events] == [Intent] * 50 + [Ingress] + [Intent] * 50
    assert events[50] == Ingress(T0 + NS, "s", 1, 0, 51)


def test_a_report_comes_once_even_when_something_is_late() -> None:
    arrivals = Arrivals("s", virtual=True)
    arrivals.dropped(T0, 0, 3)
    assert everything(arrivals, T0 + NS) == [Ingress(T0 + NS, "s", 3, 0, 1)]
    arrivals.dropped(T0 + 5, 0, 4)  # of the second already reported
    arrivals.rubbish()
    assert arrivals.next_due() == T0 + 2 * NS
    assert everything(arrivals) == [Ingress(T0 + 2 * NS, "s", 4, 1, 2)]


def test_of_equals_the_report_goes_first_and_the_end_last() -> None:
    arrivals = Arrivals("s", virtual=False)
    arrivals.dropped(0, T0 - 1, 1)
    send(arrivals, 0, 1, T0)
    arrivals.wake(T0 - 7, T0 - SNOOZE, T0 - SNOOZE)
    assert [type(event) for event in everything(arrivals)] == [Ingress, Intent, Wake]
    send(arrivals, 0, 1, T0 + 5)
    arrivals.wake(T0 + NS, 0, 0)
    arrivals.down(0, T0 + 5, "so")
    assert [type(event) for event in everything(arrivals)] == [Intent, BotDown]
    assert arrivals.next_due() is None


def test_two_hundred_pieces_of_rubbish_a_second_are_no_storm() -> None:
    arrivals = Arrivals("s", virtual=False)
    for second in range(3):
        arrivals.arrive(0, T0 + second * NS)
        assert [arrivals.rubbish() for _ in range(STORM + 1)] == [False] * STORM + [True]


@given(st.lists(st.tuples(st.integers(0, 3 * NS), st.integers(0, 200)), max_size=30), st.data())
def test_when_it_is_looked_at_changes_nothing(bursts: list[tuple[int, int]], data: st.DataObject) -> None:
    causes = []
    at = T0
    for step, count in bursts:
        at += step
        causes.append((at, count))
    whole = Arrivals("s", virtual=True)
    for cause, count in causes:
        send(whole, cause, count)
    looked = Arrivals("s", virtual=True)
    events = []
    for cause, count in causes:
        if data.draw(st.booleans()):
            events += everything(looked, cause)
        send(looked, cause, count)
        assert all(event.ts < cause + LAG + 2 * NS for event in looked._queue)
        assert len(looked._queue) + len(looked._counts) <= 2 * len(causes) * ALLOWANCE
    events += everything(looked)
    assert events == everything(whole)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert [event.ts for event in events] == sorted(event.ts for event in events)
