"""Corporate actions (M7): lots, prices and statistics restated; profit, loss and the high-water mark are not.

An action holds for positions as they are when it arrives, which is before the first price that knows it. What
a book is worth does not change by it: a split's price falls as its quantity rises, a dividend's falls by what
is paid. Prices round to the nearest unit, so until the next mark a book may be worth half a price unit a
share more or less. Orders working in the symbol are cancelled, what adds is refused until a mark has come.

The account's quantity is rounded towards zero and its fraction paid in cash, as brokers do; books share both.
An action that cannot be is an alert and changes nothing: if the broker took it, positions differ, and L7 says
so. Each id counts once.
"""

from dataclasses import replace
from typing import Final

from flyball.kernel.approval import RENAMED, change
from flyball.kernel.bounds import MAX_MONEY, MAX_PRICE, MAX_QTY, MAX_SYMBOLS
from flyball.kernel.effects import Alert, Effect, Moved, Restated
from flyball.kernel.events import Action
from flyball.kernel.latches import set_latch
from flyball.kernel.ledger import Book, Lot, revalue
from flyball.kernel.loosening import rename
from flyball.kernel.market import Market
from flyball.kernel.placing import cancel
from flyball.kernel.state import State, tally
from flyball.kernel.stats import restated
from flyball.kernel.units import MICRO, POW10, PPM, mul_div, notional
from flyball.kernel.words import CRITICAL, INFO

SPLIT: Final = "split"
SYMBOL_CHANGE: Final = "symbol_change"
CASH_DIVIDEND: Final = "cash_dividend"
SPIN_OFF: Final = "spin_off"
ACTIONS: Final = (SPLIT, SYMBOL_CHANGE, CASH_DIVIDEND, SPIN_OFF)
MAX_RATIO: Final = 10**9
REMEMBERED: Final = 10_000


def on_action(s: State, out: list[Effect], e: Action) -> None:
    """Take one in, or say why not."""
    if e.id in s.actions:
        return
    why = _flaw(s, e)
    if why:
        text = f"{e.what} of {e.symbol} ({e.id}) was not taken: {why}"
        out.append(Alert(s.ts, "corporate_action", CRITICAL, text))
        return
    s.actions.append(e.id)
    if len(s.actions) > REMEMBERED:
        s.actions.pop(0)
    for o in s.live_of(e.symbol):
        cancel(s, out, o, e.what)
    s.recent = [r for r in s.recent if r.symbol != e.symbol]
    if e.what == SPLIT:
        _split(s, out, e)
    elif e.what == CASH_DIVIDEND:
        _dividend(s, out, e)
    elif e.what == SPIN_OFF:
        _spin_off(s, out, e)
    else:
        _rename(s, out, e)
    out.append(Alert(s.ts, "corporate_action", INFO, f"{e.what} of {e.symbol} ({e.id}) was taken"))


# What cannot be.


def _flaw(s: State, e: Action) -> str:
    """Why this action cannot be, "" when it can."""
    m = s.markets.get(e.symbol)
    if e.what not in ACTIONS:
        return "an action this version does not know"
    if not e.id:
        return "it has no id, so it could be taken twice"
    if m is None:
        return f"no instrument {e.symbol}"
    if not 0 <= e.cash <= MAX_MONEY or not 0 <= e.cost <= PPM:
        return "cash or cost is out of range"
    if e.what in (SPLIT, SPIN_OFF) and not (0 < e.num <= MAX_RATIO and 0 < e.den <= MAX_RATIO):
        return f"a ratio of {e.num} to {e.den}"
    if e.what == SPLIT:
        return _too_large(s, e, m)
    if e.what == CASH_DIVIDEND:
        return _unpayable(m, _price_units(e.cash, m)) if e.cash else "a dividend of nothing"
    return _no_successor(s, e, m)


