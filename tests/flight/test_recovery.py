"""Killed with SIGKILL wherever it hurts, started again with the same command: the same book in the end (P4,
P5, P8).
"""

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from flyball.journal.codec import Record
from flyball.kernel.effects import Cancel, Order
from flyball.kernel.events import Epoch
from tests.flight.demo import (
    FLYBALL,
    Flown,
    crash,
    flown_once,
    fly,
    ids_at_the_broker,
    records_of,
    same_order_again,
    two_at_a_time,
)

FLIGHT = ("--sessions", "3", "--seed", "1")
SEED = 20081010
KILLS = ("write",) * 3 + ("send",) * 3 + ("tear", "unsent", "cancel", "block") + ("record",) * 2


@dataclass
class Whole:
    """The run nobody interrupted, flown twice."""

    runs: list[Flown]
    folder: Path
    records: list[Record]

    def points(self, kills: tuple[str, ...], chance: random.Random) -> list[str]:
        """A place for each kill, between 5% and 95% of the records, where there is something to interrupt."""
        total = len(self.records)
        middle = [(n, r) for n, r in enumerate(self.records, 1) if 5 * total <= 100 * n <= 95 * total]
        adds = [n for n, r in middle if isinstance(r, Order) and r.adds]
        cancels = [n for n, r in middle if isinstance(r, Cancel)]
        anywhere = [n for n, _ in middle]
        where = {
            "write": adds,
            "tear": adds,
            "unsent": adds,
            "send": [n for n, r in middle if isinstance(r, Order)],
            "cancel": cancels[: len(cancels) // 2 + 1],  # one may find its order still waiting here
            "block": anywhere,
            "record": anywhere,
        }
        return [f"{kill}:{chance.choice(where[kill])}" for kill in kills]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root, flown = flown_once(tmp_path_factory, "whole", {"one": FLIGHT, "two": FLIGHT})
    return Whole(list(flown.values()), root / "one", records_of(root / "one"))


def landed_like(whole: Whole, folder: Path, again: Flown, starts: int) -> None:
    """The restarted run ended as the uninterrupted one did, and nothing was done twice."""
    journal = again.journal
    assert journal["recovered"] > 0
    assert journal["new"] > 0
    assert journal["recovered"] + journal["new"] == journal["records"]
    assert journal["verified"] is True
    assert again.told["consistent"], again.told["inconsistencies"]
    assert journal["book_hash"] == whole.runs[0].journal["book_hash"]
    ids = ids_at_the_broker(folder)
    assert ids
    assert len(ids) == len(set(ids)), "an order is twice in the broker's file"
    records = records_of(folder)
    assert same_order_again(records) == []
    epochs = [record.epoch for record in records if isinstance(record, Epoch)]
    assert epochs == list(range(1, starts + 1))


def test_the_same_command_gives_the_same_state_twice(whole: Whole) -> None:
    one, two = whole.runs
    assert one.hashes == two.hashes
    assert one.told["fills"] > 20
    assert one.told["approved"] > 50
    assert same_order_again(whole.records) == []


def test_a_killed_run_goes_on_and_ends_like_one_that_was_not(whole: Whole, tmp_path: Path) -> None:
    points = whole.points(KILLS, random.Random(SEED))

    def one(point: str) -> tuple[str, Path, Flown]:
        folder = tmp_path / point.replace(":", "-")
        crash(folder, point, *FLIGHT)
        return point, folder, fly(folder, *FLIGHT)

    for point, folder, again in two_at_a_time(one, points):
        landed_like(whole, folder, again, starts=2)
        assert again.journal["recovered"] >= 0.04 * len(whole.records), point


def test_killed_again_and_again(whole: Whole, tmp_path: Path) -> None:
    chance = random.Random(SEED + 1)

    def one(kills: tuple[str, ...]) -> tuple[Path, Flown]:
        folder = tmp_path / "-".join(kills)
        points = sorted(whole.points(kills, chance), key=lambda point: int(point.partition(":")[2]))
        for point in points:
            crash(folder, point, *FLIGHT)
        return folder, fly(folder, *FLIGHT)

    for folder, again in two_at_a_time(one, [("send", "write", "record"), ("unsent", "tear", "send")]):
        landed_like(whole, folder, again, starts=4)


def test_killed_while_recovering(whole: Whole, tmp_path: Path) -> None:
    chance = random.Random(SEED + 2)

    def one(point: str) -> tuple[Path, Flown]:
        folder = tmp_path / point.replace(":", "-")
        crash(folder, point, *FLIGHT)
        crash(folder, "repair:0", *FLIGHT)  # the end of the journal rewritten, not synced
        crash(folder, "resume:0", *FLIGHT)  # recovered, the broker not yet resumed
        crash(folder, "block:0", *FLIGHT)  # the new epoch written, nothing asked or sent
        return folder, fly(folder, *FLIGHT)

    for folder, again in two_at_a_time(one, whole.points(("write", "send"), chance)):
        landed_like(whole, folder, again, starts=3)


def test_the_journal_of_a_killed_run_is_verified_as_it_lies_and_after_the_restart(
    whole: Whole, tmp_path: Path
) -> None:
    (point,) = whole.points(("send",), random.Random(SEED + 3))
    folder = tmp_path / "run"
    crash(folder, point, *FLIGHT)
    verify = [FLYBALL[0], "journal", "verify", "--dir", str(folder)]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    landed_like(whole, folder, fly(folder, *FLIGHT), starts=2)
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0


def test_a_run_that_has_ended_is_not_flown_again_but_kept_beside(whole: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert fly(folder, *FLIGHT).code == 0
    again = fly(folder, *FLIGHT)
    assert again.journal["recovered"] == 0
    assert again.hashes == whole.runs[0].hashes
    assert (tmp_path / "run-2" / "done").exists()
