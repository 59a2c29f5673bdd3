"""Putting the end of a journal in order before anybody relies on it: cut what was never durable, sync what
is kept.
"""

from flyball.journal import segment
from flyball.journal.chain import Chain, Flaw
from flyball.ports import Disk


def repair(disk: Disk, chain: Chain, flaw: Flaw | None) -> list[str]:
    """Cut off what was never durable, the last of it first: a crash on the way leaves the same to do."""
    if flaw is None:
        return []
    later = [n for n in (segment.number_of(file) for file in disk.list(segment.FOLDER)) if n is not None]
    for number in sorted(later, reverse=True):
        if number > chain.number:
            disk.remove(segment.name(number))
    file = disk.open(segment.name(chain.number))
    try:
        end = len(file.read(0, file.size()).rstrip(b"\0"))
        if end > chain.offset:
            file.write(chain.offset, bytes(end - chain.offset))
            file.sync()
    finally:
        file.close()
    where = f"{chain.path(flaw.number)}: cut off from byte {flaw.offset} on ({flaw.what})"
    lost = f", with {flaw.behind} records behind it that are whole" if flaw.behind else ""
    return [f"{where}{lost}; record {flaw.seq} was never known to be durable, the journal ends before it"]


def make_durable(disk: Disk, chain: Chain) -> None:
    """Write what was not known durable once more, and sync it.

    After a failed sync the page cache may hold, as clean, pages that the disk never got; only a new write
    makes a sync mean something again.
    """
    for number, (last, end) in chain.ends.items():
        if last > chain.durable or end == segment.PAGE:
            file = disk.open(segment.name(number))
            try:
                file.write(0, file.read(0, end))
                file.sync()
            finally:
                file.close()
