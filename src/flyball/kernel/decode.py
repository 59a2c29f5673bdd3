"""From the bytes of `canon` back to the value: `decode(State, recorded(s))` is `s`, its caches left to be
rebuilt.

Total: whatever the bytes are, the answer is a value of exactly the type asked for or a DecodeError that says
what is wrong and where. Nothing is guessed, nothing is filled in, nothing in the bytes is ever run. An older
schema is read as a tree first (`parse`), brought up to date (upcasts.py), then built.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from flyball.kernel.canon import hashed_fields

MAX_DEPTH: Final = 32  # of containers in containers; the state has less than ten
MAX_DIGITS: Final = 1_000  # of an integer: far above what the bounds allow

T = TypeVar("T")
Build = Callable[[object], object]


class DecodeError(ValueError):
    """These bytes are no such value; the text says what is wrong."""


@dataclass(slots=True)
class Fields:
    """A record as it stands in the bytes: the name of its class and the values of its fields, in order."""

    name: str
    values: list[object]


@dataclass(slots=True)
class _Open:
    """A container that is being read."""

    kind: str  # "l", "d", or the name of a record
    items: list[object]


def parse(data: bytes) -> object:
    """The bytes as a tree of int, str, bool, lists, dicts and `Fields`. DecodeError when they are none."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DecodeError(f"not UTF-8 at byte {error.start}") from error
    top = _Open("l", [])
    stack = [top]
    items = top.items
    at, end = 0, len(text)
    while at < end:
        sign = text[at]
        if sign == "i":
            stop = text.find(";", at)
            items.append(_integer(text[at + 1 : stop], at))
            at = stop + 1
        elif sign == "s":
            stop = text.find(":", at)
            first = stop + 1
            at = first + _length(text[at + 1 : stop], end - first, at)
            items.append(text[first:at])
        elif sign == "t" or sign == "f":
            items.append(sign == "t")
            at += 1
        elif sign == "e":
            if len(stack) == 1:
                raise DecodeError(f"an end without a beginning at {at}")
            done = stack.pop()
            items = stack[-1].items
            items.append(_closed(done, at))
            at += 1
        elif sign == "l" or sign == "d" or sign == "o":
            if len(stack) > MAX_DEPTH:
                raise DecodeError(f"nested deeper than {MAX_DEPTH} at {at}")
            stop = text.find(";", at) if sign == "o" else at
            if stop < 0:
                raise DecodeError(f"a record without a name at {at}")
            stack.append(_Open(text[at:stop] if sign == "o" else sign, []))
            items = stack[-1].items
            at = stop + 1
        else:
            raise DecodeError(f"{sign!r} at {at} begins no value")
    if len(stack) > 1:
        raise DecodeError("it ends inside a value")
    if len(items) != 1:
        raise DecodeError(f"{len(items)} values where one is expected")
    return items[0]


def _integer(text: str, at: int) -> int:
    try:
        value = int(text) if len(text) <= MAX_DIGITS else None
    except ValueError:
        value = None
    if value is None or f"{value}" != text:
        raise DecodeError(f"no integer at {at}: {text[:40]!r}")
    return value


def _length(text: str, left: int, at: int) -> int:
    length = _integer(text, at)
    if not 0 <= length <= left:
        raise DecodeError(f"a text of {length} characters at {at}, {left} are left")
    return length


def _closed(done: _Open, at: int) -> object:
    """The finished container."""
    if done.kind == "l":
        return done.items
    if done.kind != "d":
        return Fields(done.kind[1:], done.items)
    keys = done.items[::2]
    if len(done.items) % 2 or not all(isinstance(key, str) for key in keys):
        raise DecodeError(f"a mapping that ends at {at} is not made of names and values")
    made = dict(zip(keys, done.items[1::2], strict=True))
    if len(made) != len(keys):
        raise DecodeError(f"a mapping that ends at {at} has a name twice")
    return made


def build(kind: type[T], tree: object) -> T:
    """A value of the class `kind` from a tree. DecodeError when it does not fit its fields and their types
    exactly. Fields marked DERIVED have their defaults."""
    made = _builder(kind)(tree)
    assert isinstance(made, kind)
    return made


def decode(kind: type[T], data: bytes) -> T:
    """`build` of `parse`."""
    return build(kind, parse(data))


_BUILDERS: dict[object, Build] = {}


def _builder(annotation: Any) -> Build:  # noqa: ANN401  whatever stands behind a colon
    made = _BUILDERS.get(annotation)
    if made is None:
        made = _make(annotation)
        _BUILDERS[annotation] = made
    return made


def _make(annotation: Any) -> Build:  # noqa: ANN401
    if annotation in (int, str, bool):
        return _scalar(annotation)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is list:
        return _list(_builder(parts[0]))
    if origin is tuple and parts[-1] is Ellipsis:
        return _tuple(_builder(parts[0]))
    if origin is tuple:
        return _row([_builder(part) for part in parts])
    if origin is dict and parts[0] is str:
        return _dict(_builder(parts[1]))
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _record(annotation)
    raise TypeError(f"{annotation}: no kernel value")


def _scalar(kind: type) -> Build:
    def scalar(tree: object) -> object:
        if type(tree) is not kind:
            raise DecodeError(f"{kind.__name__} expected, not {_short(tree)}")
        return tree

    return scalar


def _list(item: Build) -> Build:
    def sequence(tree: object) -> list[object]:
        if type(tree) is not list:
            raise DecodeError(f"a sequence expected, not {_short(tree)}")
        return [item(one) for one in tree]

    return sequence


def _tuple(item: Build) -> Build:
    whole = _list(item)
    return lambda tree: tuple(whole(tree))  # type: ignore[arg-type]  # what _list makes is a list


def _row(items: list[Build]) -> Build:
    def row(tree: object) -> tuple[object, ...]:
        if type(tree) is not list or len(tree) != len(items):
            raise DecodeError(f"{len(items)} values expected, not {_short(tree)}")
        return tuple(item(one) for item, one in zip(items, tree, strict=True))

    return row


def _dict(item: Build) -> Build:
    def mapping(tree: object) -> dict[str, object]:
        if type(tree) is not dict:
            raise DecodeError(f"a mapping expected, not {_short(tree)}")
        return {key: item(one) for key, one in tree.items()}

    return mapping


def _record(kind: type) -> Build:
    names = hashed_fields(kind)
    hints = get_type_hints(kind)
    simple = tuple(hints[name] for name in names)
    plain = all(hint in (int, str, bool) for hint in simple)
    builders = [_builder(hint) for hint in simple]
    # positions serve where what is left out stands last; names cost twice as much
    in_place = names == tuple(f.name for f in fields(kind))[: len(names)]

    def record(tree: object) -> object:
        if type(tree) is not Fields or tree.name != kind.__name__:
            raise DecodeError(f"a {kind.__name__} expected, not {_short(tree)}")
        values = tree.values
        if len(values) != len(names):
            raise DecodeError(f"a {kind.__name__} of {len(values)} fields, it has {len(names)}")
        if not plain or tuple(map(type, values)) != simple:
            made = []
            for name, builder, value in zip(names, builders, values, strict=True):
                try:
                    made.append(builder(value))
                except DecodeError as wrong:
                    raise DecodeError(f"{kind.__name__}.{name}: {wrong}") from wrong
            values = made
        return kind(*values) if in_place else kind(**dict(zip(names, values, strict=True)))

    return record


def _short(tree: object) -> str:
    return f"a {tree.name}" if isinstance(tree, Fields) else f"{tree!r:.40}"
