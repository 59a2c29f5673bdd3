"""The export says what the records say, in decimals and dates, with nothing that is not there."""

import json
from decimal import Decimal

import pytest

from flyball.journal.codec import CLASSES, Record
from flyball.journal.export import export, lines, to_json
from flyball.journal.export_events import limit, path
from flyball.journal.export_units import date, when
from flyball.kernel.controls import EVIDENCE, EVIDENCE_UNITS
from flyball.kernel.effects import Decision, Divergence, Order
from flyball.kernel.events import Account, Answer, Fill, Instrument, Intent, Mark, Tick, Timeout, Update
from tests.journal.records import TS, example
from tests.journal.story import day

SHARES = Instrument(TS, "MSFT", "USD", "us_equity", 4, 0, 100, 1, True)
COIN = Instrument(TS, "BTC-USD", "USD", "crypto", 2, 9, 1, 10_000, True)


def exported(*records: Record) -> list[dict[str, object]]:
    return list(lines(enumerate(records, 1)))


def last(*records: Record) -> dict[str, object]:
    return exported(SHARES, COIN, *records)[-1]


def test_every_record_has_its_line_and_its_number():
    records = day().records
    out = [json.loads(line) for line in export(records)]
    assert [line["seq"] for line in out] == list(range(1, len(records) + 1))
    assert {line["v"] for line in out} == {1}
    assert all(b"\n" not in line[:-1] and line.endswith(b"\n") for line in export(records))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_every_class_is_exported_with_nothing_empty(kind):
    line = last(example(kind))
    assert line["ts"] == "2008-09-30T13:30:00.000000000Z"
    assert list(line)[:4] == ["v", "seq", "ts", "kind"]
    assert None not in line.values()
    assert "" not in line.values()
    assert json.loads(to_json(line)) == line


def test_prices_and_quantities_have_their_symbols_decimals():
    assert last(Mark(TS, "MSFT", 123_456, 123_500, 0, 1, 10**9, "f", 1)) == {
        "v": 1,
        "seq": 3,
        "ts": "2008-09-30T13:30:00.000000000Z",
        "kind": "mark",
        "symbol": "MSFT",
        "bid": "12.3456",
        "ask": "12.35",
        "low": "0.0001",
        "high": "100000",
        "source": "f",
        "n": 1,
    }
    fill = last(Fill(TS, "c", "x", "BTC-USD", -1, 1_500_000_000, 1_000_050, -20, 4))
    assert (fill["side"], fill["qty"], fill["price"], fill["fee"]) == ("sell", "1.5", "10000.5", "-0.00002")


def test_numbers_of_a_symbol_nobody_introduced_stay_integers():
    line = exported(Mark(TS, "GME", 5, 6, 0, 0, 0, "f", 1))[0]
    assert (line["bid"], line["ask"]) == (5, 6)
    line = exported(SHARES, Account(TS, 1, 10**6, 2, 3, (("GME", -7), ("MSFT", -7)), ()))[1]
    assert line["positions"] == {"GME": -7, "MSFT": "-7"}
    assert (line["cash"], line["equity"]) == ("1", "0.000002")


def test_units_may_change_with_a_new_instrument_line():
    finer = Instrument(TS, "MSFT", "USD", "us_equity", 6, 2, 1, 1, True)
    mark = Mark(TS, "MSFT", 1_000_000, 0, 0, 0, 0, "f", 1)
    assert [line.get("bid") for line in exported(SHARES, mark, finer, mark)] == [None, "100", None, "1"]


def test_a_decision_shows_every_control_with_its_unit():
    evidence = [5 if i % 2 else 2_500_000 for i in range(2 * len(EVIDENCE))]
    off, unset = EVIDENCE.index("C19.max_spread"), EVIDENCE.index("C3.max_gross")
    evidence[2 * off : 2 * off + 2] = [-2, 300]
    evidence[2 * unset : 2 * unset + 2] = [7, -1]
    controls = last(decision(evidence=tuple(evidence)))["controls"]
    assert isinstance(controls, dict)
    assert list(controls) == list(EVIDENCE)
    assert controls["C19.max_spread"] == ["off", "0.0003"]
    assert controls["C3.max_gross"] == ["0.000007", None]
    expected = {
        "money": ["2.5", "0.000005"],
        "ppm": ["2.5", "0.000005"],
        "qty": ["2500000", "5"],
        "price": ["250", "0.0005"],
        "count": [2_500_000, 5],
        "ns": [2_500_000, 5],
    }
    for i, (name, unit) in enumerate(zip(EVIDENCE, EVIDENCE_UNITS, strict=True)):
        if i not in (off, unset):
            assert controls[name] == expected[unit], name


def test_evidence_of_an_older_version_is_shorter():
    assert last(decision(evidence=(3, 4)))["controls"] == {EVIDENCE[0]: [3, 4]}
    assert last(decision(evidence=()))["controls"] == {}


def decision(evidence=(), verdict="approve", intent="i1", strategy="s"):
    return Decision(
        TS, intent, strategy, "MSFT", 1, verdict, 10, 0, 0, (), True, 0, 1_000_000, tuple(evidence)
    )


def order(client_id="c1", intent="i1", author="", attempt=1, again=False):
    return Order(
        TS, client_id, intent, author, "s", "MSFT", 1, 10, "limit", 250_000, "day", True, attempt, 1, again
    )


