"""A stranger with nothing but the export: flies the demo as a user would, exports its journal and judges
every promise from that alone.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.export import EFFECTS, facts_of_export, nanoseconds
from tests.oracle.facts import Fact
from tests.oracle.promises import audit

FLYBALL = (sys.executable, "-I", "-c", "from flyball.main import cli; cli()")


def flyball(folder: Path, *args: str) -> str:
    """What the command prints."""
    done = subprocess.run(
        [*FLYBALL, *args], cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def exported(folder: Path, *more: str) -> tuple[dict[str, Any], list[str]]:
    """Fly two sessions; the summary and the export."""
    summary = json.loads(flyball(folder, "demo", "--sessions", "2", "--dir", "run", "--json", *more))
    return summary, flyball(folder, "journal", "export", "--dir", "run").splitlines()


def same_figures(summary: dict[str, Any], facts: list[Fact]) -> None:
    """No promise is broken, something was there to break it, and what the run says of itself is what a
    stranger finds.
    """
    world, broken = audit(facts, EFFECTS)
    assert broken == []
    assert sum(1 for f in facts if f["kind"] == "order" and f["adds"]) >= 20
    assert len(world.orders) - len(world.live()) >= 20
    assert world.equity() - 100_000 == Fraction(summary["pnl"])
    assert world.fills == summary["fills"]
    assert not world.live()
    assert not any(book.qty for book in world.books.values())


def test_two_drawn_sessions(tmp_path: Path):
    summary, lines = exported(tmp_path)
    same_figures(summary, facts_of_export(lines))


def test_two_real_sessions(tmp_path: Path, shared_data: Callable[[str], Path]):
    bars = shared_data("us_minute_2016_msft_aapl/bars_1m.parquet")
    summary, lines = exported(tmp_path, "--data", str(bars), "--stamp", "end", "--seed", "3")
    same_figures(summary, facts_of_export(lines))


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return exported(tmp_path_factory.mktemp("flown"))[1]


def tampered(
    lines: list[str], kind: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> list[str]:
    """The export with one change in the middle: to the tenth line of this kind that `change` takes."""
    out, seen = [], 0
    for line in lines:
        fields = json.loads(line)
        changed = change(fields) if fields["kind"] == kind else None
        seen += changed is not None
        out += [json.dumps(changed)] if changed is not None and seen == 10 else [line]
    assert seen >= 10
    return [line for line in out if line != "{}"]


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        # sent larger than decided
        ("order", lambda x: {**x, "qty": str(int(x["qty"]) * 2)} if x["adds"] else None, "P1"),
        # called a reduction
        ("order", lambda x: {**x, "adds": False} if x["adds"] else None, "P3"),
        # an order nobody decided
        ("decision", lambda x: {} if x["verdict"] == "approve" and x["adds"] else None, "P1"),
        # an approval long before the price was known
        (
            "decision",
            lambda x: (
                {**x, "ts": "2008-01-01T00:00:00.000000000Z"} if x["adds"] and x["qty"] != "0" else None
            ),
            "P1",
        ),
        # an execution that was left out
        ("fill", lambda _: {}, "P"),
    ],
)
def test_a_changed_export_is_noticed(flown: list[str], kind: str, change: Any, says: str):
    _, broken = audit(facts_of_export(tampered(flown, kind, change)), EFFECTS)
    assert any(what.startswith(says) for what in broken)


def test_times_are_whole_nanoseconds():
    assert nanoseconds("1970-01-01T00:00:01.000000001Z") == 10**9 + 1
    assert nanoseconds("2008-09-15T13:29:00.000000000Z") == 1_221_485_340 * 10**9
