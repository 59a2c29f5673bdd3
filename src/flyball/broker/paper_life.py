"""The life of one order at the paper broker, from the order, its cancels and the tape: nothing else.

It arrives; the first price point after that is the first that may fill it, at the quote made worse by the
slippage and never beyond its limit; what does not cross rests, and so does a stop until it is set off. In
pieces it fills at successive points that cross. It ends filled, with the session's close (DAY), after its
first point (IOC), or by the first cancel that arrives while it works. A later cancel is told how it ended. A
life is the same whenever it is worked out: a cancel changes only what comes at or after its own arrival.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from flyball.broker.faults import deliveries
from flyball.broker.paper_draws import Key, between, happens, numbers
from flyball.broker.paper_file import Placed, Withdrawn
from flyball.broker.paper_settings import PaperSettings
from flyball.broker.prices import Point, PriceFeed, Sessions, quote
from flyball.kernel.units import MINUTE, POW10, PPM, mul_div, mul_div_up
from flyball.kernel.words import (
    ACCEPTED,
    AT_CLOSE,
    BUY,
    CANCELED,
    DAY,
    EXPIRED,
    FILLED,
    IOC,
    LIMIT,
    ORDER_TYPES,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
    SIDES,
    STOP,
    TIFS,
)

FILL: Final = "fill"  # not a state: an execution
AUCTION_SHUT: Final = 10 * MINUTE  # before the close: the auction takes and gives back nothing more
AUCTION_PRINT: Final = MINUTE  # a symbol without a price in the last minute has no auction
LAST: Final = 1_000_000  # ranks at one moment: acceptance 0, pieces from 1, end, cancels that came too late


class Unit(NamedTuple):
    """What the broker knows of an instrument."""

    price_exp: int
    qty_exp: int
    tick: int


@dataclass(frozen=True)
class World:
    """What lives are made in."""

    prices: PriceFeed
    sessions: Sessions
    instruments: Mapping[str, Unit]
    settings: PaperSettings
    seed: int


class Happening(NamedTuple):
    """Something that happens to an order. `what` is FILL or a state; `filled` is cumulative."""

    ts: int
    rank: int
    what: str
    filled: int
    reason: str = ""
    qty: int = 0  # of a FILL, as the following two
    price: int = 0
    fee: int = 0


def life(order: Placed, cancels: Sequence[Withdrawn], key: Key, world: World) -> list[Happening]:
    """All that happens to an order, in order."""
    why = refusal(order, world)
    if not why and order.tif == AT_CLOSE:
        return _auction(order, cancels, world)
    if why:
        out = [Happening(order.arrival, LAST, REJECTED, 0, why)]
    else:
        out = list(_working(order, cancels, key, world))
    end = out[-1]
    for cancel in sorted(cancels, key=lambda c: (c.arrival, c.attempt)):
        how = FILLED if end.what == FILL else end.what
        if cancel.arrival != end.ts or how != CANCELED:
            out.append(
                Happening(cancel.arrival, LAST + cancel.attempt, how, end.filled, "the cancel came too late")
            )
    return out


def refusal(order: Placed, world: World) -> str:
    """Why the market does not take this order, "" when it does. Limits are not the broker's business."""
    unit = world.instruments.get(order.symbol)
    if unit is None:
        return f"unknown symbol {order.symbol}"
    if order.side not in SIDES or order.type not in ORDER_TYPES or order.tif not in (*TIFS, AT_CLOSE):
        return "unknown side, type or time in force"
    if order.qty <= 0:
        return "nothing to trade"
    if order.type == LIMIT and (order.limit <= 0 or order.limit % unit.tick):
        return f"limit is not a multiple of the tick {unit.tick}"
    if order.type == STOP and (order.stop <= 0 or order.stop % unit.tick):
        return f"stop is not a multiple of the tick {unit.tick}"
    if order.type == STOP and (order.limit != 0 or order.tif != DAY):
        return "a stop has no limit and is good for the day"
    session = world.sessions(order.arrival)
    if session is None or order.arrival >= session[1]:
        return "market closed"
    if order.tif == AT_CLOSE and (order.type == STOP or order.arrival >= session[1] - AUCTION_SHUT):
        return "not for the closing auction, or too late for it"
    return ""


def _working(order: Placed, cancels: Sequence[Withdrawn], key: Key, world: World) -> Iterator[Happening]:
    session = world.sessions(order.arrival)
    assert session is not None
    close = session[1]
    stop = min((c.arrival for c in cancels), default=close)
    unit = world.instruments[order.symbol]
    yield Happening(order.arrival, 0, ACCEPTED, 0)
    pieces = _pieces(order, key, world)
    filled = piece = 0
    triggered = order.type != STOP
    for point in world.prices.points(order.symbol, order.arrival, close):
        if stop < close and stop <= point.ts:
            break
        triggered = triggered or triggers(order, point, world.settings)
        price = fill_price(order, point, unit.tick, world.settings) if triggered else 0
        if price > 0:
            qty = pieces[piece]
            piece += 1
            filled += qty
            fee = mul_div_up(world.settings.fee_per_unit, qty, POW10[unit.qty_exp])
            yield Happening(point.ts, piece, FILL, filled, "", qty, price, fee)
            if filled == order.qty:
                return
        if order.tif == IOC:
            yield Happening(point.ts, LAST, CANCELED, filled, "immediate or cancel")
            return
    if stop < close:
        yield Happening(stop, LAST, CANCELED, filled)
    else:
        yield Happening(close, LAST, EXPIRED, filled, "the session has closed")


