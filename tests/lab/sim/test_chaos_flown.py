"""The real runtime before a broker that does everything it can: in the end the books are the broker's, and
what is never told does not go unnoticed."""

import pytest

from flyball.broker.chaos_kinds import CLOCK, KINDS
from flyball.kernel.effects import Alert
from flyball.kernel.events import Timeout
from flyball.kernel.units import MINUTE
from flyball.kernel.words import CRITICAL
from tests.lab.sim.small import Small

BOTS = ("Honest", "Wild", "Adversary")
UNTOLD = ("lost", "hand_untold")  # what only a person can settle
TOLD = {k.name: 6 if k.hits == (CLOCK,) else 60_000 for k in KINDS.values() if k.name not in UNTOLD}


def flown(seed: int, kinds: dict[str, int], *, lockstep: bool = False) -> tuple[Small, list[object]]:
    """The first session and a while behind it; the broker behaves from five minutes before the close."""
    small = Small(seed, kinds, lockstep)
    close = small.scenario.schedule[0].close
    if lockstep:
        small.chaos.quiet_at = close - 5 * MINUTE
    else:
        small.world.at(close - 5 * MINUTE, small.chaos.quiet)
    records = small.fly((close - small.scenario.begin) // MINUTE + 15, bots=BOTS)
    return small, list(records)


@pytest.mark.parametrize("lockstep", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_books_are_the_brokers_when_all_was_told(seed: int, lockstep: bool) -> None:
    small, records = flown(seed, TOLD, lockstep=lockstep)
    state, truth = small.cockpit.governor.state, small.chaos.truth()
    assert len(small.chaos.hits) >= 8, small.chaos.hits
    assert any(isinstance(r, Timeout) for r in records)
    assert truth.fills
    assert not state.orders, "every order is resolved"
    assert {x: state.position(x) for x in state.markets if state.position(x)} == truth.positions
    assert state.cash == truth.cash
    state.check()


@pytest.mark.parametrize("kind", UNTOLD)
def test_what_is_never_told_is_noticed(kind: str) -> None:
    small, records = flown(4, {kind: 30 if kind == "hand_untold" else 400_000})
    state, truth = small.cockpit.governor.state, small.chaos.truth()
    assert truth.untold
    assert {x: state.position(x) for x in state.markets if state.position(x)} != truth.positions
    assert "L7 account" in state.latches
    assert [r for r in records if isinstance(r, Alert) and r.severity == CRITICAL]
