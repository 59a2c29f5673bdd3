"""Promises P2 to P6, judged on the facts alone. Each function returns what is broken, as sentences; an
empty list is a pass.

Comparisons are exact. Where the governor keeps whole micros, the rounding it may lose since the day began
is allowed for, and nothing else; it always rounds against itself, so no cap gets any slack for it.
"""

from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Any

from tests.oracle.facts import MICRO, Fact
from tests.oracle.order import ZERO, Order
from tests.oracle.price import middle
from tests.oracle.world import World
from tests.oracle.worst import Worst, outcomes, worst_of

SECOND = 10**9
RESTART = 30 * 60 * SECOND
NEXT_SESSION = ("L1", "L3")  # not before it
CAPS = {
    "SIZE_ORDER_NOTIONAL": "C1 notional",
    "SIZE_ORDER_QTY": "C1 qty",
    "EXPOSURE_POSITION": "C2",
    "EXPOSURE_GROSS": "C3 gross",
    "EXPOSURE_NET": "C3 net",
    "EXPOSURE_LEVERAGE": "C3 leverage",
    "EXPOSURE_AT_RISK": "C3 at risk",
    "EXPOSURE_COUNT": "C4",
    "BUDGET_TURNOVER": "C5 turnover",
    "BUDGET_COST": "C5 cost",
    "LOSS_ACCOUNT": "C6 account",
    "LOSS_SYMBOL": "C6 symbol",
    "SIZE_ATR": "C10",
}
SLACK = 1 + Fraction(1, 100_000)  # the stress is kept in whole parts per million, rounded up
NOBODYS: dict[str, Any] = {"client_id": "?", "author": "", "leg": 1, "attempts": [1]}
OPERATOR = ("L1", "L2", "L3", "L4", "L5", "L13", "L14")
MAX_ATTEMPTS = 3
Broken = Iterator[str]


def rounding(world: World) -> Fraction:
    """What the governor may be behind the exact books: less than a micro for each fill and each book."""
    return (world.fills + world.moves + len(world.books) + 1) * MICRO


def judge(facts: list[Fact], start: int) -> tuple[World, list[str]]:
    """The world after all facts, and what the newest step broke; its facts (the event, then its effects)
    begin at `start`.
    """
    world = World()
    broken: list[str] = []
    for n, fact in enumerate(facts):
        if n >= start:
            broken += _before(world, fact, facts[start])
        world.apply(fact)
        if n >= start and fact["kind"] == "order":
            broken += _sent(world, world.orders[fact["client_id"]], fact, facts[:n])
    broken += unanswered(world, facts[start:])
    broken += untripped(world)
    broken += world.groundless
    return world, broken


def audit(facts: list[Fact], effects: Collection[str]) -> tuple[World, list[str]]:
    """A whole journal in one pass, each step judged as taken. `effects`: the kinds that are no events."""
    world, event = World(), facts[0]
    broken: list[str] = []
    for n, fact in enumerate(facts):
        if fact["kind"] not in effects:
            broken += [*unanswered(world, [event]), *untripped(world)]
            event = fact
        broken += _before(world, fact, event)
        world.apply(fact)
        if fact["kind"] == "order":
            broken += _sent(world, world.orders[fact["client_id"]], fact, facts[:n])
    return world, [*broken, *unanswered(world, [event]), *untripped(world), *world.groundless]


def _before(world: World, fact: Fact, event: Fact) -> list[str]:
    """What may not follow from the world as it is before this fact."""
    if fact["kind"] == "order":
        return list(p4(world, fact)) + (list(p5(world, fact)) if fact["adds"] else [])
    if fact["kind"] == "decision" and event["kind"] == "intent":
        return list(honest(world, fact, event))
    return list(p6(world, fact, event)) if fact["kind"] == "latch" else []


def _sent(world: World, order: Order, fact: Fact, before: list[Fact]) -> list[str]:
    if len(order.attempts) > 1:
        return []
    if not order.adds:
        return list(p3(world, order))
    own = (order.intent, order.strategy, order.symbol)
    decided = [
        d for d in before if d["kind"] == "decision" and (d["intent"], d["strategy"], d["symbol"]) == own
    ]
    if not decided:
        return [f"P1 {order.client_id}: adds without a decision"]
    broken = [*p1(order, fact, decided[-1]), *p2(world, order, decided[-1]["scale"])]
    return [*broken, *p2_rates(world, order, before)]


def p1(order: Order, fact: Fact, decision: Fact) -> Broken:
    """What adds has a journaled decision before it, of this very size, price and time."""
    name = f"P1 {order.client_id}"
    if decision["verdict"] not in ("approve", "clip"):
        yield f"{name}: sent although {decision['verdict']}"
    for what in ("side", "qty", "limit", "adds", "ts"):
        if fact[what] != decision[what]:
            yield f"{name}: {what} {fact[what]} is not the decision's {decision[what]}"


