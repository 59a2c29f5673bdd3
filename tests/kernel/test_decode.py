"""From bytes back to the value, exactly; and from garbage to a clear word, never to a value."""

from dataclasses import dataclass, field, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.canon import DERIVED, canonical, recorded
from flyball.kernel.decode import DecodeError, Fields, decode, parse
from flyball.kernel.governor import SCHEMA, Governor
from flyball.kernel.state import State
from flyball.kernel.upcasts import FIRST, UPCASTS, read_state, upcast
from tests.kernel.test_state_leaves import rich


@dataclass
class Inner:
    a: int = 1
    on: bool = False
    name: str = ""


@dataclass
class Outer:
    cache: int = field(default=7, metadata=DERIVED)
    inner: Inner = field(default_factory=Inner)
    rows: list[Inner] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    pair: tuple[int, str] = (0, "")
    deep: dict[str, dict[str, list[int]]] = field(default_factory=dict)


inners = st.builds(Inner, st.integers(), st.booleans(), st.text(max_size=5))
outers = st.builds(
    Outer,
    st.just(7),
    inners,
    st.lists(inners, max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
    st.tuples(st.integers(), st.text(max_size=3)),
    st.dictionaries(
        st.text(max_size=2), st.dictionaries(st.text(max_size=2), st.lists(st.integers(), max_size=2))
    ),
)


@given(outers)
def test_what_was_recorded_comes_back(value: Outer) -> None:
    again = decode(Outer, recorded(value))
    assert again == value
    assert list(again.by_name) == list(value.by_name)
    assert canonical(again) == canonical(value)


def test_the_order_of_a_mapping_is_kept_where_it_is_recorded_and_not_in_the_hash() -> None:
    one, two = Outer(by_name={"b": 1, "a": 2}), Outer(by_name={"a": 2, "b": 1})
    assert canonical(one) == canonical(two)
    assert recorded(one) != recorded(two)
    assert list(decode(Outer, recorded(one)).by_name) == ["b", "a"]


def test_a_name_that_is_no_unicode_text_is_kept() -> None:
    value = Inner(name="a\udc80b")
    assert decode(Inner, recorded(value)) == value


def test_caches_have_their_defaults() -> None:
    assert decode(Outer, recorded(Outer(cache=12))).cache == 7


def test_a_rich_state_comes_back_with_its_hash_and_its_caches() -> None:
    s = rich().s
    again = read_state(recorded(s), SCHEMA)
    again.rebuild()
    again.check()
    assert Governor(again).state_hash() == Governor(s).state_hash()
    assert Governor(again).book_hash() == Governor(s).book_hash()
    assert recorded(again) == recorded(s)
    for f in fields(State):
        ours, theirs = getattr(again, f.name), getattr(s, f.name)
        if f.name == "live":  # an order that is over leaves an empty place behind
            theirs = {symbol: found for symbol, found in theirs.items() if found}
        assert ours == theirs, f.name


BAD: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "0 values"),
    ("two values", recorded(Inner()) * 2, "2 values"),
    ("another record", b"oOther;i1;fs0:e", "a Inner expected, not a Other"),
    ("a field less", b"oInner;i1;fe", "a Inner of 2 fields, it has 3"),
    ("a field more", b"oInner;i1;fs0:i1;e", "a Inner of 4 fields"),
    ("a text for an integer", b"oInner;s1:1fs0:e", "Inner.a: int expected"),
    ("a boolean for an integer", b"oInner;tfs0:e", "Inner.a: int expected"),
    ("an integer for a boolean", b"oInner;i1;i0;s0:e", "Inner.on: bool expected"),
    ("cut", recorded(Inner())[:-1], "ends inside a value"),
    ("an end too many", recorded(Inner()) + b"e", "an end without a beginning"),
    ("not UTF-8", b"oInner;i1;fs1:\xffe", "not UTF-8"),
    ("an unknown sign", b"oInner;x", "begins no value"),
    ("a text longer than the bytes", b"oInner;i1;fs9:abce", "9 characters"),
    ("a text of negative length", b"oInner;i1;fs-1:e", "-1 characters"),
    ("a text without a length", b"oInner;i1;fs", "no integer"),
    ("an integer without an end", b"oInner;i1", "no integer"),
    ("plus", b"oInner;i+1;fs0:e", "no integer"),
    ("a zero in front", b"oInner;i01;fs0:e", "no integer"),
    ("minus zero", b"oInner;i-0;fs0:e", "no integer"),
    ("an underscore", b"oInner;i1_0;fs0:e", "no integer"),
    ("an Arabic digit", "oInner;i\u0661;fs0:e".encode(), "no integer"),
    ("an endless integer", b"oInner;i" + b"9" * 100_000 + b";fs0:e", "no integer"),
    ("nested for ever", b"l" * 100_000, "nested deeper"),
    ("a record without a name", b"oInner", "without a name"),
]


