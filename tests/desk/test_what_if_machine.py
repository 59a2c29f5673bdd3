"""What-if over anything that bots, brokers, prices, clocks and operators can do: the hostile journals of the
kernel's own machine, looked back on when each is over.
"""

from hypothesis import HealthCheck, settings

from tests.desk.again import of_flight, what_if
from tests.journal.story import day
from tests.kernel.flight import ppm, usd
from tests.kernel.test_machine import Machine


class LookingBack(Machine):
    """The same machine; at the end the same limits have to change nothing, and others have to add up."""

    def teardown(self) -> None:
        super().teardown()
        records = of_flight(self.f)
        same = what_if(records)
        assert same.changed == []
        assert same.other.state_hash() == same.recorded.state_hash()
        assert (same.model.tally.orders, same.latches_only()) == (0, ([], []))
        what_if(records, max_order_notional=usd(60), max_daily_loss=usd(3), max_intent_age=("ns", 1, ""))
        what_if(records, max_positions=0, drawdown_halt=ppm(100_000), max_order_notional=usd(10**6))


TestLookingBack = LookingBack.TestCase
TestLookingBack.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_same_limits_change_nothing_in_the_story_of_every_record() -> None:
    w = what_if(list(enumerate([record for _, record in day().records], 1)))
    assert w.changed == []
    assert w.other.state_hash() == w.recorded.state_hash()