def p2(world: World, order: Order, ppm: int) -> Broken:
    """No cap is passed in the worst case, with this order among the live ones; and the facts it relied on
    were there.
    """
    name = f"P2 {order.client_id}"
    if order.stop:
        yield f"P3 {order.client_id}: a stop that adds"
    if not world.valued():
        yield f"{name}: approved although something held or working has no price"
        return
    price = world.prices[order.symbol]
    worth = order.qty * max(order.limit, price.highest())
    worst = worst_of(world)
    scale = ppm * MICRO
    if scale > (allowed := most_scale(world, order.symbol, order.strategy)):
        yield f"{name}: C31 scale {float(scale)} above {float(allowed)}"
    elif (
        world.panic_over < 0
        and not world.acts
        and world.limit("drawdown_caution") is None
        and scale < allowed - MICRO
    ):
        yield f"{name}: C31 scale {float(scale)} below {float(allowed)}"
    for control, value, cap in caps(world, order, worth, worst, scale):
        if cap is not None and value > cap:
            yield f"{name}: {control} {float(value)} above {float(cap)}"
    yield from (f"{name}: {what}" for what in _market_facts(world, order, worth))


def most_scale(world: World, symbol: str, strategy: str) -> Fraction:
    """The scale in force: smaller in the caution zone and in a wild regime of the symbol, and after a panic
    25, 50, 100% with half an hour for each step.
    """
    scale = world.prices[symbol].regime.scale(world.regimes())
    if world.panic_over >= 0 and world.ts < world.panic_over + 2 * RESTART:
        scale *= Fraction(1, 4) if world.ts < world.panic_over + RESTART else Fraction(1, 2)
    zone = world.limit("drawdown_caution")
    if (
        zone is not None
        and world.high_water - world.equity() - rounding(world) >= zone * world.high_water > 0
    ):
        scale *= world.limit("caution_scale") or Fraction(1, 2)
    if any(name == "L11" for name, _ in world.latches) and strategy not in (
        world.limit("event_exempt") or ()
    ):
        scale *= world.limit("event_scale") or Fraction(1, 4)
    return scale


def caps(
    world: World, order: Order, worth: Fraction, worst: Worst, scale: Fraction
) -> Iterator[tuple[str, Fraction | int, Fraction | int | None]]:
    """Every cap of C1 to C6 and C10: its name, the value in the worst case, the cap (None = not set)."""
    symbol, strategy = order.symbol, order.strategy
    notional = world.cap("max_order_notional", symbol)
    yield "C1 notional", worth, None if notional is None else notional * scale
    most = world.limit("max_order_qty", symbol)
    yield "C1 qty", order.qty, None if most is None else most * scale
    risk = world.limit("risk_per_trade")
    lost = order.qty * world.at_the_stop(symbol, max(order.limit, world.prices[symbol].highest()))
    yield "C10", lost, None if risk is None else max(world.base(), ZERO) * risk * scale
    yield "C2", worst.symbols[symbol], world.cap("max_position_notional", symbol)
    yield "C3 gross", worst.gross, world.cap("max_gross")
    yield "C3 net", worst.net, world.cap("max_net")
    leverage = world.limit("max_leverage")
    yield "C3 leverage", worst.gross, None if leverage is None else leverage * max(world.base(), ZERO)
    yield "C3 at risk", worst.at_risk, world.cap("max_at_risk")
    yield "C4", worst.count, world.limit("max_positions")
    yield "C5 turnover", worst.turnover, world.cap("max_daily_turnover")
    yield "C5 cost", worst.cost, world.cap("max_daily_cost")
    slack = rounding(world)
    yield "C6 account", world.loss() + worst.stressed - slack, world.cap("max_daily_loss")
    own = worst_of(world, strategy)
    mine = world.cap("max_daily_loss", strategy=strategy)
    yield "C6 strategy", world.loss(strategy=strategy) + own.stressed - slack, mine
    stressed = worst.symbols[symbol] * world.stress(symbol)
    yield (
        "C6 symbol",
        world.loss(symbol=symbol) + stressed - slack,
        world.cap("max_daily_loss", symbol=symbol),
    )