def _too_large(s: State, e: Action, m: Market) -> str:
    most = max([0, *(abs(b.qty) for b in s.books.get(e.symbol, {}).values())])
    if mul_div(most, e.num, e.den) > MAX_QTY or mul_div(m.high_price(), e.den, e.num) > MAX_PRICE:
        return "quantities or prices beyond what the governor can carry"
    return ""


def _unpayable(m: Market, drop: int) -> str:
    low = min((p for p in (m.bid, m.ask, m.last) if p > 0), default=0)
    return "more than the last price" if m.known() and drop >= low else ""


def _no_successor(s: State, e: Action, m: Market) -> str:
    to = s.markets.get(e.to)
    held = [b for b in s.books.get(e.to, {}).values() if b.qty != 0]
    if not e.to or e.to == e.symbol:
        return "no other symbol is named"
    if held or s.live_of(e.to):
        return f"{e.to} is held or worked already"
    if e.what == SYMBOL_CHANGE:
        if to is None:
            return "one instrument too many" if len(s.markets) >= MAX_SYMBOLS else ""
        same = (to.price_exp, to.qty_exp) == (m.price_exp, m.qty_exp)
        return "" if same else f"{e.to} is counted in other units"
    if to is None:
        return f"no instrument {e.to}"
    if e.cash == 0:
        return f"no price of {e.to} is given"
    most = max([0, *(abs(b.qty) for b in s.books.get(e.symbol, {}).values())])
    if most * e.num * POW10[to.qty_exp] > MAX_QTY * e.den * POW10[m.qty_exp]:
        return "quantities beyond what the governor can carry"
    return _unpayable(m, _price_units(mul_div(e.cash, e.num, e.den), m))


# The four.


def _split(s: State, out: list[Effect], e: Action) -> None:
    m = s.markets[e.symbol]
    books = _held(s, e.symbol)
    _reprice(m, e.den, e.num)
    whole = e.cash or notional(m.mid(), POW10[m.qty_exp], m.scale)
    quantities, cash = _shares([b.qty for b in books], e.num, e.den, whole, m.qty_exp)
    for b, qty, paid in zip(books, quantities, cash, strict=True):
        before, was = b.day_profit(), b.qty
        _scale_lots(b, m, qty, e.num, e.den, paid)
        if b.adopted and qty == 0:  # found, never priced, and gone
            b.adopted = False
            s.unvalued -= 1
        _pay(s, b, paid)
        _revalued(s, b, m, before)
        out.append(Moved(s.ts, e.id, b.strategy, b.symbol, qty - was, paid))
    _done(s, out, e, m)


def _dividend(s: State, out: list[Effect], e: Action) -> None:
    m = s.markets[e.symbol]
    books = _held(s, e.symbol)
    _drop(m, _price_units(e.cash, m))
    for b, paid in zip(books, _parts([b.qty for b in books], e.cash, POW10[m.qty_exp]), strict=True):
        before = b.day_profit()
        _pay(s, b, paid)
        b.realised += paid
        _revalued(s, b, m, before)
        out.append(Moved(s.ts, e.id, b.strategy, b.symbol, 0, paid))
    _done(s, out, e, m)


def _spin_off(s: State, out: list[Effect], e: Action) -> None:
    m, to = s.markets[e.symbol], s.markets[e.to]
    books = _held(s, e.symbol)
    _drop(m, _price_units(mul_div(e.cash, e.num, e.den), m))
    if not to.known():
        to.last = max(1, _price_units(e.cash, to))
        to.seen_at = s.ts
    num, den = e.num * POW10[to.qty_exp], e.den * POW10[m.qty_exp]
    quantities, cash = _shares([b.qty for b in books], num, den, e.cash, to.qty_exp)
    for b, qty, paid in zip(books, quantities, cash, strict=True):
        new = s.book(b.strategy, e.to)
        before, new_before = b.day_profit(), new.day_profit()
        _move_cost(b, m, new, to, qty, e.cost)
        worth = revalue(new, to)
        s.value += worth
        # the new book pays the old one what it got: neither gained by it
        _pay(s, new, -worth)
        _pay(s, b, worth + paid)
        _revalued(s, b, m, before)
        tally(s.profits, new.strategy, new.day_profit() - new_before)
        out.append(Moved(s.ts, e.id, b.strategy, b.symbol, 0, worth + paid))
        out.append(Moved(s.ts, e.id, new.strategy, new.symbol, qty, -worth))
    _done(s, out, e, m)
    _done(s, out, e, to)


