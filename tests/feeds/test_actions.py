"""Dated actions and flows from a file: what a row says, and an error for whatever it cannot say."""

import re
from pathlib import Path

import pytest

from flyball.feeds.actions import COLUMNS, Actions, ActionsError, load_actions
from flyball.kernel.corporate import ACTIONS
from flyball.kernel.events import Action, Flow

SYMBOLS = ("AAPL", "OLD", "NEW")
JUNE_9 = 1_402_272_000 * 10**9
HEAD = "at,what,symbol,ratio,to,cash,cost,id,why\n"


def read(*rows: str, head: str = HEAD) -> list[Action | Flow]:
    return load_actions("a.csv", (head + "".join(row + "\n" for row in rows)).encode(), SYMBOLS)


def test_every_kind_in_order_of_time_and_numbered() -> None:
    found = read(
        "2014-06-10,cash_dividend,AAPL,,,0.47,,,",
        "2014-06-09,split,AAPL,7:1,,,,,",
        "2014-06-09T12:00:00-04:00,flow,,,,-500,,,rent",
        "2014-06-11,symbol_change,OLD,,NEW,,,x,",
        "2014-06-12,spin_off,AAPL,1:5,NEW,40,0.08,,",
        "2014-06-13,flow,,,,12.5,,,",
    )
    assert found == [
        Action(JUNE_9, "split", "AAPL", 7, 1, "", 0, 0, "2014-06-09 split AAPL", 1),
        Flow(JUNE_9 + 16 * 3_600 * 10**9, -500_000_000, "rent", 1),
        Action(
            JUNE_9 + 86_400 * 10**9,
            *("cash_dividend", "AAPL", 0, 0, "", 470_000, 0, "2014-06-10 cash_dividend AAPL", 2),
        ),
        Action(JUNE_9 + 2 * 86_400 * 10**9, "symbol_change", "OLD", 0, 0, "NEW", 0, 0, "x", 3),
        Action(
            JUNE_9 + 3 * 86_400 * 10**9,
            *("spin_off", "AAPL", 1, 5, "NEW", 40_000_000, 80_000, "2014-06-12 spin_off AAPL", 4),
        ),
        Flow(JUNE_9 + 4 * 86_400 * 10**9, 12_500_000, "flow", 2),
    ]


def test_columns_that_are_not_needed_may_be_left_out() -> None:
    assert read("flow,2014-06-09,3", head="what;at;cash\n".replace(";", ","))[0].n == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2014-06-09,merger,AAPL,,,,,,", "line 2: what: 'merger' is none of split"),
        ("2014-06-09,split,IBM,2:1,,,,,", "symbol: 'IBM' is no symbol of the feed"),
        ("2014-06-09,split,AAPL,,,,,,", "ratio: '' is no ratio"),
        ("2014-06-09,split,AAPL,0:1,,,,,", "ratio: '0:1'"),
        ("2014-06-09,split,AAPL,1:0,,,,,", "ratio: '1:0'"),
        ("2014-06-09,split,AAPL,4,,,,,", "ratio: '4'"),
        ("2014-06-09,split,AAPL,1:10,,,,,", "cash: split needs an amount above zero"),
        ("2014-06-09,split,AAPL,2:1,,-1,,,", "cash: split needs"),
        ("2014-06-09,cash_dividend,AAPL,,,,,,", "cash: cash_dividend needs"),
        ("2014-06-09,cash_dividend,AAPL,,,nan,,,", "cash: 'nan' is not a plain decimal"),
        ("2014-06-09,cash_dividend,AAPL,,,0.0000001,,,", "cash: "),
        ("2014-06-09,cash_dividend,AAPL,,,9999999999999,,,", "cash: 9999999999999 is more"),
        ("2014-06-09,symbol_change,AAPL,,,,,,", "to: '' is no symbol"),
        ("2014-06-09,symbol_change,AAPL,,IBM,,,,", "to: 'IBM' is no symbol"),
        ("2014-06-09,spin_off,AAPL,1:5,NEW,40,1.1,,", "cost: 1.1 is no share"),
        ("2014-06-09,flow,,,,0,,,", "cash: a flow has an amount"),
        ("yesterday,flow,,,,1,,,", "at: 'yesterday' is no date"),
        ("2014-06-09T12:00:00,flow,,,,1,,,", "2014-06-09T12:00:00Z for UTC"),
        ("2014-06-09,flow,,,,1", "not as wide as the header"),
    ],
)
def test_what_a_row_cannot_say(row: str, says: str) -> None:
    with pytest.raises(ActionsError) as error:
        read(row)
    assert says in str(error.value)
    assert "a.csv: line 2" in str(error.value)


def test_the_same_twice_needs_ids() -> None:
    with pytest.raises(ActionsError, match="line 3: id '2014-06-09 split AAPL' is there twice"):
        read("2014-06-09,split,AAPL,2:1,,,,,", "2014-06-09,split,AAPL,2:1,,,,,")
    assert len(read("2014-06-09,split,AAPL,2:1,,,,a,", "2014-06-09,split,AAPL,2:1,,,,b,")) == 2


@pytest.mark.parametrize(
    ("head", "says"),
    [("at,cash\n", "no column 'what'"), ("at,what,ticker\n", "a column 'ticker' nobody knows")],
)
def test_columns(head: str, says: str) -> None:
    with pytest.raises(ActionsError, match=says):
        read(head=head)


def test_a_source_goes_on_behind_its_cursors() -> None:
    found = read("2014-06-09,flow,,,,1,,,", "2014-06-10,split,AAPL,2:1,,,,,", "2014-06-11,flow,,,,2,,,")
    source = Actions(found)
    assert source.next_due() == JUNE_9
    assert source.take(JUNE_9 - 1) == []
    (first,) = source.take(JUNE_9)
    assert first == found[0]
    assert first is not found[0], "the list is not changed by who takes it in"
    behind = Actions(found, action=1, flow=1)
    assert behind.take(JUNE_9 * 2) == [found[2]]
    assert behind.next_due() is None


def test_the_page_is_about_this_file() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "actions.md").read_text()
    (example,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    found = load_actions("a.csv", example.encode(), ("MSFT", "AAPL", "XYZ", "OLD", "NEW", "KIDS"))
    assert {one.what if isinstance(one, Action) else "flow" for one in found} == {*ACTIONS, "flow"}
    columns = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert tuple(columns) == COLUMNS