@pytest.mark.parametrize(("data", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_garbage_is_an_error_that_says_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode(Inner, data)


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"ds1:ai1;s1:ai2;e", "twice"), (b"ds1:ae", "names and values"), (b"di1;i2;e", "names and values")],
)
def test_a_mapping_has_each_name_once(data: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        parse(data)


STATE = recorded(rich().s)


@given(st.integers(0, len(STATE) - 1), st.integers(0, 255), st.integers(0, 3))
def test_a_changed_byte_of_a_state_gives_a_state_or_an_error_nothing_else(
    at: int, byte: int, cut: int
) -> None:
    changed = STATE[:at] + bytes([byte]) + STATE[at + 1 :]
    try:
        found = read_state(changed[: len(changed) - cut * at // 3], SCHEMA)
    except DecodeError:
        return
    assert recorded(found) == changed


@given(st.binary(max_size=60))
def test_any_bytes_are_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        read_state(data, SCHEMA)


# -- schemas ------------------------------------------------------------------------------------------------


def test_every_older_schema_has_its_step() -> None:
    assert sorted(UPCASTS) == list(range(FIRST, SCHEMA))


def older(s: State) -> bytes:
    """The state as a made-up earlier schema had it: an account that was a number, and no `failures`."""
    tree = parse(recorded(s))
    assert isinstance(tree, Fields)
    names = [f.name for f in fields(State) if not f.metadata.get("derived")]
    values: list[Any] = list(tree.values)
    values[names.index("account")] = 17
    del values[names.index("failures")]
    return recorded_tree(Fields("Conditions", values))


def recorded_tree(tree: Any) -> bytes:
    """A tree back into bytes."""
    if isinstance(tree, Fields):
        return f"o{tree.name};".encode() + b"".join(map(recorded_tree, tree.values)) + b"e"
    if isinstance(tree, dict):
        inner = b"".join(recorded(key) + recorded_tree(value) for key, value in tree.items())
        return b"d" + inner + b"e"
    if isinstance(tree, list):
        return b"l" + b"".join(map(recorded_tree, tree)) + b"e"
    return recorded(tree)


def test_a_state_of_an_older_schema_is_brought_up_to_date() -> None:
    s = rich().s
    names = [f.name for f in fields(State) if not f.metadata.get("derived")]

    def first(tree: Fields) -> Fields:
        return Fields("State", tree.values)

    def second(tree: Fields) -> Fields:
        at = names.index("failures")
        values = [*tree.values[:at], s.failures, *tree.values[at:]]
        number = values[names.index("account")]
        assert isinstance(number, int), "the account was a number"
        values[names.index("account")] = {17: s.account}[number]
        return Fields("State", values)

    steps = {1: first, 2: second}
    tree = upcast(parse(older(s)), 1, 3, steps)
    assert recorded_tree(tree) == recorded(s)
    assert decode(State, recorded_tree(tree)).account == s.account
    with pytest.raises(DecodeError, match="schema 1, which this version cannot bring up to 3"):
        upcast(parse(older(s)), 1, 3, {1: first})
    with pytest.raises(DecodeError, match="not what schema 2 looks like"):
        upcast(parse(recorded(s)), 2, 3, {2: second})
    with pytest.raises(DecodeError, match="schema 4, which this version is too old to know"):
        upcast(parse(recorded(s)), 4, 3, steps)
