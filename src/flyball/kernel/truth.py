"""The broker's own figures against ours: adopted at the first start, compared afterwards (B6, B14, P9).

The broker is the truth for what happened. A difference has to be seen twice before it is believed; then it
is journaled, alerted and latched (L7), never healed in silence. The one thing taken over is what was never
ours to account for: a position found at the first start in a symbol that is no instrument here.
"""

from typing import Final

from flyball.kernel.bounds import MAX_OPEN_ORDERS
from flyball.kernel.effects import Alert, Divergence, Effect, Moved
from flyball.kernel.events import Account
from flyball.kernel.evidence import AGAIN, as_of, take
from flyball.kernel.flatten import confirmed
from flyball.kernel.latches import ACCOUNT_SCOPE, BOOKS, DWELL, answered, dwelt, key_of, set_latch
from flyball.kernel.lifecycle import LOOK_AGAIN, TWICE, back, end, looked, settle
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import ask, cancel_adds, unsent
from flyball.kernel.starting import explained, from_before, look
from flyball.kernel.state import State
from flyball.kernel.words import ACCEPTED, DAY, IN_DOUBT, OUTSIDE, PARTIALLY_FILLED, REJECTED, SENT, WARNING

SLOWEST: Final = 3  # doublings of the pause between two looks
REMEDY: Final = "sell it at the broker, or give the feed its prices and start again"


def on_account(s: State, out: list[Effect], e: Account) -> None:
    if not s.known:
        _adopt(s, out, e)
    if e.ask != 0 and e.ask == s.account_asked:
        s.account_asked = 0
    if from_before(s, e):
        return
    s.timers.pop("account", None)
    take(s, out, e)
    look(s, e)
    looked(s, out)
    _introduced(s, e)
    _strangers(s, out, e)
    strange = _listed(s, out, e)
    _absent(s, out, e)
    _unlisted(s, out, e)
    confirmed(s, out, e)
    if s.orders or strange:
        # executions may be on their way; only a quiet account can be compared whole
        if not strange and explained(s, e):
            s.agreed = s.ts
        if e.ask != 0:  # what a start has read was no question, and its end is not waited for
            s.waits += 1
            s.timers["account"] = s.ts + _pause(s.waits)
        return
    s.waits = 0
    wrong = _differences(s, e)
    if not wrong:
        s.agreed = s.ts
        s.mismatches = 0
        s.differing = ""
        key = key_of("L7", ACCOUNT_SCOPE)
        held = s.latches.get(key)
        if held is not None and dwelt(held, s.ts):
            answered(s, out, "L7", ACCOUNT_SCOPE, BOOKS, "the broker's figures and ours are the same again")
        elif held is not None and BOOKS in held.causes:
            s.timers["account"] = held.since + DWELL  # too early to be believed: once more then
        return
    s.mismatches += 1
    if s.mismatches >= TWICE and not _sold_elsewhere(s, out, e, wrong):
        differing = "; ".join(f"{what} {ours} {theirs}" for what, ours, theirs in wrong)
        for what, ours, theirs in wrong if differing != s.differing else []:
            out.append(Divergence(s.ts, what, ours, theirs, False))
        s.differing = differing
        what = wrong[0][0]
        remedy = f"; {REMEDY}" if what.partition(" ")[2] in s.foreign else ""
        _break(s, out, f"{len(wrong)} differences: {what}{remedy}")
    s.timers["account"] = s.ts + _pause(s.mismatches)


def _pause(looks: int) -> int:
    """Reconciling backs off: 5, 10, 20 s, then 40 (B3)."""
    return LOOK_AGAIN << min(max(looks, 1) - 1, SLOWEST)


def _break(s: State, out: list[Effect], why: str) -> None:
    if set_latch(s, out, "L7", ACCOUNT_SCOPE, "governor", why):
        cancel_adds(s, out, ACCOUNT_SCOPE, "L7")


