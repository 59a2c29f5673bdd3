"""Records for tests: a plain example of every class, and any record of a class at all."""

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from flyball.journal.codec import Record
from flyball.kernel.effects import Decision
from flyball.kernel.events import Mark

TS = 1_222_781_400_000_000_000  # 2008-09-30T13:30:00Z
EDGES = (
    0,
    1,
    -1,
    -2,
    127,
    128,
    -33,
    2**31,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64 - 1,
    2**64,
    -(2**63) - 1,
    10**40,
    -(10**40),
)

integers = st.one_of(st.sampled_from(EDGES), st.integers())
texts = st.one_of(
    st.text(), st.text(alphabet=st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), max_size=3)
)


def values(annotation: object) -> st.SearchStrategy[Any]:
    if annotation is int:
        return integers
    if annotation is str:
        return texts
    if annotation is bool:
        return st.booleans()
    assert get_origin(annotation) is tuple, annotation
    parts = get_args(annotation)
    if parts[-1] is Ellipsis:
        return st.lists(values(parts[0]), max_size=5).map(tuple)
    return st.tuples(*map(values, parts))


def any_of(record: type[Record]) -> st.SearchStrategy[Record]:
    hints = get_type_hints(record)
    return st.builds(record, **{f.name: values(hints[f.name]) for f in dataclasses.fields(record)})


def plain(annotation: object) -> Any:
    if annotation is int:
        return 3
    if annotation is str:
        return "x"
    if annotation is bool:
        return True
    parts = get_args(annotation)
    return (plain(parts[0]),) if parts[-1] is Ellipsis else tuple(map(plain, parts))


def example(record: type[Record], ts: int = TS) -> Record:
    """One record of the class, every field filled."""
    hints = get_type_hints(record)
    filled = {f.name: plain(hints[f.name]) for f in dataclasses.fields(record)}
    return record(**{**filled, "ts": ts})


def batches(sizes: list[int], ts: int = TS) -> list[list[Record]]:
    """Blocks of marks and decisions, as many records in each as `sizes` says, no two of them equal."""
    blocks: list[list[Record]] = []
    n = 0
    for size in sizes:
        block: list[Record] = []
        for _ in range(size):
            n += 1
            block.append(
                Mark(ts + n, "MSFT", 100 + n, 101 + n, 0, 0, 0, "f" * (n % 7), n)
                if n % 3
                else Decision(
                    ts + n,
                    f"i{n}",
                    "s",
                    "MSFT",
                    1,
                    "reject",
                    0,
                    n,
                    0,
                    ("SIZE_ORDER_QTY",),
                    True,
                    100,
                    10**6,
                    tuple(range(-2, 40)),
                )
            )
        blocks.append(block)
    return blocks
