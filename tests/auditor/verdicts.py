"""Does the verdict follow from its evidence? Codes, size, direction and limit of a decision, judged again.

What adds is let through only within every cap; what is clipped is clipped to the smallest of them, and
not to less; what is refused has a reason that holds. What reduces is at most what can be reduced.
"""

from collections.abc import Iterator

from tests.auditor.evidence import evidence, scale_of, written
from tests.auditor.facts import exits_only
from tests.auditor.market import Instrument
from tests.auditor.orders import Order
from tests.auditor.question import Evidence, Question
from tests.auditor.reading import MICRO, Line, money, shown, up
from tests.auditor.world import STEPS, World

# In the order in which they are asked: what it is called when a control's evidence is beyond its limit.
CODES = {
    "P3.opposite_side": "ACCOUNT_OPPOSITE_SIDE",
    "K.open_orders": "CAPACITY_ORDERS",
    "K.lots": "CAPACITY_LOTS",
    "C24.session": "MARKET_CLOSED",
    "C24.flat_by": "MARKET_FLAT_BY",
    "C24.restricted": "MARKET_RESTRICTED",
    "C24.type": "RULE_UNKNOWN_TYPE",  # of what is only an exit RULE_STOP_ADDS
    "C24.tif": "RULE_UNKNOWN_TIF",
    "C24.asset_class": "RULE_ASSET_CLASS",
    "C27.max_intent_age": "INTENT_EXPIRED",
    "C23.lot": "FORMAT_LOT",
    "C23.min_notional": "FORMAT_MIN_NOTIONAL",
    "C21.intent_id": "DUPLICATE_INTENT",
    "C21.intents_remembered": "CAPACITY_INTENTS",
    "C21.duplicate_window": "DUPLICATE_ORDER",
    "C21.self_trade": "SELF_TRADE",
    "C19.max_quote_age": "DATA_STALE",
    "C19.max_spread": "DATA_SPREAD",
    "C19.crossed": "DATA_CROSSED",
    "C19.locked": "DATA_LOCKED",
    "C19.max_tick_move": "DATA_SUSPECT",
    "C19.valued": "DATA_UNVALUED",
    "C18.price_tolerance": "PRICE_TOLERANCE",
    "C6.max_daily_loss": "LOSS_ACCOUNT",
    "C6.max_daily_loss.strategy": "LOSS_STRATEGY",
    "C6.max_daily_loss.symbol": "LOSS_SYMBOL",
    "C1.max_order_notional": "SIZE_ORDER_NOTIONAL",
    "C1.max_order_qty": "SIZE_ORDER_QTY",
    "C2.max_position_notional": "EXPOSURE_POSITION",
    "C3.max_gross": "EXPOSURE_GROSS",
    "C3.max_net": "EXPOSURE_NET",
    "C3.max_leverage": "EXPOSURE_LEVERAGE",
    "C3.max_at_risk": "EXPOSURE_AT_RISK",
    "C4.max_positions": "EXPOSURE_COUNT",
    "C5.max_daily_turnover": "BUDGET_TURNOVER",
    "C5.max_daily_cost": "BUDGET_COST",
    "C20.order_rate": "RATE_ORDERS",
    "C20.min_spacing": "RATE_SPACING",
    "C20.message_rate": "RATE_MESSAGES",
    "C20.reject_rate": "RATE_REJECTS",
    "C20.max_orders_per_day": "RATE_DAY",
    "C20.reduce_rate": "RATE_REDUCE",
    "C10.risk_per_trade": "SIZE_ATR",
    "C7.max_weekly_loss": "LOSS_WEEK",
    "C9.min_account_equity": "EQUITY_FLOOR",
    "C24.halted": "MARKET_HALTED",
}
SIZES = (
    "LOSS_",
    "SIZE_",
    "EXPOSURE_POSITION",
    "EXPOSURE_GROSS",
    "EXPOSURE_NET",
    "EXPOSURE_LEV",
    "EXPOSURE_AT",
    "BUDGET_",
)
LEAST = ("C20.min_spacing", "C21.duplicate_window", "C23.lot", "C23.min_notional")
FULL = (
    "K.open_orders",
    "K.lots",
    "C21.intents_remembered",
    "C20.reject_rate",
)  # refused when the limit is reached
FLAGS = {"C19.max_tick_move": 0}  # its limit says what is set off by it
EXITS = (
    "C24.session",
    "C24.type",
    "C24.tif",
    "C24.asset_class",
    "C27.max_intent_age",
    "C23.lot",
    "C21.intent_id",
    "C20.reduce_rate",
    "C24.halted",
)
REDUCE = ("REDUCE_HELD", "REDUCE_THROUGH_ZERO", "REDUCE_IN_DOUBT")


