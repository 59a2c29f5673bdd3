"""Promises of the loop's edge that planted bugs break: what leaves when, and what a replay believes.

Everything is real (governor, journal on a disk, paper broker with its own file); only the moment at which a
sync ends is the test's.
"""

import copy
from typing import Any

import pytest

from flyball.journal.emergency import EmergencyLog
from flyball.journal.log import Journal
from flyball.kernel.effects import Cancel, Decision, Order
from flyball.kernel.events import Account, Command, Config, Epoch, Event, Instrument, Intent, Mark, Session
from flyball.kernel.governor import Governor
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.ports import File
from flyball.runtime.outbox import Outbox
from flyball.runtime.recover import Replay, ReplayDiffers
from flyball.runtime.sequencer import Sequencer, Taken
from tests.broker.world import CASH, CLOSE, OPEN, broker
from tests.journal.faulty import InlineSyncer
from tests.kernel.hand import NS, SELL, flying, ppm, share

BUY = 1


class Held(InlineSyncer):
    """Syncs for real when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = True
        self.asked: list[tuple[File, int]] = []

    def request(self, file: File, token: int) -> None:
        if self.hold:
            self.asked.append((file, token))
        else:
            super().request(file, token)

    def catch_up(self) -> None:
        self.hold = False
        for file, token in self.asked:
            super().request(file, token)


class Ground:
    """A governor, its journal and outbox before a real paper broker, flown by hand."""

    def __init__(self, folder: Any) -> None:
        self.syncer = Held()
        disk = RealDisk(str(folder / "journal"))
        self.journal = Journal.create(disk, self.syncer, OsRandom(), segment_bytes=1 << 16)
        self.emergency = EmergencyLog(RealDisk(str(folder / "emergency")))
        self.g = Governor()
        self.paper = broker(RealDisk(str(folder)))
        self.sequencer = Sequencer(self.g, self.journal, self.syncer, self.emergency)
        self.outbox = Outbox(self.g, self.paper)
        self.now = OPEN + NS
        values = (("", "max_order_notional", "money_abs", 50_000 * 10**6, "", "test"),)
        self.take(Epoch(self.now, 1, "1", 1, "T", "paper", "paper", "paper:test", "c", ""))
        self.take(Config(self.now, "test", "", "test", values))
        self.take(Instrument(self.now, "AAPL", "USD", "us_equity", 4, 0, 100, 1, True))
        self.take(Account(self.now, 0, CASH, CASH, CASH, (), ()))
        self.take(Session(self.now, "XNYS", 20160415, OPEN, CLOSE))
        self.take(Mark(self.now, "AAPL", 999_900, 1_000_100, 1_000_000, 0, 0, "test", 1))

    def take(self, event: Event) -> Taken:
        taken = self.sequencer.take([event])
        self.sequencer.sync()
        self.outbox.put(taken.effects, taken.token, self.now)
        return taken

    def intent(self, side: int, qty: int, name: str) -> Taken:
        limit = 1_000_000 + side * 10_000
        return self.take(
            Intent(self.now, name, self.now, "s", "AAPL", side, qty, 0, "limit", limit, "day", "", "", 0)
        )

    def release(self) -> None:
        self.outbox.release(self.sequencer.durable(), self.now)

    def there(self) -> list[str]:
        """What the broker has."""
        return sorted(self.paper.truth().orders)


@pytest.fixture
def ground(tmp_path):
    made = Ground(tmp_path)
    yield made
    made.journal.close(0)
    made.paper.close()


def order_in(taken: Taken) -> Order:
    return next(e for e in taken.effects if isinstance(e, Order))


def test_an_add_leaves_once_it_is_durable_and_not_before(ground):
    order = order_in(ground.intent(BUY, 10, "a"))
    ground.release()
    assert ground.there() == []
    assert not ground.outbox.inbox
    ground.syncer.catch_up()
    ground.release()
    assert ground.there() == [order.client_id]
    assert [e.KIND for e in ground.outbox.inbox] == ["sent"]


def test_an_exit_leaves_without_the_disk(ground):
    ground.syncer.catch_up()
    bought = order_in(ground.intent(BUY, 10, "a"))
    ground.release()
    while ground.g.state.position("AAPL") < 10:
        ground.now = ground.paper.next_due()
        for event in ground.paper.take(ground.now):
            ground.take(event)
    ground.syncer.hold = True
    sold = order_in(ground.intent(SELL, 10, "b"))
    assert not sold.adds
    assert ground.there() == sorted([bought.client_id, sold.client_id])


def test_the_last_gate_stops_what_a_latch_forbids_since(ground):
    order = order_in(ground.intent(BUY, 10, "a"))
    pause = Command(ground.now, "panic", "anna", 1000, "socket", "", (("scope", "symbol:AAPL"),), 1)
    ground.sequencer.take([pause])  # its cancel has not come through the outbox yet
    ground.syncer.catch_up()
    ground.release()
    assert ground.there() == []
    assert [(e.KIND, e.client_id) for e in ground.outbox.inbox] == [("not_sent", order.client_id)]


def test_a_cancel_takes_out_an_order_that_still_waits(ground):
    order = order_in(ground.intent(BUY, 10, "a"))
    ground.outbox.put([Cancel(ground.now, order.client_id, "operator", 1)], 0, ground.now)
    ground.syncer.catch_up()
    ground.release()
    assert ground.there() == []
    assert [e.KIND for e in ground.outbox.inbox] == ["not_sent"]


def test_a_block_the_disk_refused_latches(ground):
    ground.journal.failed = "the disk takes no more"
    taken = ground.intent(BUY, 10, "a")
    assert taken.token == -1
    assert "L9a account" in ground.g.state.latches
    assert ground.there() == []
    assert len(ground.emergency.entries()) == len(taken.records)


def test_the_broker_works_an_id_once(ground):
    ground.syncer.catch_up()
    order = order_in(ground.intent(BUY, 10, "a"))
    ground.release()
    ground.paper.submit(copy.copy(order))
    ground.now += 60 * NS
    filled = [e for e in ground.paper.take(ground.now) if e.KIND == "fill"]
    assert sum(e.qty for e in filled) == 10
    assert ground.there() == [order.client_id]


def test_a_replay_believes_no_recorded_effect(ground):
    ground.intent(BUY, 10, "a")
    records = [copy.deepcopy(record) for _, record in ground.journal.records()]
    changed = next(n for n, record in enumerate(records, 1) if isinstance(record, Decision))
    records[changed - 1].qty -= 1
    replay = Replay()
    for n, record in enumerate(records[: changed - 1], 1):
        replay.take(n, record)
    with pytest.raises(ReplayDiffers) as differs:
        replay.take(changed, records[changed - 1])
    assert differs.value.seq == changed


def loser() -> Any:
    """A day with the daily loss latched, and flat again."""
    f = flying(max_daily_loss=share(1), stress_floor=ppm(5_000))
    f.hold(50)
    f.mark(last=9_700)
    f.serve()
    f.later(60 * NS)
    assert f.latched() == ["L1 account"]
    return f


@pytest.mark.parametrize(
    ("authority", "next_day", "held"),
    [("secret", False, True), ("socket", True, True), ("secret", True, False)],
    ids=["same day", "no secret", "next session"],
)
def test_the_daily_loss_is_cleared_with_the_secret_from_the_next_session_on(authority, next_day, held):
    f = loser()
    if next_day:
        f.next_day()
    f.command("clear", authority=authority, latch="L1", reason="seen")
    assert f.latched() == (["L1 account"] if held else [])
