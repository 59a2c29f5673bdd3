"""Death at every step of a panic, none left out: wherever the governor dies between the button and flat, the
next start goes on, sells exactly what is there and says so.

Panic is pressed a second time while the first is under way, and once more when all is flat.
"""

from dataclasses import replace
from functools import cache

import pytest

from flyball.kernel.units import NS
from flyball.lab.panic.drill import loaded
from flyball.lab.sim.every import POWER, Flown, every, live_through, through
from flyball.lab.sim.run import Run
from flyball.lab.sim.scenario import Scenario

PARTS = 6  # shares of the work, so that workers have something to divide
PRESSED = 150 * NS
PANICS = (PRESSED, PRESSED + NS // 2, PRESSED + 20 * NS)
OVER = PRESSED + 25 * NS


@cache
def scenario() -> Scenario:
    """Four positions, long and short, a stop behind each and two entries; it ends soon after the panic."""
    made = loaded(1, symbols=4, working=2, stops=True, bar=10)
    return replace(made, end=made.begin + OVER)


@cache
def uninterrupted() -> Flown:
    return through(scenario(), (), PANICS)


@cache
def uninterrupted_live() -> Run:
    return live_through(scenario(), "", PANICS)


def test_the_panic_has_something_to_get_rid_of():
    flown = uninterrupted()
    assert flown.starts == 1
    assert flown.passes["write"] - flown.before["write"] >= 20
    assert flown.passes["send"] - flown.before["send"] >= 8  # eight exits at least
    assert flown.passes["cancel"] > flown.before.get("cancel", 0)


@pytest.mark.parametrize("part", range(PARTS))
def test_after_a_death_of_the_process_it_ends_with_the_quantities_of_a_panic_without(part):
    """Not with the very prices: a start asks the broker anew, and an exit leaves when the answer comes."""
    whole = uninterrupted()
    for point in list(every(whole.passes, before=whole.before))[part::PARTS]:
        flown = through(scenario(), (point,), PANICS)
        assert flown.starts == 2, f"{point}: nobody died"
        assert flown.amounts == whole.amounts, f"P8 at {point}"


@pytest.mark.parametrize("part", range(PARTS))
def test_after_a_death_with_the_power_every_promise_holds_and_it_ends_flat(part):
    whole = uninterrupted_live()
    for point in list(every(whole.passes, POWER, whole.before))[part::PARTS]:
        run = live_through(replace(scenario(), end=scenario().end + 60 * NS), f"{point} power", PANICS)
        assert run.kills == 1, f"{point}: nobody died"
        assert run.now is not None
        assert run.now.cockpit is not None
        assert not run.now.cockpit.governor.state.books_held(), f"not flat after {point}"
        assert not held_by(run), f"the broker holds something after {point}"


def held_by(run: Run) -> dict[str, int]:
    """What the broker's own executions come to."""
    held: dict[str, int] = {}
    for fill in run.chaos.truth().fills:
        held[fill.symbol] = held.get(fill.symbol, 0) + fill.side * fill.qty
    return {symbol: qty for symbol, qty in held.items() if qty}
