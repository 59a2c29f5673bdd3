"""What the broker's own figures prove, and when they are asked for, while something is being flattened.

Evidence is a list that is newer than what it is to prove (`as_of`): an order that we asked back and that it
no longer shows does not work any more; a position it shows is the most an exit may take. A list that shows
nothing at all where something has to be is doubt, and believed when a newer one says the same. A cancel's
response is no evidence; a question that stays unanswered is asked anew after 1 s, 1 s more, then 2, 4 and so
on.
"""

from typing import Final

from flyball.kernel.bounds import MAX_OPEN_ORDERS
from flyball.kernel.effects import AskAccount, Effect
from flyball.kernel.events import Account, Answer, Event, Fill, NotSent, Shut, Timeout, Update
from flyball.kernel.latches import in_scope
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import ask, cancel
from flyball.kernel.protection import guards, protective
from flyball.kernel.state import Flattening, State, Stranger
from flyball.kernel.units import NS
from flyball.kernel.words import CANCEL_ALL, NOT_SENT, OUTSIDE, PENDING, REJECTED

CANCEL_WAIT: Final = 5 * NS  # for the evidence of a cancel; then an exit takes what is safe without it
AGAIN: Final = 3 * NS // 2  # a list that much newer than a cancel and still showing the order: it was lost
LOOKS: Final = (NS, NS, 2 * NS, 4 * NS, 8 * NS, 16 * NS, 30 * NS, 60 * NS)  # between two looks at the account
HOLDS: Final = (
    NS,
    2 * NS,
    4 * NS,
    8 * NS,
    16 * NS,
    30 * NS,
    60 * NS,
)  # between two exits of a symbol that did not stand


def as_of(s: State, e: Account) -> int:
    """Nothing in these figures is older than this; 0 = nobody can tell."""
    if e.as_of > 0:
        return min(e.as_of, s.ts)
    return s.account_since if e.ask != 0 and e.ask == s.account_ask else 0


def take(s: State, out: list[Effect], e: Account) -> None:
    """The broker's figures came: what they prove of orders and positions, if they are the newest."""
    at = as_of(s, e)
    if at == 0 or at <= s.theirs_at:
        return
    s.theirs_at = at
    s.theirs = dict(e.positions)
    for symbol in s.exposures:
        if s.traded_at.get(symbol, 0) < at:
            _compare(s, symbol)
    if _too_empty(s, e, at):
        return
    shown = {one[0]: one for one in e.open_orders}
    for o in list(s.orders.values()):
        there = o.client_id in shown or o.client_id in e.open_ids
        o.listed = at if there else -at
        if gone(o) and s.ts - o.cancel_at >= NS and any(_covers(f, o) for f in s.flattenings.values()):
            ask(s, out, o)  # how it ended is not in the list
    _strangers(s, e, at)


def _compare(s: State, symbol: str) -> None:
    """How much less than ours the list shows: out of reach until a newer one shows it."""
    ours, theirs = s.position(symbol), s.theirs.get(symbol, 0)
    less = min(ours, ours - theirs) if ours > 0 else max(ours, ours - theirs)
    if less * ours > 0:
        s.lacking[symbol] = less
    else:
        s.lacking.pop(symbol, None)


def _too_empty(s: State, e: Account, at: int) -> bool:
    """Nothing at all, where something has to be: not believed before a newer list says so too."""
    something = bool(s.strangers) or any(o.broker_id for o in s.orders.values())
    something = something or any(x.position != 0 for x in s.exposures.values())
    if e.positions or e.open_ids or e.open_orders or not something:
        s.empty_at = 0
        return False
    doubt = s.empty_at == 0
    s.empty_at = at
    return doubt


def _strangers(s: State, e: Account, at: int) -> None:
    """The open orders at the broker that are not ours."""
    seen: dict[str, Stranger] = {}
    for client_id, broker_id, symbol, side, left, _, _, _ in e.open_orders[:MAX_OPEN_ORDERS]:
        if s.order(client_id) is not None:
            continue
        key = broker_id or client_id
        x = s.strangers.get(key) or Stranger(client_id, broker_id, symbol, side, left)
        x.left, x.as_of = left, at
        seen[key] = x
    s.strangers = seen


def gone(o: OrderState) -> bool:
    """Whether the broker had it, was asked to cancel it, and shows it no longer."""
    return o.cancel_at != 0 and o.broker_id != "" and -o.listed > o.cancel_at and not o.final()


def ignored(cancel_at: int, listed: int) -> bool:
    """Whether a list read well after the cancel still shows the order."""
    return cancel_at != 0 and listed - cancel_at >= AGAIN


def shut(s: State, out: list[Effect], e: Shut) -> None:
    """The broker takes no call before then: a cancel that waits leaves then, and its evidence is counted from
    there; an exit of ours is taken back, and decided anew then, at the price of then."""
    s.shut_until = max(s.shut_until, e.until)
    for o in list(s.orders.values()):
        if o.author and o.state == PENDING and o.sent_at >= e.since:
            cancel(s, out, o, "the broker takes no call now")
        elif o.cancel_at >= max(e.since, 1) and not o.final():
            o.cancel_at = e.until
    for x in s.strangers.values():
        if x.cancel_at >= max(e.since, 1):
            x.cancel_at = e.until
    if s.cancel_all_at >= max(e.since, 1):
        s.cancel_all_at = e.until


