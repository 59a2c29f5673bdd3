"""Nothing that bots, brokers, prices, clocks and people do makes the Judge say that a promise was broken: the
kernel's own state machine, judged from outside.
"""

from hypothesis import HealthCheck, settings

from tests.kernel.test_machine import Machine
from tests.lab.sim.promises.judged import JudgedFlight


class Judged(Machine):
    """The same rules, another judge."""

    def __init__(self) -> None:
        super().__init__()
        self.f = JudgedFlight()


TestJudged = Judged.TestCase
TestJudged.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
