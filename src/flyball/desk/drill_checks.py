"""How the checks without a key of their own are tripped, and the codes of the door, of exits and of a control
that fails.
"""

from typing import Final

from flyball.desk.drill_latches import by_latch
from flyball.desk.drill_scales import either, unvalued
from flyball.desk.drill_scratch import Scratch
from flyball.desk.drill_try import Drill, Tried, spoke
from flyball.kernel.bounds import MAX_INTENTS_A_DAY, MAX_LOTS, MAX_OPEN_ORDERS
from flyball.kernel.days import IntentRecord
from flyball.kernel.events import Account, Report, Timeout
from flyball.kernel.ledger import Lot
from flyball.kernel.orders import OrderState
from flyball.kernel.units import NS
from flyball.kernel.words import BUY, REJECT, SELL, SUBMIT


def _unknown_account(sc: Scratch) -> Tried:
    sc.s.known = False
    return spoke("ACCOUNT_UNKNOWN", "an order before the account is read", sc.would(BUY, sc.m.lot))


def _adoption(sc: Scratch) -> Tried:
    sc.s.known = False
    sc.s.cash = 0
    held = ((sc.symbol, sc.m.lot),)
    sc.feed(Account(sc.now, 0, sc.s.high_water, sc.s.high_water, sc.s.high_water, held, ()))
    sc.mark(sc.m.mid())
    return spoke("ACCOUNT_ADOPTION", "a first start finds a position", sc.would(BUY, sc.m.lot))


def _opposite(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot, strategy="other")
    return spoke(
        "ACCOUNT_OPPOSITE_SIDE", "another strategy is long, this one sells", sc.would(SELL, sc.m.lot)
    )


def _orders(sc: Scratch) -> Tried:
    for n in range(MAX_OPEN_ORDERS):
        o = OrderState(f"D{n}", "", "", "other", "NONE", BUY, 1, "limit", 1, "day", True, 1, sc.now, sc.now)
        sc.s.orders[o.client_id] = o
    return spoke("CAPACITY_ORDERS", f"{MAX_OPEN_ORDERS:,} orders are open", sc.would(BUY, sc.m.lot))


