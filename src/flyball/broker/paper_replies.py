"""Answers to single calls, not part of the account's stream: told once each, in order of their time.

They are not numbered and not kept: what was asked before a restart and not answered is asked again.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from flyball.kernel.events import Account, Answer, Timeout


class Asked(NamedTuple):
    """One call: SUBMIT, CANCEL, QUERY or ACCOUNT, the order's client id, and the number of the attempt."""

    call: str
    client_id: str
    number: int


Told = Answer | Account | Timeout


class Replies:
    """The answers under way. A call that is repeated meanwhile gets no second one."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, Asked]] = []
        self._make: dict[Asked, Callable[[int], Told]] = {}

    def add(self, due: int, who: str, asked: Asked, make: Callable[[int], Told]) -> None:
        """Tell at `due` what `make(due)` then says. `who` orders the answers of one moment."""
        if asked not in self._make:
            self._make[asked] = make
            heappush(self._heap, (due, who, asked))

    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[int, Asked, Callable[[int], Told]]:
        """The next one: when it is due, what was asked, and what tells it."""
        due, _, asked = heappop(self._heap)
        return due, asked, self._make.pop(asked)
