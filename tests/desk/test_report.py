"""The report: whole, small, from nowhere else, and it says what the summary says."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from flyball.desk import shown
from flyball.desk.report import html
from flyball.desk.report.svg import VOID, steps
from flyball.desk.summary import Summary
from flyball.kernel.effects import DayStart
from flyball.kernel.events import Command, Config, Instrument, Intent
from flyball.kernel.words import CODES
from tests.desk.fly import LABEL, Shape, flown
from tests.desk.test_summary import WILD, finished, summed

MADE_UP = "</td><script>alert(1)</script>\"'&"
COMMANDS = [
    "flyball why i3 --dir x",
    "flyball journal verify --dir x",
    'flyball journal export --dir "a b" > j',
]


class Reader(HTMLParser):
    """Well-formed or not; keeps all text by the element it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in (*VOID, "meta"):
            self.wrong.append(f"<{tag}/>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def seen(self) -> str:
        """All that a person can read."""
        return "\n".join(data for tag, data in self.texts if tag not in ("style", "script"))


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.wrong
    assert not reader.open
    return reader


@pytest.fixture(scope="module")
def summary() -> Summary:
    s = summed(flown(WILD).records)
    finished(s)
    return s


@pytest.fixture(scope="module")
def page(summary) -> str:
    return html(summary, "A <wild> bot", LABEL, COMMANDS)


def test_it_is_one_page_without_the_rest_of_the_world(page):
    reader = read(page)
    assert len(page.encode()) < 2_000_000
    assert page.startswith("<!doctype html>")
    for outside in ("http", "src=", "@import", "url(", "//", "<link", "<iframe", "srcset", "<base"):
        assert outside not in page.lower(), outside
    assert not [tag for tag, _ in reader.tags if tag in ("link", "img", "iframe", "object", "embed")]
    assert all("href" not in attrs for _, attrs in reader.tags)
    assert sum(tag == "script" for tag, _ in reader.tags) == 1
    assert any(attrs.get("name") == "viewport" for _, attrs in reader.tags)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_it_says_what_the_summary_says(summary, page):
    seen = read(page).seen()
    assert "A <wild> bot" in seen
    assert shown.cash(summary.pnl(), sign=True) in seen
    assert f"{summary.refused:,}" in seen
    assert f"{len(summary.rows)} of {len(summary.rows)}" in seen
    worst = min(summary.rows, key=summary.row_pnl)
    assert shown.cash(summary.row_pnl(worst), sign=True) in seen
    for code, n in summary.refused_by_code.items():
        assert code in seen
        assert CODES[code] in seen
        assert f"{n:,}" in seen
    for row in summary.rows:
        assert shown.day_name(row.day, weekday=True) in seen
    for name in ("C1.max_order_notional", "C3.max_gross", "C4.max_positions"):
        assert name in seen
    for command in COMMANDS:
        assert command in seen
    assert "ab" * 32 in seen
    assert "yes: every byte" in seen


def test_every_latch_has_its_row(summary, page):
    seen = read(page).seen()
    assert summary.latches.episodes
    for x in summary.latches.episodes:
        assert f"{x.set_by}: {x.reason}" in seen
        assert shown.stamp(x.set_at, "XNYS") in seen
        if x.cleared_at:
            assert f"{x.cleared_by}: {x.cleared_reason}" in seen
    assert seen.count("governor: ") == len(summary.latches.episodes)
    if summary.latches.active:
        assert "still set" in seen


def test_every_trip_has_its_row_and_its_dot(summary, page):
    reader = read(page)
    for t in summary.trips.all:
        if t.trip.trigger != "caution":
            assert shown.cash(t.trip.value) in reader.seen()
            assert f"{t.overshoot_bps():.2f} bps" in reader.seen()
    dots = [a for tag, a in reader.tags if tag == "circle" and (a.get("class") or "").startswith("trip")]
    assert len(dots) == 2 * len(summary.trips.all)  # a wide and a narrow drawing


def test_what_the_prices_are_stands_wherever_they_stand(page):
    """Under the headline, the drawing, the losses, the days, the decisions, and at the end."""
    assert read(page).seen().count(LABEL) >= 6


def test_one_example_for_each_refusal(summary, page):
    seen = read(page).seen()
    assert set(summary.examples.refused) == set(summary.refused_by_code)
    for x in summary.examples.refused.values():
        assert f"record {x.seq:,}" in seen


def test_a_size_that_would_have_passed_is_named():
    """Where the choice is to refuse rather than to cut back (C35)."""
    s = summed(flown(replace(WILD, last_day=20080917), on_excess=("text", 0, "refuse")).records)
    seen = read(html(s, "t", LABEL, [])).seen()
    x = next(x for x in s.examples.refused.values() if x.decision.would_pass)
    assert "would pass" in seen
    assert f"{x.decision.would_pass:,} {x.decision.symbol}" in seen
    assert not s.clipped


def test_the_drawing_stays_inside_itself(summary, page):
    reader = read(page)
    charts = [a for tag, a in reader.tags if tag == "svg" and (a.get("class") or "").startswith("chart")]
    assert [a["class"] for a in charts] == ["chart wide", "chart narrow"]
    for tag, a in reader.tags:
        if tag in ("polyline", "polygon"):
            for pair in (a["points"] or "").split():
                x, y = (float(part) for part in pair.split(","))
                assert 0 <= x <= 1080
                assert 0 <= y <= 700
    hover = next(a for tag, a in reader.tags if a.get("class") == "hover")
    points = [point.split("|") for point in (hover["data-points"] or "").split(";")]
    assert len(points) == len(summary.curve.points)
    assert points[-1][3] == shown.cash(summary.books.equity())


def test_what_comes_from_outside_is_never_markup():
    """Names of bots, symbols, operators, reasons and labels are text."""
    w = flown(Shape(minutes=60, last_day=20080916))
    records = []
    for seq, r in w.records:
        if isinstance(r, Intent):
            r = replace(r, intent=MADE_UP, strategy=MADE_UP)
        elif isinstance(r, Config):
            r = replace(r, profile=MADE_UP)
        elif isinstance(r, Instrument):
            r = replace(r, currency=MADE_UP)
        elif isinstance(r, Command):
            r = replace(r, by=MADE_UP)
        records.append((seq, r))
    s = summed(records)
    for x in s.latches.episodes:
        x.set_by = x.reason = x.scope = MADE_UP
    s.finish(path=MADE_UP, head=MADE_UP, verified=False)
    page = html(s, MADE_UP, MADE_UP, [MADE_UP])
    assert sum(tag == "script" for tag, _ in read(page).tags) == 1
    assert "alert(1)</script>" not in page
    assert MADE_UP in read(page).seen()
    assert "NO: what is there is not what was written" in read(page).seen()


@pytest.mark.parametrize("cut", [0, 1, 5, 9, 10, 30, 200])
def test_a_report_of_anything(cut):
    """From an empty journal, from before the first session, from the middle of a day."""
    records = flown(Shape(minutes=60, last_day=20080915)).records[:cut]
    read(html(summed(records), "t", LABEL, []))


def test_an_inconsistent_journal_says_so():
    records = [
        (n, replace(r, baseline=r.baseline + 1) if isinstance(r, DayStart) else r)
        for n, r in flown(Shape(minutes=60, last_day=20080916)).records
    ]
    seen = read(html(summed(records), "t", LABEL, [])).seen()
    assert "NO, 2 times" in seen
    assert re.search(r"record \d+: the day's baseline is", seen)


@pytest.mark.parametrize(
    ("low", "high", "wanted", "found"),
    [
        (0, 10, 5, [0, 2, 4, 6, 8, 10]),
        (-3, 3, 3, [-2, 0, 2]),
        (5, 5, 4, [5]),
        (98_000, 103_000, 5, [98_000, 99_000, 100_000, 101_000, 102_000, 103_000]),
    ],
)
def test_round_steps(low, high, wanted, found):
    assert list(steps(low, high, wanted)) == found
