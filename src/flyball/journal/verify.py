"""`verify`: is every byte of the journal what it was when it was written, and if not, which is the first
that is not?

Read-only, and needs no lock: it works while the governor runs. The chain alone proves that nothing was
changed *inside* the journal; that its tail was not cut off and that it was not replaced as a whole, only a
head hash kept elsewhere can prove. The report says which head it checked against.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from flyball.journal.chain import Chain
from flyball.journal.errors import (
    RESTORE,
    JournalAbsent,
    JournalDamaged,
    JournalError,
    JournalForbidden,
)
from flyball.journal.note import NOTE
from flyball.journal.segment import Block
from flyball.ports import Disk

ELSEWHERE: Final = "only a head hash kept elsewhere shows a tail cut off or a journal replaced"
CUT: Final = "a crash leaves it like this: starting the governor cuts it off and says so"
_rows: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_row: Final = msgspec.msgpack.Decoder().decode


@dataclass
class Damage:
    """The first thing that is wrong: in `file`, in the block at byte `offset`, with record `seq` on."""

    file: str
    offset: int
    seq: int
    what: str
    remedy: str
    torn: bool = False  # a crash or a power loss leaves it like this: opening the journal cuts it off


@dataclass
class VerifyReport:
    """What is there, as far as it is whole, and against which head that was checked."""

    ok: bool = False
    segments: int = 0
    blocks: int = 0
    records: int = 0
    first_ts: int = 0  # UTC nanoseconds, 0 without records
    last_ts: int = 0
    head: str = ""  # hash of the last whole block, 64 hex digits
    checked_against: str = ""
    damage: Damage | None = None


def verify(disk: Disk, head: str | None = None) -> VerifyReport:
    """Read all of the journal below `disk`. `head`: a head hash (64 hex digits) that was kept elsewhere.

    JournalAbsent or JournalForbidden when there is nothing that may be read, ValueError when `head` is no
    hash. Everything else is in the report.
    """
    wanted = None if head is None else _digest(head)
    report = VerifyReport()
    met = -1  # the record at which the wanted head was met
    chain: Chain | None = None
    try:
        chain = Chain(disk)
        for block in chain:
            if not report.blocks:
                report.first_ts = block.ts
            report.last_ts = _last_ts(block, chain)
            report.blocks += 1
            report.records = block.last
            if block.hash == wanted:
                met = block.last
    except (JournalAbsent, JournalForbidden):
        raise
    except JournalError as error:
        report.damage = _damage(error, report.records + 1)
    if chain is not None:
        report.segments = len(chain.ends)
        report.head = chain.hash.hex()
        if chain.flaw is not None:
            flaw = chain.flaw
            report.damage = _damage(flaw.error, flaw.seq, flaw.offset, flaw.what, torn=flaw.cut)
        elif wanted is not None and wanted == chain.genesis:
            met = max(met, 0)
        report.checked_against = _against(chain, wanted, met)
        if wanted is not None and met < 0 and report.damage is None:
            what = "the head given is in no block: the tail was cut off, or this is another journal"
            path = chain.path(chain.number)
            report.damage = Damage(path, chain.offset, report.records + 1, what, RESTORE)
    report.ok = report.damage is None
    return report


def _digest(head: str) -> bytes:
    text = head.strip().lower()
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise ValueError(f"head {head!r}: a head hash has 64 hexadecimal digits")
    return digest


def _last_ts(block: Block, chain: Chain) -> int:
    """The time of the block's last record. JournalDamaged when it does not hold the records it says."""
    path = chain.path(chain.number)
    try:
        rows = _rows(block.payload)
        last = _row(rows[-1])[1] if len(rows) == block.count else None
    except (ValueError, LookupError, TypeError):
        last = None
    if not isinstance(last, int):
        what = f"the block does not hold the {block.count} records that it says"
        raise JournalDamaged(path, what, RESTORE, block.offset, block.first)
    return last


def _against(chain: Chain, wanted: bytes | None, met: int) -> str:
    if wanted is not None and met >= 0:
        return f"the head given, which is record {met} of {chain.seq}"
    if wanted is not None:
        return "the head given, which was not met"
    if chain.note is not None:
        return f"the journal's own note {NOTE!r} (record {chain.note.seq} of {chain.seq}); {ELSEWHERE}"
    return f"nothing but the journal itself; {ELSEWHERE}"


def _damage(error: JournalError, seq: int, offset: int = 0, what: str = "", *, torn: bool = False) -> Damage:
    if isinstance(error, JournalDamaged):
        seq, offset = error.seq, error.offset
    remedy = CUT if torn else error.remedy
    return Damage(error.file, offset, seq, what or error.what, remedy, torn)
