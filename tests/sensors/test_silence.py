"""A bot that answers nothing, a comparison that nobody makes, and the word that it is time for one."""

from dataclasses import dataclass

import pytest

from flyball.kernel.days import Day
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.sensors.board import BAD, OK, WAITING
from flyball.sensors.silence import EVERY, LONGEST, OLDEST, Compared, bot

NOW = 1_000_000 * NS


@dataclass
class Host:
    """What a host knows."""

    since: int | None
    started: bool = True
    ended: str = ""
    strategy: str = "mine"

    def waits_since(self) -> int | None:
        return self.since


@pytest.mark.parametrize(
    ("host", "state"),
    [
        (Host(None), OK),
        (Host(NOW), OK),
        (Host(NOW - LONGEST), OK),
        (Host(NOW - LONGEST - 1), BAD),
        (Host(NOW - LONGEST, started=False), WAITING),
        (Host(NOW - LONGEST - 1, started=False), BAD),
        (Host(None, ended="it crashed"), WAITING),
        (Host(NOW + NS), OK),
    ],
)
def test_a_bot_that_owes_an_answer_for_too_long_is_silent(host: Host, state: str) -> None:
    found = bot(host, NOW)
    assert (found.what, found.scope, found.state) == ("bot", "strategy:mine", state)


def trading(agreed: int = 0) -> State:
    s = State(agreed=agreed)
    s.day = Day(20160415, "XNYS", NOW, NOW + 10_000 * NS)
    return s


@pytest.mark.parametrize(
    ("agreed", "now", "state"),
    [
        (0, NOW + OLDEST, WAITING),  # none yet since the start
        (0, NOW + OLDEST + 1, BAD),
        (NOW + NS, NOW + NS + OLDEST, OK),
        (NOW - 2 * NS, NOW + NS, WAITING),  # of before this start
        (NOW + NS, NOW + NS + OLDEST + 1, BAD),
        (0, NOW - 1, WAITING),  # the market is closed
        (0, NOW + 20_000 * NS, WAITING),
        (NOW + 9_999 * NS, NOW + 10_001 * NS, OK),
    ],
)
def test_a_comparison_is_wanted_while_the_market_is_open(agreed: int, now: int, state: str) -> None:
    found = Compared(NOW - NS).read(trading(agreed), now)
    assert (found.what, found.state) == ("reconcile", state)


def test_it_is_asked_for_a_minute_after_the_last_and_never_twice():
    one, s = Compared(NOW), trading()
    assert one.ask(s, NOW + EVERY - 1) is None
    word = one.ask(s, NOW + EVERY)
    assert word is not None
    assert (word.what, word.value) == ("compare", "due")
    assert one.ask(s, NOW + EVERY + 1) is None
    s.agreed = NOW + EVERY + NS
    assert one.ask(s, NOW + 2 * EVERY) is None
    assert one.ask(s, NOW + 2 * EVERY + NS) is not None


@pytest.mark.parametrize("busy", ["asked", "timer", "closed"])
def test_nothing_is_asked_while_a_question_is_open_or_the_market_is_closed(busy: str) -> None:
    one, s = Compared(NOW), trading()
    if busy == "asked":
        s.account_asked = 3
    elif busy == "timer":
        s.timers["account"] = NOW + 2 * EVERY
    else:
        s.day.close = NOW + EVERY
    assert one.ask(s, NOW + EVERY) is None