def test_an_order_names_the_decision_it_carries_out():
    out = exported(
        SHARES,
        decision(),
        order(),
        decision(verdict="reject", intent="i2"),
        decision(intent="i1", strategy="other"),
        order(attempt=2),
        order(client_id="c2", intent="", author="L1"),
        order(again=True),
        decision(verdict="reject"),  # the same intent once more: a duplicate
        order(attempt=3),
    )
    orders = [line for line in out if line["kind"] == "order"]
    assert [line.get("decision") for line in orders] == [2, 2, None, 2, 2]
    assert [line.get("author") for line in orders] == [None, None, "L1", None, None]
    assert [line.get("again") for line in orders] == [None, None, None, True, None]


def test_what_is_known_of_an_order():
    out = exported(
        SHARES,
        order(),
        Update(TS, "c1", "ACCEPTED", "b1", -1, "", 1),
        Update(TS, "c1", "CANCELED", "b1", 4, "by user", 2),
        Update(TS, "who", "CANCELED", "b1", 4, "", 3),
        Answer(TS, "c1", 1, True, "ACCEPTED", 0, "b1"),
        Answer(TS, "c1", 2, False, "", 0, ""),
        Timeout(TS, "c1", "submit", 1, "10 s"),
        Timeout(TS, "c1", "cancel", 1, "10 s"),
    )
    assert [(line["kind"], line.get("state"), line.get("filled"), line.get("found")) for line in out[2:]] == [
        ("update", "ACCEPTED", None, None),
        ("update", "CANCELED", "4", None),
        ("update", "CANCELED", 4, None),
        ("update", "ACCEPTED", "0", True),
        ("update", None, None, False),
        ("update", "IN_DOUBT", None, None),
        ("report", None, None, None),
    ]
    assert (out[-1]["what"], out[-1]["call"]) == ("timeout", "cancel")


def test_an_intent_shows_only_what_the_bot_gave():
    line = last(Intent(TS, "i", 0, "s", "MSFT", 0, 0, 0, "", 0, "", "", "FORMAT_FIELD", 1))
    assert set(line) == {"v", "seq", "ts", "kind", "intent", "strategy", "symbol", "flaw", "n"}
    line = last(Intent(TS, "i", TS - 1, "s", "MSFT", -1, 0, 5_000_000, "market", 0, "day", "p", "", 1))
    assert (line["side"], line["notional"], line["parent"]) == ("sell", "5", "p")
    assert line["created_at"] == "2008-09-30T13:29:59.999999999Z"


@pytest.mark.parametrize(
    ("what", "ours", "shown"),
    [
        ("cash", "-1500000", "-1.5"),
        ("position MSFT", "-3", "-3"),
        ("position BTC-USD", "5000000", "0.005"),
        ("position GME", "3", 3),
        ("cash", "unknown", "unknown"),
        ("open orders", "12", "12"),
    ],
)
def test_a_divergence_is_written_in_the_figures_own_units(what, ours, shown):
    assert last(Divergence(TS, what, ours, ours, False))["ours"] == shown


@pytest.mark.parametrize(
    ("row", "value", "unit"),
    [
        (("money_abs", 10_000_500_000, ""), "10000.5", "money"),
        (("micros", 3_500, ""), "0.0035", "money"),
        (("money_ppm", 1_500_000, ""), "1.5", "share of equity"),
        (("ppm", 300, ""), "0.0003", "ratio"),
        (("count", 4, ""), 4, "count"),
        (("ns", 5, ""), 5, "ns"),
        (("text", 0, "clip"), "clip", "text"),
        (("list", 0, "GME,AMC,"), ["AMC", "GME"], "list"),
        (("list", 0, ""), [], "list"),
    ],
)
def test_a_limit_has_its_value_its_unit_and_its_origin(row, value, unit):
    kind, amount, text = row
    assert limit(kind, amount, text, "f:1") == {"value": value, "unit": unit, "origin": "f:1"}


def test_a_key_nothing_reads_says_so():
    assert limit("unread", 0, "$200", "f:1") == {
        "value": "$200",
        "unit": "text",
        "origin": "f:1",
        "enforced": False,
    }


def test_paths_of_keys():
    assert path("", "max_gross") == "max_gross"
    assert path("symbol:BRK.B", "max_order_notional") == "symbol.BRK.B.max_order_notional"
    assert path("strategy:a:b", "on_excess") == "strategy.a:b.on_excess"


@pytest.mark.parametrize(
    ("ts", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_222_781_400_123_456_789, "2008-09-30T13:30:00.123456789Z"),
        (253_402_300_799_999_999_999, "9999-12-31T23:59:59.999999999Z"),
        (253_402_300_800_000_000_000, 253_402_300_800_000_000_000),
        (10**40, 10**40),
        (-(10**22), -(10**22)),
        (-(62 * 10**18), -(62 * 10**18)),  # year 5: four digits, please
    ],
)
def test_times(ts, text):
    assert when(ts) == text


def test_dates():
    assert [date(20080930), date(20240229)] == ["2008-09-30", "2024-02-29"]


def test_a_line_of_numbers_and_texts_json_has_no_room_for():
    line = {"a": 10**40, "b": "\ud800", "c": "ü"}
    assert json.loads(to_json(line)) == line
    assert to_json({"c": "ü", "n": 1}) == '{"c":"ü","n":1}\n'.encode()
    assert Decimal(json.loads(to_json(last(Tick(TS))))["seq"]) == 3
