"""The desk's books and its list of live orders against the governor's, under anything that can happen."""

import copy

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant

from flyball.desk.summary import Summary
from tests.kernel.test_machine import Machine


class Watched(Machine):
    """The kernel's machine, with a desk that is fed what the journal would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.s = Summary()
        self.fed = 0

    @invariant()
    def the_desk_says_the_same(self) -> None:
        s, state = self.s, self.f.g.state
        for event, effects in self.f.journal[self.fed :]:
            for record in (event, *effects):
                s.feed(s.seq + 1, copy.copy(record))
        self.fed = len(self.f.journal)
        assert s.books.equity() == state.equity()
        assert s.books.high_water == state.high_water
        assert s.books.known == state.known
        mine = {(strategy, symbol): qty for strategy, symbol, qty in s.books.positions()}
        assert mine == {(b.strategy, b.symbol): b.qty for b in state.books_held()}
        waiting = {cid for cid, o in state.orders.items() if o.waits}
        assert set(s.working.live) == set(state.orders) - waiting
        assert s.consistent, s.faults
        if state.valued() and s.today is not None:
            assert s.day_pnl() == state.day_profit()


TestWatched = Watched.TestCase
TestWatched.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck)
)
