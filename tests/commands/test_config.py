"""`flyball config`: all faults at once, what would change before it does, and exit codes programs can use."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flyball.config.load import load
from flyball.journal.log import Journal
from flyball.kernel.events import Config, Epoch, Event
from flyball.kernel.governor import Governor
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.main import cli
from tests.journal.faulty import InlineSyncer

TEXT = """\
profile = "micro"
[feed]
file = "bars.csv"
[limits]
max_gross = "$800"
max_positions = 3
[limits.symbol.AAPL]
max_order_notional = "$40"
[strategy.s]
bot = "bot.py:Bot"
"""
HOOK = '[alerts]\ncritical = ["webhook"]\n[alerts.webhook]\nurl = "https://a.example/"\n'


def run(*args: str, **environ: str) -> Result:
    return CliRunner().invoke(cli, ["config", *args], env=environ)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a file and the journal of a first start with it."""
    (tmp_path / "flyball.toml").write_text(TEXT)
    effective = load(TEXT, path=str(tmp_path / "flyball.toml"))
    governor = Governor()
    journal = Journal.create(RealDisk(str(tmp_path / "journal")), InlineSyncer(), OsRandom())
    events: list[Event] = [
        Epoch(1, 1, "1", 1, "main", "paper", "paper", "e", effective.config_hash, ""),
        Config(1, "ann", "", effective.profile, effective.values, effective.account.approvers),
    ]
    for event in events:
        journal.append([event, *governor.step(event)])
    journal.close()
    return tmp_path


