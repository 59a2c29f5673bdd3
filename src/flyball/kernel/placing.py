"""Orders out: minting an id, sending, cancelling, asking. One id a leg, the same on every retry; the last
gate stands here.

Client order ids are `fb<account>-<epoch>-<number>-<strategy>-<leg>`: never issued twice, because an epoch
never is, and one that was lost with the power still tells whose it was (B2). The outside book is `-outside`
there: no strategy's name begins so.
"""

from typing import Final

from flyball.kernel.bounds import MAX_ATTEMPTS
from flyball.kernel.controls.age import REDUCE_AGE
from flyball.kernel.controls.rate import SECOND, remember
from flyball.kernel.effects import Cancel, Effect, Order, Query
from flyball.kernel.latches import forbids_adding, forbids_exits, halted, in_scope
from flyball.kernel.orders import OrderState
from flyball.kernel.starting import believed
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.kernel.words import IN_DOUBT, OUTSIDE, PENDING, SENT

ASK_AGAIN: Final = (5 * NS, 10 * NS, 20 * NS)  # reconciling backs off (B3)
DISOWNED: Final = 2  # answers in a row before "never arrived" is believed
_OUTSIDE_TAG: Final = "-outside"


def client_id(s: State, strategy: str, leg: int) -> str:
    s.order_seq += 1
    tag = _OUTSIDE_TAG if strategy == OUTSIDE else strategy.strip("_")
    return f"fb{s.account}-{s.epoch}-{s.order_seq}-{tag}-{leg}"


def owner_of(s: State, client_id: str) -> str:
    """Whose a lost order was, read from its id; the outside book when it is not one of ours."""
    return owner_of_id(s.account, client_id)


def owner_of_id(account: str, client_id: str) -> str:
    """The same, for an account's tag."""
    parts = client_id.split("-")
    if len(parts) < 5 or parts[0] != f"fb{account}":
        return OUTSIDE
    name = "-".join(parts[3:-1])
    return OUTSIDE if name == _OUTSIDE_TAG else name


def place(
    s: State,
    out: list[Effect],
    *,
    intent: str,
    author: str,
    strategy: str,
    symbol: str,
    side: int,
    qty: int,
    kind: str,
    limit: int,
    tif: str,
    adds: bool,
    leg: int,
    waits: list[str],
    born: int = -1,
    stop: int = 0,
    close: bool = False,
) -> OrderState:
    """A new order: into the book of orders, and out unless it waits for another's end. `born`: what its age
    is counted from, by default now."""
    o = OrderState(
        client_id=client_id(s, strategy, leg),
        intent=intent,
        author=author,
        strategy=strategy,
        symbol=symbol,
        side=side,
        qty=qty,
        type=kind,
        limit=limit,
        tif=tif,
        adds=adds,
        leg=leg,
        born=s.ts if born < 0 else min(born, s.ts),
        sent_at=s.ts,
        waits=waits,
        stop=stop,
        close=close,
    )
    s.orders[o.client_id] = o
    s.live.setdefault(symbol, {})[o.client_id] = o
    s.refresh(symbol)
    if not waits:
        send(s, out, o, False)
    return o


def send(s: State, out: list[Effect], o: OrderState, again: bool) -> None:
    """Emit the order. `again`: after a restart, under its old id, attempt and time."""
    if not again:
        o.sent_at = s.ts
        remember(s.rates.messages, s.ts, SECOND)
    out.append(
        Order(
            o.sent_at,
            o.client_id,
            o.intent,
            o.author,
            o.strategy,
            o.symbol,
            o.side,
            o.qty,
            o.type,
            o.limit,
            o.tif,
            o.adds,
            o.attempt,
            o.leg,
            again,
            o.stop,
        )
    )


def cancel(s: State, out: list[Effect], o: OrderState, why: str) -> None:
    """Ask for a cancel, once; the order stays live until evidence."""
    if o.final() or o.cancel_at != 0:
        return
    o.cancel_at = s.ts
    o.cancel_attempt = 1
    remember(s.rates.messages, s.ts, SECOND)
    out.append(Cancel(s.ts, o.client_id, why, 1))
    if o.stop:
        s.refresh(o.symbol)  # it protects no longer


def cancel_again(s: State, out: list[Effect], o: OrderState) -> None:
    """The cancel got no answer and the order is still there."""
    o.cancel_at = s.ts
    o.cancel_attempt += 1
    out.append(Cancel(s.ts, o.client_id, "again", o.cancel_attempt))