def passed(name: str, value: object, limit: object) -> bool:
    """Whether a figure is beyond its limit."""
    limit = FLAGS.get(name, limit)
    if not isinstance(value, int) or not isinstance(limit, int):
        return False
    if name == "C9.min_account_equity":
        return value <= limit  # a trigger: equal trips
    if name in LEAST:
        return value < limit
    return value >= limit if name in FULL else value > limit


def codes_of(found: Evidence, adds: bool) -> list[str]:
    """The codes of everything that is beyond its limit, in the order in which it is asked."""
    return [
        code
        for name, code in CODES.items()
        if (name != "C20.reduce_rate" if adds else name in EXITS) and passed(name, *found[name])
    ]


def is_size(code: str) -> bool:
    return code.startswith(SIZES)


def asked_qty(world: World, intent: Line, decision: Line, instrument: Instrument) -> int | None:
    """What the intent asked for, in whole lots; None where that cannot be told."""
    if intent.get("type") == "close":
        return reducible(Question(world, intent, decision, 0))
    if "qty" in intent:
        qty = instrument.qty(intent["qty"])
    elif "notional" in intent:
        price = Question(world, intent, decision, 0).price
        qty = instrument.unit() * money(intent["notional"]) // (price * MICRO) if price else 0
    else:
        return None
    return qty // instrument.lot * instrument.lot


def judge(world: World, intent: Line, decision: Line) -> Iterator[str]:
    """What is wrong with a decision that was judged by every control."""
    instrument = world.instruments[decision["symbol"]]
    stated = decision["controls"]["C23.qty"][0]
    asked = Question(world, intent, decision, instrument.qty(stated) if stated else 0)
    step_up(world, decision)
    found = evidence(asked)
    for name, figures in found.items():
        mine = [written(name, one, instrument) for one in figures]
        if not agrees(name, decision["controls"].get(name), mine, instrument):
            yield f"evidence {name}: says {decision['controls'].get(name)}, is {mine}"
    if instrument.price(decision["reference"]) != asked.reference:
        yield f"reference: says {decision['reference']}, is {asked.reference}"
    if (scale := shown(scale_of(world, asked.symbol, asked.strategy))) != decision["scale"]:
        yield f"scale: says {decision['scale']}, is {scale}"
    yield from price(asked)
    whole = asked_qty(world, intent, decision, instrument)
    if whole is None:
        return
    judged = (
        whole if decision["verdict"] == "reject" or not decision["adds"] else instrument.qty(decision["qty"])
    )
    if asked.qty != judged:
        yield f"qty: judged at {asked.qty}, {judged} was meant"
    most = Question(world, intent, decision, whole)
    yield from direction(most)
    yield from (adding if decision["adds"] else reducing)(most, evidence(most))


def agrees(name: str, stated: object, mine: list[object], instrument: Instrument) -> bool:
    """The same; or, of the size at the stop in fractions, smaller by less than a hundred millionth of it."""
    if stated == mine:
        return True
    if name != "C10.risk_per_trade" or not instrument.qty_places or not isinstance(stated, list):
        return False
    if stated[0] != mine[0] or not (isinstance(stated[1], str) and isinstance(mine[1], str)):
        return False
    said, is_ = instrument.qty(stated[1]), instrument.qty(mine[1])
    return 0 <= is_ - said <= up(is_, 10**8)


