"""What a bot in real time has not been sent yet: prices give way, everything else waits its turn.

Prices of one symbol become one: the newest, with the lowest low and the highest high since. The rest is
bounded: a bot that leaves LONGEST of it lying does not read.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Raw

from flyball.bots.told import Item
from flyball.bots.wire import tells

LONGEST: Final = 10_000
MOST: Final = 512  # items in one message


class Mailbox:
    """A queue of items in order of time. `conflated` counts prices that went into a newer one."""

    def __init__(self) -> None:
        self.conflated = 0
        self._items: dict[str | int, tuple[Item, bool]] = {}
        self._next = 0
        self._kept = 0  # fresh items that are no prices

    def put(self, item: Item, *, fresh: bool = True) -> bool:
        """Queue one item; `fresh` False: the bot has answered it in an earlier life. False when the mailbox
        is full.
        """
        if item["kind"] == "mark":
            symbol = str(item["symbol"])
            old = self._items.pop(symbol, None)
            if old is not None:
                self.conflated += 1
                item = {**item, "low": _of(min, item, old[0], "low"), "high": _of(max, item, old[0], "high")}
            self._items[symbol] = (item, fresh)
            return True
        self._next += 1
        self._items[self._next] = (item, fresh)
        self._kept += fresh
        return self._kept <= LONGEST

    def take(self) -> tuple[list[Raw], list[int], bool] | None:
        """The items of the next message with their times, and whether they are fresh: all or none of them."""
        chosen: list[Item] = []
        kinds: list[str | int] = []
        first: bool | None = None
        for key, (item, fresh) in self._items.items():
            if len(chosen) >= MOST or (first is not None and fresh is not first):
                break
            first = fresh
            chosen.append(item)
            kinds.append(key)
        if first is None:
            return None
        raws, times = next(tells(chosen))
        for key in kinds[: len(raws)]:
            del self._items[key]
            self._kept -= first and isinstance(key, int)
        return raws, times, first

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._kept = 0


def _of(pick: Callable[[list[float]], float], new: Item, old: Item, name: str) -> object:
    values = [value for value in (new.get(name), old.get(name)) if isinstance(value, float)]
    return pick(values) if values else None
