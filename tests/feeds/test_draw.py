"""What draw.py promises, over days of every shape: wide, narrow, flat, closing at an extreme, half days."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from flyball.feeds.daily import Daily
from flyball.feeds.draw import draw_day
from flyball.feeds.series import Bar
from flyball.tables.calendar import Session, session_on

MINUTE = 60 * 1_000_000_000
FULL, HALF = 20081003, 20081128


def session(day: int) -> Session:
    found = session_on(day)
    assert found is not None
    return found


@st.composite
def days(draw: st.DrawFn) -> Daily:
    low = draw(st.integers(1, 10_000_000))
    wide = draw(st.one_of(st.integers(0, 60), st.integers(0, 10_000), st.integers(0, 5_000_000)))
    inside = st.one_of(st.just(low), st.just(low + wide), st.integers(low, low + wide))
    day = draw(st.sampled_from([FULL, HALF]))
    return Daily(day, draw(inside), low + wide, low, draw(inside), draw(st.integers(0, 10**10)))


seeds = st.integers(0, 2**64 - 1)
anywhere = {"seed": seeds, "daily": days()}


def drawn(daily: Daily, seed: int) -> list[Bar]:
    return draw_day(daily, session(daily.day), seed, "MSFT")


def ceil_div(number: int, by: int) -> int:
    return -(-number // by)


@given(**anywhere)
@example(seed=1, daily=Daily(FULL, 5, 5, 5, 5, 0))
@example(seed=1, daily=Daily(HALF, 5, 6, 5, 6, 1))
@example(seed=1, daily=Daily(HALF, 6, 6, 5, 6, 1))
def test_the_real_day_is_hit_exactly_and_never_left(daily: Daily, seed: int) -> None:
    bars = drawn(daily, seed)
    assert bars[0].open == daily.open
    assert bars[-1].close == daily.close
    assert max(bar.high for bar in bars) == daily.high
    assert min(bar.low for bar in bars) == daily.low
    assert sum(bar.volume for bar in bars) == daily.volume


@given(**anywhere)
def test_every_bar_is_a_bar_and_goes_on_where_the_last_one_ended(daily: Daily, seed: int) -> None:
    bars = drawn(daily, seed)
    times = session(daily.day)
    assert len(bars) == (210 if times.early else 390)
    assert [bar.end for bar in bars] == list(range(times.open + MINUTE, times.close + 1, MINUTE))
    for before, bar in zip([None, *bars], bars, strict=False):
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.volume >= 0
        assert before is None or bar.open == before.close


@given(**anywhere)
def test_no_minute_jumps_more_than_the_day_allows(daily: Daily, seed: int) -> None:
    wide = daily.high - daily.low
    for bar in drawn(daily, seed):
        assert bar.high - bar.low <= ceil_div(wide, 8)
        assert abs(bar.close - bar.open) <= ceil_div(wide, 12)


@given(**anywhere)
@example(seed=1, daily=Daily(HALF, 5, 6, 5, 6, 1))
@example(seed=1, daily=Daily(FULL, 6, 7, 5, 6, 1))
def test_high_and_low_are_at_least_20_minutes_apart(daily: Daily, seed: int) -> None:
    if daily.high == daily.low:
        return
    bars = drawn(daily, seed)
    first_high = next(at for at, bar in enumerate(bars) if bar.high == daily.high)
    first_low = next(at for at, bar in enumerate(bars) if bar.low == daily.low)
    assert abs(first_high - first_low) >= 20


@given(**anywhere)
def test_an_extreme_is_made_once_or_at_the_open_and_the_close(daily: Daily, seed: int) -> None:
    if daily.high - daily.low < 17:
        return
    bars = drawn(daily, seed)
    for extreme, touched in (
        (daily.high, [at for at, bar in enumerate(bars) if bar.high == daily.high]),
        (daily.low, [at for at, bar in enumerate(bars) if bar.low == daily.low]),
    ):
        ends = [at for at, price in ((0, daily.open), (len(bars) - 1, daily.close)) if price == extreme]
        if ends:
            assert touched == ends
        else:
            assert len(touched) == 1
            assert 20 <= touched[0] < len(bars) - 20


def test_the_bars_that_make_the_extremes_keep_the_bound_too() -> None:
    daily = Daily(HALF, 1_000_000, 1_100_000, 900_000, 1_000_000, 1_000)
    for seed in range(500):
        made = [bar for bar in drawn(daily, seed) if daily.high == bar.high or daily.low == bar.low]
        assert len(made) == 2
        assert max(bar.high - bar.low for bar in made) <= 25_000


def test_a_day_with_nothing_between_its_extremes_goes_over_in_one_step() -> None:
    for seed in range(50):
        closes = [bar.close for bar in drawn(Daily(HALF, 5, 6, 5, 6, 1), seed)]
        assert closes == [5] * 209 + [6]


@given(seed=seeds, day=st.sampled_from([FULL, HALF]), shape=st.permutations([0, 30_000, 70_000, 100_000]))
def test_the_path_is_no_straight_line(seed: int, day: int, shape: list[int]) -> None:
    bars = drawn(Daily(day, 900_000 + shape[0], 1_000_000, 900_000, 900_000 + shape[1], 1_000), seed)
    moves = [bar.close - bar.open for bar in bars]
    turns = sum(1 for one, after in pairwise(moves) if one * after < 0)
    assert turns > len(bars) // 5
    assert len({bar.high - bar.low for bar in bars}) > 20


def test_wide_days_are_drawn_in_cents() -> None:
    bars = drawn(Daily(FULL, 1_000_000, 1_100_000, 950_000, 1_020_000, 1_000), 1)
    odd = [price for bar in bars for price in bar[1:5] if price % 100]
    assert len(odd) <= 20  # beside an extreme, a bound may leave no whole cent


def test_the_order_of_the_extremes_and_their_minutes_follow_the_seed() -> None:
    daily = Daily(FULL, 1_000_000, 1_100_000, 900_000, 1_000_000, 1_000)
    minutes = []
    for seed in range(200):
        bars = drawn(daily, seed)
        highs = [at for at, bar in enumerate(bars) if bar.high == daily.high]
        lows = [at for at, bar in enumerate(bars) if bar.low == daily.low]
        minutes.append((highs[0], lows[0]))
    high_first = sum(high < low for high, low in minutes)
    assert 60 < high_first < 140
    firsts = [min(pair) for pair in minutes]
    seconds = [max(pair) for pair in minutes]
    assert min(firsts) < 50
    assert max(seconds) > 340
    assert len(set(firsts)) > 80


@given(**anywhere)
def test_the_same_seed_symbol_and_day_draw_the_same(daily: Daily, seed: int) -> None:
    times = session(daily.day)
    assert draw_day(daily, times, seed, "MSFT") == draw_day(daily, times, seed, "MSFT")


def test_another_seed_symbol_or_day_draws_another_path() -> None:
    daily = Daily(FULL, 1_000_000, 1_100_000, 900_000, 1_000_000, 1_000)
    next_day = session(20081006)
    paths = {
        tuple(bar.close for bar in path)
        for path in (
            draw_day(daily, session(FULL), 1, "MSFT"),
            draw_day(daily, session(FULL), 2, "MSFT"),
            draw_day(daily, session(FULL), 1, "AAPL"),
            draw_day(daily._replace(day=next_day.day), next_day, 1, "MSFT"),
        )
    }
    assert len(paths) == 4
