"""C8 before a trade: the drawdown is shown, and what cannot be told is refused. Zones: test_triggers."""

from tests.kernel.hand import BBB, BUY, DOLLAR, SELL, answer, approve, evidence, flying, ppm, reject

KEY = "C8.drawdown_halt"


def test_shown_from_the_high_water_mark_rounded_up():
    f = flying(drawdown_halt=ppm(100_000))
    f.hold(10)
    f.mark(last=11_000)
    f.mark(last=10_900)
    assert evidence(f.would(BUY, 1))[KEY] == (991, 100_000)  # 10 of 10,100
    f.mark(last=11_000)
    assert evidence(f.would(BUY, 1))[KEY] == (0, 100_000)


def test_unknown_equity_refuses_what_adds():
    f = flying(drawdown_halt=ppm(100_000), also=(BBB,))
    f.hold(10)
    f.strange_fill("xyz", "BBB", BUY, 10**9, 100_000)  # held, and no price yet
    d = f.would(BUY, 1)
    assert answer(d) == reject("DATA_UNVALUED", "DRAWDOWN_UNKNOWN")
    assert evidence(d)[KEY] == (-1, 100_000)
    assert answer(f.would(SELL, 10)) == approve(10)
    f.mark("BBB", last=100_000)
    assert answer(f.would(BUY, 1)) == approve(1)


def test_an_account_that_never_had_anything():
    f = flying(cash=0, drawdown_halt=ppm(100_000))
    assert answer(f.would(BUY, 1)) == reject("DRAWDOWN_UNKNOWN")
    f.flow(1_000 * DOLLAR)
    assert answer(f.would(BUY, 1)) == approve(1)


def test_not_set_is_off():
    f = flying(cash=0)
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)[KEY]) == (approve(1), (-1, -1))