def ask(s: State, out: list[Effect], o: OrderState) -> None:
    """Ask the broker for this id, unless a question is already open."""
    s.timers.pop(f"ask {o.client_id}", None)
    if o.asked_at != 0:
        return
    o.ask += 1
    o.asked_at = s.ts
    out.append(Query(s.ts, o.client_id, o.ask))


def ask_later(s: State, o: OrderState) -> None:
    """Set the timer of the next question."""
    s.timers[f"ask {o.client_id}"] = s.ts + ASK_AGAIN[min(max(o.ask - 1, 0), len(ASK_AGAIN) - 1)]


def gate(s: State, o: OrderState, now: int) -> str:
    """The last gate, at the socket: the code that stops this order now, "" when nothing does."""
    if halted(s, o.symbol):
        return "MARKET_HALTED"
    if o.adds:
        code = "ACCOUNT_UNKNOWN" if s.unsure else forbids_adding(s, o.strategy, o.symbol)
        if code:
            return code
        if now - o.born > s.limits.max_intent_age:
            return "INTENT_EXPIRED"
        if s.limits.flat_by == "close" and s.day.closing(now):
            return "MARKET_FLAT_BY"
        return ""
    if not still_reduces(s, o):
        return "REDUCE_THROUGH_ZERO"  # the position has changed since it was decided
    if o.author:
        return ""
    code = forbids_exits(s, o.strategy, o.symbol)
    if code:
        return code
    # a close is as old as its way to the broker: it has already taken back what stood there before
    if now - (o.sent_at if o.close else o.born) > max(REDUCE_AGE, s.limits.max_intent_age):
        return "INTENT_EXPIRED"
    return ""


def still_reduces(s: State, o: OrderState) -> bool:
    """Whether what may still be executed of an exit fits what its book and the account hold now, when those
    of its side that have left, or come to the socket before it, fill in full (P3)."""
    book = s.book_qty(o.strategy, o.symbol) * -o.side
    account = believed(s, o.symbol, s.position(o.symbol))[0] * -o.side
    behind = False
    for other in s.live_of(o.symbol):
        waits = behind and other.state == PENDING and other.attempt == 1  # held to the same in its turn
        if other.side == o.side and not waits:
            account -= other.remaining()
            if other.strategy == o.strategy:
                book -= other.remaining()
        behind = behind or other is o
    return book >= 0 and account >= 0


def may_retry(s: State, o: OrderState) -> bool:
    """Whether an order the broker does not know may be sent again under its id."""
    return o.attempt < MAX_ATTEMPTS and o.cancel_at == 0 and gate(s, o, s.ts) == ""


def cancel_adds(s: State, out: list[Effect], scope: str, why: str) -> None:
    """Cancel every live order in scope that could add under some outcome (P5)."""
    for o in list(s.orders.values()):
        if not o.author and in_scope(scope, o.strategy, o.symbol) and could_add(s, o):
            cancel(s, out, o, why)


def could_add(s: State, o: OrderState) -> bool:
    """Whether this order, with the others of its side, could carry its book or the account past zero."""
    if o.adds:
        return True
    book = s.book_qty(o.strategy, o.symbol) * -o.side
    account = s.position(o.symbol) * -o.side
    for other in s.live_of(o.symbol):
        # a close that waits leaves with what is left to reduce then
        if other.side == o.side and not (other.close and other.waits):
            account -= other.remaining()
            if other.strategy == o.strategy:
                book -= other.remaining()
    return book < 0 or account < 0


def fit(s: State, out: list[Effect], symbol: str) -> None:
    """Cancel the stops that a position no longer has room for: it was closed, turned round, or shrank by an
    execution that none of its orders asked for. The oldest stay as far as they fit."""
    exits = [o for o in s.live_of(symbol) if not (o.adds or (o.close and o.waits))]
    room: dict[str, int] = {}  # by side, and by side and strategy
    for o in exits:
        if o.cancel_at != 0:
            continue
        left = o.remaining()
        whole, mine = f"{o.side}", f"{o.side} {o.strategy}"
        account = room.setdefault(whole, max(0, s.position(symbol) * -o.side))
        book = room.setdefault(mine, max(0, s.book_qty(o.strategy, symbol) * -o.side))
        if o.stop and left > min(book, account) and not o.final():
            cancel(s, out, o, "the position it protects is smaller, or gone")
            continue
        room[whole] = account - left
        room[mine] = book - left


def unsent(o: OrderState) -> bool:
    """Whether no broker has ever spoken of it."""
    return o.state in (PENDING, SENT, IN_DOUBT) and o.broker_id == ""