def honest(world: World, decision: Fact, intent: Fact) -> Broken:
    """A value equal to a cap passes: a size is refused or cut only for a cap it really passes, no deeper.

    LOSS_STRATEGY is left out: a strategy's worst case may be taken as the account's, which is never smaller.
    """
    if not decision["adds"] or not world.valued() or not set(decision["codes"]) & set(CAPS):
        return
    if world.promised:
        return  # an exit that waits for a cancel counts already, and is not to be seen from outside yet
    if world.prices[decision["symbol"]].acted and "SIZE_ATR" in decision["codes"]:
        return
    name = f"C35 {intent['strategy']} {intent['intent']}"
    if intent["qty"] > 0 and not intent["notional"]:
        passed = _passed(world, decision, intent["qty"])
        for code in decision["codes"]:
            if code in CAPS and CAPS[code] not in passed:
                yield f"{name}: {code} although {CAPS[code]} is kept"
    fits = decision["qty"] or decision["would_pass"]
    if (
        fits
        and "LOSS_STRATEGY" not in decision["codes"]
        and not _passed(world, decision, fits + world.instruments[decision["symbol"]]["lot"])
    ):
        yield f"{name}: {float(fits)} although a lot more would pass"


def _passed(world: World, d: Fact, qty: Fraction) -> list[str]:
    """The caps an order of this size would pass, or come nearer to than the governor's rounding can tell."""
    order = Order(
        **{x: d[x] for x in ("intent", "strategy", "symbol", "side", "limit", "adds")}, qty=qty, **NOBODYS
    )
    world.orders["?"] = order
    worst = worst_of(world)
    worth = qty * max(order.limit, world.prices[order.symbol].highest())
    found = caps(world, order, worth, worst, d["scale"] * MICRO)
    passed = [
        what for what, value, cap in found if cap is not None and value * SLACK + 20 * rounding(world) > cap
    ]
    del world.orders["?"]
    return passed


def _market_facts(world: World, order: Order, worth: Fraction) -> Broken:
    """C18, C19, C21, C23, C24 and the strategies' opposite sides."""
    instrument, price = world.instruments[order.symbol], world.prices[order.symbol]
    if order.qty % instrument["lot"]:
        yield "C23 not whole lots"
    if order.limit % instrument["tick"] or order.limit < 0:
        yield "C23 off the tick"
    if worth < (world.limit("min_notional") or ZERO):
        yield "C23 below min_notional"
    if order.symbol in (world.limit("restricted") or ()) or not instrument["tradable"]:
        yield "C24 restricted"
    if world.day is None or not world.day["open"] <= world.ts < world.day["close"]:
        yield "C24 outside the session"
    age = world.limit("max_quote_age", order.symbol)
    if age is not None and world.ts - price.ts > age:
        yield "C19 stale"
    spread = world.limit("max_spread", order.symbol)
    if price.bid > 0 and price.ask > 0:
        if price.ask <= price.bid:
            yield "C19 locked or crossed"
        if spread is not None and 2 * (price.ask - price.bid) > spread * (price.ask + price.bid):
            yield "C19 spread"
    if price.suspect > 0 or price.crossed:
        yield "C19 suspect or crossed print"
    reference = middle(price.bid, price.ask, price.last, instrument["price_unit"])
    widest = [
        x
        for x in (world.limit(k, order.symbol) for k in ("price_tolerance", "max_slippage"))
        if x is not None
    ]
    if len(widest) == 2 and order.limit:
        # a collar starts from the far side of the quote, at most half a spread from the reference
        near = (price.ask or reference) if order.side > 0 else (price.bid or reference)
        room = max(widest) * max(near, reference) + abs(near - reference) + instrument["tick"]
        if abs(order.limit - reference) > room:
            yield "C18 too far from the reference"
    for other in world.live(order.symbol):
        if other.stop:  # it sells (buys) from its price on: to what rests there or beyond
            meets = order.limit > 0 and (other.stop - order.limit) * order.side >= 0
        else:
            meets = not order.limit or not other.limit or (order.limit - other.limit) * order.side >= 0
        if not other.ended and other.side != order.side and meets:
            yield f"C21 would trade against own {other.client_id}"
    for strategy in {who for who, _ in world.books} | {o.strategy for o in world.orders.values()}:
        if strategy != order.strategy:
            ends = [o.units for o in outcomes(world, order.symbol, strategy)]
            if any(units * order.side < 0 for units in ends):
                yield f"P3 {strategy} holds or may hold the other side"


def p2_rates(world: World, order: Order, before: list[Fact]) -> Broken:
    """C20, C21: counted over all orders an intent has led to before."""
    name = f"P2 {order.client_id}"
    ours = [f for f in before if f["kind"] == "order" and f["attempt"] == 1 and f["adds"] and not f["again"]]
    today = [f for f in ours if world.day is not None and f["ts"] >= world.day["ts"]]
    rate = world.limit("order_rate")
    if rate is not None and 1 + sum(1 for f in ours if world.ts - f["ts"] < SECOND) > rate:
        yield f"{name}: C20 more than {rate} orders in a second"
    if ours and world.ts - ours[-1]["ts"] < (world.limit("min_spacing") or 0):
        yield f"{name}: C20 min_spacing"
    most = world.limit("max_orders_per_day")
    if most is not None and len(today) + 1 > most:
        yield f"{name}: C20 max_orders_per_day"


