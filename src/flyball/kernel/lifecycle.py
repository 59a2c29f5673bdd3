"""What the broker says of our orders, booked. Total: any event at any time is taken in, twice counts once,
late counts too."""

from flyball.kernel.bounds import MAX_CLOSED_ORDERS
from flyball.kernel.controls.duplicate import intent_key
from flyball.kernel.controls.rate import MINUTE, remember
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.events import Answer, Fill, NotSent, Sent, Timeout, Update
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch
from flyball.kernel.ledger import book_fill, revalue, take_over
from flyball.kernel.orders import OrderState, move, state_of_filled
from flyball.kernel.placing import (
    DISOWNED,
    ask,
    ask_later,
    cancel_adds,
    cancel_again,
    gate,
    may_retry,
    owner_of,
    send,
    unsent,
)
from flyball.kernel.state import State, tally
from flyball.kernel.units import NS, notional
from flyball.kernel.words import (
    ACCEPTED,
    ACCOUNT,
    CANCEL,
    FILLED,
    FINAL_STATES,
    IN_DOUBT,
    INFO,
    NOT_SENT,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
    SENT,
    SUBMIT,
    WARNING,
)

STRANGE_FILLS = 10_000
LOOK_AGAIN = 5 * NS  # at the account


def on_sent(s: State, e: Sent) -> None:
    o = s.orders.get(e.client_id)
    if o is not None and o.attempt == e.attempt and o.state == PENDING:
        move(o, SENT)


def on_not_sent(s: State, out: list[Effect], e: NotSent) -> None:
    o = s.orders.get(e.client_id)
    if o is None or not unsent(o):
        return
    o.reason = e.why
    if o.attempt > 1:
        # this attempt never left, but an earlier one did: only the broker can end it
        move(o, IN_DOUBT)
        ask_later(s, o)
        return
    move(o, NOT_SENT)
    settle(s, out, o)


def on_update(s: State, out: list[Effect], e: Update) -> None:
    o = s.order(e.client_id)
    if o is None:
        out.append(
            Alert(s.ts, "strange_order", WARNING, f"the broker speaks of {e.client_id}, which is not ours")
        )
        return
    if e.state == REJECTED and not o.final():
        remember(s.rates.rejects, s.ts, MINUTE)
    heard(s, out, o, e.state, e.filled, e.broker_id, e.reason)


def heard(
    s: State, out: list[Effect], o: OrderState, state: str, filled: int, broker_id: str, reason: str
) -> None:
    """The broker states this order's state and cumulative filled quantity (-1: it does not say)."""
    o.asked_at = 0
    o.disowned = 0
    s.timers.pop(f"ask {o.client_id}", None)
    o.broker_id = broker_id or o.broker_id or "?"
    if state == FILLED:
        o.stated = max(o.stated, o.qty if filled < 0 else filled)
    elif filled > 0:
        o.stated = max(o.stated, filled)
    if state == ACCEPTED or (state in FINAL_STATES and state != NOT_SENT):
        moved = move(o, state)
    elif state == PARTIALLY_FILLED:
        # partly filled is what fills make it; the broker's word only proves that the order arrived
        moved = move(o, ACCEPTED)
    else:
        moved = move(o, IN_DOUBT)  # a word that is not known here: the order arrived, and that is all we know
    if moved and reason:
        o.reason = reason
    if o.state == ACCEPTED and o.filled > 0:
        move(o, state_of_filled(o))
    elif o.state == IN_DOUBT:
        ask_later(s, o)  # a word that is not known here ends no doubt
    settle(s, out, o)


def on_fill(s: State, out: list[Effect], e: Fill) -> None:
    m = s.markets.get(e.symbol)
    if m is None or e.qty <= 0 or e.price <= 0:
        _contradiction(s, out, f"a fill that cannot be booked: {e.fill_id} {e.symbol}")
        return
    o = s.order(e.client_id)
    if o is not None and (o.symbol, o.side) != (e.symbol, e.side):
        _contradiction(s, out, f"fill {e.fill_id} contradicts its order {e.client_id}")
        o = None
    if o is None:
        if e.fill_id in s.strange_fills:
            return
        s.strange_fills.append(e.fill_id)
        if len(s.strange_fills) > STRANGE_FILLS:
            s.strange_fills.pop(0)
        strategy = owner_of(s, e.client_id)
        out.append(
            Alert(
                s.ts,
                "strange_fill",
                WARNING,
                f"fill {e.fill_id} of unknown {e.client_id} booked to {strategy}",
            )
        )
    else:
        if e.fill_id in o.fill_ids:
            return
        o.fill_ids.append(e.fill_id)
        strategy = o.strategy
    b = s.book(strategy, e.symbol)
    profit = b.day_profit()
    if b.adopted:
        # it trades before any price was seen: this one is as good
        take_over(b, e.price, m)
        s.unvalued -= 1
    was = b.cash - b.fees
    book_fill(b, e.side, e.qty, e.price, e.fee, m)
    s.cash += b.cash - b.fees - was
    s.value += revalue(b, m)
    tally(s.profits, strategy, b.day_profit() - profit)
    worth = notional(e.price, e.qty, m.scale)
    s.day.traded += worth
    s.day.fees += e.fee
    if o is None:
        s.refresh(e.symbol)
        return
    o.filled += e.qty
    record = s.day.intents.get(intent_key(o.strategy, o.intent))
    if record is not None and not o.author:
        record.filled += e.qty
        record.traded += worth
    if not o.final():
        move(o, state_of_filled(o))
    settle(s, out, o)


