"""One canonical byte string for any kernel value, and its hash. Equal values give equal bytes on any
machine, compiled or not.

Integers as `i<decimal>;`, text as `s<length>:<utf-8>`, booleans `t`/`f`, sequences `l...e`, mappings sorted
by key `d...e`, records `o<class name>...e` field by field. Fields marked DERIVED are left out: they are
recomputed, not remembered. `recorded` is the same with mappings in the order they have, for what will be
gone on with: a rule may ask a mapping's entries in turn, so a state read back must have them in that order.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Final

DERIVED: Final = {"derived": True}  # metadata of a dataclass field that is a cache

_FIELDS: dict[type, tuple[str, ...]] = {}

Keys = Callable[[dict[str, object]], Iterable[str]]


def hashed_fields(kind: type) -> tuple[str, ...]:
    """The names of a record's fields that count, in order."""
    names = _FIELDS.get(kind)
    if names is None:
        names = tuple(f.name for f in fields(kind) if not f.metadata.get("derived"))
        _FIELDS[kind] = names
    return names


def _write(value: object, out: list[str], keys: Keys) -> None:
    if value is True:
        out.append("t")
    elif value is False:
        out.append("f")
    elif isinstance(value, int):
        out.append(f"i{value};")
    elif isinstance(value, str):
        out.append(f"s{len(value)}:{value}")
    elif isinstance(value, (list, tuple)):
        out.append("l")
        for item in value:
            _write(item, out, keys)
        out.append("e")
    elif isinstance(value, dict):
        out.append("d")
        for key in keys(value):
            _write(key, out, keys)
            _write(value[key], out, keys)
        out.append("e")
    else:
        kind = type(value)
        out.append(f"o{kind.__name__};")
        for name in hashed_fields(kind):
            _write(getattr(value, name), out, keys)
        out.append("e")


def canonical(value: object) -> bytes:
    """The canonical bytes of a value made of int, str, bool, sequences, mappings with text keys, and records
    of those."""
    return _bytes(value, sorted)


def recorded(value: object) -> bytes:
    """The bytes from which `decode` makes the same value again, the order of its mappings included."""
    return _bytes(value, iter)


def _bytes(value: object, keys: Keys) -> bytes:
    out: list[str] = []
    _write(value, out, keys)
    return "".join(out).encode("utf-8", "surrogatepass")  # a name may hold anything the journal holds


def digest(value: object) -> str:
    """sha256 of the canonical bytes, as hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
