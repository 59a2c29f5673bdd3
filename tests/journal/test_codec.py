"""Every record survives the trip to bytes and back; what this version does not know, it says."""

import dataclasses

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.journal import codec
from flyball.journal.errors import JournalError, JournalVersion
from flyball.kernel import effects, events
from flyball.kernel.events import Instrument, Tick
from tests.journal.records import any_of, example

pack = msgspec.msgpack.encode


def types_of(value: object) -> object:
    """Equality does not see True for 1, nor a list inside a record."""
    if isinstance(value, tuple):
        return tuple(map(types_of, value))
    return type(value)


def test_every_class_of_the_kernel_is_known():
    here = {
        cls
        for module in (events, effects)
        for cls in vars(module).values()
        if dataclasses.is_dataclass(cls) and cls.__module__ == module.__name__
    }
    assert here == set(codec.CLASSES)
    assert len({cls.KIND for cls in codec.CLASSES}) == len(codec.CLASSES)


@pytest.mark.parametrize("kind", codec.CLASSES, ids=lambda kind: kind.KIND)
@given(data=st.data())
@settings(max_examples=50)
def test_a_record_comes_back_as_it_was(kind, data):
    record = data.draw(any_of(kind))
    (back,) = codec.decode(codec.encode([record]), "f")
    assert type(back) is type(record)
    assert back == record
    before, after = codec.fields(record), codec.fields(back)
    assert {name: types_of(value) for name, value in after.items()} == {
        name: types_of(value) for name, value in before.items()
    }


def test_a_block_of_all_kinds_keeps_their_order():
    records = [example(record) for record in codec.CLASSES]
    assert codec.decode(codec.encode(records), "f") == records


def test_a_row_is_the_kind_and_the_fields_as_declared():
    tick = Tick(5)
    assert msgspec.msgpack.decode(codec.encode([tick])) == [["tick", 5]]


def test_a_field_that_an_older_version_did_not_have_takes_its_default():
    old = ["instrument", 1, "X", "USD", "us_equity", 4, 0, 1, 1, True]
    assert codec.decode(pack([old]), "f") == [
        Instrument(1, "X", "USD", "us_equity", 4, 0, 1, 1, True, tags=())
    ]


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([["tock", 5]], JournalVersion, "kind 'tock'"),
        ([["tick", 5, 6]], JournalVersion, "kind 'tick' with 2 fields"),
        ([["tick", msgspec.msgpack.Ext(9, b"")]], JournalVersion, "extensions of type 9"),
        ([["tick"]], JournalError, "kind 'tick' that does not fit"),
        ([["account", 1, 2, 3, 4, 5, 6, []]], JournalError, "kind 'account' that does not fit"),
        ([[]], JournalError, "a row without a kind"),
        ([[7, 5]], JournalVersion, "kind 7"),
        ([[["tick"], 5]], JournalVersion, "kind ['tick']"),
        (["tick"], JournalError, "contents are no records"),
        ({"tick": 5}, JournalError, "contents are no records"),
    ],
)
def test_what_it_does_not_know_it_says(rows, error, says):
    with pytest.raises(error) as caught:
        codec.decode(pack(rows), "some/file")
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert str(caught.value).startswith("some/file: ")
    if error is JournalVersion:
        assert "this version is too old" in str(caught.value)
        assert "use the version that wrote it" in str(caught.value)


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", b"\x91", pack([["tick", 5]])[:-1], pack([["tick", 5]]) + b"x"]
)
def test_bytes_that_are_no_payload(payload):
    with pytest.raises(JournalError, match="contents are no records"):
        codec.decode(payload, "f")
