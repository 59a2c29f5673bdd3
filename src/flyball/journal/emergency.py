"""Where records go when the journal cannot take them: JSON lines beside it, best effort, never an error.

What leaves from memory (exits, cancels) is written here, on another disk if one is given, so that a person
and the next start know of it. A line is a record's kind and its fields, integers as the kernel has them.
Nothing here is chained; with a syncer of its own it is made durable soon, and nobody waits for that.
"""

import json
from collections.abc import Sequence
from typing import Final

from flyball.journal.codec import Record, fields
from flyball.ports import Disk, File, Syncer

PATH: Final = "emergency.jsonl"


class EmergencyLog:
    """One file of JSON lines on `disk`, which need not be the journal's."""

    def __init__(self, disk: Disk, path: str = PATH, syncer: Syncer | None = None) -> None:
        self.path = f"{disk.root}/{path}"
        self.failed = ""  # why the last append did not reach the file, "" when it did
        self._disk = disk
        self._file = path
        self._syncer = syncer
        self._open: File | None = None
        self._count = 0
        self._torn = bool(self._read()[-1:].strip())  # the last writer died within a line

    def append(self, records: Sequence[Record]) -> bool:
        """Write them all at once. False when that failed; `failed` says why."""
        try:
            lines = [json.dumps({"kind": record.KIND, **fields(record)}) + "\n" for record in records]
            # behind a line that was cut short, a new one starts on a line of its own
            self._disk.append(self._file, ("\n" * self._torn + "".join(lines)).encode())
            self._sync()
        except Exception as error:  # noqa: BLE001  an exit is on its way: nothing may stop it here
            self.failed = f"{type(error).__name__}: {error}"
            self._torn = True
            return False
        self.failed = ""
        self._torn = False
        return True

    def entries(self) -> list[dict[str, object]]:
        """What is in the file, in order, without lines that were cut short; nothing when it is unreadable."""
        found: list[dict[str, object]] = []
        for line in self._read().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found

    def _sync(self) -> None:
        if self._syncer is None:
            return
        if self._open is None:
            self._open = self._disk.open(self._file)
        self._count += 1
        self._syncer.request(self._open, self._count)

    def _read(self) -> bytes:
        try:
            return self._disk.read(self._file)
        except OSError:
            return b""
