"""The folder tree of a simulated disk twice over: the names a process sees, and those the medium holds.

A change of a name is seen at once and on the medium once its folder has been synced. When the power goes,
changes not yet there may be lost: those behind some point in time, or any of them, each name's in order.
"""

import errno
from dataclasses import dataclass
from os import strerror

from flyball.lab.sim.draw import Draw
from flyball.lab.sim.sectors import Sectors


@dataclass(frozen=True)
class Change:
    """`path` now names `node` (None: a folder) or, when `gone`, nothing; `old` is what a rename took it
    from.
    """

    path: str
    node: Sectors | None
    gone: bool = False
    old: str = ""

    def concerns(self, folder: str) -> bool:
        """Whether a sync of this folder takes it to the medium."""
        return parent(self.path) == folder or (bool(self.old) and parent(self.old) == folder)

    def apply(self, names: dict[str, Sectors | None]) -> None:
        """Make it in a set of names."""
        if self.old:
            names.pop(self.old, None)
        if self.gone:
            names.pop(self.path, None)
        else:
            names[self.path] = self.node


class Names:
    """Paths, slashes between parts, "" the root; each a file's contents or None for a folder."""

    def __init__(self) -> None:
        self.seen: dict[str, Sectors | None] = {"": None}
        self.medium: dict[str, Sectors | None] = {"": None}
        self._pending: list[Change] = []

    def file(self, path: str) -> Sectors:
        """The contents of a file. FileNotFoundError, IsADirectoryError, NotADirectoryError."""
        node = self.find(path)
        if node is None:
            raise failure(errno.EISDIR, path)
        return node

    def find(self, path: str) -> Sectors | None:
        """A file's contents, None for a folder; raises for what is not there."""
        if path in self.seen:
            return self.seen[path]
        self.folder_of(path)
        raise failure(errno.ENOENT, path)

    def folder_of(self, path: str) -> None:
        """Raises unless the folder a path lies in is there."""
        above = parent(path)
        if self.seen.get(above, _NONE) is not None:
            raise failure(errno.ENOTDIR if above in self.seen else errno.ENOENT, path)

    def change(self, change: Change) -> None:
        """Seen from now on, not yet on the medium."""
        change.apply(self.seen)
        self._pending.append(change)

    def sync(self, folder: str) -> None:
        """What has changed in a folder is on the medium."""
        if not self._pending:
            return
        left: list[Change] = []
        for change in self._pending:
            if change.concerns(folder):
                change.apply(self.medium)
            else:
                left.append(change)
        self._pending = left

    def listed(self, folder: str) -> list[str]:
        """The names in a folder, sorted."""
        front = f"{folder}/" if folder else ""
        size = len(front)
        return sorted(p[size:] for p in self.seen if p.startswith(front) and p[size:] and "/" not in p[size:])

    def lose_power(self, draw: Draw) -> None:
        """What is found when the power is back; files keep what their own medium holds."""
        if self._pending:
            ordered, last = draw.below(2), draw.below(len(self._pending) + 1)
            lost: set[str] = set()
            for at, change in enumerate(self._pending):
                kept = at < last if ordered else bool(draw.below(2))
                if kept and change.path not in lost and change.old not in lost:
                    change.apply(self.medium)
                else:  # what comes later for the same name rests on it
                    lost.update(name for name in (change.path, change.old) if name)
            self._pending.clear()
        self.medium = {path: node for path, node in self.medium.items() if self._reachable(path)}
        self.seen = dict(self.medium)

    def _reachable(self, path: str) -> bool:
        above = parent(path)
        while above:
            if self.medium.get(above, _NONE) is not None:
                return False
            above = parent(above)
        return True


_NONE = Sectors()  # stands for what is not there: not None, as folders are


def parent(path: str) -> str:
    """The folder a path lies in."""
    return path.rpartition("/")[0]


def failure(number: int, path: str) -> OSError:
    """The error the system gives, with the path."""
    return OSError(number, strerror(number), path)