def _lots(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    sc.s.book(sc.strategy, sc.symbol).lots = [Lot(1, 1) for _ in range(MAX_LOTS)]
    return spoke("CAPACITY_LOTS", f"{MAX_LOTS:,} lots in one book", sc.would(BUY, sc.m.lot))


def _halted(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    sc.feed(Report(sc.now, "halt", "paused", "drill", "drill", f"symbol:{sc.symbol}"))
    return spoke("MARKET_HALTED", "an exit while trading is halted", sc.would(SELL, sc.m.lot))


def _closed(sc: Scratch) -> Tried:
    sc.now = sc.s.day.close
    return spoke("MARKET_CLOSED", "an order at the close", sc.would(BUY, sc.m.lot))


def _class(sc: Scratch) -> Tried:
    sc.instrument("ODD", asset_class="option")
    sc.symbol = "ODD"
    return spoke("RULE_ASSET_CLASS", "an option", sc.would(BUY, sc.m.lot))


def _price(sc: Scratch) -> Tried:
    d = sc.would(BUY, sc.m.lot, type="limit")
    return spoke("FORMAT_PRICE", "a limit order without a limit", d)


def _again(sc: Scratch) -> Tried:
    sc.intent(BUY, sc.m.lot, intent="twice")
    sc.wait(60 * NS)
    return spoke("DUPLICATE_INTENT", "an intent id a second time", sc.would(BUY, sc.m.lot, intent="twice"))


def _remembered(sc: Scratch) -> Tried:
    one = IntentRecord(REJECT, 0)
    sc.s.day.intents = {f"d/{n}": one for n in range(MAX_INTENTS_A_DAY)}
    return spoke("CAPACITY_INTENTS", f"{MAX_INTENTS_A_DAY:,} intents today", sc.would(BUY, sc.m.lot))


def _working(sc: Scratch, side: int, qty: int, limit: int) -> None:
    """An own order that works, whatever the caps."""
    o = OrderState(
        "DRILL", "w", "", sc.strategy, sc.symbol, side, qty, "limit", limit, "day", True, 1, sc.now, sc.now
    )
    o.state = "ACCEPTED"
    sc.s.orders[o.client_id] = o
    sc.s.rebuild()


def _self_trade(sc: Scratch) -> Tried:
    price = sc.m.mid() // sc.m.tick * sc.m.tick
    _working(sc, BUY, sc.m.lot, price)
    return spoke("SELF_TRADE", "sell where an own order buys", sc.would(SELL, sc.m.lot, limit=price))


def _crossed(sc: Scratch) -> Tried:
    mid = sc.m.mid()
    sc.mark(mid, bid=mid + 2 * sc.m.tick, ask=mid)
    return spoke("DATA_CROSSED", "bid above ask", sc.would(BUY, sc.m.lot))


def _locked(sc: Scratch) -> Tried:
    mid = sc.m.mid()
    sc.mark(mid, times=3, bid=mid, ask=mid)
    return spoke("DATA_LOCKED", "bid equal to ask", sc.would(BUY, sc.m.lot))


def _restated(sc: Scratch) -> Tried:
    sc.split()
    return spoke("DATA_RESTATED", "a split, and no price since", sc.would(BUY, sc.m.lot))


def _plain(code: str, what: str, qty: int = 1, **more: int | str) -> Drill:
    """An order with one thing wrong."""
    return Drill(code, lambda sc: spoke(code, what, sc.would(BUY, qty * sc.m.lot, **more)))


CHECKS: Final[dict[str, tuple[Drill, ...]]] = {
    "latches": (by_latch("L14"),),
    "halted": (Drill("MARKET_HALTED", _halted),),
    "account": (Drill("ACCOUNT_UNKNOWN", _unknown_account), Drill("ACCOUNT_ADOPTION", _adoption)),
    "opposite_side": (Drill("ACCOUNT_OPPOSITE_SIDE", _opposite),),
    "open_orders": (Drill("CAPACITY_ORDERS", _orders),),
    "lots": (Drill("CAPACITY_LOTS", _lots),),
    "session": (Drill("MARKET_CLOSED", _closed),),
    "type": (
        _plain("RULE_UNKNOWN_TYPE", "a trailing stop", type="trailing"),
        _plain("RULE_STOP_ADDS", "a stop that would open a position", type="stop", stop=1_000_000),
    ),
    "tif": (_plain("RULE_UNKNOWN_TIF", "an order for ever", tif="gtc"),),
    "asset_class": (Drill("RULE_ASSET_CLASS", _class),),
    "limit": (Drill("FORMAT_PRICE", _price),),
    "qty": (_plain("FORMAT_QTY", "an order for nothing", 0),),
    "lot": (_plain("FORMAT_LOT", "an order for less than a lot", 0, notional=1),),
    "intent_id": (Drill("DUPLICATE_INTENT", _again),),
    "intents_remembered": (Drill("CAPACITY_INTENTS", _remembered),),
    "self_trade": (Drill("SELF_TRADE", _self_trade),),
    "crossed": (Drill("DATA_CROSSED", _crossed),),
    "locked": (Drill("DATA_LOCKED", _locked),),
    "valued": (
        Drill("DATA_UNVALUED", lambda sc: spoke("DATA_UNVALUED", "a holding without a price", unvalued(sc))),
    ),
    "volatility_ratio": (Drill("a smaller scale", either),),
    "regime_scale": (Drill("a smaller scale", either),),
    "regime_bars": (Drill("a smaller scale", either),),
}


# -- codes that no control of the list speaks


def _in_doubt(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    client_id = sc.order(SELL, sc.m.lot, works=False)
    sc.feed(Timeout(sc.now, client_id, SUBMIT, 1, "drill"))
    d = sc.would(SELL, sc.m.lot)
    return spoke("REDUCE_IN_DOUBT", "an exit while another is in doubt", d)


def _held(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    sc.order(SELL, sc.m.lot)
    return spoke("REDUCE_HELD", "an exit while another works", sc.would(SELL, sc.m.lot))


def _through_zero(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    return spoke("REDUCE_THROUGH_ZERO", "sell twice the position", sc.would(SELL, 2 * sc.m.lot))


def _failed(sc: Scratch) -> Tried:
    qty, sc.m.lot = sc.m.lot, 0  # nothing can be divided by it
    d = sc.intent(BUY, qty)
    return spoke("CONTROL_FAILED", "a control that fails", d)


OTHERS: Final[dict[str, tuple[Drill, ...]]] = {
    "the door": (
        _plain("FORMAT_FIELD", "a field that is not what it must be", flaw="FORMAT_FIELD"),
        _plain("FORMAT_RANGE", "a number too large to carry", flaw="FORMAT_RANGE"),
        _plain("RULE_UNKNOWN_SYMBOL", "a symbol there is not", symbol="NO-SUCH-SYMBOL"),
    ),
    "a corporate action": (Drill("DATA_RESTATED", _restated),),
    "exits": (
        Drill("REDUCE_IN_DOUBT", _in_doubt),
        Drill("REDUCE_HELD", _held),
        Drill("REDUCE_THROUGH_ZERO", _through_zero),
    ),
    "a failing control": (Drill("CONTROL_FAILED", _failed),),
}
