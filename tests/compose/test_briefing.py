"""`flyball brief`: from the right moment on, what needs a person first, every figure the ledger's."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flyball.compose.briefing import NoSuchTime, brief_of
from flyball.desk.brief import Brief, figures
from flyball.desk.brief_json import brief_json
from flyball.desk.brief_needs import needs
from flyball.desk.brief_text import brief_text
from flyball.kernel.effects import Decision, LatchChange
from flyball.kernel.events import Account, Config, Event, Fill, Session
from flyball.kernel.governor import Governor
from flyball.main import cli
from flyball.runtime.view import rfc3339
from tests.desk.again import Records, bad_days, of_flight, of_folder, written
from tests.kernel.flight import DOLLAR, NS, ppm, usd
from tests.kernel.hand import BUY, Hand, flying


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    bad_days(folder)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["brief", *words])


def told(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def of(tmp_path: Path, f: Hand, since: str = "last") -> Brief:
    return brief_of(written(tmp_path, of_flight(f)) / "journal", since, lambda _: None)


def stepped(records: Records) -> Governor:
    g = Governor()
    for _, record in records:
        if isinstance(record, Event):
            g.step(record)
    return g


def test_the_figures_are_the_ledgers(bad: Path) -> None:
    records = of_folder(bad)
    first, second = [i for i, (_, r) in enumerate(records) if isinstance(r, Session)]
    before, after = stepped(records[:second]).state, stepped(records).state
    said = told("--dir", str(bad), "--since", rfc3339(records[second][1].ts))
    assert said["since"] == rfc3339(records[second][1].ts)
    assert float(said["pnl"]) == pytest.approx((after.equity() - before.equity()) / DOLLAR, abs=1e-9)
    assert float(said["equity"]) == pytest.approx(after.equity() / DOLLAR, abs=1e-9)
    since = [r for _, r in records[second:]]
    assert said["intents"] == sum(isinstance(r, Decision) for r in since)
    assert said["executions"] == len({r.fill_id for r in since if isinstance(r, Fill)})
    refused = [r.codes[0] for r in since if isinstance(r, Decision) and r.verdict == "reject"]
    assert {x["code"]: x["count"] for x in said["refused"]} == {c: refused.count(c) for c in refused}
    assert len(said["restarts"]) == 1
    assert said["restarts"][0]["epoch"] == 2
    assert len(said["latches"]) == sum(isinstance(r, LatchChange) for r in since)
    whole = told("--dir", str(bad), "--since", "9d")
    assert float(whole["pnl"]) == pytest.approx(after.equity() / DOLLAR - 100_000, abs=1e-6)
    assert first < second


def test_the_page_fits_a_screen_and_begins_with_what_needs_you(bad: Path) -> None:
    made = run("--dir", str(bad), "--since", "2d")
    assert made.exit_code == 0, made.output
    lines = made.output.splitlines()
    assert len(lines) <= 45
    assert lines[2].startswith(("NEEDS YOU", "Nothing needs you"))


def test_last_is_the_last_command_else_the_last_session(tmp_path: Path) -> None:
    f: Hand = flying()
    f.next_day()
    f.later(NS).mark(last=10_000)
    assert of(tmp_path / "a", f).why == "the last session's start"
    f.later(NS).command("pause")
    asked = f.now
    f.later(NS).mark(last=10_010)
    b = of(tmp_path / "b", f)
    assert (b.why, b.then.ts) == ("the last command of an operator", asked)
    assert [c.what for c in b.commands] == ["pause"]


@pytest.mark.parametrize(
    ("since", "back"), [("10s", 1), ("65 s", 61), ("2min", 61), ("122s", 121), ("1h", 241), ("3d", 241)]
)
def test_a_span_is_of_the_journals_own_time(tmp_path: Path, since: str, back: int) -> None:
    """Prices a minute apart and an intent a second behind the last: from the first record in the span on."""
    f: Hand = flying(price=0)
    for _ in range(4):
        f.later(60 * NS).mark(last=10_000)
    f.later(NS).intent(BUY, 1)
    b = of(tmp_path, f, since)
    assert (b.intents, f.now - b.then.ts) == (1, back * NS)


@pytest.mark.parametrize("since", ["", "yesterday", "8 parsecs", "2026-01-02T10:00:00", "-3h"])
def test_a_time_that_is_none_is_refused(bad: Path, since: str) -> None:
    made = run("--dir", str(bad), "--since", since)
    assert made.exit_code == 2
    assert "--since" in made.output


def test_after_the_end_nothing_has_happened(bad: Path) -> None:
    said = told("--dir", str(bad), "--since", "2030-01-01T00:00:00Z")
    assert (said["intents"], said["pnl"], said["latches"]) == (0, "0", [])
    with pytest.raises(NoSuchTime):
        brief_of(bad / "journal", "soon", lambda _: None)


def test_money_in_and_what_was_found_at_the_start_are_no_profit(tmp_path: Path) -> None:
    f: Hand = flying(price=0)
    f.mark(last=10_000)
    f.hold(10, fee=1 * DOLLAR)
    f.flow(500 * DOLLAR)
    f.later(NS).mark(last=10_100)
    b = of(tmp_path, f, "1d")
    assert (b.pnl(), b.now.flows - b.then.flows) == (10 * 1 * DOLLAR - DOLLAR, 500 * DOLLAR)
    assert b.by_strategy() == [("s", 9 * DOLLAR)]
    assert (b.fees(), b.fills) == (DOLLAR, 1)


def said_needs(b: Brief) -> list[str]:
    return [f"{n.what} | {n.how}" for n in needs(b)]


def test_a_quiet_day_needs_nobody(tmp_path: Path) -> None:
    b = of(tmp_path, flying())
    assert needs(b) == []
    assert "Nothing needs you." in list(brief_text(b))
    assert "open       nothing: flat, no order works" in list(brief_text(b))


def test_what_needs_a_person_names_the_command_that_settles_it(tmp_path: Path) -> None:
    f: Hand = flying(max_daily_loss=usd(100), stress_floor=ppm(1))
    f.hold(50)
    f.doubt(BUY, 1, 9_900)
    f.later(NS).command("pause", scope="symbol:AAA")
    f.mark(last=9_000)
    f.later(NS).command("freeze", scope="strategy:s")
    f.later(NS).feed(Config(f.now, "ann", "", "test", (("", "max_gross", "money_abs", 1, "", "x"),)))
    b = of(tmp_path, f, "1d")
    found = said_needs(b)
    assert any(
        "L1 daily loss on account" in x and "from the next session on `flyball clear L1" in x for x in found
    )
    assert any("L5 freeze" in x and "`flyball clear L5 --scope strategy:s" in x for x in found)
    assert any("L14 pause" in x and "`flyball resume --scope symbol:AAA`" in x for x in found)
    assert any("is in doubt: 1 AAA" in x and "`flyball resolve fbT-" in x for x in found)
    assert any("would loosen" in x and "`flyball approve" in x for x in found)
    ranks = [n.rank for n in needs(b)]
    assert ranks == sorted(ranks)
    lines = list(brief_text(b))
    assert lines[2] == f"NEEDS YOU ({len(found)})"
    assert any(line.startswith("held       50 AAA (s)") for line in lines)
    assert any("the day's loss" in line or "daily loss" in line for line in lines)
    said: Any = json.loads(json.dumps(brief_json(b)))
    assert [x["what"] for x in said["needs_you"]] == [n.what for n in needs(b)]
    assert {x["latch"] for x in said["standing"]} == {"L1", "L5", "L14"}
    assert all(x["clears"] for x in said["standing"])


def test_a_break_with_the_broker_needs_somebody_until_it_is_healed(tmp_path: Path) -> None:
    f: Hand = flying()
    for _ in range(2):
        f.later(5 * NS).account(cash=1, equity=1, day_equity=1, positions=())
    assert "L7 account" in f.latched()
    assert any("cash: ours" in x for x in said_needs(of(tmp_path, f, "1d")))
    f.later(60 * NS).feed(Account(f.now, 0, f.s.cash, f.s.cash, f.s.cash, (), ()))
    assert f.latched() == []
    assert needs(of(tmp_path / "healed", f, "1d")) == []


def test_an_adoption_waits_for_a_person(tmp_path: Path) -> None:
    f = Hand()
    f.epoch()
    f.config()
    f.instrument(next(e for e, _ in flying().journal if e.KIND == "instrument"))
    f.account(cash=0, equity=0, day_equity=0, positions=(("AAA", 5),))
    b = of(tmp_path, f, "1d")
    assert any("`flyball resume`" in x for x in said_needs(b))
    assert b.pnl() == 0


def test_the_ledger_is_read_at_the_moment() -> None:
    f: Hand = flying()
    f.hold(3, fee=2 * DOLLAR)
    found = figures(f.s)
    assert (found.ts, found.fees, found.profits) == (f.s.ts, 2 * DOLLAR, {"s": -2 * DOLLAR})
