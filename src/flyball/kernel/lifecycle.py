"""What the broker says of our orders, booked. Total: any event at any time is taken in, twice counts once,
late counts too.

An order that we end ourselves, without the broker's word, has an `Ended` record; should the broker speak of
it after all, that is a divergence, and what it says counts.
"""

from flyball.kernel.ask import reducible
from flyball.kernel.booking import book, correct
from flyball.kernel.bounds import MAX_CLOSED_ORDERS
from flyball.kernel.controls.rate import MINUTE, remember
from flyball.kernel.effects import Alert, Divergence, Effect, Ended
from flyball.kernel.events import Answer, Fill, NotSent, Sent, Timeout, Update
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch
from flyball.kernel.orders import OrderState, move, reopen, state_of_filled
from flyball.kernel.owed import track
from flyball.kernel.placing import (
    DISOWNED,
    ask,
    ask_later,
    cancel,
    cancel_adds,
    cancel_again,
    gate,
    may_retry,
    owner_of,
    send,
    unsent,
)
from flyball.kernel.starting import believed
from flyball.kernel.state import State
from flyball.kernel.units import NS
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
LOOK = "account"  # among what an order waits for: a look at the account
TWICE = 2


def on_sent(s: State, e: Sent) -> None:
    o = s.orders.get(e.client_id)
    if o is not None and o.attempt == e.attempt and o.state == PENDING:
        move(o, SENT)
        o.left = True


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
    end(s, out, o, NOT_SENT, e.why)


def on_update(s: State, out: list[Effect], e: Update) -> None:
    o = s.order(e.client_id)
    if o is None:
        out.append(
            Alert(s.ts, "strange_order", WARNING, f"the broker speaks of {e.client_id}, which is not ours")
        )
        return
    if e.state == REJECTED and not (o.final() or o.refused):
        remember(s.rates.rejects, s.ts, MINUTE)
    if e.state == REJECTED and o.attempt > 1 and e.filled <= 0 and not o.final():
        _retry_refused(s, out, o, e.reason)
        return
    heard(s, out, o, e.state, e.filled, e.broker_id, e.reason)


def _retry_refused(s: State, out: list[Effect], o: OrderState, reason: str) -> None:
    """The word may be on this attempt alone: one before it, that nobody answered, may still arrive under the
    same id. Only an answer to a question for the id ends it, or being disowned twice; it stays here."""
    what = f"attempt {o.attempt} is rejected; one before it may still arrive"
    out.append(Ended(s.ts, o.client_id, o.strategy, o.intent, IN_DOUBT, what))
    if o.refused and unsent(o):
        return  # told twice
    o.refused = True
    o.reason = reason
    if unsent(o):
        move(o, IN_DOUBT)
    ask(s, out, o)
    settle(s, out, o)


def heard(
    s: State, out: list[Effect], o: OrderState, state: str, filled: int, broker_id: str, reason: str
) -> None:
    """The broker states this order's state and cumulative filled quantity (-1: it does not say)."""
    o.asked_at = 0
    o.disowned = 0
    o.absent = 0
    s.timers.pop(f"ask {o.client_id}", None)
    if o.ours:
        _spoken_of(s, out, o, state, filled)
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
        if o.ours or o.by_hand:
            _told_after_all(s, out, o, e)
    known = 0 if o is None else correct(s, o, e.qty, e.price, e.fee)
    if known < e.qty:
        fee = e.fee if known == 0 else 0
        book(s, strategy, e.symbol, e.side, e.qty - known, e.price, fee, o)
    if o is None:
        return
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
        if 0 < e.attempt < s.account_asked:
            return  # it was asked anew meanwhile
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
        o.disowned += 1
        s.refresh(o.symbol)
        ask_later(s, o)
        out.append(Alert(s.ts, "order_vanished", WARNING, f"the broker no longer knows {o.client_id}"))
    elif e.ask == 0:
        _found_unsent(s, out, o)
    else:
        o.disowned += 1
        if not o.refused and may_retry(s, o):
            o.attempt += 1
            o.disowned = 0
            move(o, SENT)
            send(s, out, o, False)
        elif o.disowned >= DISOWNED and not o.left and o.attempt == 1 and o.reason:
            end(s, out, o, NOT_SENT, o.reason)
        elif o.disowned >= DISOWNED:
            end(s, out, o, REJECTED, o.reason if o.refused and o.reason else "the broker never had it")
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
    else:
        # it left, or may have in the very last moment: one look right behind a crash is no evidence
        o.reason = why or "cancelled before it was sent"
        move(o, IN_DOUBT)
        ask(s, out, o)