def _rename(s: State, out: list[Effect], e: Action) -> None:
    """The old name stays as an instrument that cannot be traded: late reports may still use it."""
    m = s.markets[e.symbol]
    to = s.markets.get(e.to)
    if to is None or not to.known():
        tick, lot, tradable = (m.tick, m.lot, m.tradable) if to is None else (to.tick, to.lot, to.tradable)
        to = replace(m, symbol=e.to, tick=tick, lot=lot, tradable=tradable)
        to.atr, to.volatility = replace(m.atr), replace(m.volatility)
        s.markets[e.to] = to
    m.tradable = False
    for b in _held(s, e.symbol):
        new = s.book(b.strategy, e.to)
        before, new_before, worth = b.day_profit(), new.day_profit(), b.value
        qty, b.qty, found = b.qty, 0, b.adopted
        new.qty, new.lots, new.adopted = qty, b.lots, b.adopted
        b.lots, b.adopted = [], False
        s.value += revalue(new, to)
        s.unvalued -= found and not new.adopted  # the new name has a price
        new.cash -= worth
        b.cash += worth
        _revalued(s, b, m, before)
        tally(s.profits, new.strategy, new.day_profit() - new_before)
        out.append(Moved(s.ts, e.id, b.strategy, b.symbol, -qty, worth))
        out.append(Moved(s.ts, e.id, new.strategy, new.symbol, qty, -worth))
    s.refresh(e.symbol)
    _done(s, out, e, to)
    _rename_rules(s, out, e)


def _rename_rules(s: State, out: list[Effect], e: Action) -> None:
    """What holds for a symbol by its name holds for its new one, unless that has rules of its own; on the
    record, and as long as other rules do: what was approved to be looser is not taken along."""
    if rename(s.terms, e.symbol, e.to):
        change(s, out, RENAMED, "governor")
    old, new = f"symbol:{e.symbol}", f"symbol:{e.to}"
    for held in [held for held in s.latches.values() if held.scope == old]:
        set_latch(
            s, out, held.id, new, "governor", f"{e.symbol} is {e.to} now: {held.reason}", held.positions
        )
    for f in [f for f in s.flattenings.values() if f.scope == old]:
        s.flattenings.setdefault(f"{f.why} {new}", replace(f, scope=new))


# Parts.


def _held(s: State, symbol: str) -> list[Book]:
    return [b for _, b in sorted(s.books.get(symbol, {}).items()) if b.qty != 0]


def _pay(s: State, b: Book, cash: int) -> None:
    b.cash += cash
    s.cash += cash


def _revalued(s: State, b: Book, m: Market, before: int) -> None:
    s.value += revalue(b, m)
    tally(s.profits, b.strategy, b.day_profit() - before)


def _done(s: State, out: list[Effect], e: Action, m: Market) -> None:
    """Nothing adds before a mark; the first one may be anywhere."""
    m.restated = True
    m.first_of_session = True
    m.suspect = m.suspect_count = 0
    s.refresh(m.symbol)
    if m.known():
        out.append(Restated(s.ts, m.symbol, m.bid, m.ask, m.last, e.id))


def _price_units(micros: int, m: Market) -> int:
    """Money a whole unit as a price, to the nearest price unit."""
    return mul_div(2 * micros * POW10[m.price_exp] + MICRO, 1, 2 * MICRO)


def _reprice(m: Market, num: int, den: int) -> None:
    """Every price so far counts `num / den` of what it was."""
    m.bid, m.ask, m.last = restated(m.bid, num, den), restated(m.ask, num, den), restated(m.last, num, den)
    m.atr.restate(num, den)
    m.volatility.restate(num, den)


