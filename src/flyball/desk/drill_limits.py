"""How each key of `[limits]` is tripped on a scratch copy. One entry a key; a key without one fails a test.

A cap is tried with the smallest order it speaks against: one lot less has to pass it.
"""

from typing import Final

from flyball.desk.drill_latches import by_latch
from flyball.desk.drill_scales import bar, caution, caution_scale, fee, floor, leaves, scaled, stop, unvalued
from flyball.desk.drill_scratch import AGREE, DOLLAR, Scratch
from flyball.desk.drill_sensors import exempt, flattens, scaled_down, sets, settles, two_persons, window
from flyball.desk.drill_try import DOUBLINGS, Drill, Tried, cap, said, spoke, unpriced
from flyball.kernel.effects import Order
from flyball.kernel.ladder import wants_auction
from flyball.kernel.units import MINUTE, NS, PPM
from flyball.kernel.volatility import EXTREME, HIGH
from flyball.kernel.words import APPROVE, AT_CLOSE, BUY, CLIP, REJECT, REJECTED, SELL

MOST: Final = 400  # orders a drill sends; what is counted beyond that is put there instead


def _count(sc: Scratch) -> Tried:
    most = sc.s.limits.max_positions
    for n in range(most):
        sc.instrument(f"HELD{n}")
        sc.mark(DOLLAR, f"HELD{n}")
        sc.hold(1, symbol=f"HELD{n}")
    return spoke("EXPOSURE_COUNT", f"{most} symbols held, one more", sc.would(BUY, sc.m.lot))


def _cost(sc: Scratch) -> Tried:
    lim = sc.s.limits
    if lim.fee_per_unit or lim.fee_rate:
        return cap("BUDGET_COST").run(sc)
    sc.hold(sc.m.lot, fee=max(0, lim.max_daily_cost.at(sc.s.base())) + 1)
    return spoke("BUDGET_COST", "fees of the day above it, then an order", sc.would(BUY, sc.m.lot))


def _loss(sc: Scratch) -> Tried:
    kind = sc.scope.partition(":")[0]
    code = {"strategy": "LOSS_STRATEGY", "symbol": "LOSS_SYMBOL"}.get(kind, "LOSS_ACCOUNT")
    return cap(code).run(sc)


# -- prices


def _collar(sc: Scratch) -> Tried:
    d = sc.would(BUY, sc.m.lot)
    near = sc.m.ask or sc.m.last or sc.m.bid
    width = sc.s.limits.of_symbol(sc.symbol).max_slippage
    ok = d.limit > 0 and (d.limit - near) * PPM <= width * near
    return said("a market order", f"it leaves with a limit of {d.limit}, the price being {near}", ok)


def _tolerance(sc: Scratch) -> Tried:
    far = sc.m.mid() * (PPM + 2 * sc.s.limits.of_symbol(sc.symbol).price_tolerance) // PPM + 2 * sc.m.tick
    return spoke("PRICE_TOLERANCE", "a limit twice as far away", sc.would(BUY, sc.m.lot, limit=far))


def _stale(sc: Scratch) -> Tried:
    sc.wait(sc.s.limits.of_symbol(sc.symbol).max_quote_age + 1)
    return spoke("DATA_STALE", "no price for longer than that", sc.would(BUY, sc.m.lot))


def _spread(sc: Scratch) -> Tried:
    mid = max(sc.m.mid(), 2)
    wide = mid * (PPM + sc.s.limits.of_symbol(sc.symbol).max_spread) // PPM + 2
    sc.mark(mid, times=AGREE, bid=mid, ask=wide)
    return spoke("DATA_SPREAD", "a quote wider than that", sc.would(BUY, sc.m.lot))


