"""`resolve`: a named operator says what became of an order that nobody else explains (B21).

Only what is in doubt, owes fills or has vanished may be resolved; never more than may still be executed, and
at a price the order and the market could have had. Should the broker speak after all, its word counts and the
difference is a divergence (`lifecycle`); nothing is booked twice.
"""

from typing import Final

from flyball.kernel.booking import by_hand
from flyball.kernel.bounds import MAX_MONEY, MAX_PRICE, MAX_QTY
from flyball.kernel.effects import Booked, Effect
from flyball.kernel.events import Command
from flyball.kernel.lifecycle import end
from flyball.kernel.market import Market
from flyball.kernel.orders import OrderState
from flyball.kernel.state import State
from flyball.kernel.triggers import watch
from flyball.kernel.units import MONEY_EXP, parse, show
from flyball.kernel.words import CANCELED, FILLED, REJECTED, SECRET

NEVER: Final = "never"
SANE: Final = 2  # a price at least half and at most twice the last one
HAND: Final = "by-hand"


def resolve(s: State, out: list[Effect], args: dict[str, str], e: Command) -> str:
    """Carry it out; why not, "" when it was done."""
    if e.authority != SECRET:
        return "resolve needs the operator secret"
    if not e.reason:
        return "resolve needs evidence: say what shows it"
    name = args.get("order", "")
    o = s.orders.get(name)
    if o is None:
        return f"{name} is over already" if s.order(name) is not None else f"no order {name}"
    if not o.unexplained():
        return f"{name} is {o.state} and in no doubt; cancel it instead"
    outcome = args.get("outcome", "")
    if outcome == NEVER:
        end(s, out, o, CANCELED if o.filled or o.broker_id else REJECTED, _word(e))
        return ""
    return _filled(s, out, o, outcome, args.get("fee", "0"), e)


def _word(e: Command) -> str:
    return f"resolved by {e.by}: {e.reason}"


def _filled(s: State, out: list[Effect], o: OrderState, outcome: str, charged: str, e: Command) -> str:
    if o.by_hand:
        return f"{o.by_hand} of it are booked by hand already; of the rest only `never` can be said"
    m = s.markets[o.symbol]
    amount, _, at = outcome.partition("@")
    try:
        qty, price, fee = parse(amount, m.qty_exp), parse(at, m.price_exp), parse(charged, MONEY_EXP)
    except ValueError as flaw:
        return f"{flaw}; say `never`, or QTY@PRICE like 10@101.25"
    why = _insane(o, m, qty, price, fee)
    if why:
        return why
    worst = s.totals.gross
    fill_id = f"{HAND}-{len(o.fill_ids) + 1}"
    out.append(
        Booked(s.ts, o.client_id, fill_id, o.strategy, o.symbol, o.side, qty, price, fee, e.by),
    )
    o.fill_ids.append(fill_id)
    by_hand(s, o, qty, price, fee)
    end(s, out, o, FILLED if o.filled >= o.qty else CANCELED, _word(e))
    watch(s, out, o.symbol, worst)
    return ""


def _insane(o: OrderState, m: Market, qty: int, price: int, fee: int) -> str:
    """Why this cannot have happened, "" when it can."""
    left = o.remaining()
    if not 0 < qty <= min(left, MAX_QTY):
        return f"{o.client_id} may still execute {show(left, m.qty_exp)}, not {show(qty, m.qty_exp)}"
    if not 0 < price <= MAX_PRICE:
        return "a price is above zero"
    if o.limit and (price - o.limit) * o.side > 0:
        limit = show(o.limit, m.price_exp)
        return f"worse than its limit {limit}: a broker would not have executed it there"
    last = m.mid()
    if last > 0 and not last <= price * SANE <= last * SANE * SANE:
        return f"nowhere near the last price {show(last, m.price_exp)}; check the decimal point"
    if abs(fee) > MAX_MONEY:
        return "no such fee"
    return ""
