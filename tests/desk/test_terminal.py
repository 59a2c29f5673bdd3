"""Live progress: plain lines without a terminal, a panel that is not redrawn too often with one."""

import io
import re
from itertools import pairwise

from flyball.desk.summary import Summary
from flyball.desk.terminal import REDRAW, Live, summary_table
from flyball.kernel.words import CODES
from tests.desk.fly import LABEL, Shape, World, flown
from tests.desk.test_summary import WILD, finished, summed


class Tty(io.StringIO):
    """A terminal as far as rich can tell."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown_live(world: World, out: io.StringIO, *, plain: bool, sessions: int = 0, each: float = 0.01) -> Live:
    s = Summary()
    clock = Clock()
    live = Live(s, now=clock, plain=plain, out=out)
    live.sessions = sessions
    for seq, record in world.records:
        s.feed(seq, record)
        clock.now += each
        live.update()
    live.done()
    return live


def test_plain_is_a_line_a_session_and_one_for_each_end_of_a_latch():
    world = flown(WILD)
    s = summed(world.records)
    out = io.StringIO()
    shown_live(world, out, plain=True, sessions=10)
    lines = out.getvalue().splitlines()
    days = [line for line in lines if " passed " in line]
    assert len(days) == len(s.rows) == 10
    assert re.match(
        r"Mon 15 Sep  1/10 flat +[+−]\$[\d,.]+ +\$[\d,.]+ +\d+ passed +\d+ cut +[\d,]+ refused$", days[0]
    )
    assert all(" flat " in line for line in days)
    changes = sum(2 if x.cleared_at else 1 for x in s.latches.episodes)
    assert sum(" set: " in line or " cleared by anna: " in line for line in lines) == changes > 4
    assert len(lines) == len(days) + changes
    assert all(len(line) <= 80 for line in days)
    assert "\x1b" not in out.getvalue()


def test_the_order_is_that_of_time():
    out = io.StringIO()
    shown_live(flown(WILD), out, plain=True)
    days = [int(m[1]) for m in re.finditer(r"^ *\w{3} (\d+) Sep", out.getvalue(), re.MULTILINE)]
    assert days == sorted(days)


def test_a_day_that_is_not_over_is_told_at_the_end():
    world = flown(Shape(minutes=60, last_day=20080915))
    early = World(world.shape)
    early.records = world.records[: len(world.records) // 2]
    out = io.StringIO()
    shown_live(early, out, plain=True)
    (line,) = [line for line in out.getvalue().splitlines() if " passed " in line]
    assert "flat" not in line.lower()


def test_notes_are_lines_too():
    out = io.StringIO()
    live = Live(Summary(), now=lambda: 0.0, plain=True, out=out)
    live.note("limits.fixed_size (C13) is not enforced in this version")
    live.done()
    assert out.getvalue() == "limits.fixed_size (C13) is not enforced in this version\n"


def test_the_panel_is_redrawn_at_most_eight_times_a_second(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    world = flown(Shape(minutes=60, last_day=20080916))
    drawn = []
    out = Tty()
    s = Summary()
    clock = Clock()
    live = Live(s, now=clock, plain=False, out=out)
    draw = live._draw

    def counted() -> None:
        drawn.append(clock.now)
        draw()

    live._draw = counted  # type: ignore[method-assign]
    for seq, record in world.records:
        s.feed(seq, record)
        clock.now += 0.013
        live.update()
    took = clock.now
    assert took > 2
    assert len(drawn) <= took / REDRAW + 1
    assert len(drawn) >= took / (REDRAW + 0.013) - 1
    assert all(b - a >= REDRAW for a, b in pairwise(drawn))
    live.done()
    text = out.getvalue()
    assert "session 1" in text
    assert "session 2" in text
    assert LABEL in text
    assert text.rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in text[-40:], "the cursor is given back"


def test_the_panel_shows_latches_and_reasons(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    out = Tty()
    shown_live(flown(WILD), out, plain=False, sessions=10, each=0.01)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    assert "L3 drawdown restrict zone" in text
    assert "of $400 daily loss" in text
    assert "of $40,000 gross" in text
    assert "refused" in text
    assert any(code in text for code in CODES)
    assert "100%" in text


def test_eighty_columns_hold_it(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    out = Tty()
    shown_live(flown(Shape(minutes=60, last_day=20080916)), out, plain=False, each=1.0)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]", text)) <= 80


def test_the_summary_in_text():
    s = summed(flown(WILD).records)
    finished(s)
    text = summary_table(s)
    assert "10 sessions, 15 Sep 2008 to 26 Sep 2008" in text
    assert f"Prices: {LABEL}" in text
    assert f"{s.refused:,} for {len(s.refused_by_code)} reasons" in text
    assert "10 of 10 sessions" in text
    assert "C4.max_positions" in text
    assert "daily loss" in text
    assert "ab" * 32 in text
    assert "NOT CONSISTENT" not in text
    assert "NOT EXPLAINED" not in text
    assert max(len(line) for line in text.splitlines()) < 120


def test_a_summary_of_nothing():
    assert summary_table(Summary()).startswith("No session yet.")
