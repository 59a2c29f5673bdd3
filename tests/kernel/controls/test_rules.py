"""C24: the market's own rules. What is not known is denied; only facts of the market hold an exit."""

import pytest

from tests.kernel.hand import AAA, BUY, DAY_LENGTH, NS, SELL, answer, approve, evidence, flying, reject, text

MINUTE = 60 * NS


def holding(**limits):
    f = flying(**limits)
    f.hold(5)
    return f


@pytest.mark.parametrize(("at", "ok"), [(0, True), (DAY_LENGTH - 1, True), (DAY_LENGTH, False)])
def test_the_session(at, ok):
    f = holding(flat_by=text("never"))
    f.later(at)
    for side, qty in ((BUY, 1), (SELL, 5)):
        d = f.would(side, qty)
        assert answer(d) == (approve(qty) if ok else reject("MARKET_CLOSED"))
        assert evidence(d)["C24.session"] == (int(not ok), 0)


def test_before_the_first_session_and_before_an_open():
    f = flying()
    f.s.day.open += 1
    assert answer(f.would(BUY, 1)) == reject("MARKET_CLOSED")
    f.s.day.open = f.s.day.close = 0
    assert answer(f.would(BUY, 1)) == reject("MARKET_CLOSED", "MARKET_FLAT_BY")


@pytest.mark.parametrize(
    ("flat_by", "before", "ok"),
    [("close", 5 * MINUTE + 1, True), ("close", 5 * MINUTE, False), ("close", 1, False), ("never", 1, True)],
)
def test_before_the_close_only_exits(flat_by, before, ok):
    f = holding(flat_by=text(flat_by))
    f.later(DAY_LENGTH - before)
    d = f.would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("MARKET_FLAT_BY"))
    assert evidence(d)["C24.flat_by"] == (int(not ok), 0)
    assert answer(f.would(SELL, 5)) == approve(5)


@pytest.mark.parametrize("why", ["listed", "not tradable"])
def test_restricted(why):
    f = holding()
    if why == "listed":
        f.config(restricted=text("ZZZ,AAA", "list"))
    else:
        f.instrument(AAA, tradable=False)
    assert answer(f.would(BUY, 1)) == reject("MARKET_RESTRICTED")
    assert answer(f.would(SELL, 5)) == approve(5)


def test_others_are_not_restricted():
    f = flying(restricted=text("AA,AAAA,", "list"))
    assert answer(f.would(BUY, 1)) == approve(1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"type": "trail"}, "RULE_UNKNOWN_TYPE"),
        ({"type": ""}, "RULE_UNKNOWN_TYPE"),
        ({"type": "LIMIT"}, "RULE_UNKNOWN_TYPE"),
        ({"tif": "gtc"}, "RULE_UNKNOWN_TIF"),
        ({"tif": ""}, "RULE_UNKNOWN_TIF"),
        ({"type": "limit"}, "FORMAT_PRICE"),
        ({"type": "limit", "limit": -1}, "FORMAT_PRICE"),
    ],
)
def test_a_shape_nobody_can_send_is_refused_exits_too(more, code):
    f = holding()
    assert answer(f.would(BUY, 1, **more)) == reject(code)
    assert answer(f.would(SELL, 5, **more)) == reject(code)


@pytest.mark.parametrize("tif", ["day", "ioc"])
@pytest.mark.parametrize(("kind", "limit"), [("market", 0), ("limit", 1)])
def test_known_shapes(tif, kind, limit):
    f = flying()
    d = f.ask(BUY, 1, limit, type=kind, tif=tif)
    order = f.outbox.pop()
    assert (d.verdict, order.type, order.tif, order.limit) == ("approve", kind, tif, limit)


@pytest.mark.parametrize(
    ("asset_class", "ok"), [("us_equity", True), ("crypto", True), ("option", False), ("", False)]
)
def test_asset_class(asset_class, ok):
    f = flying()
    f.instrument(AAA, asset_class=asset_class, qty_exp=1)  # another unit: a new instrument
    f.mark(last=10_000)
    assert answer(f.would(BUY, 1)) == (approve(1) if ok else reject("RULE_ASSET_CLASS"))
    f.strange_fill("fbT-1-99-s-1", "AAA", BUY, 5, 10_000)
    assert answer(f.would(SELL, 5)) == approve(5)


@pytest.mark.parametrize("side", [0, 2, -2])
def test_no_side(side):
    d = flying().ask(side, 1)
    assert answer(d) == reject("FORMAT_FIELD")


def test_no_such_symbol():
    assert answer(flying().ask(BUY, 1, symbol="AAPL")) == reject("RULE_UNKNOWN_SYMBOL")
