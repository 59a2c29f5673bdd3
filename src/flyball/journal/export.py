"""The export: every record of the journal as one line of JSON, in order, that a stranger can read without
our code.

`v`, `seq`, `ts`, `kind`, then the kind's fields; what is absent in the record is absent in the line. Every
record has its line, so numbers without a gap show that none is missing. docs/reference/journal.md is the
contract.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final, cast, get_args

import msgspec

from flyball.journal.codec import Record
from flyball.journal.export_effects import effect_line
from flyball.journal.export_events import event_line
from flyball.journal.export_units import Line, Units, when
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event

V: Final = 1
_EVENTS: Final = frozenset(get_args(Event))


def lines(records: Iterable[tuple[int, Record]]) -> Iterator[Line]:
    """A line for each numbered record. Begin at record 1: units and links come from earlier lines."""
    units = Units()
    for seq, record in records:
        if type(record) in _EVENTS:
            kind, found = event_line(units, cast(Event, record))
        else:
            kind, found = effect_line(units, seq, cast(Effect, record))
        line: Line = {"v": V, "seq": seq, "ts": when(record.ts), "kind": kind}
        for key, value in found.items():
            if value is not None and value != "":
                line[key] = value
        yield line


def to_json(line: Line) -> bytes:
    """One line of text, ended, without spaces; UTF-8."""
    try:
        return msgspec.json.encode(line) + b"\n"
    except (OverflowError, UnicodeEncodeError):  # integers beyond 64 bits, lone surrogates
        return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def export(records: Iterable[tuple[int, Record]]) -> Iterator[bytes]:
    """The JSON Lines of the records."""
    return map(to_json, lines(records))