def withdraw(s: State, out: list[Effect], o: OrderState) -> bool:
    """End an order that still waits for another's end and so never left; False when it is not such a one."""
    if not o.waits or o.state != PENDING:
        return False
    o.waits = []
    out.append(Alert(s.ts, "withdrawn", INFO, f"{o.client_id} was still waiting for a cancel and never left"))
    end(s, out, o, NOT_SENT, "withdrawn before it was sent")
    return True


def end(s: State, out: list[Effect], o: OrderState, state: str, why: str) -> None:
    """End an order without the broker's word; one that is over already keeps its state. Nothing more is
    owed."""
    move(o, state)
    o.reason = why
    o.ours = True
    o.stated = o.filled
    out.append(Ended(s.ts, o.client_id, o.strategy, o.intent, o.state, why))
    settle(s, out, o)


def _spoken_of(s: State, out: list[Effect], o: OrderState, state: str, filled: int) -> None:
    """The broker speaks of an order that we had ended ourselves. The same end is no news."""
    over = state in FINAL_STATES and state != NOT_SENT
    done = o.qty if state == FILLED and filled < 0 else max(filled, 0)
    if over and done == o.filled:
        o.ours = False
    elif over:
        _diverge(s, out, o, f"{state}, {done} executed")
        o.ours = False
    elif o.filled < o.qty:
        back(s, out, o, state)


def _told_after_all(s: State, out: list[Effect], o: OrderState, e: Fill) -> None:
    """An execution of what a person had settled: booked once, whatever both say."""
    theirs = f"execution {e.fill_id}: {e.qty} at {e.price}"
    if e.qty > o.by_hand and o.ours:
        back(s, out, o, theirs)
    elif e.qty > o.by_hand or e.price != o.hand_price:
        _diverge(s, out, o, theirs)


def back(s: State, out: list[Effect], o: OrderState, theirs: str) -> None:
    """What we held as over is not: nothing adds until it is explained, it counts as live again, and it is
    cancelled. The caller settles it."""
    _diverge(s, out, o, theirs)
    o.ours = False
    if o.filled < o.qty:
        reopen(o)
        out.append(Ended(s.ts, o.client_id, o.strategy, o.intent, o.state, f"the broker says {theirs}"))
        o.cancel_at = 0
        cancel(s, out, o, "it was held as over")


def _diverge(s: State, out: list[Effect], o: OrderState, theirs: str) -> None:
    out.append(Divergence(s.ts, f"order {o.client_id}", f"{o.state}: {o.reason}", theirs, False))
    _contradiction(s, out, f"{o.client_id} was held as {o.state} ({o.reason}); the broker says {theirs}")


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
    track(s, o)
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
                _release(s, out, other)


def looked(s: State, out: list[Effect]) -> None:
    """The account was read: what was let go while nobody could tell what there is leaves now, or is looked
    at once more when the broker states less than it would take."""
    for o in [o for o in s.orders.values() if LOOK in o.waits]:
        if not s.unsure or not believed(s, o.symbol, s.position(o.symbol))[1]:
            o.waits = []
        elif s.looked:
            o.waits.remove(LOOK)
        if not o.waits:
            _leave(s, out, o)


def _release(s: State, out: list[Effect], o: OrderState) -> None:
    """What it waited for is over: out with it, once it is known what there is to reduce."""
    if believed(s, o.symbol, s.position(o.symbol))[1]:
        o.waits = [LOOK] * TWICE  # a difference is believed when it is seen twice
        return
    _leave(s, out, o)


def _leave(s: State, out: list[Effect], o: OrderState) -> None:
    """Out with it, a `close` with what is left to reduce by now."""
    if o.close:
        most, _ = reducible(s, o.strategy, o.symbol, o.side, (o,))
        if most == 0:
            end(s, out, o, NOT_SENT, "nothing is left to close")
            return
        o.qty = min(o.qty, most)
        s.refresh(o.symbol)
    send(s, out, o, False)
