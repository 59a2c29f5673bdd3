"""C20: counted exactly, in any window; exits have a rate of their own."""

import pytest

from flyball.kernel.controls.rate import remember, within
from tests.kernel.hand import BUY, NS, SELL, answer, approve, evidence, flying, ns, reject


@pytest.mark.parametrize(
    ("times", "now", "inside"),
    [([], 0, 0), ([0], 0, 1), ([0], 9, 1), ([0], 10, 0), ([0, 1, 9], 10, 2), ([0, 0, 0], 9, 3)],
)
def test_a_window_ends_now_and_is_open_at_its_far_end(times, now, inside):
    assert within(times, now, 10) == inside


@pytest.mark.parametrize(
    ("times", "now", "kept"),
    [([], 5, [5]), ([0, 1, 5], 10, [1, 5, 10]), ([0, 1], 99, [99]), ([4, 4], 13, [4, 4, 13])],
)
def test_what_left_the_window_is_forgotten(times, now, kept):
    remember(times, now, 10)
    assert times == kept


@pytest.mark.parametrize(
    ("limit", "before", "ok"), [(0, 0, False), (1, 0, True), (1, 1, False), (3, 2, True), (3, 3, False)]
)
def test_orders_in_a_second(limit, before, ok):
    f = flying(order_rate=limit)
    f.s.rates.orders = [f.now] * before
    d = f.would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("RATE_ORDERS"))
    assert evidence(d)["C20.order_rate"] == (before + 1, limit)


def test_never_more_than_n_in_any_second():
    f = flying(order_rate=3)
    said = [(f.later(NS // 10).ask(BUY, 1, intent=f"o{n}")).verdict for n in range(40)]
    times = [n for n, verdict in enumerate(said) if verdict == "approve"]
    assert len(times) == 12  # 4 seconds
    assert all(times[n + 3] - times[n] >= 10 for n in range(len(times) - 3))


@pytest.mark.parametrize(("after", "ok"), [(99_999_999, False), (100_000_000, True)])
def test_spacing(after, ok):
    f = flying(min_spacing=ns(NS // 10))
    assert evidence(f.ask(BUY, 1))["C20.min_spacing"] == (-1, NS // 10)
    d = f.later(after).ask(BUY, 2)
    assert answer(d) == (approve(2) if ok else reject("RATE_SPACING"))
    assert evidence(d)["C20.min_spacing"][0] == after


def test_a_spacing_longer_than_the_window_holds_too():
    f = flying(min_spacing=ns(5 * NS))
    f.ask(BUY, 1)
    assert answer(f.later(5 * NS - 1).ask(BUY, 2)) == reject("RATE_SPACING")
    assert answer(f.later(1).ask(BUY, 3)) == approve(3)


@pytest.mark.parametrize(("limit", "ok"), [(2, False), (3, True)])
def test_messages_are_orders_and_cancels(limit, ok):
    f = flying()
    f.command("cancel", order=f.order(BUY, 1, 9_000).client_id)
    f.config(message_rate=limit)
    assert answer(f.would(BUY, 2)) == (approve(2) if ok else reject("RATE_MESSAGES"))
    assert answer(f.later(NS).would(BUY, 2)) == approve(2)


@pytest.mark.parametrize(("limit", "ok"), [(1, False), (2, True)])
def test_rejects_in_a_minute(limit, ok):
    f = flying()
    for _ in range(2):
        order = f.later(NS).order(BUY, 1, 9_000)
        f.update(order, "REJECTED")
        f.update(order, "REJECTED")  # the same once more is no second one
    f.config(reject_rate=limit)
    d = f.would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("RATE_REJECTS"))
    assert evidence(d)["C20.reject_rate"] == (2, limit)
    assert answer(f.later(60 * NS).would(BUY, 1)) == approve(1)


@pytest.mark.parametrize(("limit", "ok"), [(0, False), (2, False), (3, True)])
def test_orders_in_a_day(limit, ok):
    f = flying()
    f.order(BUY, 1, 9_000)
    f.later(NS).order(BUY, 1, 9_000)
    f.config(max_orders_per_day=limit)
    d = f.later(3_600 * NS).would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("RATE_DAY"))
    assert evidence(d)["C20.max_orders_per_day"] == (3, limit)


def test_a_new_day_counts_anew():
    f = flying(max_orders_per_day=1)
    f.cancelled(f.order(BUY, 1, 9_000))
    f.next_day()
    f.mark(last=10_000)
    assert answer(f.would(BUY, 1)) == approve(1)


def test_nothing_but_its_own_rate_holds_an_exit():
    f = flying()
    f.hold(9)
    f.config(order_rate=0, message_rate=0, max_orders_per_day=0, min_spacing=ns(NS), reduce_rate=2)
    d = f.would(BUY, 1)
    assert answer(d) == reject("RATE_ORDERS", "RATE_SPACING", "RATE_MESSAGES", "RATE_DAY")
    assert answer(f.ask(SELL, 1)) == approve(1)
    assert answer(f.ask(SELL, 2)) == approve(2)
    d = f.ask(SELL, 3)
    assert (answer(d), evidence(d)["C20.reduce_rate"]) == (reject("RATE_REDUCE"), (3, 2))
    assert answer(f.later(NS).ask(SELL, 3)) == approve(3)


def test_exits_use_up_nothing_of_what_adds():
    f = flying(order_rate=1)
    f.hold(9)
    f.later(NS)
    for n in range(3):
        assert answer(f.ask(SELL, 1, intent=f"x{n}")) == approve(1)
    assert evidence(f.would(BUY, 1))["C20.order_rate"] == (1, 1)


def test_not_set_is_off():
    f = flying()
    f.s.rates.orders = f.s.rates.messages = [f.now] * 99
    f.s.rates.rejects = [f.now] * 99
    assert f.would(BUY, 1).verdict == "approve"
    assert evidence(f.would(BUY, 1))["C20.reduce_rate"] == (1, 20)  # exits always have one
