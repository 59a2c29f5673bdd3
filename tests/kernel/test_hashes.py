"""Two fingerprints: of everything, and of what a user would call the same result."""

from typing import Any

from flyball.kernel.hashes import fold_day
from tests.kernel.hand import BUY, DOLLAR, NS, SELL, Hand, flying, ppm, text, usd


def day(f: Hand, restart: bool) -> None:
    """A few trades; perhaps the process dies in the middle."""
    f.mark(last=10_000)
    f.hold(5, intent=f"a{f.s.day.day}", fee=DOLLAR)
    if restart:
        f.reborn()
        f.config(max_slippage=ppm(5_000), max_daily_loss=usd(400), stress_floor=ppm(0), flat_by=text("never"))
    f.ask(BUY, 1, type="trail", intent=f"b{f.s.day.day}")
    order = f.order(SELL, 2, 10_100, intent=f"c{f.s.day.day}")
    f.fill(order, 1)
    f.cancelled(order, 1)
    f.mark(last=9_900)


def flown(restarts: set[int]) -> Any:
    f = flying(max_slippage=ppm(5_000), max_daily_loss=usd(400), stress_floor=ppm(0), flat_by=text("never"))
    for n in range(3):
        if n:
            f.next_day()
        day(f, n in restarts)
    return f


def test_a_run_that_died_has_the_books_of_one_that_did_not():
    """P8: no sequence, epoch, id or wall time is part of it."""
    whole, died = flown(set()), flown({0, 2})
    assert died.g.book_hash() == whole.g.book_hash()
    assert died.g.state_hash() != whole.g.state_hash()
    assert died.s.epoch == 3


def test_a_smallest_difference_shows():
    one, other = flown(set()), flown(set())
    assert one.g.state_hash() == other.g.state_hash()
    other.flow(1)
    assert one.g.book_hash() != other.g.book_hash()


def test_days_are_chained():
    """What became of an intent weeks ago still counts, though it is no longer in the state."""
    f, g = flying(flat_by=text("never")), flying(flat_by=text("never"))
    f.ask(BUY, 1, 9_000, intent="x", type="trail")
    g.ask(BUY, 1, 9_000, intent="y", type="trail")
    first = fold_day(f.s)
    for h in (f, g):
        h.next_day()
        h.next_day()
    assert f.s.day.intents == g.s.day.intents == {}
    assert f.s.chain != g.s.chain
    assert f.g.book_hash() != g.g.book_hash()
    assert first != f.s.chain


def test_a_fingerprint_is_a_sha256():
    f = flying().later(NS)
    assert len(f.g.state_hash()) == len(f.g.book_hash()) == 64
    assert int(f.g.state_hash(), 16) != int(f.g.book_hash(), 16)