def _suspect(sc: Scratch) -> Tried:
    move = sc.s.limits.of_symbol(sc.symbol).max_tick_move
    sc.mark(sc.m.mid() * (PPM + 2 * move) // PPM + 2 * sc.m.tick)
    return spoke("DATA_SUSPECT", "one print twice as far away", sc.would(BUY, sc.m.lot))


# -- counts and times


def _fill_up(sc: Scratch, times: list[int], most: int, gap: int) -> str:
    """Orders until `most` are counted in the window: sent, or put there where the caps leave no room."""
    qty = sc.small()
    for n in range(min(most, MOST) if qty else 0):
        sc.order(BUY, qty + n * sc.m.lot)  # each of another size, so that none is a duplicate
        for client_id in list(sc.s.orders):
            sc.update(client_id, "CANCELED")
        sc.wait(gap)
    if len(times) >= most:
        return f"{most} orders, and one more"
    times[:] = [sc.now] * most
    return f"{most} counted, and one more"


def _order_rate(sc: Scratch) -> Tried:
    what = _fill_up(sc, sc.s.rates.orders, sc.s.limits.order_rate, max(sc.s.limits.min_spacing, 1))
    return spoke("RATE_ORDERS", what, sc.would(BUY, sc.m.lot))


def _messages(sc: Scratch) -> Tried:
    most = sc.s.limits.message_rate
    sc.s.rates.messages = [sc.now] * most
    return spoke("RATE_MESSAGES", f"{most} messages in this second, and one more", sc.would(BUY, sc.m.lot))


def _spacing(sc: Scratch) -> Tried:
    qty = sc.small()
    if not sc.order(BUY, qty):
        sc.s.rates.orders = [sc.now]
    sc.wait(sc.s.limits.min_spacing - 1)
    return spoke("RATE_SPACING", "a second order a nanosecond too early", sc.would(BUY, sc.m.lot))


def _rejects(sc: Scratch) -> Tried:
    most = sc.s.limits.reject_rate
    gap = max(sc.s.limits.min_spacing, NS // max(sc.s.limits.order_rate, 1))
    qty = sc.small()
    sent = 0
    for n in range(min(most + 1, MOST)):
        client_id = sc.order(BUY, qty + n * sc.m.lot) if qty else ""
        sent += client_id != ""
        sc.update(client_id, REJECTED)
        sc.wait(gap)
    if sent <= most:
        sc.s.rates.rejects = [sc.now] * (most + 1)
    return spoke("RATE_REJECTS", f"{most + 1} rejects by the broker", sc.would(BUY, sc.m.lot))


def _day(sc: Scratch) -> Tried:
    most = sc.s.limits.max_orders_per_day
    sc.s.day.orders = most
    return spoke("RATE_DAY", f"{most} orders counted today, and one more", sc.would(BUY, sc.m.lot))


def _reduces(sc: Scratch) -> Tried:
    most = sc.s.limits.reduce_rate
    sc.hold(sc.m.lot * (most + 2))
    for _ in range(most):
        sc.intent(SELL, sc.m.lot)
    d = sc.intent(SELL, sc.m.lot)
    return spoke("RATE_REDUCE", f"{most} reductions in one second, and one more", d)


def _twice(sc: Scratch) -> Tried:
    qty = sc.small()
    if not qty:
        return said("no order passes the other limits", "nothing could be sent twice", False)
    sc.intent(BUY, qty)
    sc.wait(sc.s.limits.duplicate_window - 1)
    return spoke("DUPLICATE_ORDER", "the same order under another id", sc.would(BUY, qty))


def _least(sc: Scratch) -> Tried:
    return spoke("FORMAT_MIN_NOTIONAL", "an order worth next to nothing", sc.would(BUY, 0, notional=1))


def _restricted(sc: Scratch) -> Tried:
    name = sc.s.limits.restricted[0]
    sc.aim(f"symbol:{name}")
    return spoke("MARKET_RESTRICTED", f"buy {name}", sc.would(BUY, sc.m.lot))


def _old(sc: Scratch) -> Tried:
    born = sc.now - sc.s.limits.max_intent_age - 1
    return spoke("INTENT_EXPIRED", "an intent older than that", sc.would(BUY, sc.m.lot, created_at=born))


def _excess(sc: Scratch) -> Tried:
    wanted = sc.s.limits.of_strategy(sc.strategy).on_excess
    qty = sc.small()
    d = sc.would(BUY, max(qty, 1))
    for _ in range(DOUBLINGS):
        if d.verdict != APPROVE or qty == 0:
            break
        qty *= 2
        d = sc.would(BUY, qty)
    ok = d.verdict == CLIP if wanted == "clip" else d.verdict == REJECT and d.would_pass > 0
    passes = f", {d.would_pass} would pass" if d.would_pass else ""
    return said(f"buy {sc.named(qty)}: too large", f"{d.verdict} {d.qty}{passes}", ok)


def _equity_floor(sc: Scratch) -> Tried:
    sc.s.cash = sc.s.limits.min_account_equity
    return spoke("EQUITY_FLOOR", "an order at exactly this equity", sc.would(BUY, sc.m.lot))


def _flat_by(sc: Scratch) -> Tried:
    sc.now = sc.s.day.close - 4 * MINUTE
    sc.mark(sc.m.mid())
    return spoke("MARKET_FLAT_BY", "an order 4 minutes before the close", sc.would(BUY, sc.m.lot))


def _overnight(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    effects = sc.until(sc.s.day.close - 1)
    exits = [x for x in effects if isinstance(x, Order) and x.author == "ladder"]
    return said("a position 5 minutes before the close", f"{len(exits)} exits of the ladder", bool(exits))


def _auction(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    effects = sc.until(sc.s.day.close - 14 * MINUTE)
    sent = [x for x in effects if isinstance(x, Order) and x.tif == AT_CLOSE]
    what = "a position 15 minutes before the close"
    return said(what, f"{len(sent)} on-close orders", bool(sent) is wants_auction(sc.s))


LIMITS: Final[dict[str, tuple[Drill, ...]]] = {
    "max_order_notional": (cap("SIZE_ORDER_NOTIONAL"),),
    "max_order_qty": (cap("SIZE_ORDER_QTY"),),
    "max_position_notional": (cap("EXPOSURE_POSITION"),),
    "max_gross": (cap("EXPOSURE_GROSS"),),
    "max_net": (cap("EXPOSURE_NET"),),
    "max_leverage": (cap("EXPOSURE_LEVERAGE"),),
    "max_at_risk": (cap("EXPOSURE_AT_RISK"),),
    "max_overnight_exposure": (Drill("exits of the ladder", _overnight),),
    "max_positions": (Drill("EXPOSURE_COUNT", _count),),
    "max_daily_turnover": (cap("BUDGET_TURNOVER"),),
    "max_daily_cost": (Drill("BUDGET_COST", _cost),),
    "fee_per_unit": (fee("C5.max_daily_cost", "fee_per_unit"),),
    "fee_rate": (fee("C5.max_daily_cost", "fee_rate"),),
    "max_daily_loss": (Drill("LOSS_ACCOUNT, LOSS_STRATEGY or LOSS_SYMBOL", _loss),),
    "stress_floor": (Drill("at least this stress", floor),),
    "atr_bar": (Drill("one bar", bar),),
    "drawdown_caution": (Drill("trip caution", caution),),
    "drawdown_restrict": (by_latch("L3"),),
    "drawdown_halt": (
        by_latch("L2"),
        Drill(
            "DRAWDOWN_UNKNOWN",
            lambda sc: spoke("DRAWDOWN_UNKNOWN", "a holding without a price", unvalued(sc)),
        ),
    ),
    "caution_scale": (Drill("this scale", caution_scale),),
    "price_tolerance": (Drill("PRICE_TOLERANCE", _tolerance), unpriced("PRICE_NO_REFERENCE")),
    "max_slippage": (Drill("a limit within it", _collar),),
    "max_quote_age": (Drill("DATA_STALE", _stale), unpriced("DATA_MISSING")),
    "max_spread": (Drill("DATA_SPREAD", _spread),),
    "max_tick_move": (Drill("DATA_SUSPECT", _suspect),),
    "order_rate": (Drill("RATE_ORDERS", _order_rate),),
    "min_spacing": (Drill("RATE_SPACING", _spacing),),
    "message_rate": (Drill("RATE_MESSAGES", _messages),),
    "reject_rate": (Drill("RATE_REJECTS", _rejects),),
    "max_orders_per_day": (Drill("RATE_DAY", _day),),
    "reduce_rate": (Drill("RATE_REDUCE", _reduces),),
    "duplicate_window": (Drill("DUPLICATE_ORDER", _twice),),
    "min_notional": (Drill("FORMAT_MIN_NOTIONAL", _least),),
    "restricted": (Drill("MARKET_RESTRICTED", _restricted),),
    "max_intent_age": (Drill("INTENT_EXPIRED", _old),),
    "on_excess": (Drill("clipped or refused, as said", _excess),),
    "flat_by": (Drill("MARKET_FLAT_BY", _flat_by),),
    "on_close": (Drill("on-close orders, as said", _auction),),
    "risk_per_trade": (cap("SIZE_ATR"), unpriced("SIZE_ATR_UNKNOWN")),
    "atr_stop": (Drill("a smaller size", stop),),
    "regime_high": (Drill("the high regime", scaled(HIGH, "regime_high_scale")),),
    "regime_extreme": (Drill("the extreme regime", scaled(EXTREME, "regime_extreme_scale")),),
    "regime_exit": (Drill("it ends", leaves),),
    "regime_dwell": (Drill("it lasts", leaves),),
    "regime_high_scale": (Drill("this scale", scaled(HIGH, "regime_high_scale")),),
    "regime_extreme_scale": (Drill("this scale", scaled(EXTREME, "regime_extreme_scale")),),
    "max_weekly_loss": (cap("LOSS_WEEK"),),
    "min_account_equity": (Drill("EQUITY_FLOOR", _equity_floor),),
    "clear_approvers": (Drill("another person", two_persons),),
    "incident_errors": (sets("L6", "as many errors as incident_errors"),),
    "incident_window": (Drill("no LATCH_L6", window),),
    "latency_limit": (sets("L8", "decisions are too slow"),),
    "deadman_flatten_after": (Drill("a flattening", flattens),),
    "event_scale": (Drill("this scale", scaled_down),),
    "event_exempt": (Drill("full size", exempt),),
    "settle_after_halt": (Drill("LATCH_L12", settles),),
    "max_executions_unreviewed": (sets("L13", "executions without review"),),
    "max_child_orders": (sets("L13", "orders of one parent"),),
    "reject_streak": (sets("L13", "rejects in a row"),),
    "ingress_flood": (sets("L13", "a flood of intents"),),
}
