"""States of older schemas, brought up to this one step by step: a new version starts from the checkpoint that
the old one left, and decides nothing again.

A change to the fields of any class inside `State` raises SCHEMA (governor.py) and adds one function here,
from the tree of the schema before to the tree of the next. tests/golden keeps a journal of every schema that
was ever released.
"""

from collections.abc import Callable, Mapping
from typing import Final

from flyball.kernel.decode import DecodeError, Fields, build, parse
from flyball.kernel.governor import SCHEMA
from flyball.kernel.state import State

Upcast = Callable[[Fields], Fields]

FIRST: Final = 2  # the oldest schema that a state was ever kept under; the rules before kept none
UPCASTS: Final[dict[int, Upcast]] = {}  # n: from schema n to n + 1


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
