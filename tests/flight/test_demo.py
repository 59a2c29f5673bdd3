"""The demo on real minutes, as a person runs it: every cap pressed and none passed, every trigger tripped and
explained, flat at every close; wrong input refused; nobody knows a bar before its end.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flyball.feeds.bars import load
from flyball.journal.codec import Record
from flyball.kernel.effects import Trip
from flyball.kernel.events import Fill, Intent, Mark, Session
from flyball.kernel.units import NS, PPM
from tests.flight.demo import Flown, crash, flown_once, fly, records_of

BARS = "us_minute_2016_msft_aapl/bars_1m.parquet"
SEEDS = (1, 2, 4)
CAPS = (
    "C1.max_order_notional",
    "C2.max_position_notional",
    "C3.max_gross",
    "C3.max_net",
    "C5.max_daily_turnover",
    "C5.max_daily_cost",
    "C20.order_rate",
)
MINUTE = 60 * NS


@dataclass
class Flights:
    """One flight a seed, and the first of them once more."""

    by_seed: dict[int, Flown]
    folders: dict[int, Path]
    again: Flown
    bars: Path


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Flights:
    bars = shared_data(BARS)
    options = ("--data", str(bars), "--stamp", "end", "--profile", "demo", "--seed")
    runs = {str(seed): (*options, str(seed)) for seed in SEEDS} | {"again": (*options, str(SEEDS[0]))}
    root, flown = flown_once(tmp_path_factory, "demo", runs)
    by_seed = {seed: flown[str(seed)] for seed in SEEDS}
    return Flights(by_seed, {seed: root / str(seed) for seed in SEEDS}, flown["again"], bars)


@pytest.fixture(params=SEEDS)
def told(request: pytest.FixtureRequest, flights: Flights) -> dict[str, Any]:
    return flights.by_seed[request.param].told


@pytest.fixture(params=SEEDS)
def records(request: pytest.FixtureRequest, flights: Flights) -> list[Record]:
    return records_of(flights.folders[request.param])


def test_every_cap_is_pressed_and_none_is_passed(told: dict[str, Any]) -> None:
    for cap in CAPS:
        pressed = told["caps"][cap]
        assert 0.95 <= pressed["max_ratio"] <= 1.0, (cap, pressed)
        assert 0.95 <= pressed["unclipped_max_ratio"] <= 1.0, (cap, pressed)
    for cap, pressed in told["caps"].items():
        assert pressed["max_ratio"] is None or pressed["max_ratio"] <= 1.0, (cap, pressed)


def test_every_trigger_trips_in_some_session_and_not_in_another(told: dict[str, Any]) -> None:
    unset = {"weekly_loss", "equity_floor"}  # by the demo's profile
    assert set(told["triggers"]) == {"daily_loss", "caution", "restrict", "halt"} | unset
    for trigger, found in told["triggers"].items():
        assert (found["sessions_tripped"] > 0) == (trigger not in unset), trigger
        assert found["sessions_not"] > 0, trigger
        assert all(one["explained"] for one in found["tripped"]), (trigger, found["tripped"])


def test_there_is_enough_to_see_and_it_adds_up(told: dict[str, Any]) -> None:
    assert told["sessions"] == 21
    assert told["sessions_with_approvals"] >= 15
    assert len(told["refused_by_code"]) >= 10
    assert told["approved"] >= 200
    assert told["approved"] + told["clipped"] + told["refused"] == told["intents"]
    assert told["consistent"], told["inconsistencies"]
    assert told["journal"]["verified"] is True
    assert told["journal"]["recovered"] == 0


def test_flat_at_every_close_with_the_cost_of_flattening_apart(told: dict[str, Any]) -> None:
    assert len(told["flat_at_close"]) == 21
    assert all(told["flat_at_close"].values())
    assert all("pnl" in one and one["confirmed"] for one in told["flattening"])
    assert any(one["attempts"] > 0 for one in told["flattening"]), "nothing was ever there to flatten"


def test_overshoot_is_no_more_than_what_tripped_it(records: list[Record]) -> None:
    """Recomputed from the journal alone. At a mark: the bar's move of the worst-case book. At a fill: its fee
    and what it cost against the newest mark.
    """
    last: dict[str, int] = {}
    before = cost = 0
    event: Record | None = None
    trips = 0
    for record in records:
        if isinstance(record, Mark):
            before = last.get(record.symbol, record.last)
            last[record.symbol] = record.last
            event = record
        elif isinstance(record, Fill):
            cost = record.fee + abs(record.price - last[record.symbol]) * record.qty * 100
            event = record
        elif isinstance(record, Trip):
            trips += 1
            assert event is not None
            assert record.value == record.limit + record.overshoot
            if isinstance(event, Mark):
                moved = abs(event.last - before)
                assert record.overshoot * before <= record.worst_book * moved + PPM * before, record
            else:
                assert record.overshoot <= cost, record
    assert trips >= 4


def test_the_same_flight_gives_the_same_state_and_book(flights: Flights) -> None:
    assert flights.again.hashes == flights.by_seed[1].hashes
    assert len({flown.journal["book_hash"] for flown in flights.by_seed.values()}) == len(SEEDS)


def test_nothing_of_a_bar_is_known_before_its_end(flights: Flights) -> None:
    """Every mark of the journal is a bar of the file, at that bar's end (the file's stamp), in order;
    whatever a bot asks for comes behind the mark that it answers.
    """
    loaded = load(str(flights.bars), read_bytes=lambda path: Path(path).read_bytes(), stamp="end")
    bars = {(s.symbol, bar.end): bar for s in loaded.series for bar in s.bars}
    marks = newest = sessions = 0
    for record in records_of(flights.folders[1]):
        if isinstance(record, Mark):
            bar = bars[record.symbol, record.ts]
            assert (record.last, record.low, record.high) == (bar.close, bar.low, bar.high)
            assert record.ts % MINUTE == 0
            assert record.ts >= newest
            newest = record.ts
            marks += 1
        elif isinstance(record, Intent):
            assert record.ts > newest
            assert record.created_at <= record.ts
        elif isinstance(record, Session):
            sessions += 1
    assert sessions == 21
    assert marks == 2 * 391 * 21  # the opening print and 390 minutes


def test_the_same_bars_stamped_at_their_start_are_known_a_minute_later(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    """Told that times are starts, nobody sees a bar before that time and its length."""
    rows = ["ts,open,high,low,close,volume"]
    rows += [f"2016-04-15T13:{30 + i}:00Z,10,11,9,{10 + i / 100:.2f},100" for i in range(20)]
    file = tmp_path / "XYZ.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert fly(tmp_path / "run", "--data", str(file), "--stamp", "start").code == 0
    marks = [record for record in records_of(tmp_path / "run") if isinstance(record, Mark)]
    opened = next(r.open for r in records_of(tmp_path / "run") if isinstance(r, Session))
    assert [(m.ts - opened) // MINUTE for m in marks] == list(range(1, 21))
    assert [m.last for m in marks] == [1000 + i for i in range(20)]


def test_the_report_is_one_small_page_that_needs_no_network(flights: Flights) -> None:
    page = (flights.folders[1] / "report.html").read_text(encoding="utf-8")
    assert 20_000 < len(page.encode()) < 2_000_000
    assert "<svg" in page
    outside = re.findall(r"""(?:src|href|action|data|poster)\s*=\s*["']?(?!#)([^"'\s>]+)""", page)
    assert outside == []
    assert not re.search(r"url\((?!#)|@import|<script[^>]+src|<link|<iframe", page)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_a_third_symbol_is_one_position_too_many(tmp_path: Path) -> None:
    told = fly(tmp_path / "run", "--sessions", "3").told
    assert told["refused_by_code"]["EXPOSURE_COUNT"] > 0
    assert told["caps"]["C4.max_positions"]["max_ratio"] == 1.0


CANNOT_READ = [
    (["--data", "{bars}"], "--stamp start|end"),
    (["--data", "{folder}/words.csv", "--stamp", "end"], "no column for the time"),
    (["--data", "{folder}/empty.csv", "--stamp", "end"], "empty.csv"),
    (["--data", "{folder}/absent.csv", "--stamp", "end"], "does not exist"),
    (["--data", "{bars}", "--stamp", "middle"], "is not one of 'start', 'end'"),
    (["--data", "{bars}", "--stamp", "end", "--symbols", "ZZZ"], "no bars of ZZZ; it has AAPL, MSFT"),
    (["--first-day", "20991231"], "2099"),
    (["--seed", "-1"], "--seed"),
    (["--profile", "reckless"], "--profile"),
]


@pytest.mark.parametrize(("options", "says"), CANNOT_READ, ids=lambda x: x if isinstance(x, str) else "")
def test_what_cannot_be_read_is_said_and_leaves_nothing_behind(
    options: list[str], says: str, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    (tmp_path / "words.csv").write_text("hello\nworld\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    bars = shared_data(BARS)
    flown = fly(tmp_path / "run", *(word.format(bars=bars, folder=tmp_path) for word in options))
    assert flown.code == 2, flown.err
    assert says in " ".join(flown.err.split()), flown.err
    assert "Traceback" not in flown.err
    assert flown.out == ""
    assert not (tmp_path / "run").exists()


def test_a_journal_goes_on_only_with_what_it_was_begun_with(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    crash(folder, "record:400", "--sessions", "2", "--seed", "1")
    before = records_of(folder)
    for other in (("--sessions", "2", "--seed", "2"), ("--sessions", "1", "--seed", "1")):
        flown = fly(folder, *other)
        assert flown.code == 1, flown.err
        assert "this journal belongs to account 'demo'" in flown.err
        assert "remedy: use the data, seed and config it was begun with, or another folder" in flown.err
        assert records_of(folder) == before
    again = fly(folder, "--sessions", "2", "--seed", "1")
    assert json.loads(again.out)["journal"]["recovered"] >= 400
