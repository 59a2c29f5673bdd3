"""The canonical bytes: equal for equal values, different for different ones, nothing else taken."""

from dataclasses import dataclass, field, make_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.canon import DERIVED, canonical, digest, hashed_fields


@dataclass
class Box:
    a: int = 1
    b: list[int] = field(default_factory=list)
    cache: int = field(default=0, metadata=DERIVED)


@dataclass
class Crate:
    a: int = 1
    b: list[int] = field(default_factory=list)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, b"i0;"),
        (-12, b"i-12;"),
        (10**30, b"i1" + b"0" * 30 + b";"),
        (True, b"t"),
        (False, b"f"),
        ("", b"s0:"),
        ("a:;e", b"s4:a:;e"),
        ("\u00e9", b"s1:\xc3\xa9"),
        ([], b"le"),
        ((1, "x"), b"li1;s1:xe"),
        ({}, b"de"),
        ({"b": 1, "a": 2}, b"ds1:ai2;s1:bi1;e"),
        (Box(), b"oBox;i1;lee"),
        (Crate(), b"oCrate;i1;lee"),
    ],
)
def test_as_the_page_says(value, encoded):
    assert canonical(value) == encoded


def test_derived_fields_do_not_count():
    assert hashed_fields(Box) == ("a", "b")
    assert digest(Box(cache=1)) == digest(Box(cache=2)) != digest(Box(a=2))


values = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.builds(Box, a=st.integers(), b=st.lists(inner, max_size=2)),
    ),
    max_leaves=6,
)


def typed(value: Any) -> Any:
    """A value in which True is not 1."""
    if isinstance(value, list):
        return ("list", [typed(v) for v in value])
    if isinstance(value, dict):
        return ("dict", {k: typed(v) for k, v in value.items()})
    if isinstance(value, Box):
        return ("Box", value.a, typed(value.b))
    return (type(value).__name__, value)


@given(values, values)
def test_equal_bytes_mean_equal_values(a, b):
    assert (canonical(a) == canonical(b)) is (typed(a) == typed(b))


@given(st.dictionaries(st.text(max_size=3), st.integers(), min_size=2))
def test_the_order_of_a_mapping_does_not_matter(d):
    assert canonical(d) == canonical(dict(reversed(list(d.items()))))


@pytest.mark.parametrize("value", [1.5, None, b"x", {1, 2}, object(), [None]])
def test_what_is_no_kernel_value_is_not_taken(value):
    with pytest.raises(TypeError):
        canonical(value)


def test_the_name_of_a_record_counts():
    other: Any = make_dataclass("Other", [("a", int, 1), ("b", list, field(default_factory=list))])
    assert canonical(other()) != canonical(Crate())