def confirmed_by_broker(s: State, symbol: str, side: int) -> int:
    """The most an exit of this side may still take of what the broker's newest list shows, less what is
    already under way; -1 when it says nothing of now: there is none, or the position changed since. What it
    showed less than ours is not there after such a change either: an execution may be part of the difference
    or come on top of it."""
    if s.theirs_at == 0:
        return -1
    if s.traded_at.get(symbol, 0) < s.theirs_at:
        left = max(0, s.theirs.get(symbol, 0) * -side)
    else:
        less = s.lacking.get(symbol, 0) * -side
        if less <= 0:
            return -1
        left = max(0, s.position(symbol) * -side - less)
    for o in s.live_of(symbol):
        if o.side == side:
            left -= o.remaining()
    return max(0, left)


def strangers_of(s: State, f: Flattening) -> list[Stranger]:
    """The orders of others in its scope."""
    if not f.foreign:
        return []
    return [x for _, x in sorted(s.strangers.items()) if in_scope(f.scope, OUTSIDE, x.symbol)]


def waited_for(s: State, f: Flattening, symbol: str) -> bool:
    """Whether an exit of this symbol still waits for the evidence of a cancel."""
    for o in s.live_of(symbol):
        fresh = not o.final() and s.ts - o.cancel_at < CANCEL_WAIT and not gone(o)
        if fresh and (protective(o) or not o.author) and o.cancel_at != 0 and _covers(f, o):
            return True
    for x in strangers_of(s, f):
        if x.symbol == symbol and x.cancel_at != 0 and s.ts - x.cancel_at < CANCEL_WAIT:
            return True
    return False


def _covers(f: Flattening, o: OrderState) -> bool:
    return not f.done and in_scope(f.scope, o.strategy, o.symbol)


# -- questions


def ask_account(s: State, out: list[Effect], why: str) -> int:
    """Ask for the broker's figures; returns the number of the question."""
    s.account_ask += 1
    s.account_asked = s.account_ask
    s.account_since = s.ts
    s.timers.pop("account", None)
    out.append(AskAccount(s.ts, s.account_ask, why))
    for f in s.flattenings.values():
        if f.asked_at != 0 and not f.done:
            f.asked = s.account_ask
    return s.account_ask


def look(s: State, out: list[Effect]) -> None:
    """Ask for the account while a flattening has something to learn from it, again and again, ever more
    slowly."""
    why, at_once = _wanted(s)
    if s.ts < s.shut_until:
        return  # it would only wait
    if not why:
        s.look_at = 0
        s.looks = 0
    elif s.look_at == 0 and not at_once:
        s.look_at = s.ts + LOOKS[0]
    elif s.look_at == 0 or s.ts >= s.look_at:
        if s.account_since != s.ts or s.account_asked == 0:
            ask_account(s, out, why)
        s.look_at = s.ts + LOOKS[min(s.looks, len(LOOKS) - 1)]
        s.looks += 1


def _wanted(s: State) -> tuple[str, bool]:
    """The flattening that needs the account, "" when none does; and whether at once: exits that work are
    looked at when they have had a second."""
    later = ""
    for key in sorted(s.flattenings):
        f = s.flattenings[key]
        if f.done:
            continue
        if f.asked_at != 0 or s.unsure or strangers_of(s, f):
            return key, True
        for o in s.orders.values():
            if _covers(f, o) and not o.author and o.cancel_at != 0:
                return key, True
            if _covers(f, o) and not (o.cancel_at == 0 and guards(s, o)):
                later = later or key
        if (later and f.foreign) or (f.positions and s.day.is_open(s.ts) and _short(s, f)):
            return key, True
    return later, False


def _short(s: State, f: Flattening) -> bool:
    """Whether the broker shows less of something than we hold."""
    for symbol in s.books:
        at = s.position(symbol)
        if at != 0 and confirmed_by_broker(s, symbol, -1 if at > 0 else 1) == 0:
            held = any(b.qty != 0 and in_scope(f.scope, b.strategy, symbol) for b in s.books[symbol].values())
            if held and not s.live_of(symbol):
                return True
    return False


def hear(s: State, out: list[Effect], e: Event) -> None:
    """What an event says of the broker itself: it keeps silent, it is back, it does not take our exits."""
    if isinstance(e, Timeout):
        s.silent = True
        if e.call == CANCEL_ALL:
            s.look_at = min(s.look_at, s.ts)
    elif s.silent and isinstance(e, (Answer, Account)):
        s.silent = False
        for o in [o for o in s.orders.values() if f"ask {o.client_id}" in s.timers]:
            if any(_covers(f, o) for f in s.flattenings.values()):
                ask(s, out, o)
    elif s.silent and isinstance(e, (Update, Fill)) and s.ts - s.account_since >= CANCEL_WAIT:
        s.looks = s.look_at = 0  # the stream speaks again: perhaps it answers, too
    if isinstance(e, (Update, NotSent, Answer, Fill)):
        _stood(s, e)


def _stood(s: State, e: Update | NotSent | Answer | Fill) -> None:
    """Whether an exit stood: one that did not is tried anew later, and later each time."""
    o = s.order(e.client_id)
    if o is None or not o.author:
        return
    never = o.state in (REJECTED, NOT_SENT) and o.filled == 0 and o.cancel_at == 0
    for f in s.flattenings.values():
        if not in_scope(f.scope, o.strategy, o.symbol):
            continue
        if isinstance(e, Fill):
            f.refused.pop(o.symbol, None)
            f.not_before.pop(o.symbol, None)
        elif never:
            times = f.refused.get(o.symbol, 0)
            f.refused[o.symbol] = times + 1
            f.not_before[o.symbol] = s.ts + HOLDS[min(times, len(HOLDS) - 1)]