def p3(world: World, order: Order) -> Broken:
    """What reduces brings the position nearer to zero and not past it, under every outcome of the others, in
    the book and in the account. A stop is never anything else.
    """
    for whose in (order.strategy, None):
        held = world.position(order.symbol, whose) * -order.side
        busy = sum(
            (
                o.remaining()
                for o in world.live(order.symbol, whose)
                if o.side == order.side and o is not order
            ),
            ZERO,
        )
        if order.qty > held - busy or order.qty <= 0:
            where = "the book" if whose else "the account"
            most = f"{float(held)} in {where}, {float(busy)} already on the way"
            yield f"P3 {order.client_id}: reduces {float(order.qty)} of {most}"
        ends = outcomes(world, order.symbol, whose, without=order)
        if any(o.units * -order.side < order.qty for o in ends):
            yield f"P3 {order.client_id}: may pass zero"


def p4(world: World, fact: Fact) -> Broken:
    """One live client id per decision leg; a retry keeps its id and all else; at most three attempts."""
    known = world.orders.get(fact["client_id"])
    name = f"P4 {fact['client_id']}"
    if known is not None:
        if fact.get("stop", ZERO) != known.stop or any(
            fact[x] != getattr(known, x)
            for x in ("intent", "author", "symbol", "side", "qty", "limit", "leg", "adds")
        ):
            yield f"{name}: the id was issued for something else"
        if known.ended:
            yield f"{name}: sent again after {known.ended}"
        if (
            fact["attempt"] not in (known.attempts[-1], known.attempts[-1] + 1)
            or fact["attempt"] > MAX_ATTEMPTS
        ):
            yield f"{name}: attempt {fact['attempt']} after {known.attempts}"
        return
    if fact["attempt"] != 1:
        yield f"{name}: a new id with attempt {fact['attempt']}"
    for o in world.orders.values():
        leg = (o.intent, o.author, o.strategy, o.symbol, o.leg, o.day)
        if (
            leg == (*(fact[x] for x in ("intent", "author", "strategy", "symbol", "leg")), world.today())
            and o.live()
        ):
            yield f"{name}: {o.client_id} is still live for the same leg"


def p5(world: World, fact: Fact) -> Broken:
    """While a latch forbids adding in its scope, nothing that adds is sent."""
    for latch in world.forbidden(fact["strategy"], fact["symbol"]):
        yield f"P5 {fact['client_id']}: adds under {latch.id} {latch.scope}"


def unanswered(world: World, step: list[Fact]) -> Broken:
    """Working orders that could add, in a forbidding latch's scope, have been asked back (P5)."""
    for o in world.orders.values():
        if o.adds and o.live() and not o.ended and not o.cancels and world.forbidden(o.strategy, o.symbol):
            yield f"P5 {o.client_id}: left resting under a latch after {step[0]['kind']}"


def untripped(world: World) -> Broken:
    """A loss equal to a trigger trips: the latch is there after the step that reached it."""
    if world.day is None or not world.valued():
        return
    slack = rounding(world)
    cap = world.cap("max_daily_loss")
    if cap is not None and world.loss() >= cap + slack and ("L1", "account") not in world.latches:
        yield f"L1: lost {float(world.loss())} of {float(cap)} and nothing tripped"
    zone = world.limit("drawdown_halt")
    down = world.high_water - world.equity() - slack
    if zone is not None and down >= zone * world.high_water > 0 and ("L2", "account") not in world.latches:
        yield f"L2: {float(down)} down from {float(world.high_water)} and nothing tripped"


LOOSENING = ("secret", "approver")  # an approver's only after an operator asked: `confirm`


def p6(world: World, fact: Fact, event: Fact) -> Broken:
    """A latch that needs an operator clears, or does less, only by a named operator's command with the
    secret.
    """
    held = world.latches.get((fact["latch"], fact["scope"]))
    allowed = event["kind"] == "command" and event["by"] != "" and event["authority"] in LOOSENING
    if fact["latch"] not in OPERATOR or held is None:
        return
    if fact["action"] == "cleared" and fact["latch"] in NEXT_SESSION and held.day == world.today():
        yield f"P6 {fact['latch']} {fact['scope']}: cleared on the day it was set"
    if allowed:
        return
    if fact["action"] == "cleared":
        yield f"P6 {fact['latch']} {fact['scope']}: cleared by {event['kind']}"
    elif held.positions == "flatten" and fact["positions"] != "flatten":
        yield f"P6 {fact['latch']} {fact['scope']}: no longer flattens, by {event['kind']}"
