"""Many drills and what they come to: the line a panic has to meet (p99), and the calls it may take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.units import MS, NS
from flyball.lab.panic.drill import Pressed, press

SOON: Final = 5 * NS  # p99 with the allowance there
SPENT: Final = 65 * NS  # with the minute's calls used up by somebody else
CALLS: Final = 40


@dataclass
class Drills:
    """The sum of a series. Times in ms."""

    spent: bool
    faults: bool
    panics: int = 0
    p50_ms: int = -1
    p99_ms: int = -1
    longest_ms: int = -1
    calls_most: int = -1
    refused: int = 0
    failed: list[Pressed] = field(default_factory=list)

    def line(self) -> int:
        return SPENT if self.spent else SOON

    def ok(self) -> bool:
        return (
            self.panics > 0
            and not self.failed
            and self.p99_ms * MS <= self.line()
            and self.calls_most <= CALLS
        )


def percentile(times: Sequence[int], share: int) -> int:
    """The smallest time that `share` percent of them do not exceed."""
    return sorted(times)[max(0, -(-len(times) * share // 100) - 1)]


def drills(first: int, seeds: int, *, spent: bool, faults: bool) -> Iterator[Pressed]:
    """One after the other."""
    for seed in range(first, first + seeds):
        yield press(seed, spent=spent, faults=faults)


def sum_of(pressed: Sequence[Pressed], *, spent: bool, faults: bool) -> Drills:
    """What a series comes to. One that never got flat counts as failed, not as slow."""
    made = Drills(spent, faults, len(pressed), failed=[one for one in pressed if not one.ok()])
    done = [one for one in pressed if one.ok()]
    if done:
        times = [one.took for one in done]
        made.p50_ms, made.p99_ms = percentile(times, 50) // MS, -(-percentile(times, 99) // MS)
        made.longest_ms = max(times) // MS
        made.calls_most = max(one.calls for one in done)
        made.refused = sum(one.refused for one in done)
    return made