def _adopt(s: State, out: list[Effect], e: Account) -> None:
    """The first look at an account: what is there belongs to nobody here, and a person has to say that
    trading may begin."""
    s.known = True
    s.cash = e.cash
    for symbol, qty in e.positions:
        if symbol in s.markets:
            _take(s, symbol, qty)
            continue
        s.foreign[symbol] = qty
        what = f"{symbol} is held and not an instrument of this governor, so nothing adds; {REMEDY}"
        out.append(Alert(s.ts, "foreign_position", WARNING, what))
    s.adoption = len(e.positions) > 0
    s.high_water = max(e.equity, e.day_equity, 0)
    s.day.baseline = e.day_equity


def _take(s: State, symbol: str, qty: int) -> None:
    """A position that was found, into the outside book: priced by the first mark there is."""
    b = s.book(OUTSIDE, symbol)
    b.qty = qty
    b.adopted = True
    s.unvalued += 1
    s.revalue(symbol)
    s.refresh(symbol)


def _introduced(s: State, e: Account) -> None:
    """What was found as no instrument is one now: adopted as the broker states it, if nothing else has
    touched the symbol."""
    theirs = dict(e.positions)
    for symbol in [x for x in s.foreign if x in s.markets]:
        qty = theirs.get(symbol, 0)
        if qty != 0 and s.book_qty(OUTSIDE, symbol) == 0:
            del s.foreign[symbol]
            _take(s, symbol, qty)


def _sold_elsewhere(s: State, out: list[Effect], e: Account, wrong: list[tuple[str, str, str]]) -> bool:
    """A found position that is no instrument here changed, and cash with it: taken over and said, as nobody
    else can. False when anything of ours differs too."""
    theirs = dict(e.positions)
    moved = [x for x in s.foreign if theirs.get(x, 0) != s.foreign[x]]
    ours = [what for what, _, _ in wrong if what != "cash" and what.partition(" ")[2] not in s.foreign]
    if not moved or ours:
        return False
    cash = e.cash - s.cash
    stands = ", ".join(f"{x} {theirs.get(x, 0)}" for x in moved) + f", cash {cash}"
    if stands != s.foreign_seen:
        s.foreign_seen = stands
        return False
    s.foreign_seen = ""
    for symbol in moved:
        was, now = s.foreign[symbol], theirs.get(symbol, 0)
        out.append(Divergence(s.ts, f"position {symbol}", str(was), str(now), True))
        out.append(Moved(s.ts, "traded outside", OUTSIDE, symbol, now - was, cash))
        text = f"{symbol} was traded outside: {was} is now {now}, and cash changed by {cash} with it"
        out.append(Alert(s.ts, "foreign_position", WARNING, text))
        s.cash += cash
        cash = 0
        if now == 0:
            del s.foreign[symbol]
        else:
            s.foreign[symbol] = now
    s.mismatches = 0
    return True


def _strangers(s: State, out: list[Effect], e: Account) -> None:
    """Open orders with ids of ours that the journal does not know: something was lost."""
    lost = [cid for cid in e.open_ids if cid.startswith(f"fb{s.account}-") and s.order(cid) is None]
    if lost:
        reason = (
            f"the broker works {len(lost)} orders of ours that the journal does not know, first {lost[0]}"
        )
        if set_latch(s, out, "L5", ACCOUNT_SCOPE, "governor", reason):
            cancel_adds(s, out, ACCOUNT_SCOPE, "L5")


