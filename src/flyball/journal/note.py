"""The note `head`: where the journal stood when it was last closed or opened, and known durable.

It is one line, replaced as a whole. With it a cut tail is noticed even without a head hash kept elsewhere;
whoever can change the journal can change the note too, so it is no proof against people.
"""

from dataclasses import dataclass
from typing import Final

from flyball.journal.errors import JournalDamaged, JournalForbidden, JournalUnreadable
from flyball.ports import Disk

NOTE: Final = "head"
_WORD: Final = "flyball-journal-head"
_REMEDY: Final = (
    "if `flyball journal verify` finds the segments whole, remove this one file; else restore from a backup"
)


@dataclass
class Note:
    """Record `seq` was the last one, `hash` its block's hash, in the journal `id`."""

    id: bytes
    seq: int
    hash: bytes


def write_note(disk: Disk, note: Note) -> None:
    """OSError when the disk refuses."""
    disk.replace(NOTE, f"{_WORD} 1 {note.id.hex()} {note.seq} {note.hash.hex()}\n".encode())


def read_note(disk: Disk) -> Note | None:
    """None when there is none. JournalDamaged when it is no such line."""
    path = f"{disk.root}/{NOTE}"
    try:
        text = disk.read(NOTE)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise JournalForbidden(path, "no permission to read it", "give it back to its owner") from error
    except OSError as error:
        raise JournalUnreadable(path, f"cannot be read ({error.strerror})", "check the disk") from error
    try:
        word, version, journal, seq, digest = text.decode("ascii").split(" ")
        note = Note(bytes.fromhex(journal), int(seq), bytes.fromhex(digest))
    except ValueError as error:
        raise JournalDamaged(path, "it does not say where the journal ended", _REMEDY, 0, 1) from error
    whole = f"{word} {version} {note.id.hex()} {note.seq} {note.hash.hex()}\n"
    if word != _WORD or version != "1" or whole.encode() != text:
        raise JournalDamaged(path, "it does not say where the journal ended", _REMEDY, 0, 1)
    return note