def _auction(order: Placed, cancels: Sequence[Withdrawn], world: World) -> list[Happening]:
    """The life of an on-close order: filled whole at the session's last price, or not at all. What arrives to
    take it back in the last 10 minutes is refused, and it works on (NYSE Rule 7.35B)."""
    session = world.sessions(order.arrival)
    assert session is not None
    close = session[1]
    out = [Happening(order.arrival, 0, ACCEPTED, 0)]
    end: Happening | None = None
    for cancel in sorted(cancels, key=lambda c: (c.arrival, c.attempt)):
        rank = LAST + cancel.attempt
        if end is not None and cancel.arrival > end.ts:
            out.append(Happening(cancel.arrival, rank, end.what, 0, "the cancel came too late"))
        elif end is None and cancel.arrival < close - AUCTION_SHUT:
            end = Happening(cancel.arrival, LAST, CANCELED, 0)
            out.append(end)
        elif end is None and cancel.arrival < close:
            out.append(Happening(cancel.arrival, rank, ACCEPTED, 0, "the closing auction gives nothing back"))
    if end is not None:
        return out
    price = 0
    for point in world.prices.points(order.symbol, max(order.arrival, close - AUCTION_PRINT), close):
        price = point.price
    beyond = order.type == LIMIT and (price - order.limit) * order.side > 0
    if price <= 0 or beyond:
        end = Happening(close, LAST, EXPIRED, 0, "the closing auction did not execute it")
    else:
        unit = world.instruments[order.symbol]
        fee = mul_div_up(world.settings.fee_per_unit, order.qty, POW10[unit.qty_exp])
        end = Happening(close, 1, FILL, order.qty, "", order.qty, price, fee)
    out.append(end)
    for cancel in sorted(cancels, key=lambda c: (c.arrival, c.attempt)):
        if cancel.arrival >= close:
            how = FILLED if end.what == FILL else end.what
            rank = LAST + cancel.attempt
            out.append(Happening(cancel.arrival, rank, how, end.filled, "the cancel came too late"))
    return out


def triggers(order: Placed, point: Point, settings: PaperSettings) -> bool:
    """Whether a stop is set off here: the quote it would trade at has come to its price, or gone through."""
    bid, ask = quote(point, settings.half_spread_ppm)
    return ask >= order.stop if order.side == BUY else bid <= order.stop


def fill_price(order: Placed, point: Point, tick: int, settings: PaperSettings) -> int:
    """What a fill at this point costs, rounded to the tick against the trader; 0 when the order does not
    cross. A stop that was set off fills like a market order, and never better than its own price: a gap is
    paid for, and what comes back behind it is not given away."""
    bid, ask = quote(point, settings.half_spread_ppm)
    limited = order.type == LIMIT
    if order.side == BUY:
        if limited and ask > order.limit:
            return 0
        price = mul_div_up(mul_div_up(ask, PPM + settings.slippage_ppm, PPM), 1, tick) * tick
        return min(price, order.limit) if limited else max(price, order.stop)
    if limited and bid < order.limit:
        return 0
    price = max(tick, mul_div(mul_div(bid, PPM - settings.slippage_ppm, PPM), 1, tick) * tick)
    if limited:
        return max(price, order.limit)
    return min(price, order.stop) if order.type == STOP else price


def _pieces(order: Placed, key: Key, world: World) -> list[int]:
    """The quantities it fills in: one, or by chance several."""
    draws = numbers(world.seed, *key, order.attempt, "pieces")
    count = 1
    if happens(draws, world.settings.partial_ppm):
        count = min(order.qty, between(draws, world.settings.pieces_min, world.settings.pieces_max))
    pieces = []
    rest = order.qty
    for left in range(count, 1, -1):
        pieces.append(min(rest - left + 1, between(draws, 1, max(1, 2 * rest // left - 1))))
        rest -= pieces[-1]
    return [*pieces, rest]


def delivered(happening: Happening, order: Placed, key: Key, world: World) -> tuple[int, ...]:
    """When the event of a happening reaches the client: once, or twice."""
    draws = numbers(world.seed, *key, order.attempt, "event", happening.rank)
    return deliveries(happening.ts, draws, world.settings)


def state_at(happenings: Sequence[Happening], qty: int, at: int) -> tuple[str, int]:
    """(state, cumulative filled) of an order over `qty` at a time; PENDING before it arrived."""
    state, filled = PENDING, 0
    for happening in happenings:
        if happening.ts > at:
            break
        filled = happening.filled
        if happening.what != FILL:
            state = happening.what
        else:
            state = FILLED if filled == qty else PARTIALLY_FILLED
    return state, filled