def step_up(world: World, decision: Line) -> None:
    """After a panic orders are let through at 25, 50, 100%: one step at a time, and never back.

    What interval lies between two steps is written nowhere, so the step is taken from the decision.
    """
    at = STEPS.index(world.restart)
    if (
        at + 1 < len(STEPS)
        and shown(scale_of(world, decision["symbol"], decision["strategy"])) != decision["scale"]
    ):
        world.restart = STEPS[at + 1]
        if shown(scale_of(world, decision["symbol"], decision["strategy"])) != decision["scale"]:
            world.restart = STEPS[at]


def direction(asked: Question) -> Iterator[str]:
    """P3: what brings the strategy's book nearer to zero reduces, all else adds."""
    book = asked.world.ledger.books[asked.strategy, asked.symbol].qty
    reduces = book < 0 if asked.buys else book > 0
    if reduces == asked.adds:
        yield f"adds: says {asked.adds}, with {book} held it {'reduces' if reduces else 'adds'}"


def adding(asked: Question, found: Evidence) -> Iterator[str]:
    """What adds, at the size that was asked for."""
    world, decision = asked.world, asked.decision
    verdict, stated = decision["verdict"], decision["codes"]
    qty = asked.instrument.qty(decision["qty"])
    codes = strictest(asked) + codes_of(found, True)
    if exits_only(asked.intent):
        codes = ["RULE_STOP_ADDS" if code == "RULE_UNKNOWN_TYPE" else code for code in codes]
    if sorted(codes) != sorted(stated):
        yield f"codes: says {stated}, is {codes}"
    elif codes and codes[0] != stated[0]:
        yield f"codes: {stated[0]} is said first, {codes[0]} is"
    refused = any(not is_size(code) for code in codes)
    best = asked.qty if not codes else largest(asked, world)
    refuse = world.limits.choice("on_excess", asked.strategy) == "refuse"
    if refused or best == 0 or (codes and refuse):
        want, size = "reject", 0
    else:
        want, size = ("clip" if codes else "approve"), best
    if (verdict, qty) != (want, size):
        yield f"verdict: says {verdict} {qty}, is {want} {size}"
    would = asked.instrument.qty(decision["would_pass"]) if "would_pass" in decision else 0
    wanted = best if codes and not refused and refuse else 0
    if would != wanted:
        yield f"would_pass: says {would}, is {wanted}"


def strictest(asked: Question) -> list[str]:
    """The latch that is named, of those that forbid: one of the strictest."""
    found = asked.world.forbids(asked.strategy, asked.symbol)
    halted = [one for one in found if one["state"] == "HALTED"]
    names = [f"LATCH_{one['latch']}" for one in halted or found]
    said = [code for code in asked.decision["codes"] if code in names]
    return said[:1] or names[:1]


def largest(asked: Question, world: World) -> int:
    """The largest size in whole lots that no cap speaks against: the smallest cap, then lot."""
    lot = asked.instrument.lot

    def passes(lots: int) -> bool:
        found = evidence(Question(world, asked.intent, asked.decision, lots * lot))
        return not any(is_size(code) for code in codes_of(found, True))

    low, high = 0, asked.qty // lot
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if passes(middle) else (low, middle - 1)
    least = evidence(Question(world, asked.intent, asked.decision, low * lot))["C23.min_notional"]
    return 0 if passed("C23.min_notional", *least) else low * lot


