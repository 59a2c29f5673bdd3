"""`flyball panic` when nobody answers, `flyball runbook panic`, and what neither may say."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flyball.main import cli
from flyball.sentinel.runbook import PHONE

SECRET = "a-secret-nobody-prints"


def desk(folder: Path) -> Path:
    keys = folder / "broker.keys"
    keys.write_text(json.dumps({"url": "https://b", "key": "K", "secret": SECRET, "account": "PA77"}))
    keys.chmod(0o600)
    (folder / "flyball.toml").write_text('[broker]\nkind = "paper"\n[desk]\nbroker_phone = "+1 555 0100"\n')
    return folder


def test_without_a_governor_it_says_what_to_do_instead(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    result = CliRunner().invoke(cli, ["panic", "--dir", str(tmp_path)])
    assert result.exit_code == 3
    assert "NO DESK" not in result.output
    for said in (f"touch {tmp_path}/PANIC", f"--direct --keys {tmp_path}/broker.keys", "runbook panic"):
        assert said in result.output


def test_where_no_desk_is_it_says_so_before_anybody_relies_on_the_paths(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["panic", "--dir", str(tmp_path / "dsek")])
    assert result.exit_code == 3
    assert f"{tmp_path}/dsek: NO DESK IS HERE" in result.output
    sheet = CliRunner().invoke(cli, ["runbook", "panic", "--dir", str(tmp_path / "dsek")])
    assert f"{tmp_path}/dsek: no such folder" in sheet.stderr
    assert (
        "no such folder" not in CliRunner().invoke(cli, ["runbook", "panic", "--dir", str(tmp_path)]).stderr
    )


@pytest.mark.parametrize(
    "words", [["--lock"], ["--dry-run"], ["--keys", "x"], ["--direct", "--keys", "x", "--keys-fd", "3"]]
)
def test_what_does_not_go_together(tmp_path: Path, words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["panic", "--dir", str(tmp_path), *words]).exit_code == 2


def test_the_sheet_has_this_desks_own_words_and_no_secret(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["runbook", "panic", "--dir", str(desk(tmp_path))])
    assert result.exit_code == 0
    for said in ("PA77", "+1 555 0100", f"touch {tmp_path}/PANIC", f"--keys {tmp_path}/broker.keys --lock"):
        assert said in result.output
    assert SECRET not in result.output
    assert max(map(len, result.output.splitlines())) < 200


def test_it_works_with_nothing_there_and_leaves_lines_to_fill_in(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["runbook", "panic", "--dir", str(tmp_path / "none")])
    assert result.exit_code == 0
    assert result.output.count("____") >= 3
    for steps in PHONE.values():
        assert all(step in result.output for step in steps)


@pytest.mark.parametrize("text", ["broker = 3", "[broker]\nkind = 3\n[desk]\nbroker_phone = []", "=", "\x00"])
def test_a_configuration_that_is_broken_stops_no_sheet(tmp_path: Path, text: str) -> None:
    (tmp_path / "flyball.toml").write_text(text)
    (tmp_path / "broker.keys").write_text("[")
    result = CliRunner().invoke(
        cli, ["runbook", "panic", "--dir", str(tmp_path), "--broker", "alpaca", "--json"]
    )
    assert result.exit_code == 0, result.exception
    titles = [section["title"] for section in json.loads(result.output)]
    assert titles == [
        "Who",
        "With a shell on any machine that has the keys file",
        "From a phone: alpaca",
        "Afterwards",
    ]