def _listed(s: State, out: list[Effect], e: Account) -> bool:
    """Open orders at the broker that we hold as over, or know nothing of. Seen twice, in lists that are apart
    (one made just before an order ended may come just behind its end), each is named, nothing adds, and one
    of ours counts as live again and is cancelled. True while there is one."""
    seen: dict[str, int] = {}
    first: dict[str, int] = {}
    at = as_of(s, e)
    for cid in e.open_ids[:MAX_OPEN_ORDERS]:
        if cid in s.orders:
            continue
        times, before = s.listed.get(cid, 0), s.listed_at.get(cid, 0)
        apart = times == 0 or at == 0 or before == 0 or at >= before + AGAIN
        seen[cid] = times + 1 if apart else times
        first[cid] = at if apart else before
    fresh = [cid for cid, times in seen.items() if times == TWICE and s.listed.get(cid, 0) < TWICE]
    s.listed, s.listed_at = seen, first
    for cid in fresh:
        o = s.order(cid)
        if o is None:
            out.append(Divergence(s.ts, f"order {cid}", "unknown", "open", False))
            _break(s, out, f"the broker works {cid}, which is no order of this governor")
            continue
        back(s, out, o, "open")
        if not o.final():
            o.asked_at = 0
            ask(s, out, o)
        settle(s, out, o)
    return bool(seen)


def _unlisted(s: State, out: list[Effect], e: Account) -> None:
    """Orders we hold as working that the account does not list: seen twice, each is asked for by its id. Its
    end, or its fills, may have been lost on the way."""
    at = as_of(s, e)
    for o in list(s.orders.values()):
        if o.state not in (SENT, ACCEPTED, PARTIALLY_FILLED) or o.client_id in e.open_ids:
            o.unlisted = 0
            continue
        if 0 < at < o.sent_at + AGAIN:
            continue  # on its way when these figures were made
        o.unlisted += 1
        hurried = o.author != "" and o.broker_id == ""  # an exit of ours that nobody has spoken of
        if o.unlisted >= TWICE or hurried:
            o.unlisted = 0
            ask(s, out, o)


def _absent(s: State, out: list[Effect], e: Account) -> None:
    """Day orders in doubt whose session is over (B21): an account that is explained without them, seen twice,
    says that they never arrived. One that is short of exactly what such an order would have done is for the
    operator to settle."""
    waiting = [o for o in s.orders.values() if _day_over(s, o)]
    if not waiting or len(waiting) < len(s.orders):
        return
    wrong = _differences(s, e)
    theirs = dict(e.positions)
    for o in waiting:
        if o.client_id in e.open_ids:
            o.absent = 0
        elif not wrong:
            o.absent = max(o.absent, 0) + 1
            if o.absent >= TWICE:
                why = "its session is over, and the broker's account shows nothing of it"
                end(s, out, o, REJECTED, why)
        elif o.absent >= 0:
            o.absent = 0
            if theirs.get(o.symbol, 0) - s.position(o.symbol) == o.side * o.remaining():
                o.absent = -1
                _executed(s, out, o)


def _executed(s: State, out: list[Effect], o: OrderState) -> None:
    theirs = f"the position differs by exactly its {o.remaining()}"
    out.append(Divergence(s.ts, f"order {o.client_id}", f"{o.state}, its session is over", theirs, False))
    _break(s, out, f"{o.client_id} is in doubt, and {theirs}; `flyball resolve` settles it")


def _day_over(s: State, o: OrderState) -> bool:
    """Whether this order is in doubt and cannot work any more."""
    over = s.day.day != 0 and (o.sent_at < s.day.open or s.ts >= s.day.close)
    return over and o.tif == DAY and o.state == IN_DOUBT and unsent(o)


def _differences(s: State, e: Account) -> list[tuple[str, str, str]]:
    """(what, ours, theirs) over the union of both sides. What is no instrument here differs while it is known
    of: it cannot be valued or sold."""
    theirs = dict(e.positions)
    wrong: list[tuple[str, str, str]] = []
    for symbol in sorted(set(theirs) | set(s.exposures) | set(s.foreign)):
        mine = s.position(symbol)
        if mine != theirs.get(symbol, 0) or symbol in s.foreign:
            wrong.append((f"position {symbol}", str(mine), str(theirs.get(symbol, 0))))
    if s.cash != e.cash:
        wrong.append(("cash", str(s.cash), str(e.cash)))
    return wrong
