"""What a decision says of latches, session, intent and prices; every line a sentence of controls.md."""

from tests.auditor.market import Quote
from tests.auditor.question import OFF, Evidence, Question
from tests.auditor.reading import MICRO, SECOND, Line, nanos, up

EXIT_AGE = 10 * SECOND
FLATTEN = 5 * 60 * SECOND  # before the close: SPEC M2
TYPES, TIFS, CLASSES = ("market", "limit", "stop", "close"), ("day", "ioc"), ("us_equity", "crypto")


def of_facts(asked: Question) -> Evidence:
    """Everything that is asked before a price or a size."""
    return of_account(asked) | of_market(asked) | of_door(asked)


def of_account(asked: Question) -> Evidence:
    world = asked.world
    book = world.ledger.books[asked.strategy, asked.symbol]
    return {
        "L.latches": (len(world.latches), 0),
        "B14.account": (0 if world.ledger.known else 1, 0),
        "P3.opposite_side": (int(asked.adds and opposite(asked)), 0),
        "K.open_orders": (len(world.live), 10_000),
        "K.lots": (len(book.lots), 4096),
    }


def opposite(asked: Question) -> bool:
    """Another strategy holds, or may hold, the other side of this symbol."""
    world = asked.world
    held = any(
        symbol == asked.symbol and owner != asked.strategy and (one.qty < 0 if asked.buys else one.qty > 0)
        for (owner, symbol), one in world.ledger.books.items()
    )
    return held or any(
        order.adds and order.symbol == asked.symbol and order.strategy != asked.strategy
        for order in world.live.values()
        if (order.side == "buy") != asked.buys
    )


def of_market(asked: Question) -> Evidence:
    world, limits, intent, ts = asked.world, asked.world.limits, asked.intent, asked.ts
    session = world.session
    open_ = session is not None and session.open <= ts < session.close
    closing = session is not None and limits.of("flat_by") == "close" and ts >= session.close - FLATTEN
    restricted = asked.symbol in (limits.of("restricted") or []) or not asked.instrument.tradable
    return {
        "C24.session": (int(not open_), 0),
        "C24.halted": (int(world.halted(asked.symbol)), 0),
        "C24.flat_by": (int(closing), 0),
        "C24.restricted": (int(restricted), 0),
        "C24.type": (int(intent.get("type") not in TYPES or (asked.adds and exits_only(intent))), 0),
        "C24.tif": (
            int(intent.get("tif") not in TIFS or (intent.get("type") == "stop" and intent["tif"] != "day")),
            0,
        ),
        "C24.asset_class": (int(asked.instrument.asset_class not in CLASSES), 0),
        "C24.limit": (asked.instrument.price(intent.get("limit") or intent.get("stop") or "0"), 1),
    }


def exits_only(intent: Line) -> bool:
    """What is there to get out, and never to get in."""
    return intent.get("type") in ("stop", "close")


def of_door(asked: Question) -> Evidence:
    world, instrument, limits = asked.world, asked.instrument, asked.world.limits
    age = asked.ts - nanos(asked.intent["created_at"])
    like = world.likeness(asked.intent)
    since = [asked.ts - ts for one, ts in world.alike if one == like]
    return {
        "C27.max_intent_age": (age, limits.of("max_intent_age") if asked.adds else EXIT_AGE),
        "C23.qty": (asked.qty, instrument.lot),
        "C23.lot": (asked.qty, instrument.lot),
        "C23.min_notional": (asked.value, limits.of("min_notional")),
        "C21.intent_id": (int((asked.strategy, asked.intent["intent"]) in world.intents), 0),
        "C21.intents_remembered": (world.decided_today, 200_000),
        "C21.duplicate_window": (since[-1] if since else None, limits.of("duplicate_window")),
        "C21.self_trade": (sum(meets(asked, name) for name in world.live), 0),
    }


def meets(asked: Question, name: str) -> bool:
    """An own live order of the other side that the limit crosses."""
    order = asked.world.live[name]
    if order.symbol != asked.symbol or (order.side == "buy") == asked.buys:
        return False
    if order.stop:  # it trades from its price on, with what rests there or beyond
        beyond = asked.limit <= order.stop if asked.buys else asked.limit >= order.stop
        return bool(asked.limit) and beyond
    if asked.stop:
        return order.limit >= asked.stop if asked.buys else order.limit <= asked.stop
    return asked.limit >= order.limit if asked.buys else asked.limit <= order.limit


def of_prices(asked: Question) -> Evidence:
    world, limits, quote = asked.world, asked.world.limits, asked.quote
    both = {"bid", "ask"} <= world.carries
    slip = up(abs((asked.limit or asked.reference) - asked.reference) * MICRO, max(asked.reference, 1))
    bound = "limit" in asked.intent
    off = up(abs(asked.own_limit - asked.reference) * MICRO, max(asked.reference, 1)) if bound else 0
    market = asked.intent.get("type") != "limit"
    unvalued = sum(not world.quotes.get(symbol, Quote()).high for symbol in world.ledger.held())
    spread = (
        up((quote.ask - quote.bid) * 2 * MICRO, quote.ask + quote.bid) if quote.bid and quote.ask else None
    )
    return {
        "C19.max_quote_age": (asked.ts - quote.ts, limits.of("max_quote_age", asked.symbol)),
        "C19.max_spread": (spread, limits.of("max_spread", asked.symbol) if both else OFF),
        "C19.crossed": (int(bool(quote.ask) and quote.bid > quote.ask), 0 if both else OFF),
        "C19.locked": (int(bool(quote.ask) and quote.bid == quote.ask), 0 if both else OFF),
        "C19.max_tick_move": (int(asked.symbol in world.doubted), limits.of("max_tick_move", asked.symbol)),
        "C19.valued": (unvalued, 0),
        "C18.price_tolerance": (off, limits.of("price_tolerance", asked.symbol)),
        "C18.max_slippage": (slip if market else None, limits.of("max_slippage", asked.symbol)),
    }
