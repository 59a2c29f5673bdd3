"""Every code can be reached, nothing says another, and the reference says what the kernel says."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flyball.kernel
from flyball.bots.door import intent_of
from flyball.kernel import controls
from flyball.kernel.controls import METAS, duplicate, latch
from flyball.kernel.events import Action
from flyball.kernel.latches import TABLE, set_latch
from flyball.kernel.limits import KEYS
from flyball.kernel.words import ACTIVE, CODES
from tests.kernel.hand import (
    AAA,
    BBB,
    BUY,
    DAY_LENGTH,
    DOLLAR,
    NS,
    SELL,
    Hand,
    flying,
    ns,
    ppm,
    text,
    usd,
)
from tools import reference

Said = tuple[str, ...]
ROOT = Path(__file__).parents[2]


def adds(qty: int = 5, limit: int = 0, **limits: Any) -> Said:
    """Buying 5 at 100.00 under these limits."""
    codes: Said = flying(**limits).ask(BUY, qty, limit).codes
    return codes


def holding() -> Any:
    f = flying()
    f.hold(5)
    return f.later(NS)


def said(
    change: Callable[[Hand], object], side: int = BUY, qty: int = 1, limit: int = 0, **more: Any
) -> Said:
    """What is said to an order after something happened to an account that holds 5."""
    f = holding()
    change(f)
    codes: Said = f.ask(side, qty, limit, **more).codes
    return codes


def door(**fields: Any) -> Said:
    """What the door found wrong, as the kernel answers it."""
    f = flying()
    asked = {"symbol": "AAA", "side": "buy", "qty": 1, **fields}
    intent = intent_of(asked, "s", {"AAA": AAA}, f.now, f.now)
    assert intent is not None
    codes: Said = f.feed(intent)[0].codes
    return codes


def without_account() -> Said:
    f = Hand()
    f.instrument(AAA)
    f.session()
    f.mark(last=10_000)
    return f.ask(BUY, 1).codes


def adopted() -> Said:
    f = Hand()
    f.instrument(AAA)
    f.account(cash=10**10, positions=(("AAA", 1),))
    f.session()
    f.mark(last=10_000)
    return f.ask(BUY, 1).codes


def unvalued(f: Hand) -> Any:
    f.instrument(BBB)
    f.strange_fill("by hand", "BBB", BUY, 10**9, 100_000)


def full(where: object, name: str) -> Said:
    f = holding()
    f.order(BUY, 1, 9_000)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(where, name, 1)
        codes: Said = f.ask(BUY, 1, 8_000).codes
        return codes


def failing() -> Said:
    with pytest.MonkeyPatch.context() as m:
        m.setattr(controls.count, "count", lambda *_: 1 // 0)
        f = flying()
        f.faulty = True
        codes: Said = f.ask(BUY, 1).codes
        return codes


FORBIDDING = [row.id for row in TABLE.values() if row.state != ACTIVE]


def latched(name: str) -> Said:
    return said(lambda f: set_latch(f.s, [], name, "account", "test", "test"))


STORIES: dict[str, Callable[[], Said]] = {
    "SIZE_ORDER_NOTIONAL": lambda: adds(max_order_notional=usd(499)),
    "SIZE_ORDER_QTY": lambda: adds(max_order_qty=4),
    "EXPOSURE_POSITION": lambda: adds(max_position_notional=usd(499)),
    "EXPOSURE_GROSS": lambda: adds(max_gross=usd(499)),
    "EXPOSURE_NET": lambda: adds(max_net=usd(499)),
    "EXPOSURE_LEVERAGE": lambda: adds(max_leverage=ppm(49_999)),
    "EXPOSURE_AT_RISK": lambda: adds(max_at_risk=usd(499)),
    "EXPOSURE_COUNT": lambda: adds(max_positions=0),
    "BUDGET_TURNOVER": lambda: adds(max_daily_turnover=usd(999)),
    "BUDGET_COST": lambda: adds(max_daily_cost=usd(0.09), fee_per_unit=("micros", 10_000, "")),
    "LOSS_ACCOUNT": lambda: adds(max_daily_loss=usd(99)),
    "LOSS_STRATEGY": lambda: adds(max_daily_loss__strategy__s=usd(99)),
    "LOSS_SYMBOL": lambda: adds(max_daily_loss__symbol__AAA=usd(99)),
    "DRAWDOWN_UNKNOWN": lambda: said(lambda f: (f.config(drawdown_halt=ppm(10_000)), unvalued(f))),
    "PRICE_NO_REFERENCE": lambda: flying(price=0).ask(BUY, 1, 10_000).codes,
    "PRICE_TOLERANCE": lambda: adds(1, 10_101, price_tolerance=ppm(10_000)),
    "DATA_MISSING": lambda: flying(price=0).ask(BUY, 1, 10_000).codes,
    "DATA_STALE": lambda: said(lambda f: (f.config(max_quote_age=ns(NS)), f.later(NS))),
    "DATA_RESTATED": lambda: said(lambda f: f.feed(Action(f.now, "split", "AAA", 2, 1, "", 0, 0, "a1", 1))),
    "DATA_CROSSED": lambda: said(lambda f: f.mark(bid=10_001, ask=10_000)),
    "DATA_LOCKED": lambda: said(lambda f: f.mark(bid=10_000, ask=10_000)),
    "DATA_SPREAD": lambda: said(lambda f: (f.config(max_spread=ppm(100)), f.mark(bid=9_999, ask=10_001))),
    "DATA_SUSPECT": lambda: said(lambda f: (f.config(max_tick_move=ppm(100)), f.mark(last=10_002))),
    "DATA_UNVALUED": lambda: said(unvalued),
    "RATE_ORDERS": lambda: adds(order_rate=0),
    "RATE_SPACING": lambda: said(lambda f: f.config(min_spacing=ns(2 * NS))),
    "RATE_MESSAGES": lambda: adds(message_rate=0),
    "RATE_REJECTS": lambda: said(
        lambda f: (f.update(f.order(BUY, 1, 9_000), "REJECTED"), f.config(reject_rate=0))
    ),
    "RATE_DAY": lambda: adds(max_orders_per_day=0),
    "RATE_REDUCE": lambda: said(lambda f: f.config(reduce_rate=0), SELL, 5),
    "DUPLICATE_INTENT": lambda: said(lambda f: None, intent="i1"),
    "DUPLICATE_ORDER": lambda: said(lambda f: f.config(duplicate_window=ns(2 * NS)), BUY, 5),
    "SELF_TRADE": lambda: said(lambda f: f.order(SELL, 5, 10_000)),
    "FORMAT_QTY": lambda: adds(0),
    "FORMAT_LOT": lambda: flying().ask(BUY, notional=DOLLAR).codes,
    "FORMAT_PRICE": lambda: flying().ask(BUY, 1, type="limit").codes,
    "FORMAT_MIN_NOTIONAL": lambda: adds(1, min_notional=("micros", 101 * DOLLAR, "")),
    "FORMAT_FIELD": lambda: flying().ask(0, 1).codes,
    "FORMAT_RANGE": lambda: door(qty=10**16),
    "MARKET_CLOSED": lambda: said(lambda f: f.later(DAY_LENGTH)),
    "MARKET_FLAT_BY": lambda: said(lambda f: f.later(DAY_LENGTH - 300 * NS)),
    "MARKET_RESTRICTED": lambda: adds(restricted=text("AAA", "list")),
    "RULE_UNKNOWN_SYMBOL": lambda: flying().ask(BUY, 1, symbol="NOPE").codes,
    "RULE_UNKNOWN_TYPE": lambda: flying().ask(BUY, 1, type="trail").codes,
    "RULE_STOP_ADDS": lambda: flying().ask(BUY, 1, type="stop", stop=10_100).codes,
    "RULE_UNKNOWN_TIF": lambda: flying().ask(BUY, 1, tif="gtc").codes,
    "RULE_ASSET_CLASS": lambda: said(
        lambda f: (f.instrument(BBB, asset_class="option"), f.mark("BBB", last=1)), symbol="BBB"
    ),
    "INTENT_EXPIRED": lambda: flying().ask(BUY, 1, created_at=0).codes,
    "ACCOUNT_OPPOSITE_SIDE": lambda: said(lambda f: None, SELL, 1, strategy="other"),
    "ACCOUNT_UNKNOWN": without_account,
    "ACCOUNT_ADOPTION": adopted,
    "REDUCE_IN_DOUBT": lambda: said(lambda f: f.doubt(SELL, 5, 10_100), SELL),
    "REDUCE_HELD": lambda: said(lambda f: f.order(SELL, 5, 10_100), SELL),
    "REDUCE_THROUGH_ZERO": lambda: said(lambda f: None, SELL, 6),
    "CAPACITY_ORDERS": lambda: full(latch, "MAX_OPEN_ORDERS"),
    "CAPACITY_LOTS": lambda: full(latch, "MAX_LOTS"),
    "CAPACITY_INTENTS": lambda: full(duplicate, "MAX_INTENTS_A_DAY"),
    "CONTROL_FAILED": failing,
    "SIZE_ATR": lambda: adds(risk_per_trade=ppm(9_999)),  # while the average warms, 20 dollars a share
    "SIZE_ATR_UNKNOWN": lambda: flying(price=0, risk_per_trade=ppm(5_000)).ask(BUY, 1, 10_000).codes,
    **{f"LATCH_{name}": (lambda n=name: latched(n)) for name in FORBIDDING},  # type: ignore[misc]
    "LOSS_WEEK": lambda: adds(max_weekly_loss=usd(99)),
    "EQUITY_FLOOR": lambda: said(lambda f: f.config(min_account_equity=("micros", 10_000 * DOLLAR, ""))),
    "MARKET_HALTED": lambda: said(lambda f: f.report("halt", "paused", "symbol:AAA"), SELL),
}


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_reached(code):
    assert code in STORIES, f"{code} is dead, or nobody has told its story"
    assert code in STORIES[code]()


def test_there_is_no_story_of_another():
    assert sorted(STORIES) == sorted(CODES)


def test_the_kernel_says_no_other_code():
    """Every text in the kernel that looks like a code is one."""
    shape = re.compile(rf"(?:{'|'.join(sorted({code.partition('_')[0] for code in CODES}))})_[A-Z_]+")
    folder = Path(flyball.kernel.__file__).parent
    strange = [
        f"{file.name}:{node.lineno} {node.value}"
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and shape.fullmatch(node.value)
        and node.value not in CODES
    ]
    assert strange == []


def test_every_code_has_a_speaker_and_no_control_an_unknown_one():
    claimed = {code for meta in METAS for code in meta.codes}
    assert claimed <= set(CODES)
    assert set(CODES) - claimed == set(reference.OTHERS) | {f"LATCH_{name}" for name in FORBIDDING}


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_pages_say_what_the_kernel_says(name):
    page = ROOT / "docs/reference" / name
    assert page.exists(), "python -m tools.reference"
    assert page.read_text("utf-8") == reference.PAGES[name](), f"{name}: python -m tools.reference"


def test_the_page_of_codes_lists_exactly_the_codes():
    page = (ROOT / "docs/reference/codes.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", page)
    assert rows == list(CODES.items())


def test_the_page_of_controls_has_every_key_and_all_evidence():
    page = (ROOT / "docs/reference/controls.md").read_text("utf-8")
    for key in KEYS:
        assert f"`{key.name}`" in page, key.name
    shown = re.findall(r"(?m)^\| `(\w+\.[\w.]+)` \|", page)
    assert shown == [f"{meta.control}.{meta.key}" for meta in METAS]


def test_a_stale_page_is_named_with_its_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert reference.main(["--check"]) == 1
    assert "docs/reference/codes.md is not up to date: python -m tools.reference" in capsys.readouterr().out
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    (tmp_path / "latches.md").write_text("")
    assert reference.main(["--check"]) == 1
