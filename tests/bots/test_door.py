"""The door: every shape a bot may send, and what the kernel gets of it."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.bots.asks import Intent as Asked
from flyball.bots.door import intent_of, understand
from flyball.kernel.bounds import MAX_ID, MAX_MONEY, MAX_PRICE, MAX_QTY
from flyball.kernel.events import Intent
from flyball.kernel.words import BUY, CODES, SELL
from tests.bots.drive import INSTRUMENTS, T0

TS = T0 + 5


def door(**said: object) -> Intent:
    """A sound intent with something changed; None takes a field away."""
    whole = {"symbol": "AAPL", "side": "buy", "qty": 10, **said}
    intent = intent_of({k: v for k, v in whole.items() if v is not None}, "s1", INSTRUMENTS, TS, T0)
    assert intent is not None
    return intent


def test_a_sound_intent() -> None:
    assert door(id="a-1", limit="12.34", tif="ioc", parent="p", created_at=7, strategy="s1") == Intent(
        TS, "a-1", 7, "s1", "AAPL", BUY, 10, 0, "limit", 123_400, "ioc", "p", "", 0
    )
    assert door() == Intent(TS, "", T0, "s1", "AAPL", BUY, 10, 0, "market", 0, "day", "", "", 0)


@pytest.mark.parametrize(
    ("symbol", "qty", "units", "flaw"),
    [
        ("AAPL", 1, 1, ""),
        ("AAPL", 1.0, 1, ""),
        ("AAPL", "1", 1, ""),
        ("AAPL", "+1.", 1, ""),
        ("AAPL", "1e3", 1_000, ""),
        ("AAPL", "1E+3", 1_000, ""),
        ("AAPL", "12.999999999999999999999999", 12, ""),
        ("AAPL", 2.9999999999999996, 2, ""),
        ("AAPL", 0.999, 0, "FORMAT_LOT"),
        ("AAPL", "1e-999999", 0, "FORMAT_LOT"),
        ("AAPL", 5e-324, 0, "FORMAT_LOT"),
        ("AAPL", MAX_QTY, MAX_QTY, ""),
        ("AAPL", MAX_QTY + 1, 0, "FORMAT_RANGE"),
        ("AAPL", 2**64, 0, "FORMAT_RANGE"),
        ("AAPL", 10**400, 0, "FORMAT_RANGE"),
        ("AAPL", 1e300, 0, "FORMAT_RANGE"),
        ("AAPL", "1e999999", 0, "FORMAT_RANGE"),
        ("AAPL", "9" * 64, 0, "FORMAT_RANGE"),
        ("AAPL", "9" * 65, 0, "FORMAT_QTY"),
        ("AAPL", "1e9999999", 0, "FORMAT_QTY"),
        ("AAPL", 0, 0, "FORMAT_QTY"),
        ("AAPL", -1, 0, "FORMAT_QTY"),
        ("AAPL", "-0", 0, "FORMAT_QTY"),
        ("AAPL", "-1e999999", 0, "FORMAT_QTY"),
        ("AAPL", math.nan, 0, "FORMAT_QTY"),
        ("AAPL", math.inf, 0, "FORMAT_QTY"),
        ("AAPL", -math.inf, 0, "FORMAT_QTY"),
        ("AAPL", "nan", 0, "FORMAT_QTY"),
        ("AAPL", "Infinity", 0, "FORMAT_QTY"),
        ("AAPL", True, 0, "FORMAT_QTY"),
        ("AAPL", "1_000", 0, "FORMAT_QTY"),
        ("AAPL", " 1", 0, "FORMAT_QTY"),
        ("AAPL", "1,000", 0, "FORMAT_QTY"),
        ("AAPL", "０", 0, "FORMAT_QTY"),
        ("AAPL", "１", 0, "FORMAT_QTY"),
        ("AAPL", "0x10", 0, "FORMAT_QTY"),
        ("AAPL", "", 0, "FORMAT_QTY"),
        ("AAPL", ".", 0, "FORMAT_QTY"),
        ("AAPL", [1], 0, "FORMAT_QTY"),
        ("AAPL", {}, 0, "FORMAT_QTY"),
        ("AAPL", b"1", 0, "FORMAT_QTY"),
        ("AAPL", None, 0, "FORMAT_QTY"),
        ("BTC/USD", 0.1, 100_000_000, ""),
        ("BTC/USD", 0.1 + 0.2, 300_000_000, ""),
        ("BTC/USD", "0.123456789", 123_456_789, ""),
        ("BTC/USD", "0.1234567899", 123_456_789, ""),
        ("BTC/USD", "0.000000001", 1, ""),
        ("BTC/USD", "0.0000000009", 0, "FORMAT_LOT"),
        ("BTC/USD", 10**6, 10**15, ""),
        ("BTC/USD", "1000000.000000001", 0, "FORMAT_RANGE"),
    ],
)
def test_quantities(symbol: str, qty: object, units: int, flaw: str) -> None:
    intent = door(symbol=symbol, qty=qty)
    assert (intent.qty, intent.notional, intent.flaw) == (units, 0, flaw)


@pytest.mark.parametrize(
    ("notional", "micros", "flaw"),
    [
        (100, 100_000_000, ""),
        ("0.000001", 1, ""),
        ("99.9999999", 99_999_999, ""),
        (1e-7, 0, "FORMAT_MIN_NOTIONAL"),
        (10**12, MAX_MONEY, ""),
        (10**12 + 1, 0, "FORMAT_RANGE"),
        (0, 0, "FORMAT_QTY"),
        (-5, 0, "FORMAT_QTY"),
        ("much", 0, "FORMAT_QTY"),
    ],
)
def test_money(notional: object, micros: int, flaw: str) -> None:
    intent = door(qty=None, notional=notional)
    assert (intent.qty, intent.notional, intent.flaw) == (0, micros, flaw)


@pytest.mark.parametrize(
    ("side", "limit", "units", "flaw"),
    [
        ("buy", "12.34567", 123_456, ""),  # never above what the buyer said
        ("sell", "12.34561", 123_457, ""),  # never below what the seller said
        ("buy", 12.3456, 123_456, ""),
        ("sell", 12.3456, 123_456, ""),
        ("buy", "0.00001", 0, "FORMAT_PRICE"),
        ("sell", "1e-999", 1, ""),
        ("buy", 0, 0, "FORMAT_PRICE"),
        ("buy", -1, 0, "FORMAT_PRICE"),
        ("buy", math.nan, 0, "FORMAT_PRICE"),
        ("buy", False, 0, "FORMAT_PRICE"),
        ("buy", "market", 0, "FORMAT_PRICE"),
        ("buy", MAX_PRICE // 10**4, MAX_PRICE, ""),
        ("buy", MAX_PRICE, 0, "FORMAT_RANGE"),
    ],
)
def test_limits(side: str, limit: object, units: int, flaw: str) -> None:
    intent = door(side=side, limit=limit)
    assert (intent.type, intent.limit, intent.flaw) == ("limit", units, flaw)


@pytest.mark.parametrize(
    ("said", "flaw"),
    [
        ({"type": "limit"}, "FORMAT_PRICE"),
        ({"type": "market", "limit": 5}, "FORMAT_FIELD"),
        ({"type": "market"}, ""),
        ({"type": "iceberg"}, ""),  # the kernel knows which it knows
        ({"tif": "gtc"}, ""),
        ({"type": 5}, "FORMAT_FIELD"),
        ({"tif": ["day"]}, "FORMAT_FIELD"),
        ({"side": "BUY"}, "FORMAT_FIELD"),
        ({"side": 1}, "FORMAT_FIELD"),
        ({"side": None}, "FORMAT_FIELD"),
        ({"symbol": None}, "FORMAT_FIELD"),
        ({"symbol": ""}, "FORMAT_FIELD"),
        ({"symbol": 7}, "FORMAT_FIELD"),
        ({"symbol": "MSFT"}, "RULE_UNKNOWN_SYMBOL"),
        ({"symbol": "aapl"}, "RULE_UNKNOWN_SYMBOL"),
        ({"symbol": "MSFT", "qty": "lots"}, "RULE_UNKNOWN_SYMBOL"),
        ({"qty": 1, "notional": 1}, "FORMAT_FIELD"),
        ({"id": 5}, "FORMAT_FIELD"),
        ({"id": "x" * (MAX_ID + 1)}, "FORMAT_FIELD"),
        ({"id": "x" * MAX_ID}, ""),
        ({"id": "a\x1b[31mb"}, "FORMAT_FIELD"),
        ({"id": "naïve"}, "FORMAT_FIELD"),
        ({"parent": {}}, "FORMAT_FIELD"),
        ({"created_at": "now"}, "FORMAT_FIELD"),
        ({"created_at": -1}, "FORMAT_FIELD"),
        ({"created_at": 2**63}, "FORMAT_FIELD"),
        ({"created_at": 1.5}, "FORMAT_FIELD"),
        ({"created_at": True}, "FORMAT_FIELD"),
        ({"strategy": "s2"}, "FORMAT_FIELD"),  # nobody speaks for another
        ({"strategy": ["s1"]}, "FORMAT_FIELD"),
        ({"stop_price": 90}, "FORMAT_FIELD"),  # what is not understood must not be believed
    ],
)
def test_fields(said: dict[str, object], flaw: str) -> None:
    assert door(**said).flaw == flaw


def test_long_or_odd_text_is_cut_and_cleaned() -> None:
    assert door(id="x" * 10_000).intent == "x" * MAX_ID
    assert door(id="a\nb\x1bé").intent == "a?b??"


@pytest.mark.parametrize("said", [None, 1, "AAPL", b"", [], [("symbol", "AAPL")], 1.5, True])
def test_what_is_no_mapping_is_no_intent(said: object) -> None:
    assert intent_of(said, "s1", INSTRUMENTS, TS, T0) is None
    if said != [("symbol", "AAPL")]:
        assert understand(msgspec.msgpack.encode(said), "s1", INSTRUMENTS, TS, T0) is None


def test_more_than_16_kib_is_no_intent() -> None:
    fits = msgspec.msgpack.encode({"id": "x" * 16_300})
    assert understand(fits, "s1", INSTRUMENTS, TS, T0) is not None
    assert understand(msgspec.msgpack.encode({"id": "x" * 16_400}), "s1", INSTRUMENTS, TS, T0) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals().map(str)
    | st.text(max_size=100)
    | st.binary(max_size=20)
    | st.sampled_from(
        ["AAPL", "BTC/USD", "buy", "sell", "limit", "market", "day", "1e999999", "-0.0", "1e-400"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = "id created_at strategy symbol side qty notional type limit stop tif parent".split()
SAID = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=12)


def check(intent: Intent) -> None:
    """What the kernel may count on."""
    assert intent.flaw in ("", *CODES)
    assert (intent.strategy, intent.ts, intent.n) == ("s1", TS, 0)
    assert intent.side in (BUY, SELL, 0)
    assert 0 <= intent.qty <= MAX_QTY
    assert 0 <= intent.notional <= MAX_MONEY
    assert 0 <= intent.limit <= MAX_PRICE
    assert 0 <= intent.created_at < 2**63
    for text in (intent.intent, intent.symbol, intent.type, intent.tif, intent.parent):
        assert isinstance(text, str)
        assert len(text) <= MAX_ID
        assert text.isascii()
        assert not text or text.isprintable()
    if not intent.flaw:
        assert intent.symbol in INSTRUMENTS
        assert intent.side
        assert (intent.qty > 0) != (intent.notional > 0)
        assert (intent.limit > 0) == (intent.type == "limit") or intent.type not in ("limit", "market")


@given(SAID)
def test_anything_said_becomes_an_intent(said: Mapping[object, object]) -> None:
    intent = intent_of(said, "s1", INSTRUMENTS, TS, T0)
    assert intent is not None
    check(intent)


@given(st.binary(max_size=300) | SAID.map(lambda said: msgspec.msgpack.encode(str(said))[:50]))
def test_any_bytes_are_an_intent_or_none(raw: bytes) -> None:
    intent = understand(raw, "s1", INSTRUMENTS, TS, T0)
    if intent is not None:
        check(intent)


@given(st.decimals(min_value="1e-12", max_value="1e7", allow_nan=False), st.sampled_from(["buy", "sell"]))
def test_rounding_never_asks_for_more(number: Decimal, side: str) -> None:
    text = str(number)
    intent = door(symbol="BTC/USD", side=side, qty=text, limit=text)
    exact = Fraction(text)
    assert 0 <= exact - Fraction(intent.qty, 10**9) < Fraction(1, 10**9) or intent.flaw
    worse = (exact - Fraction(intent.limit, 10**8)) * (1 if side == "buy" else -1)
    assert 0 <= worse < Fraction(1, 10**8) or intent.flaw


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_a_float_is_what_it_prints(number: float) -> None:
    assert door(symbol="BTC/USD", qty=number).qty == int(Fraction(repr(number)) * 10**9)


def test_what_a_bot_can_build_says_only_what_was_given() -> None:
    assert Asked("AAPL", "buy", qty=1).fields() == {"symbol": "AAPL", "side": "buy", "qty": 1}
    assert set(Asked("AAPL", "buy").__dataclass_fields__) | {"strategy"} == set(NAMES)


@pytest.mark.parametrize(
    ("said", "price", "flaw"),
    [
        ({"stop": 98.5}, 985_000, ""),
        ({"stop": "98.5", "type": "stop"}, 985_000, ""),
        ({"stop": "98.50001", "side": "sell"}, 985_001, ""),
        ({"stop": "98.50009", "side": "buy"}, 985_000, ""),
        ({"type": "stop"}, 0, "FORMAT_PRICE"),
        ({"stop": 0}, 0, "FORMAT_PRICE"),
        ({"stop": -1}, 0, "FORMAT_PRICE"),
        ({"stop": math.nan}, 0, "FORMAT_PRICE"),
        ({"stop": "0.00001", "side": "buy"}, 0, "FORMAT_PRICE"),
        ({"stop": MAX_PRICE}, 0, "FORMAT_RANGE"),
        ({"stop": 98, "limit": 97}, 0, "FORMAT_FIELD"),
        ({"stop": 98, "limit": 97, "type": "stop"}, 0, "FORMAT_FIELD"),
        ({"stop": 98, "type": "market"}, 0, "FORMAT_FIELD"),
        ({"stop": 98, "type": "limit", "limit": 99}, 0, "FORMAT_FIELD"),
        ({"stop": 98, "type": "close", "qty": None}, 0, "FORMAT_FIELD"),
    ],
)
def test_a_stop_price(said: Mapping[str, object], price: int, flaw: str) -> None:
    i = door(**{"side": "sell", **said})
    assert (i.stop, i.flaw) == (price, flaw)
    assert i.limit == 0
    assert flaw or i.type == "stop"


@pytest.mark.parametrize(
    ("said", "flaw"),
    [
        ({}, ""),
        ({"qty": 10}, "FORMAT_FIELD"),
        ({"notional": 100}, "FORMAT_FIELD"),
        ({"limit": 100}, "FORMAT_FIELD"),
        ({"side": None}, "FORMAT_FIELD"),
    ],
)
def test_a_close_is_of_all_there_is(said: Mapping[str, object], flaw: str) -> None:
    i = door(**{"side": "sell", "type": "close", "qty": None, **said})
    assert (i.type, i.qty, i.notional, i.limit, i.stop, i.flaw) == ("close", 0, 0, 0, 0, flaw)


def test_the_words_of_a_bot_reach_the_door() -> None:
    i = door(**Asked("AAPL", "sell", qty=10, type="stop", stop=98.5).fields())
    assert (i.type, i.stop, i.qty, i.flaw) == ("stop", 985_000, 10, "")
