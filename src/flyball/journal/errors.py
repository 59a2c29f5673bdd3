"""What can be wrong with a journal: one class for each, every message naming the file and the remedy."""

# ruff: noqa: N818  a name says what happened

RESTORE = "restore the journal from its newest verified backup; keep this copy, it is evidence"


class JournalError(Exception):
    """Something is wrong with the journal: in `file`, `what`, and what to do about it (`remedy`)."""

    def __init__(self, file: str, what: str, remedy: str) -> None:
        super().__init__(f"{file}: {what}; {remedy}")
        self.file = file
        self.what = what
        self.remedy = remedy


class JournalAbsent(JournalError):
    """There is no journal here."""


class JournalExists(JournalError):
    """There is a journal here already."""


class JournalLocked(JournalError):
    """Another process has it open."""


class JournalForbidden(JournalError):
    """The permissions do not allow it."""


class JournalUnreadable(JournalError):
    """The disk does not give the bytes back."""


class JournalForeign(JournalError):
    """The file is no journal segment, or one of another journal."""


class JournalVersion(JournalError):
    """A format, a kind or a field that this version does not know."""


class JournalMissing(JournalError):
    """A segment is missing between or before others."""


class JournalDamaged(JournalError):
    """Bytes that must have been durable changed or are gone: in `file` at `offset`, record `seq` on."""

    def __init__(self, file: str, what: str, remedy: str, offset: int, seq: int) -> None:
        super().__init__(file, f"damaged at byte {offset}, from record {seq} on: {what}", remedy)
        self.offset = offset
        self.seq = seq


class JournalWriteFailed(JournalError):
    """The disk refused a write. The journal takes nothing more until it is opened anew."""


class JournalFull(JournalWriteFailed):
    """No space left (or no quota). The journal takes nothing more until it is opened anew."""