def _contradiction(s: State, out: list[Effect], what: str) -> None:
    """What the broker says makes no sense: nothing adds until its figures and ours are the same."""
    if set_latch(s, out, "L7", ACCOUNT_SCOPE, "governor", what):
        cancel_adds(s, out, ACCOUNT_SCOPE, "L7")
    s.timers.setdefault("account", s.ts + LOOK_AGAIN)


def on_timeout(s: State, out: list[Effect], e: Timeout) -> None:
    """No answer is no answer: the order may or may not be there."""
    if e.call == ACCOUNT:
        s.account_asked = 0
        s.timers["account"] = s.ts + LOOK_AGAIN
        return
    o = s.orders.get(e.client_id)
    if o is None or o.final():
        return
    if e.call == SUBMIT:
        if e.attempt == o.attempt and o.state in (PENDING, SENT):
            move(o, IN_DOUBT)
            ask(s, out, o)
    elif e.call == CANCEL:
        # told once more after a restart, it asks no second question
        if e.attempt == o.cancel_attempt and f"ask {o.client_id}" not in s.timers:
            ask(s, out, o)
    else:
        o.asked_at = 0
        ask_later(s, o)


def on_answer(s: State, out: list[Effect], e: Answer) -> None:
    """A query was answered. `ask` 0 is the look-up of a start; any other has to be the newest question."""
    o = s.orders.get(e.client_id)
    if o is None or (e.ask != 0 and e.ask != o.ask):
        return
    if e.found:
        heard(s, out, o, e.state, e.filled, e.broker_id, "")
        if not o.final() and o.cancel_at != 0:
            cancel_again(s, out, o)
        return
    if e.ask != 0 and o.asked_at == 0:
        return  # the same answer once more is no second evidence
    o.asked_at = 0
    if not unsent(o):
        # it was acknowledged once: the broker owes an explanation, the order stays live
        ask_later(s, o)
        out.append(Alert(s.ts, "order_vanished", WARNING, f"the broker no longer knows {o.client_id}"))
    elif e.ask == 0:
        _found_unsent(s, out, o)
    else:
        o.disowned += 1
        if may_retry(s, o):
            o.attempt += 1
            o.disowned = 0
            move(o, SENT)
            send(s, out, o, False)
        elif o.disowned >= DISOWNED:
            o.reason = "the broker never had it"
            move(o, REJECTED)
            settle(s, out, o)
        else:
            ask_later(s, o)


def _found_unsent(s: State, out: list[Effect], o: OrderState) -> None:
    """After a crash: durable, and the broker does not have it. Sent under its old id if nothing forbids it,
    else never."""
    why = gate(s, o, s.ts)
    if o.state == IN_DOUBT:
        ask(s, out, o)
    elif why == "" and o.cancel_at == 0:
        send(s, out, o, True)
    elif o.state == SENT:
        # it left, and one look right behind a crash is no evidence that it never arrives
        move(o, IN_DOUBT)
        ask(s, out, o)
    else:
        o.reason = why or "cancelled before it was sent"
        move(o, NOT_SENT)
        settle(s, out, o)


def withdraw(s: State, out: list[Effect], o: OrderState) -> bool:
    """End an order that still waits for another's end and so never left; False when it is not such a one."""
    if not o.waits or o.state != PENDING:
        return False
    o.waits = []
    o.reason = "withdrawn before it was sent"
    out.append(Alert(s.ts, "withdrawn", INFO, f"{o.client_id} was still waiting for a cancel and never left"))
    move(o, NOT_SENT)
    settle(s, out, o)
    return True


def settle(s: State, out: list[Effect], o: OrderState) -> None:
    """After an order changed: retire it when nothing more can come of it, and let go what waited for its
    end."""
    if o.live() and o.client_id not in s.orders:
        # it was over, and now the broker states more than we have seen
        s.closed.pop(o.client_id, None)
        s.closed_before.pop(o.client_id, None)
        s.orders[o.client_id] = o
        s.live.setdefault(o.symbol, {})[o.client_id] = o
    elif o.client_id in s.closed_before:
        s.closed[o.client_id] = s.closed_before.pop(o.client_id)  # remembered from its newest report on
    s.refresh(o.symbol)
    if o.live() or not o.final():
        return
    if o.client_id in s.orders:
        del s.orders[o.client_id]
        s.live[o.symbol].pop(o.client_id)
        s.timers.pop(f"ask {o.client_id}", None)
        if len(s.closed) < MAX_CLOSED_ORDERS:
            s.closed[o.client_id] = o
        s.refresh(o.symbol)
    for other in s.live_of(o.symbol):
        if o.client_id in other.waits:
            other.waits.remove(o.client_id)
            if not other.waits and other.state == PENDING:
                send(s, out, other, False)