def changed(desk: Path, *pairs: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = desk / "other.toml"
    path.write_text(text)
    return path


def test_a_file_is_checked_whole(tmp_path: Path):
    path = tmp_path / "flyball.toml"
    path.write_text(TEXT)
    good = run("check", str(path))
    assert (good.exit_code, "right; profile micro" in good.output) == (0, True)
    path.write_text(
        TEXT.replace("max_positions", "max_positon").replace('"$800"', '"$0"').replace("\nfile", "\nfle")
    )
    bad = run("check", str(path))
    assert bad.exit_code == 2
    assert len(bad.output.strip().splitlines()) == 4  # three faults, and feed.file is missing now
    told = json.loads(run("check", str(path), "--json").output)
    assert told["ok"] is False
    assert {problem["line"] for problem in told["problems"]} >= {3, 5, 6}
    assert run("check", str(path), "--json").exit_code == 2
    assert run("check", str(tmp_path / "none.toml")).exit_code == 2
    path.write_bytes(b"profile = '\xff'")
    assert run("check", str(path)).exit_code == 2


def test_the_environment_is_checked_and_shown_with_the_file(tmp_path: Path):
    path = tmp_path / "flyball.toml"
    path.write_text(TEXT)
    bad = run("check", str(path), FLYBALL__LIMITS__MAX_POSITON="3")
    assert bad.exit_code == 2
    assert "did you mean FLYBALL__LIMITS__MAX_POSITIONS" in bad.output
    shown = run("show", "--dir", str(tmp_path), "--json", FLYBALL__LIMITS__MAX_POSITIONS="2")
    row = next(x for x in json.loads(shown.output)["keys"] if x["key"] == "limits.max_positions")
    assert (row["value"], row["origin"]) == ("2", "env FLYBALL__LIMITS__MAX_POSITIONS")


def test_before_the_first_start_the_file_is_what_there_is(tmp_path: Path):
    assert run("show", "--dir", str(tmp_path)).exit_code == 2
    (tmp_path / "flyball.toml").write_text(TEXT)
    assert "not started yet" in run("show", "--dir", str(tmp_path)).output
    assert "takes" in run("diff", "--dir", str(tmp_path)).output
    assert json.loads(run("diff", "--dir", str(tmp_path), "--json").output)["first_start"] is True


def test_what_is_in_force_is_shown_from_the_journal(desk: Path):
    (desk / "flyball.toml").write_text(TEXT.replace("$800", "$900"))  # edited, not started
    told = json.loads(run("show", "--dir", str(desk), "--json").output)
    values = {row["key"]: (row["value"], row["origin"]) for row in told["keys"]}
    assert values["limits.max_gross"] == ("$800", f"{desk}/flyball.toml:5")
    assert values["limits.symbol.AAPL.max_order_notional"] == ("$40", f"{desk}/flyball.toml:8")
    assert values["limits.max_net"] == ("$500", "profile micro")
    text = run("show", "--dir", str(desk)).output
    assert "limits.max_gross" in text
    assert "PENDING" not in text


def test_the_difference_is_told_before_a_start_makes_it(desk: Path):
    same = run("diff", "--dir", str(desk))
    assert (same.exit_code, "exactly what is in force" in same.output) == (0, True)
    other = changed(
        desk,
        ('"$800"', '"$900"'),
        ("max_positions = 3", "max_positions = 2"),
        ('[limits.symbol.AAPL]\nmax_order_notional = "$40"\n', ""),
        ("[feed]", "[account]\napprovers = 2\n[feed]"),
    )
    found = json.loads(run("diff", str(other), "--dir", str(desk), "--json").output)
    assert [(x["key"], x["in_force"], x["wanted"]) for x in found["tighter"]] == [
        ("limits.max_positions", "3", "2")
    ]
    assert [(x["key"], x["in_force"], x["wanted"], x["proposal"]) for x in found["looser"]] == [
        ("limits.max_gross", "$800", "$900", None),
        ("limits.symbol.AAPL.max_order_notional", "$40", "not set", None),
    ]
    assert all(x["missing"] for x in found["looser"])
    assert "approvers = 2" in found["refused"][0]
    text = run("diff", str(other), "--dir", str(desk)).output
    assert "TIGHTER  limits.max_positions: 3 -> 2, at once" in text
    assert "LOOSER   limits.max_gross: $800 stays; $900 waits" in text


def test_another_profile_is_compared_row_by_row(desk: Path):
    other = changed(desk, ('"micro"', '"standard"'))
    found = json.loads(run("diff", str(other), "--dir", str(desk), "--json").output)
    looser, tighter = ({x["key"] for x in found[part]} for part in ("looser", "tighter"))
    assert "limits.max_order_notional" in looser
    assert "limits.max_gross" not in looser | tighter  # the file's own
    assert not looser & tighter


def test_a_damaged_journal_is_said(desk: Path):
    segment = next((desk / "journal" / "segments").iterdir())
    data = bytearray(segment.read_bytes())
    data[4096 + 80] ^= 1
    segment.write_bytes(data)
    assert run("show", "--dir", str(desk)).exit_code == 4


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('[alerts]\ncritical = ["slack"]', "alerts.slack.token_file is missing: [alerts] names slack"),
        (
            HOOK + 'secret_file = "w"',
            'alerts.webhook.secret_file = "w": {folder}/w: No such file or directory; the secret goes',
        ),
        (
            HOOK + 'secret_file = "seen"',
            "{folder}/seen: others may read it; chmod 600 {folder}/seen",
        ),
        ('[session]\noverlay = "o.csv"', "session.overlay: {folder}/o.csv: no such file"),
        ('[session]\noverlay = "seen"', "session.overlay: {folder}/seen:1: the first line has to be date,"),
    ],
)
def test_check_finds_what_a_start_would_find_in_the_files_beside_it(
    section: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "seen").write_text("secret\n")
    (tmp_path / "seen").chmod(0o644)
    file = tmp_path / "flyball.toml"
    file.write_text(f"{TEXT}{section}\n")
    told = run("check", str(file))
    assert told.exit_code == 2
    assert says.format(folder=tmp_path) in told.stderr
    asked = run("check", str(file), "--json")
    assert asked.exit_code == 2
    assert not json.loads(asked.stdout)["ok"]
