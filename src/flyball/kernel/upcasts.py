"""States of older schemas, brought up to this one step by step: a new version starts from the checkpoint that
the old one left, and decides nothing again.

A change to the fields of any class inside `State` raises SCHEMA (governor.py) and adds one function here,
from the tree of the schema before to the tree of the next. tests/golden keeps a journal of every schema that
was ever released.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, get_args, get_type_hints

from flyball.kernel import schema_2
from flyball.kernel.canon import hashed_fields, recorded
from flyball.kernel.decode import DecodeError, Fields, build, parse
from flyball.kernel.governor import SCHEMA
from flyball.kernel.state import State

Upcast = Callable[[Fields], Fields]

FIRST: Final = 2  # the oldest schema that a state was ever kept under; the rules before kept none


def _from_2(tree: Fields) -> Fields:
    """Schema 3 only added fields: each begins with its default."""
    renewed = _renewed(tree, schema_2.FIELDS, _records(State, {}))
    assert isinstance(renewed, Fields)
    return renewed


UPCASTS: Final[dict[int, Upcast]] = {2: _from_2}  # n: from schema n to n + 1


def read_state(data: bytes, schema: int) -> State:
    """The state in these bytes of `canon.recorded`, written under `schema`; its caches are empty (`rebuild`).
    DecodeError: no state of that schema, or one this version cannot bring up to date."""
    return build(State, upcast(parse(data), schema, SCHEMA, UPCASTS))


def upcast(tree: object, schema: int, to: int, steps: Mapping[int, Upcast]) -> object:
    """A tree of an older schema, brought up to `to` one step at a time: `steps[n]` makes n + 1 of n.
    DecodeError when a step is missing or fails."""
    if schema > to:
        raise DecodeError(f"schema {schema}, which this version is too old to know (it knows {to})")
    for n in range(schema, to):
        step = steps.get(n)
        if step is None or not isinstance(tree, Fields):
            raise DecodeError(f"schema {schema}, which this version cannot bring up to {to}")
        try:
            tree = step(tree)
        except Exception as wrong:
            raise DecodeError(f"not what schema {n} looks like: {wrong!r}") from wrong
    return tree


def _renewed(tree: object, names: Mapping[str, tuple[str, ...]], kinds: Mapping[str, type]) -> object:
    """A tree whose records had the fields `names`, with those of `kinds`: what is new has its default."""
    if isinstance(tree, list):
        return [_renewed(one, names, kinds) for one in tree]
    if isinstance(tree, dict):
        return {key: _renewed(one, names, kinds) for key, one in tree.items()}
    if not isinstance(tree, Fields):
        return tree
    values = [_renewed(one, names, kinds) for one in tree.values]
    kept = dict(zip(names[tree.name], values, strict=True))
    kind = kinds[tree.name]
    return Fields(tree.name, [kept[n] if n in kept else _default(kind, n) for n in hashed_fields(kind)])


def _default(kind: type, name: str) -> object:
    """What a new field begins with, as a tree."""
    made = next(f for f in fields(kind) if f.name == name)
    value = made.default if made.default_factory is MISSING else made.default_factory()
    if value is MISSING:
        raise TypeError(f"{kind.__name__}.{name} is new and has no default")
    return parse(recorded(value))


def _records(annotation: Any, found: dict[str, type]) -> dict[str, type]:  # noqa: ANN401
    """Every record class that a value of this type may hold, by name."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        if annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            hints = get_type_hints(annotation)
            for name in hashed_fields(annotation):
                _records(hints[name], found)
    else:
        for part in get_args(annotation):
            _records(part, found)
    return found
