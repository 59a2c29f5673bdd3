"""Records to bytes and back: a record is a row `[kind, field, ...]`, a block's payload is the MessagePack
array of its rows.

One codec for every event and effect, made from their fields in the order they are declared, so a new field
goes last and has a default: older rows are then read with it. What this version does not know (a kind, more
fields) is an error that says so. Nothing a record can hold is refused: integers beyond 64 bits and strings
that are no Unicode text travel as extensions.
"""

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from flyball.journal.errors import RESTORE, JournalError, JournalVersion
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event

Record = Event | Effect

BIG: Final = 1  # extension: an integer, big-endian two's complement
RAW: Final = 2  # extension: a string with lone surrogates, UTF-8 with surrogatepass

CLASSES: Final[tuple[type[Record], ...]] = (*get_args(Event), *get_args(Effect))


@dataclasses.dataclass
class Shape:
    """How one class of record is read: how many fields a row has, and which of them are tuples, how deep."""

    record: Callable[..., Record]
    least: int
    most: int
    tuples: tuple[tuple[int, int], ...]  # (position, depth)


def _depth(annotation: object) -> int:
    """0 for a plain value, 1 for a tuple of them, 2 for a tuple of tuples."""
    if get_origin(annotation) is not tuple:
        return 0
    return 1 + max(_depth(part) for part in get_args(annotation) if part is not Ellipsis)


def _shape(record: type[Record]) -> Shape:
    hints = get_type_hints(record)
    fields = dataclasses.fields(record)
    depths = [_depth(hints[field.name]) for field in fields]
    return Shape(
        record,
        sum(field.default is dataclasses.MISSING for field in fields),
        len(fields),
        tuple((i, depth) for i, depth in enumerate(depths) if depth),
    )


_NAMES: Final[dict[type, tuple[str, ...]]] = {
    record: tuple(field.name for field in dataclasses.fields(record)) for record in CLASSES
}
_ROW: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    record: attrgetter("KIND", *names) for record, names in _NAMES.items()
}
_SHAPES: Final[dict[str, Shape]] = {record.KIND: _shape(record) for record in CLASSES}


def _extension(code: int, data: memoryview) -> object:
    if code == BIG:
        return int.from_bytes(data, "big", signed=True)
    if code == RAW:
        return str(data, "utf-8", "surrogatepass")
    raise LookupError(f"extensions of type {code}")


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[list[Any]], ext_hook=_extension).decode


def encode(records: Sequence[Record]) -> bytes:
    """The payload of a block."""
    rows = [_ROW[type(record)](record) for record in records]
    try:
        return _encode(rows)
    except (OverflowError, UnicodeEncodeError):
        return _encode(_plain(rows))


def identity(record: Record) -> bytes:
    """A record's fields without its time, as bytes: the same for the same fact told again after a restart."""
    fields = _ROW[type(record)](record)[2:]
    try:
        return _encode(fields)
    except (OverflowError, UnicodeEncodeError):
        return _encode(_plain(fields))


def decode(payload: bytes | memoryview, file: str) -> list[Record]:
    """The records of a payload, equal to what was encoded. `file` is named in errors.

    JournalVersion: a kind, a field or an extension of a newer version. JournalError: no rows at all, or
    incomplete ones.
    """
    try:
        rows = _decode(payload)
    except LookupError as error:
        raise _newer(file, str(error.args[0])) from error
    except ValueError as error:  # msgspec's own errors are ValueErrors as well
        raise JournalError(file, f"a block whose contents are no records: {error}", RESTORE) from error
    records: list[Record] = []
    for row in rows:
        if not row:
            raise JournalError(file, "a row without a kind", RESTORE)
        kind = row.pop(0)
        shape = _SHAPES.get(kind) if type(kind) is str else None
        if shape is None:
            raise _newer(file, f"records of kind {kind!r}")
        if len(row) > shape.most:
            raise _newer(file, f"records of kind {kind!r} with {len(row)} fields")
        try:
            for i, depth in shape.tuples:
                if i < len(row):
                    row[i] = tuple(row[i]) if depth == 1 else _deep(row[i], depth)
            records.append(shape.record(*row))
        except TypeError as error:
            what = f"a record of kind {kind!r} that does not fit ({len(row)} of {shape.least} fields)"
            raise JournalError(file, what, RESTORE) from error
    return records


def _newer(file: str, what: str) -> JournalVersion:
    return JournalVersion(
        file, f"holds {what}, which this version is too old to know", "use the version that wrote it"
    )


def _deep(value: Any, depth: int) -> tuple[Any, ...]:  # noqa: ANN401  rows hold anything
    return tuple(value) if depth == 1 else tuple(_deep(part, depth - 1) for part in value)


def _plain(value: object) -> object:
    """The same rows with what MessagePack cannot carry as extensions."""
    match value:
        case list() | tuple():
            return [_plain(part) for part in value]
        case int() if not -(1 << 63) <= value < 1 << 63:
            size = value.bit_length() // 8 + 1
            return msgspec.msgpack.Ext(BIG, value.to_bytes(size, "big", signed=True))
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                return msgspec.msgpack.Ext(RAW, value.encode("utf-8", "surrogatepass"))
    return value


def fields(record: Record) -> dict[str, object]:
    """The fields of a record by name, in the order they are declared."""
    return dict(zip(_NAMES[type(record)], _ROW[type(record)](record)[1:], strict=True))
