"""The broker takes no call for a while, and a panic is pressed: what waits is decided for when it leaves."""

from typing import Any

from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Divergence, Flat, Order
from flyball.kernel.events import NotSent, Shut
from tests.kernel.hand import BUY, NS, SELL, of
from tests.kernel.test_flatten_evidence import figures, holding, listed, sizes

AWAY = 40 * NS


def shut(f: Any, since: int | None = None) -> Any:
    return f.feed(Shut(f.now, f.now if since is None else since, f.now + AWAY))


def entries(f: Any, count: int) -> list[Any]:
    return [f.order(BUY, 1, 9_900 - n) for n in range(count)]


def test_until_then_nothing_is_asked_and_no_exit_is_decided():
    f = holding()
    entries(f, 1)
    assert of(f.command("panic"), Cancel)
    shut(f)
    until = f.now + AWAY
    while f.now + NS < until:
        said = f.wait(NS)
        assert not [*of(said, AskAccount), *of(said, Order)], f.now
    said = f.wait(NS)
    assert of(said, AskAccount), "at once when it is over"
    assert not sizes(said), "the cancel has left only now"


def test_an_exit_that_waits_is_taken_back_and_decided_anew_at_the_price_of_then():
    f = holding()
    [old] = of(f.command("panic"), Order)
    assert [c.client_id for c in of(shut(f), Cancel)] == [old.client_id]
    assert not sizes(f.feed(NotSent(f.now, old.client_id, "the broker takes no call now")))
    f.mark(last=10_300)
    [new] = of(f.wait(AWAY), Order)
    assert (new.side, new.qty) == (SELL, 10)
    assert new.limit > old.limit


def test_an_exit_that_has_left_is_not_taken_back():
    f = holding()
    [exit_] = of(f.command("panic"), Order)
    f.sent(exit_)
    assert not of(shut(f), Cancel)


def test_the_evidence_of_a_cancel_is_counted_from_when_it_leaves():
    """A list made while it waits is no sign that the broker ignored it: nothing is cancelled twice."""
    f = holding()
    working = entries(f, 5)
    rows = tuple(listed(o, f"b{n}") for n, o in enumerate(working))
    assert of(f.command("panic"), CancelAll)
    shut(f)
    f.wait(AWAY)
    for later in (0, NS):
        said = figures(f.later(later), orders=rows)
        assert not [*of(said, Cancel), *of(said, CancelAll)]
    assert of(figures(f.later(NS), orders=rows), CancelAll), "two seconds behind it the list still shows them"


def test_two_lists_made_before_an_end_and_told_behind_it_revive_nothing():
    """Two questions that waited for the same moment are answered with the same old news."""
    f = holding()
    [o] = entries(f, 1)
    row = (listed(o),)
    f.update(o, "CANCELED")
    for old in (2, 1):
        assert not of(figures(f, as_of=f.now - old, orders=row), Divergence)
    assert f.s.order(o.client_id).final()
    f.later(3 * NS)
    assert of(figures(f, orders=row), Divergence), "a list of now is another matter"


def test_a_flattening_goes_on_to_flat_behind_it():
    f = holding()
    f.command("panic")
    shut(f)
    f.feed(NotSent(f.now, next(iter(f.s.orders)), "the broker takes no call now"))
    [exit_] = of(f.wait(AWAY), Order)
    f.sent(exit_)
    f.update(exit_, "ACCEPTED")
    f.fill(exit_, 10, 10_000)
    f.wait(2 * NS)
    [flat] = of(figures(f, positions=()), Flat)
    assert flat.confirmed
