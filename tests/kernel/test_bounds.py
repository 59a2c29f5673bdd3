"""Every maximum leaves room: products of two inputs stay below 2**63 x 10**18, and ids fit."""

from flyball.bots.door import intent_of
from flyball.kernel import bounds
from flyball.kernel.placing import client_id
from flyball.kernel.state import State
from flyball.kernel.units import POW10, PPM, notional, qty_for, scale_of
from tests.kernel.hand import AAA, BUY, flying

ROOM = 2**63 * 10**18


def test_products_of_inputs_stay_in_their_room():
    largest = bounds.MAX_PRICE * bounds.MAX_QTY
    assert largest < ROOM
    assert bounds.MAX_MONEY * PPM < ROOM
    assert bounds.MAX_MONEY * scale_of(bounds.MAX_PRICE_EXP, bounds.MAX_QTY_EXP) < ROOM
    assert len(POW10) > bounds.MAX_PRICE_EXP + bounds.MAX_QTY_EXP


def test_the_largest_of_everything_is_still_exact():
    for price_exp, qty_exp in ((0, 0), (9, 9), (2, 0), (0, 9)):
        scale = scale_of(price_exp, qty_exp)
        worth = notional(bounds.MAX_PRICE, bounds.MAX_QTY, scale)
        assert qty_for(worth, bounds.MAX_PRICE, scale) == bounds.MAX_QTY


def test_the_longest_id_fits():
    s = State(account="ABCDEF", epoch=9_999)
    s.order_seq = 9_999_998
    assert len(client_id(s, "x" * 20, 999)) <= bounds.MAX_CLIENT_ID


def test_the_door_lets_nothing_larger_in():
    f = flying()
    for field, largest in (("qty", bounds.MAX_QTY), ("notional", bounds.MAX_MONEY // 10**6)):
        for more, flaw in ((0, ""), (1, "FORMAT_RANGE")):
            asked = {"symbol": "AAA", "side": "buy", field: largest + more}
            intent = intent_of(asked, "s", {"AAA": AAA}, f.now, f.now)
            assert intent is not None
            assert (intent.flaw, intent.side) == (flaw, BUY)
