"""The Judge on a real journal: the demo's plan flown in this process, bots and files and all, and nothing to
say; the same with a bug in it, and it is said.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.compose.assembly import Cockpit
from flyball.compose.fly import Landed, fly, real_machine
from flyball.kernel.effects import Order
from flyball.lab.demo.plan import Wanted, plan
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.judge import Judge
from flyball.lab.sim.promises.witness import Witness
from flyball.machine.disk import RealDisk
from flyball.machine.spawn import RealSpawn
from flyball.ports import Broker
from flyball.runtime.outbox import Outbox
from flyball.runtime.view import status


class Seat:
    """A demo's flight with the judge at its side."""

    def __init__(self, root: Path) -> None:
        (root / "bots").mkdir()
        self.root = root
        self.judge = Judge()
        self.batches = 0
        self.cockpit: Cockpit | None = None
        wanted = Wanted(sessions=1, seed=2, folder=str(root))
        self.plan, _ = plan(wanted, lambda path: Path(path).read_bytes(), self.judge.watch(self.now))
        self.machine = real_machine(str(root), str(root / "journal"), str(root / "emergency"), 0, RealSpawn())
        self.machine.wrap_broker = self.outside
        self.judge.durable = self.machine.syncer.done

    def now(self) -> int:
        return self.judge.model.ts

    def outside(self, broker: Broker) -> Broker:
        return Witness(broker, self.judge, self.machine.syncer.done, self.now)

    def ready(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.judge.governor = cockpit.governor
        cockpit.flight.observers.append(lambda _: self.look(cockpit))

    def look(self, cockpit: Cockpit) -> None:
        self.batches += 1
        if self.batches % 4 == 0:
            self.judge.state(cockpit.governor)
            self.judge.truth(cockpit.paper.truth())
            self.judge.shown(status(cockpit.governor, cockpit.head))

    def fly(self) -> Landed:
        self.judge.started([], 0)
        return asyncio.run(fly(self.plan, self.machine, self.ready, None))


def test_a_real_flight_breaks_no_promise(tmp_path: Path):
    seat = Seat(tmp_path)
    landed = seat.fly()
    assert landed.records == seat.judge.model.seq > 1_000
    assert len(seat.judge.socket.first) > 50
    assert seat.judge.broken is None
    assert seat.cockpit is not None
    seat.judge.quiescent(seat.cockpit.paper.truth(), seat.cockpit.governor)
    seat.judge.recovered(landed.records, landed.state_hash)
    seat.judge.journal(RealDisk(str(tmp_path / "journal")), Draw(1, "damage"))


def again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every order leaves twice."""
    real = Outbox._send

    def send(self: Outbox, order: Order, now: int) -> None:
        real(self, order, now)
        self.broker.submit(order)

    monkeypatch.setattr(Outbox, "_send", send)


def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What adds does not wait for the disk."""
    real = Outbox.put

    def put(self: Outbox, effects: list[object], token: int, now: int) -> None:
        for effect in effects:
            if isinstance(effect, Order) and effect.adds:
                self._send(effect, now)
        real(self, [x for x in effects if not (isinstance(x, Order) and x.adds)], token, now)  # type: ignore[misc]

    monkeypatch.setattr(Outbox, "put", put)


@pytest.mark.parametrize(
    ("plant", "says"), [(again, "P4: .* left twice"), (hasty, "P1: .* left when .* was durable")]
)
def test_a_bug_in_the_runtime_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch)
    with pytest.raises(Broken, match=says):
        Seat(tmp_path).fly()