def reducing(asked: Question, found: Evidence) -> Iterator[str]:
    """What reduces: at most the book's and the account's position, less what already reduces."""
    decision = asked.decision
    verdict, stated = decision["verdict"], decision["codes"]
    qty = asked.instrument.qty(decision["qty"])
    room = reducible(asked)
    if qty > room:
        yield f"P3: reduces by {qty}, {room} can be"
    codes = codes_of(found, False)
    others = [code for code in stated if code not in REDUCE and not code.startswith("LATCH_")]
    if sorted(others) != sorted(codes):
        yield f"codes: says {stated}, is {codes}"
    if verdict == "approve" and qty != asked.qty:
        yield f"verdict: approves {qty} where {asked.qty} was asked for"
    if verdict == "clip" and qty != min(room, asked.qty):
        yield f"verdict: clips to {qty} where {room} can be reduced"
    if (
        verdict == "reject"
        and not codes
        and room >= asked.qty
        and not any(c.startswith("LATCH_") for c in stated)
    ):
        yield f"verdict: refuses {asked.qty} with {stated}, {room} can be reduced"
    if "would_pass" in decision and asked.instrument.qty(decision["would_pass"]) != room:
        yield f"would_pass: says {decision['would_pass']}, is {room}"


def taken_back(asked: Question, order: Order) -> bool:
    """What a close cancels before it leaves: the strategy's own orders, but none that waits itself."""
    own = order.strategy == asked.strategy and bool(order.attempts) and not (order.author or order.over)
    return own and asked.intent.get("type") == "close"


def reducible(asked: Question) -> int:
    """What may still be reduced, in the strategy's book and in the account's."""
    world = asked.world
    sign = -1 if asked.buys else 1
    book = sign * world.ledger.books[asked.strategy, asked.symbol].qty
    account = sign * world.ledger.position(asked.symbol)
    for order in world.live.values():
        if taken_back(asked, order):
            continue
        if order.symbol == asked.symbol and (order.side == "buy") == asked.buys and not order.adds:
            account -= order.left
            book -= order.left if order.strategy == asked.strategy else 0
    return max(min(book, account), 0)


def price(asked: Question) -> Iterator[str]:
    """C18: a limit is kept (of an exit: up to the widest collar), a market order gets its collar."""
    intent = asked.intent
    if "limit" in intent:
        want = asked.own_limit
        if not asked.adds:
            widest = collar(asked, "price_tolerance")
            want = min(want, widest) if asked.buys else max(want, widest)
    elif intent.get("type") == "stop" and asked.stop:
        if asked.stop != asked.passive(asked.instrument.price(intent["stop"])):
            yield f"stop: says {asked.decision['stop']}, was asked for at {intent['stop']}"
        there = asked.reference >= asked.stop if asked.buys else asked.reference <= asked.stop
        if asked.reference and there:
            yield f"stop: rests at {asked.decision['stop']}, where the market is already"
        want = 0
    elif intent.get("type") in ("market", "stop", "close"):
        want = collar(asked, "max_slippage" if asked.adds else "price_tolerance")
    else:
        return
    if asked.limit != want:
        yield f"limit: says {asked.decision.get('limit')}, is {want}"


def collar(asked: Question, key: str) -> int:
    """A market order's price limit: so far from the reference, on the passive side of the tick."""
    return away(asked, asked.world.limits.of(key, asked.symbol) or 0)


def collars(asked: Question) -> list[int]:
    """What the governor's own exits may leave with: a collar that widens with each try, up to the widest."""
    slip, most = (
        asked.world.limits.of(key, asked.symbol) or 0 for key in ("max_slippage", "price_tolerance")
    )
    return [
        away(asked, min(slip * widened, most)) for widened in range(1, 1 + max(1, up(most, max(slip, 1))))
    ]


def sliced(asked: Question) -> int:
    """C1: the governor's own exits go in slices of at most max_order_notional."""
    most = asked.world.limits.cap("max_order_notional", asked.world.measure, asked.symbol)
    if most is None or asked.price <= 0:
        return sum(abs(book.qty) for book in asked.world.ledger.books.values())
    lots = most * asked.instrument.unit() // (asked.price * MICRO) // asked.instrument.lot
    return max(int(lots), 1) * asked.instrument.lot


def away(asked: Question, share: int) -> int:
    tick = asked.instrument.tick
    if asked.buys:
        return int(asked.reference * (MICRO + share) // MICRO // tick * tick)
    return up(up(asked.reference * (MICRO - share), MICRO), tick) * tick
