"""An honest journal has no findings: whatever the run, the data, the bot, and however often it was killed."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.auditor.audit import Audit, audit
from tests.auditor.journals import demo, made_once
from tests.auditor.reading import parse

RUNS = ("latched", "restarted", "shopped", "held")


@pytest.mark.parametrize("name", RUNS)
def test_an_honest_journal_has_no_findings(name: str, request: pytest.FixtureRequest) -> None:
    assert audit(request.getfixturevalue(name)) == []


def test_the_demo_on_recorded_minutes(
    shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bars = str(shared_data("us_minute_2016_msft_aapl/bars_1m.parquet"))
    words = ("--data", bars, "--stamp", "end", "--sessions", "2", "--seed", "2")
    lines = made_once(tmp_path_factory, "recorded", lambda folder: demo(folder, *words))
    assert audit(lines) == []


def kinds(lines: list[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in lines:
        line = parse(text)
        found[line["kind"]] += 1
        for name in ("what", "verdict", "state", "action"):
            if isinstance(line.get(name), str):
                found[f"{line['kind']} {line[name]}"] += 1
        if "restated" in line:
            found["mark restated"] += 1
    return found


def test_there_was_something_to_audit(
    latched: list[str], restarted: list[str], shopped: list[str], held: list[str]
) -> None:
    """What the honest journals have to hold, so that their silence means something."""
    assert kinds(latched).keys() >= {"latch set", "latch cleared", "command", "report trip", "report flat"}
    assert kinds(restarted)["epoch"] == 3
    for lines in (shopped, held):
        found = kinds(lines)
        assert found.keys() >= {
            "decision clip",
            "decision reject",
            "update IN_DOUBT",
            "report cancel",
            "flow",
            "action split",
        }
        assert found["fill"] > 50
        assert found["decision approve"] > 30
    assert kinds(held)["report moved"] >= 1


def test_a_quarantined_record_is_as_if_it_had_never_been(shopped: list[str]) -> None:
    at = next(n for n in range(300, len(shopped)) if parse(shopped[n])["kind"] == "fill")
    fill = parse(shopped[at])
    words = {
        "kind": "quarantined",
        "record": fill["seq"],
        "event": "fill",
        "source": "broker",
        "n": fill["n"],
    }
    line = {
        "v": 1,
        "seq": fill["seq"] + 1,
        "ts": fill["ts"],
        **words,
        "digest": "5f3a09c1",
        "why": "died twice",
    }
    without, one = Audit(), Audit()
    for text in shopped[:at]:
        without.read(text)
        one.read(text)
    one.read(shopped[at])
    assert one.world.equity != without.world.equity
    one.read(json.dumps(line))
    assert one.world.equity == without.world.equity
    assert one.world.ledger.cash == without.world.ledger.cash
    assert one.findings == []


def test_the_books_are_told(held: list[str]) -> None:
    """What the auditor knows at the end: lots that are the positions, books that are the account."""
    one = Audit()
    for text in held:
        one.read(text)
    ledger = one.world.ledger
    account = parse(next(text for text in reversed(held) if parse(text)["kind"] == "account"))
    assert {symbol: str(ledger.position(symbol)) for symbol in ledger.held()} == account["positions"]
    assert {owner for (owner, _), book in ledger.books.items() if book.qty} <= {"trend", "fade"}
    for book in ledger.books.values():
        assert sum(lot.qty for lot in book.lots) == book.qty
    assert ledger.realised != 0
