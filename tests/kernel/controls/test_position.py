"""C2: the worst case of one symbol, over everything that works or may work."""

import pytest

from tests.kernel.hand import (
    BUY,
    DOLLAR,
    NS,
    SELL,
    answer,
    approve,
    clip,
    evidence,
    flying,
    reject,
    share,
    text,
    usd,
)

CODE = "EXPOSURE_POSITION"


@pytest.mark.parametrize(
    ("limit", "held", "side", "qty", "said"),
    [
        (usd(1_000), 0, BUY, 10, approve(10)),
        (usd(1_000), 0, BUY, 11, clip(10, CODE)),
        (usd(1_000), 0, SELL, 10, approve(10)),
        (usd(1_000), 0, SELL, 11, clip(10, CODE)),
        (("money_abs", 1_000 * DOLLAR - 1, ""), 0, BUY, 10, clip(9, CODE)),
        (("money_abs", 1_000 * DOLLAR + 1, ""), 0, BUY, 10, approve(10)),
        (usd(1_000), 4, BUY, 6, approve(6)),
        (usd(1_000), 4, BUY, 7, clip(6, CODE)),
        (usd(1_000), -4, SELL, 7, clip(6, CODE)),
        (usd(1_000), 10, BUY, 1, reject(CODE)),
        (usd(0), 0, BUY, 1, reject(CODE)),
        (share(10), 4, BUY, 7, clip(6, CODE)),
    ],
)
def test_the_position_and_the_order(limit, held, side, qty, said):
    f = flying()
    if held:
        f.hold(held)
    f.config(max_position_notional=limit)
    assert answer(f.would(side, qty)) == said


def works(f):
    f.order(BUY, 4, 9_900)


def doubtful(f):
    f.doubt(BUY, 4, 9_900)


def only_queued(f):
    f.intent(BUY, 4, 9_900)


def half_filled(f):
    f.fill(f.order(BUY, 4, 9_900), 2)


def being_cancelled(f):
    f.command("cancel", order=f.order(BUY, 4, 9_900).client_id)


def cancelled_with_fills_to_come(f):
    f.cancelled(f.order(BUY, 6, 9_900), filled=4)


@pytest.mark.parametrize(
    "story", [works, doubtful, only_queued, half_filled, being_cancelled, cancelled_with_fills_to_come]
)
def test_all_that_may_still_fill_counts(story):
    """Each of these may come to 4 shares, at the worse of limit and mark."""
    f = flying()
    story(f)
    f.config(max_position_notional=usd(1_000))
    assert answer(f.would(BUY, 7)) == clip(6, CODE)
    assert evidence(f.would(BUY, 6))["C2.max_position_notional"] == (1_000 * DOLLAR, 1_000 * DOLLAR)


def test_what_is_over_counts_no_more():
    f = flying()
    f.cancelled(f.order(BUY, 4, 9_900))
    f.update(f.order(BUY, 4, 9_900, intent="x"), "REJECTED")
    f.config(max_position_notional=usd(1_000))
    assert answer(f.would(BUY, 10)) == approve(10)


def test_sides_are_not_netted():
    """A working sell may not fill: it makes no room for a buy."""
    f = flying()
    f.hold(5)
    f.order(SELL, 5, 10_100)
    f.config(max_position_notional=usd(1_000))
    assert answer(f.would(BUY, 6, 10_000)) == clip(5, CODE)


def test_a_mark_that_carries_past_the_cap_stops_adding_only():
    f = flying(max_position_notional=usd(1_000))
    f.hold(10)
    f.mark(last=10_001)
    assert answer(f.would(BUY, 1)) == reject(CODE)
    assert answer(f.would(SELL, 10)) == approve(10)


def test_refused_with_the_size_named():
    f = flying(max_position_notional=usd(1_000), on_excess=text("refuse"))
    f.hold(4)
    assert answer(f.ask(BUY, 9)) == reject(CODE, passes=6)


def test_a_percentage_follows_the_lower_equity():
    f = flying(max_position_notional=share(10))
    f.hold(5)
    f.mark(last=9_000)  # equity 9,950; the position 450
    assert evidence(f.would(BUY, 1))["C2.max_position_notional"] == (540 * DOLLAR, 995 * DOLLAR)
    assert answer(f.later(NS).would(BUY, 7)) == clip(6, CODE)
