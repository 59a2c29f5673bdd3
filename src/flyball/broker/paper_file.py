"""The paper broker's own file: one line for each thing it accepted, durable before it acknowledges anything.

A line is the CRC-32 of its JSON in hex, a space, the JSON. The first one says what account this is. A torn
end (a crash while writing) was never acknowledged and is cut; damage with whole lines behind it, or an id
that is there twice, refuses the file.
"""

from contextlib import suppress
from dataclasses import fields
from typing import Final
from zlib import crc32

import msgspec

from flyball.broker.paper_settings import PaperSettings
from flyball.ports import Disk

FORMAT: Final = 1


class PaperFileError(Exception):
    """The file is not what it has to be; the text says where and what to do."""


class Opened(msgspec.Struct, frozen=True, tag="account", tag_field="record"):
    """The first line: what the rest depends on."""

    format: int
    seed: int
    start_cash: int
    settings: dict[str, int]


class Placed(msgspec.Struct, frozen=True, tag="order", tag_field="record"):
    """An order the broker has. `ts` is when it was decided, `arrival` when it reached the broker."""

    client_id: str
    intent: str
    author: str
    strategy: str
    symbol: str
    side: int
    qty: int
    type: str
    limit: int
    tif: str
    leg: int
    attempt: int
    ts: int
    arrival: int
    stop: int = 0


class Withdrawn(msgspec.Struct, frozen=True, tag="cancel", tag_field="record"):
    """A cancel the broker has."""

    client_id: str
    attempt: int
    ts: int
    arrival: int


Record = Opened | Placed | Withdrawn

_DECODER: Final = msgspec.json.Decoder(Record)


def opened(seed: int, start_cash: int, settings: PaperSettings) -> Opened:
    """The first line of an account."""
    return Opened(FORMAT, seed, start_cash, {f.name: getattr(settings, f.name) for f in fields(settings)})


def line(record: Record) -> bytes:
    """One record as its line."""
    body = msgspec.json.encode(record)
    return b"%08x %s\n" % (crc32(body), body)


class PaperFile:
    """Append and sync. `lost` says why nothing can be accepted any more, "" while all is well.

    Raises PaperFileError when the file is damaged or belongs to another account, OSError when it cannot be
    opened.
    """

    def __init__(self, disk: Disk, path: str, first: Opened) -> None:
        self.lost = ""
        self._where = f"{disk.root}/{path}"
        self._unsynced = False
        self._file = disk.open(path, create=True)
        self._end = self._file.size()
        found, good = self._read(self._file.read(0, self._end))
        if good < self._end:
            self._file.truncate(good)
            self._end, self._unsynced = good, True
        if not found:
            self._write(first)
        elif found[0] != first:
            raise self._another(found[0], first)
        self.records = [record for record in found if not isinstance(record, Opened)]
        self._sync()

    def append(self, record: Record) -> bool:
        """Write one record; False when the disk refuses, and then the broker does not have it."""
        if self.lost:
            return False
        try:
            self._write(record)
        except OSError:
            try:
                self._file.truncate(self._end)
            except OSError as failure:
                self.lost = f"{self._where}: cannot be written: {failure}"
            return False
        return True

    def sync(self) -> bool:
        """Make durable what was appended; False when that failed, which is final."""
        if self._unsynced and not self.lost:
            try:
                self._sync()
            except OSError as failure:
                self.lost = f"{self._where}: cannot be made durable: {failure}"
        return not self.lost

    def close(self) -> None:
        """Sync what is left and let go of the file."""
        self.sync()
        with suppress(OSError):
            self._file.close()

    def _write(self, record: Record) -> None:
        data = line(record)
        self._file.write(self._end, data)
        self._end += len(data)
        self._unsynced = True

    def _sync(self) -> None:
        if self._unsynced:
            self._file.sync()
            self._unsynced = False

    def _read(self, data: bytes) -> tuple[list[Record], int]:
        """The whole records from the start, and where they end."""
        found: list[Record] = []
        placed: set[str] = set()
        good = 0
        lines = data.split(b"\n")
        for at, text in enumerate(lines[:-1]):
            record = _record(text)
            if record is None:
                if any(_record(later) is not None for later in lines[at + 1 : -1]):
                    raise PaperFileError(
                        f"{self._where}:{at + 1}: damaged, with whole lines behind it\n"
                        "remedy: restore the file from a backup; the account cannot be told from the rest"
                    )
                break
            if isinstance(record, Opened) != (at == 0) or not _follows(record, placed):
                raise PaperFileError(
                    f"{self._where}:{at + 1}: a record that cannot stand here:"
                    f" {text.decode(errors='replace')}\nremedy: restore the file from a backup"
                )
            found.append(record)
            good += len(text) + 1
        return found, good

    def _another(self, there: Record, wanted: Opened) -> PaperFileError:
        assert isinstance(there, Opened)
        names = ("format", "seed", "start_cash")
        was = {name: getattr(there, name) for name in names} | there.settings
        now = {name: getattr(wanted, name) for name in names} | wanted.settings
        differ = [
            f"{name} was {was.get(name)}, is {now.get(name)}"
            for name in {**was, **now}
            if was.get(name) != now.get(name)
        ]
        return PaperFileError(
            f"{self._where}: this paper account was begun otherwise: {'; '.join(differ)}\n"
            "remedy: put the numbers back under [broker.paper], or begin another account in another folder"
        )


def _record(text: bytes) -> Record | None:
    """The record of a line, None when it is not whole."""
    body = text[9:]
    if text[:9] != b"%08x " % crc32(body):
        return None
    try:
        record: Record = _DECODER.decode(body)
    except msgspec.DecodeError:
        return None
    return record


def _follows(record: Record, placed: set[str]) -> bool:
    """Whether a record fits those before it; keeps count of the orders."""
    if isinstance(record, Placed):
        known = record.client_id in placed
        placed.add(record.client_id)
        return not known
    return isinstance(record, Opened) or record.client_id in placed
