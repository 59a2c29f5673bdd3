"""Whole flattenings against the paper broker: in how many calls, how soon, and from any crash."""

import pytest

from flyball.broker.paper import PaperSettings
from flyball.kernel.effects import Alert, Order
from flyball.kernel.units import NS
from flyball.machine.disk import RealDisk
from tests.runtime.flatten_world import Desk

TEN = tuple(f"S{k}" for k in range(10))
CLEAN = PaperSettings(timeout_ppm=0, late_ppm=0, duplicate_ppm=0)
FAULTY = PaperSettings()  # 1% of calls unanswered, 1% of events late, 1% twice


def flattened(folder, seed, settings, orders=100):
    """(seconds to flat confirmed, calls) of a panic with that many open orders and ten positions."""
    d = Desk(RealDisk(str(folder)), TEN, settings, seed=seed)
    d.fill_up(10, orders)
    begun = d.now
    d.command("panic")
    d.live(begun + 300 * NS, lambda: any(x.confirmed for x in d.flats()))
    assert d.flats(), "never flat"
    truth = d.paper.truth()
    assert truth.positions == {}
    assert not [x for x in truth.orders.values() if x.state in ("ACCEPTED", "PARTIALLY_FILLED")]
    return (d.now - begun) / NS, sum(d.calls.values()), d


def test_a_hundred_orders_and_ten_positions_without_faults(tmp_path):
    seconds, calls, d = flattened(tmp_path, 1, CLEAN)
    assert d.calls["cancel_all"] == 1
    assert d.calls["submit"] == 10
    assert calls <= 20
    assert seconds <= 4


@pytest.mark.parametrize("seed", range(4))
def test_with_faults(tmp_path, seed):
    seconds, calls, _ = flattened(tmp_path, seed, FAULTY)
    assert calls <= 30
    assert seconds <= 15


def story(folder, dies_after, settings=CLEAN, orders=12):
    """A panic with twelve open orders and two positions; the process dies behind that event of it."""
    d = Desk(RealDisk(str(folder)), TEN[:2], settings, seed=3)
    d.fill_up(2, orders)
    begun, at = d.now, len(d.events)
    d.command("panic")
    d.live(begun + 400 * NS, lambda: len(d.events) - at >= dies_after or bool(d.flats()))
    over = bool(d.flats())
    if not over:
        d.dies()
        d.live(begun + 400 * NS, lambda: any(x.confirmed for x in d.flats()))
    return d, over


def test_a_crash_behind_every_event_ends_with_the_same_book(tmp_path):
    """Flat confirmed, never through zero, and the books a run without a crash ends with."""
    whole, over = story(tmp_path / "whole", 10_000)
    assert over
    for k in range(1, 1_000):
        d, over = story(tmp_path / str(k), k)
        if over:
            break
        assert [x.confirmed for x in d.flats()] == [True], k
        fills = d.paper.truth().fills
        assert {f.symbol: sum(x.side * x.qty for x in fills if x.symbol == f.symbol) for f in fills} == {
            "S0": 0,
            "S1": 0,
        }
        held = {"S0": 0, "S1": 0}
        for f in fills:
            held[f.symbol] += f.side * f.qty
            assert held[f.symbol] >= 0, f"{k}: through zero"
        assert d.governor.book_hash() == whole.governor.book_hash(), k
    assert k > 20


def test_orders_and_positions_of_others_are_included(tmp_path):
    """Five orders nobody here placed, and one by one when there are few."""
    for count, calls in ((5, {"cancel_all": 1}), (2, {"cancel": 2})):
        d = Desk(RealDisk(str(tmp_path / str(count))), TEN[:2], CLEAN, seed=3)
        for k in range(count):
            d.paper.submit(_foreign(d, k))
        d.live(d.now + 2 * NS)
        d.command("panic")
        d.live(d.now + 60 * NS, _reported(d))
        assert [x.confirmed for x in d.flats()] == [True]
        assert {x.state for x in d.paper.truth().orders.values()} == {"CANCELED"}
        assert {k: v for k, v in d.calls.items() if k.startswith("cancel")} == calls


def test_what_is_no_instrument_here_is_named_and_paged(tmp_path):
    d = Desk(RealDisk(str(tmp_path)), ("S0", "S1"), CLEAN, seed=3, known=("S0",))
    d.paper.submit(_foreign(d, 0, symbol="S1", limit=0))
    d.live(d.now + 2 * NS)
    d.command("panic")
    d.live(d.now + 60 * NS, lambda: bool(d.flats()))
    [flat] = d.flats()
    assert (flat.confirmed, flat.residue, flat.reasons) == (False, (("_outside", "S1", 1),), ("foreign",))
    assert [x.text for x in d.effects if isinstance(x, Alert) and x.alert == "not_flat"] == [
        "L4: account is not flat and cannot be here: _outside S1 1 (foreign)"
    ]


def _reported(d):
    return lambda: bool(d.flats())


def _foreign(d, k, symbol="S0", limit=9_000):
    kind = "limit" if limit else "market"
    return Order(
        d.now, f"hand-{k}", f"hand-{k}", "", "by-hand", symbol, 1, 1, kind, limit, "day", True, 1, 1, False
    )
