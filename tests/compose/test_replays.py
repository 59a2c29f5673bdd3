"""`flyball replay`: the same again, or the place where it is not; and a what-if's other configuration."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flyball.compose.other_config import from_file, from_keys
from flyball.config.load import load
from flyball.config.problems import ConfigError
from flyball.kernel.effects import Decision, Order
from flyball.kernel.events import Config, Epoch, Event
from flyball.kernel.governor import Governor
from flyball.main import cli
from tests.desk.again import Records, bad_days, of_folder, written
from tests.desk.fly import flown


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    bad_days(folder)
    return folder


@pytest.fixture
def records() -> Records:
    return list(flown().records)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def told(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def test_a_journal_with_a_restart_is_the_same_again(bad: Path) -> None:
    made = run("replay", "--dir", str(bad))
    assert made.exit_code == 0, made.output
    said = told("replay", "--dir", str(bad))
    g = Governor()
    for _, record in of_folder(bad):
        if isinstance(record, Event):
            g.step(record)
    assert said["state_hash"] == g.state_hash()
    assert said["book_hash"] == g.book_hash()
    assert said["records"] == g.state.seq
    assert [(e["epoch"], e["agreed"]) for e in said["epochs"]] == [(1, True), (2, True)]
    assert said["epochs"][1]["state_hash"]
    assert (said["ok"], said["differs_at"]) == (True, None)
    assert said["head"] in made.output
    assert "2 epochs, 2 with the recorded state" in made.output


def test_one_other_decision_is_found_where_it_is(tmp_path: Path, records: Records) -> None:
    at, (seq, d) = next(
        (i, (s, x)) for i, (s, x) in enumerate(records) if isinstance(x, Decision) and x.verdict == "approve"
    )
    records[at] = (seq, replace(d, qty=d.qty + 1))
    made = run("replay", "--dir", str(written(tmp_path, records)))
    assert made.exit_code == 4
    assert f"record {seq} of the journal differs" in made.output
    assert told("replay", "--dir", str(tmp_path))["differs_at"] == seq


def test_an_effect_too_few_is_found(tmp_path: Path, records: Records) -> None:
    at = next(i for i, (_, x) in enumerate(records) if isinstance(x, Order))
    records.pop(at)
    assert run("replay", "--dir", str(written(tmp_path, records))).exit_code == 4


def test_a_recorded_state_hash_that_does_not_agree_is_found(tmp_path: Path) -> None:
    world = flown()
    world.start({})
    records = world.records
    at, seq = next((i, s) for i, (s, x) in enumerate(records) if isinstance(x, Epoch) and x.epoch == 2)
    epoch = records[at][1]
    assert isinstance(epoch, Epoch)
    assert run("replay", "--dir", str(written(tmp_path / "good", records))).exit_code == 0
    records[at] = (seq, replace(epoch, state_hash="0" * 64))
    made = run("replay", "--dir", str(written(tmp_path / "bad", records)))
    assert made.exit_code == 4
    assert f"record {seq} of the journal differs" in made.output
    assert "DOES NOT AGREE" in made.output


def test_a_damaged_journal_is_not_replayed(tmp_path: Path, records: Records) -> None:
    written(tmp_path, records)
    segment = min((tmp_path / "journal" / "segments").iterdir())
    data = bytearray(segment.read_bytes())
    data[len(data.rstrip(b"\0")) // 2] ^= 1
    segment.write_bytes(data)
    for words in (("replay",), ("replay", "--set", "max_gross=$1"), ("brief",), ("drill",)):
        made = run(*words, "--dir", str(tmp_path))
        assert made.exit_code == 4, (words, made.output)
        assert "byte" in made.output


def test_a_what_if_by_keys_and_by_file(bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(
        'profile = "demo"\n[account]\ntag = "demo"\nequity = "$100,000"\n'
        '[limits]\nmax_daily_loss = "$60"\n[strategy.demo]\nbot = "x:y"\n'
    )
    keys = told("replay", "--dir", str(bad), "--set", "max_daily_loss=$60")
    by_file = told("replay", "--dir", str(bad), "--config", str(file))
    assert keys["label"] == by_file["label"] == "WHAT-IF"
    assert keys["limits"] == [{"limit": "limits.max_daily_loss", "before": "$400", "after": "$60"}]
    assert keys["limits"] == by_file["limits"]
    assert keys["changed"] == by_file["changed"]
    assert keys["pnl"] == by_file["pnl"]
    assert keys["changed_decisions"] > 0
    made = run("replay", "--dir", str(bad), "--set", "max_daily_loss=$60")
    assert made.exit_code == 0
    assert "WHAT-IF: the journal under max_daily_loss=$60" in made.output
    assert made.output.count(" -> ") >= keys["changed_decisions"]


def test_the_file_it_was_flown_with_changes_nothing(bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "same.toml"
    file.write_text(
        'profile = "demo"\n[account]\ntag = "demo"\nequity = "$100,000"\n[strategy.demo]\nbot = "x:y"\n'
    )
    said = told("replay", "--dir", str(bad), "--config", str(file))
    assert (said["limits"], said["changed"], said["pnl"]["difference"]) == ([], [], "0")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("max_dayly_loss=$1", "did you mean max_daily_loss"),
        ("max_daily_loss=lots", "--set max_daily_loss=lots"),
        ("max_daily_loss", "write key=value"),
        ("a.b.max_gross=$1", "write key=value"),
        ("symbol.AAPL.max_gross=$1", "is no limit of a single symbol"),
        ("flat_by=noon", "is none of its values"),
        ("max_positions=-1", "max_positions"),
    ],
)
def test_a_key_that_is_none_is_refused_with_the_remedy(bad: Path, given: str, said: str) -> None:
    made = run("replay", "--dir", str(bad), "--set", given)
    assert made.exit_code == 2, made.output
    assert said in made.output


def test_every_wrong_key_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as wrong:
        from_keys(["max_gros=$1", "max_net=never"], "USD")
    assert len(wrong.value.problems) == 2


def test_keys_replace_their_own_row_and_no_other() -> None:
    recorded = Config(
        1,
        "start",
        "",
        "demo",
        (
            ("", "max_gross", "money_abs", 5, "", "x"),
            ("symbol:AAPL", "max_order_qty", "count", 7, "", "x"),
            ("", "flat_by", "text", 0, "close", "default"),
        ),
    )
    given = [
        "max_gross=150%",
        "symbol.AAPL.max_order_qty=9",
        "strategy.a-1.on_excess=refuse",
        "flat_by=never",
    ]
    made = from_keys(given, "USD")(recorded)
    assert {row[:5] for row in made.values} == {
        ("", "max_gross", "money_ppm", 1_500_000, ""),
        ("symbol:AAPL", "max_order_qty", "count", 9, ""),
        ("strategy:a-1", "on_excess", "text", 0, "refuse"),
        ("", "flat_by", "text", 0, "never"),
    }
    assert recorded.values[0][3] == 5


def test_a_file_gives_all_of_its_limits(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text('profile = "micro"\n[account]\nequity = "$2,000"\n')
    made = from_file(file)(Config(1, "start", "", "demo", ()))
    assert (made.profile, made.values) == ("micro", load(file.read_text(), path=str(file)).values)
    file.write_text('profile = "none"\n')
    assert run("replay", "--dir", str(tmp_path), "--config", str(file)).exit_code == 2


def test_both_ways_at_once_or_no_journal_is_a_usage_error(bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text("")
    both = run("replay", "--dir", str(bad), "--config", str(file), "--set", "max_gross=$1")
    assert both.exit_code == 2
    assert run("replay", "--dir", str(tmp_path)).exit_code == 2
