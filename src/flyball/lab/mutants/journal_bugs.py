"""Bugs for the journal that only a crash shows: found by the simulator."""

from typing import Final

from flyball.lab.mutants.mutant import Mutant

JOURNAL_BUGS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "call durable what is only asked for",
        "journal/log.py",
        "        return max(self._base, min(self._syncer.done(), self._asked))\n",
        "        return max(self._base, self._asked)\n",
        seed=1,
    ),
    Mutant(
        "what a start finds is taken for durable",
        "journal/recovery.py",
        "        if last > chain.durable or end == segment.PAGE:\n",
        "        if last < 0:\n",
        seed=105,
    ),
    Mutant(
        "the note is written although the sync failed",
        "journal/log.py",
        "        durable = self.wait(self.request_sync(), timeout_ns)\n        if durable:\n",
        "        durable = self.wait(self.request_sync(), timeout_ns)\n        if self._file is not None:\n",
        seed=14,
    ),
    Mutant(
        "the chain goes on from a torn block",
        "journal/segment.py",
        "    if zlib.crc32(view[offset + _CRC_FROM : end], seeded) != crc:\n",
        "    if zlib.crc32(view[offset + _CRC_FROM : end], seeded) < 0:\n",
        seed=22,
    ),
    Mutant(
        "a snapshot of a tail that is gone is believed",
        "runtime/recover.py",
        "    if place is None or found.place.hash != place.hash:\n",
        "    if found.place.seq < 0:\n",
        seed=12,
    ),
    Mutant(
        "a latch on a slow disk is noted nowhere else",
        "runtime/second.py",
        "        if late and self.log is not None:\n",
        "        if late and self.log is None:\n",
        seed=12,
    ),
)
