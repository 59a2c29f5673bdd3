"""The size a refusal names is the truth: asked for again it passes, and one lot more does not (C1-C6, C10).

Accounts, limits, positions, working orders and asks are drawn; the size named is judged again in the same
state.
"""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flyball.kernel.ask import project
from flyball.kernel.decide import decide
from flyball.kernel.events import Intent
from flyball.kernel.units import POW10
from tests.kernel.flight import orders_in
from tests.kernel.hand import AAA, BBB, COIN, NS, Hand, flying, ppm, text, usd

CAPS = {
    "SIZE_ORDER_NOTIONAL",
    "SIZE_ORDER_QTY",
    "EXPOSURE_POSITION",
    "EXPOSURE_GROSS",
    "EXPOSURE_NET",
    "EXPOSURE_LEVERAGE",
    "EXPOSURE_AT_RISK",
    "EXPOSURE_COUNT",
    "BUDGET_TURNOVER",
    "BUDGET_COST",
    "LOSS_ACCOUNT",
    "LOSS_STRATEGY",
    "LOSS_SYMBOL",
    "FORMAT_LOT",
    "SIZE_ATR",
}


def amounts(least: int, most: int) -> st.SearchStrategy[Any]:
    """Money as it is written, to the cent or to the micro, or as a share of equity."""
    cents = st.integers(least * 100, most * 100).map(lambda c: usd(c / 100))
    micros = st.integers(least * 10**6, most * 10**6).map(lambda m: ("money_abs", m, ""))
    return st.one_of(cents, micros, st.integers(1, 400_000).map(lambda p: ("money_ppm", p, "")))


LIMITS: dict[str, st.SearchStrategy[Any]] = {
    "max_order_notional": amounts(50, 3_000),
    "max_order_qty": st.integers(1, 30),
    "max_position_notional": amounts(50, 3_000),
    "max_gross": amounts(50, 4_000),
    "max_net": amounts(50, 4_000),
    "max_leverage": st.integers(10_000, 500_000).map(ppm),
    "max_at_risk": amounts(50, 4_000),
    "max_positions": st.integers(1, 3),
    "max_daily_turnover": amounts(100, 9_000),
    "max_daily_cost": amounts(0, 20),
    "max_daily_loss": amounts(1, 500),
    "max_daily_loss__strategy__s": amounts(1, 500),
    "max_daily_loss__symbol__AAA": amounts(1, 500),
    "max_order_notional__symbol__AAA": amounts(50, 3_000),
    "fee_per_unit": st.integers(0, 100_000).map(lambda m: ("micros", m, "")),
    "fee_rate": st.integers(0, 20_000).map(ppm),
    "stress_floor": st.integers(0, 150_000).map(ppm),
    "risk_per_trade": st.integers(1, 50_000).map(ppm),
    "atr_stop": st.integers(100_000, 5_000_000).map(ppm),
}
PRICES = {"AAA": 10_000, "BBB": 123_457, "COIN": 2_001}  # 100.00, 12.3457, 0.00002001
# one "share" of about 10 dollars in the units of each
UNIT = {"AAA": 1, "BBB": POW10[9], "COIN": 500_000 * POW10[9]}
INSTRUMENTS = {"AAA": AAA, "BBB": BBB, "COIN": COIN}

trade = st.tuples(
    st.sampled_from(sorted(PRICES)),
    st.sampled_from((1, -1)),
    st.integers(1, 25),
    st.sampled_from(("filled", "half", "works", "doubt")),
    st.integers(-200, 200),  # the fill's price or the limit, in bp from the mark
    st.integers(0, 90_000),  # fee
)


def story(limits: dict[str, Any], trades: list[Any], moves: dict[str, int]) -> Any:
    """An account in the middle of its day."""
    f = flying(also=(BBB, COIN))
    for symbol, price in PRICES.items():
        f.mark(symbol, last=price)
    for symbol, side, size, course, away, fee in trades:
        limit = PRICES[symbol] * (10_000 + away) // 10_000
        qty = UNIT[symbol] * size
        if not orders_in(f.later(NS // 50).intent(side, qty, limit, symbol)):
            continue
        order = f.outbox.pop()
        if course == "doubt":
            f.timeout(order.client_id, "submit")
            continue
        f.sent(order)
        f.update(order, "ACCEPTED", 0)
        if course in ("filled", "half"):
            f.fill(order, order.qty if course == "filled" else -(-order.qty // 2), price=limit, fee=fee)
    for symbol, move in moves.items():
        f.mark(symbol, last=PRICES[symbol] * (10_000 + move) // 10_000)
    f.config(**limits)
    return f


def decided(f: Hand, i: Intent, **changes: Any) -> Any:
    return decide(f.s, Intent(**(vars(i) | changes))).decision


@given(
    limits=st.fixed_dictionaries(
        {"on_excess": st.sampled_from((text("clip"), text("refuse")))}, optional=LIMITS
    ),
    trades=st.lists(trade, max_size=4),
    moves=st.fixed_dictionaries({}, optional={s: st.integers(-300, 300) for s in PRICES}),
    symbol=st.sampled_from(sorted(PRICES)),
    side=st.sampled_from((1, -1)),
    size=st.integers(1, 60),
    odd=st.sampled_from((0, 0, 1, 7)),
    limit=st.sampled_from((None, None, -50, 0, 50)),
    by_value=st.booleans(),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_the_named_size_passes_and_one_lot_more_does_not(
    limits, trades, moves, symbol, side, size, odd, limit, by_value
):
    f = story(limits, trades, moves)
    lot = INSTRUMENTS[symbol].lot
    price = 0 if limit is None else PRICES[symbol] * (10_000 + limit) // 10_000
    i = f.wish(side, UNIT[symbol] * size + odd, price, symbol, strategy="s")
    if by_value:
        i.qty, i.notional = 0, size * 10_000_000 + odd
    before = f.g.state_hash()
    d = decided(f, i)
    assume(d.adds and set(d.codes) <= CAPS)
    if d.verdict == "approve":
        assert decided(f, i, qty=d.qty, notional=0).qty == d.qty > 0
    named = d.would_pass if d.verdict == "reject" else d.qty
    if named:
        again = decided(f, i, qty=named, notional=0)
        assert (again.verdict, again.qty, again.codes) == ("approve", named, ())
    asked = project(f.s, i, f.s.markets[symbol], 0).qty
    if d.codes and named + lot <= asked:
        more = decided(f, i, qty=named + lot, notional=0)
        assert more.verdict != "approve", f"{named} was named, but {more.qty} passes: {d.codes}"
    if limits["on_excess"] == text("refuse"):
        assert d.verdict != "clip"
    assert f.g.state_hash() == before, "deciding changed something"
