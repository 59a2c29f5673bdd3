"""The contents of one file twice over: what a reader sees (the page cache) and what the medium holds.

Writes go to the cache and wait in a log; a sync takes them to the medium. When the power goes, each sector of
512 bytes on its way is found as it was before, as it is now, or as it was in between; a write of many sectors
may be torn between any two of them. A failed sync drops what it should have written and calls it clean: the
cache still shows it until the page is evicted, the medium never gets it unless it is written again.
"""

from typing import Final

from flyball.lab.sim.draw import Draw

SECTOR: Final = 512

Op = tuple[int, int, bytes | None]  # number, offset, data; None: the file was cut (or grown) to the offset


class Sectors:
    """One file's contents. Offsets in bytes."""

    __slots__ = ("_count", "_dropped", "_waiting", "data", "durable")

    def __init__(self) -> None:
        self.data = bytearray()  # what is read
        self.durable = bytearray()  # what is there after a power loss that keeps nothing
        self._waiting: list[Op] = []
        self._count = 0
        self._dropped: set[int] = set()  # sectors that a failed sync called clean

    @property
    def clean(self) -> bool:
        """Whether the medium holds all that is read."""
        return not self._waiting and not self._dropped

    def write(self, offset: int, part: bytes) -> None:
        """Into the cache."""
        if part:
            _put(self.data, offset, part)
            self._log(offset, bytes(part))

    def truncate(self, length: int) -> None:
        """Cut or grown to a length, in the cache."""
        _resize(self.data, length)
        self._log(length, None)

    def mark(self) -> int:
        """A sync begins: it will cover what has been written so far. To be given to `settle` or `drop`."""
        return self._count

    def settle(self, mark: int) -> None:
        """The sync that began at `mark` has ended well."""
        for offset, part in self._covered(mark):
            if part is None:
                _resize(self.durable, offset)
                continue
            _put(self.durable, offset, part)
            if self._dropped:
                for sector in _sectors(offset, part):
                    self._whole(sector)

    def drop(self, mark: int, draw: Draw) -> None:
        """The sync that began at `mark` has failed: some sectors reached the medium, the others are called
        clean.
        """
        for offset, part in self._covered(mark):
            if part is None:
                continue
            for sector in _sectors(offset, part):
                if draw.below(2):
                    self._whole(sector)
                else:
                    self._dropped.add(sector)

    def evict(self, draw: Draw) -> None:
        """Time has gone by: clean pages may be read from the medium again."""
        if self._dropped:
            dirty = {s for _, at, part in self._waiting if part is not None for s in _sectors(at, part)}
            for sector in sorted(self._dropped - dirty):
                if draw.below(2):
                    at = sector * SECTOR
                    end = min(at + SECTOR, len(self.data))
                    self.data[at:end] = bytes(self.durable[at:end]).ljust(max(0, end - at), b"\0")
                    self._dropped.discard(sector)

    def lose_power(self, draw: Draw) -> None:
        """What is left of it: none, all, the first writes, or any sectors of what had not been synced."""
        if self._waiting:
            how = draw.below(4)
            if how == 1:
                self.settle(self._count)
            elif how and self._dropped:
                self._page_by_page(draw)
            elif how == 2:
                self._in_order(draw)
            elif how == 3:
                self._anyhow(draw)
        self._waiting.clear()
        self._dropped.clear()
        self.data = bytearray(self.durable)

    def flip(self, offset: int, bit: int) -> None:
        """A bit has turned over, in the cache and on the medium."""
        for copy in (self.data, self.durable):
            if offset < len(copy):
                copy[offset] ^= 1 << bit

    def _log(self, offset: int, part: bytes | None) -> None:
        self._count += 1
        self._waiting.append((self._count, offset, part))

    def _covered(self, mark: int) -> list[tuple[int, bytes | None]]:
        """Take out of the log what a sync covers."""
        covered = [(offset, part) for number, offset, part in self._waiting if number <= mark]
        self._waiting = self._waiting[len(covered) :]
        return covered

    def _whole(self, sector: int) -> None:
        """The medium gets a sector as the cache has it now."""
        at = sector * SECTOR
        _put(self.durable, at, bytes(self.data[at : at + SECTOR]))
        self._dropped.discard(sector)

    def _page_by_page(self, draw: Draw) -> None:
        """After a failed sync: a sector that is written again takes with it what had been dropped of it."""
        for sector in sorted(
            {s for _, at, part in self._waiting if part is not None for s in _sectors(at, part)}
        ):
            if draw.below(2):
                self._whole(sector)

    def _in_order(self, draw: Draw) -> None:
        """The first writes, the next one torn between two sectors."""
        whole = draw.below(len(self._waiting) + 1)
        for _, offset, part in self._waiting[:whole]:
            if part is None:
                _resize(self.durable, offset)
            else:
                _put(self.durable, offset, part)
        for _, offset, part in self._waiting[whole : whole + 1]:
            if part is not None:
                sectors = _sectors(offset, part)
                cut = (sectors.start + draw.below(len(sectors))) * SECTOR - offset
                if cut > 0:
                    _put(self.durable, offset, part[:cut])

    def _anyhow(self, draw: Draw) -> None:
        """Each sector as before, as now, or as after some write in between."""
        last = len(self._waiting)
        states: dict[int, int] = {}  # sector: how many of the writes it has seen
        for at, (_, offset, part) in enumerate(self._waiting):
            if part is None:
                if draw.below(2):
                    _resize(self.durable, offset)
                continue
            for sector in _sectors(offset, part):
                seen = states.get(sector)
                if seen is None:
                    seen = states[sector] = (0, last, draw.below(last + 1))[draw.below(3)]
                if at < seen:
                    low = max(offset, sector * SECTOR)
                    high = min(offset + len(part), (sector + 1) * SECTOR)
                    _put(self.durable, low, part[low - offset : high - offset])
        if len(self.durable) < len(self.data) and draw.below(2):  # its size was written, its end was not
            _resize(self.durable, len(self.data))


def _sectors(offset: int, part: bytes) -> range:
    return range(offset // SECTOR, (offset + len(part) - 1) // SECTOR + 1)


def _put(data: bytearray, offset: int, part: bytes) -> None:
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(part)] = part


def _resize(data: bytearray, length: int) -> None:
    if len(data) > length:
        del data[length:]
    else:
        data.extend(bytes(length - len(data)))
