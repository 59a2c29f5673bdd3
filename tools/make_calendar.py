"""Write src/flyball/tables/xnys.py from exchange_calendars; fail when pandas_market_calendars disagrees.

    python -m tools.make_calendar            write the table
    python -m tools.make_calendar --check    only compare: exit 1 when the table is not what both say today

Both libraries are development dependencies; nothing of them is needed at run time.
"""

import sys
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).parent.parent / "src/flyball/tables/xnys.py"
FIRST: Final = date(2005, 1, 1)
LAST: Final = date(2028, 12, 31)
NEW_YORK: Final = "America/New_York"

Hours = dict[date, tuple[datetime, datetime]]

# The table holds what was scheduled. On these days pandas_market_calendars holds what happened instead; they
# are listed with the hours it gives, so that a day more, a day less or another hour still fails.
KNOWN_DIFFERENCES: Final = {
    date(2005, 6, 1): ("09:30", "15:56", "systems communication problem, closed four minutes early"),
    date(2006, 12, 27): ("09:32", "16:00", "opened after two minutes of silence for President Ford"),
}


class Table(NamedTuple):
    """Weekdays without a session and days that close early, as yyyymmdd in order."""

    closed: tuple[int, ...]
    early: tuple[int, ...]


def number(day: date) -> int:
    """A date as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def from_exchange_calendars() -> Hours:
    """Opens and closes in New York time by day, from exchange_calendars."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST - timedelta(days=31), end=LAST)
    rows = calendar.schedule.loc[str(FIRST) : str(LAST)]
    opens, closes = rows["open"].dt.tz_convert(NEW_YORK), rows["close"].dt.tz_convert(NEW_YORK)
    return {
        day.date(): (first.to_pydatetime(), last.to_pydatetime())
        for day, first, last in zip(rows.index, opens, closes, strict=True)
    }


def from_pandas_market_calendars() -> Hours:
    """The same from pandas_market_calendars."""
    import pandas_market_calendars

    rows = pandas_market_calendars.get_calendar("NYSE").schedule(str(FIRST), str(LAST), tz=NEW_YORK)
    return {
        day.date(): (first.to_pydatetime(), last.to_pydatetime())
        for day, first, last in zip(rows.index, rows["market_open"], rows["market_close"], strict=True)
    }


def disagreements(ours: Hours, theirs: Hours) -> list[str]:
    """The days on which the two differ beyond KNOWN_DIFFERENCES, and the known differences that are gone."""
    found = []
    for day in sorted(ours.keys() | theirs.keys()):
        left = tuple(f"{t:%H:%M}" for t in ours.get(day, ()))
        right = tuple(f"{t:%H:%M}" for t in theirs.get(day, ()))
        expected = KNOWN_DIFFERENCES[day][:2] if day in KNOWN_DIFFERENCES else left
        if right != expected:
            found.append(
                f"{day}: exchange_calendars {left or 'closed'}, pandas_market_calendars {right or 'closed'}, "
                f"expected of the second {expected or 'closed'}"
            )
    return found


def table_of(hours: Hours) -> Table:
    """The exceptions to 09:30 to 16:00 on every weekday. Fails on hours that the table has no words for."""
    closed, early = [], []
    day = FIRST
    while day <= LAST:
        match tuple(f"{t:%H:%M}" for t in hours.get(day, ())):
            case ():
                if day.weekday() < 5:
                    closed.append(number(day))
            case _ if day.weekday() >= 5:
                raise SystemExit(f"{day}: a session on a weekend; teach tables/calendar.py that first")
            case ("09:30", "13:00"):
                early.append(number(day))
            case ("09:30", "16:00"):
                pass
            case other:
                raise SystemExit(f"{day}: hours {other}; teach tables/calendar.py those first")
        day += timedelta(days=1)
    return Table(tuple(closed), tuple(early))


def _by_year(days: tuple[int, ...]) -> str:
    lines = []
    for year in sorted({day // 10_000 for day in days}):
        of_year = [str(day) for day in days if day // 10_000 == year]
        lines += ["        " + ", ".join(of_year[i : i + 10]) + "," for i in range(0, len(of_year), 10)]
    return "\n".join(lines)


def source_text(table: Table) -> str:
    """The module to write."""
    return f'''"""The XNYS table. Made by tools/make_calendar.py; do not edit: make it anew.

Source: exchange_calendars {version("exchange_calendars")}, equal day for day to pandas_market_calendars \
{version("pandas_market_calendars")}
but for the interruptions named in the tool. Days are yyyymmdd, New York.
"""

from typing import Final

FIRST_DAY: Final = {number(FIRST)}
LAST_DAY: Final = {number(LAST)}

# Weekdays without a session: holidays and special closures.
# fmt: off
CLOSED: Final = frozenset(
    (
{_by_year(table.closed)}
    )
)

# Sessions that close at 13:00 New York time.
EARLY: Final = frozenset(
    (
{_by_year(table.early)}
    )
)
'''


def main(arguments: list[str]) -> int:
    """The command. Returns its exit code."""
    ours = from_exchange_calendars()
    if found := disagreements(ours, from_pandas_market_calendars()):
        print("the libraries disagree; find out who is right before making a table:", *found, sep="\n  ")
        return 1
    table = table_of(ours)
    if "--check" in arguments:
        from flyball.tables import xnys

        same = (frozenset(table.closed), frozenset(table.early)) == (xnys.CLOSED, xnys.EARLY)
        print(f"{TABLE.name}: {'as the libraries say' if same else 'out of date; run without --check'}")
        return 0 if same else 1
    TABLE.write_text(source_text(table), encoding="utf-8")
    print(
        f"{TABLE}: {len(ours)} sessions, {len(table.closed)} weekdays closed, {len(table.early)} early closes"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
