"""A published limit: the call above it is not taken, and says when the next one is."""

import asyncio
from pathlib import Path

import pytest

from flyball.broker.limited import Limited
from flyball.kernel.effects import AskAccount, Cancel, Query
from flyball.kernel.units import MINUTE, NS
from flyball.ports import Throttled
from tests.broker.world import OPEN, broker, disk_at, order

BEGIN = OPEN // MINUTE * MINUTE + MINUTE


class Now:
    """The broker's clock, set by the test."""

    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> int:
        return self.at


def limited(folder: Path, per_minute: int) -> tuple[Limited, Now]:
    now = Now()
    return Limited(broker(disk_at(folder)), per_minute, now), now


def test_the_call_above_the_limit_is_not_taken_and_names_the_next_minute(tmp_path: Path) -> None:
    outside, now = limited(tmp_path, 4)
    outside.submit(order("a-1", BEGIN))
    outside.cancel(Cancel(BEGIN, "a-1", "test", 1))
    outside.query(Query(BEGIN, "a-1", 1))
    outside.account(AskAccount(BEGIN, 1, "test"))
    now.at = BEGIN + MINUTE - 1
    with pytest.raises(Throttled) as why:
        outside.submit(order("a-2", now.at))
    assert why.value.until == BEGIN + MINUTE
    assert (outside.calls, outside.refused) == (4, 1)
    assert asyncio.run(outside.lookup("a-2", now.at)) is None  # could not look: Unknown
    assert asyncio.run(outside.read_account(now.at)) is None
    now.at = BEGIN + MINUTE
    found = asyncio.run(outside.lookup("a-2", now.at))
    assert found is not None
    assert not found.found  # what was refused never got there


def test_what_others_spend_counts_as_well(tmp_path: Path) -> None:
    outside, now = limited(tmp_path, 10)
    outside.others(9)
    outside.submit(order("a-1", BEGIN))
    with pytest.raises(Throttled):
        outside.submit(order("a-2", BEGIN + NS))
    now.at += MINUTE
    outside.others(1_000)
    with pytest.raises(Throttled) as why:
        outside.submit(order("a-2", now.at))
    assert why.value.until == BEGIN + 2 * MINUTE


def test_a_limit_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one call"):
        limited(tmp_path, 0)