def _drop(m: Market, by: int) -> None:
    """What was paid out is no longer in the price; statistics by the same ratio."""
    mid = m.mid()
    m.bid, m.ask, m.last = (p - by if p > 0 else 0 for p in (m.bid, m.ask, m.last))
    if mid > by:
        m.atr.restate(mid - by, mid)
        m.volatility.restate(mid - by, mid)


def _toward_zero(a: int, b: int) -> int:
    return a // b if a >= 0 else -(-a // b)


def _parts(quantities: list[int], cash: int, one: int) -> list[int]:
    """`cash` a whole unit on each quantity, rounded against us as one account: the last book has the rest."""
    whole = mul_div(sum(quantities), cash, one)
    parts = [mul_div(qty, cash, one) for qty in quantities[:-1]]
    return [*parts, whole - sum(parts)] if quantities else []


def _shares(
    quantities: list[int], num: int, den: int, whole: int, qty_exp: int
) -> tuple[list[int], list[int]]:
    """Each book's new quantity and cash in lieu, at `whole` micros a whole unit.

    The account's new quantity is rounded towards zero; books get theirs so rounded and then, by the largest
    remainder, what is left of the account's. Whoever got more than its share pays those who got less.
    """
    exact = [qty * num for qty in quantities]
    total = _toward_zero(sum(exact), den)
    new = [_toward_zero(x, den) for x in exact]
    left = total - sum(new)
    step = 1 if left > 0 else -1
    order = sorted(range(len(new)), key=lambda i: (-(exact[i] - new[i] * den) * step, i))
    for i in order[: abs(left)]:
        new[i] += step
    one = den * POW10[qty_exp]
    owed = mul_div(sum(exact) - total * den, whole, one)
    cash = [mul_div(exact[i] - new[i] * den, whole, one) for i in range(len(new) - 1)]
    return new, [*cash, owed - sum(cash)] if new else []


def _micros(cost: int, m: Market) -> int:
    return cost * -m.scale if m.scale < 0 else cost // m.scale


def _cost(micros: int, m: Market) -> int:
    return micros // -m.scale if m.scale < 0 else micros * m.scale


def _cut(lots: list[Lot], qty: int) -> list[Lot]:
    """The same lots over another quantity in all; what becomes nothing leaves its cost to its neighbour."""
    old = sum(lot.qty for lot in lots)
    out: list[Lot] = []
    seen = given = cost = 0
    for lot in lots:
        seen += lot.qty
        cost += lot.cost
        here = mul_div(qty, seen, old) - given
        if here > 0:
            out.append(Lot(here, cost))
            given += here
            cost = 0
    if out:
        out[-1].cost += cost
    return out


def _scale_lots(b: Book, m: Market, qty: int, num: int, den: int, paid: int) -> None:
    """A split: the lots' cost stays, but for the share of it that the fraction paid in cash had."""
    long, was = b.qty > 0, abs(b.qty) * num
    b.qty = qty
    if b.adopted:
        return
    cost = sum(lot.cost for lot in b.lots)
    b.lots = _cut(b.lots, abs(qty))
    kept = mul_div(cost, abs(qty) * den, was)
    if b.lots:
        b.lots[-1].cost += kept - cost
    gone = _micros(cost - kept, m)
    b.realised += paid - gone if long else paid + gone


def _move_cost(b: Book, m: Market, new: Book, to: Market, qty: int, share: int) -> None:
    """A spin-off: the new book's lots mirror the old ones' and take their share of the cost."""
    new.qty = qty
    moved = []
    for lot in b.lots:
        part = mul_div(lot.cost, share, PPM)
        lot.cost -= part
        moved.append(Lot(lot.qty, _cost(_micros(part, m), to)))
    new.lots = _cut(moved, abs(qty)) if moved and qty else []
    if qty and not new.lots:
        new.lots = [Lot(abs(qty), 0)]
