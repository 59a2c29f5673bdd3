"""The close (M2): warn, flatten, hard cutoff, verify flat. Every rung is an event of the clock, relative to
the scheduled close.

A book that is not flat at the close is latched (L5) and a person is paged (P10).
"""

from typing import Final

from flyball.kernel.ask import reducible
from flyball.kernel.days import IRREVOCABLE, STAGES
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.events import Session
from flyball.kernel.evidence import ask_account
from flyball.kernel.flatten import begin, last_call, slice_of
from flyball.kernel.latches import ACCOUNT_SCOPE, key_of, set_latch
from flyball.kernel.placing import cancel, cancel_adds, place
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.kernel.words import (
    ACCEPTED,
    AT_CLOSE,
    BUY,
    CRITICAL,
    INFO,
    LADDER,
    MARKET,
    PARTIALLY_FILLED,
    SELL,
    WARNING,
)

CHECK_AFTER: Final = 10 * NS  # after the close, when late reports of fills have come


def climb(s: State, out: list[Effect]) -> None:
    """Take every rung that is due."""
    auction = s.day.auction_at(wants_auction(s))
    if 0 < auction <= s.ts:
        s.day.auctioned = True
        _to_auction(s, out)
    while True:
        due = s.day.rung(s.limits.flat_by == "close")
        if due == 0 or s.ts < due:
            break
        s.day.stage += 1
        if s.day.stage == 1:
            _out_of_auction(s, out)
            if s.books_held() or s.orders:
                out.append(Alert(s.ts, "close_near", INFO, "10 minutes to the close; flattening begins in 5"))
        elif s.day.stage == 2:
            cancel_adds(s, out, ACCOUNT_SCOPE, LADDER)
            begin(s, LADDER, ACCOUNT_SCOPE, foreign=False)
        elif s.day.stage == 3:
            last_call(s)
        else:
            _verify(s, out)
    if s.day.day != 0 and not s.day.checked and s.ts >= s.day.close + CHECK_AFTER:
        s.day.checked = True
        ask_account(s, out, "after the close")


def wants_auction(s: State) -> bool:
    """Whether what is held goes into the closing auction, before the ordinary way."""
    return s.limits.flat_by == "close" and s.limits.on_close == "yes" and not s.day.doubtful


def _to_auction(s: State, out: list[Effect]) -> None:
    """On-close orders for what is held, in slices, while the auction takes them: what is acknowledged by
    close - 10 min cannot be taken back then, and counts as what it may execute."""
    if s.ts >= s.day.close - IRREVOCABLE:
        return
    for b in s.books_held():
        side = SELL if b.qty > 0 else BUY
        qty, _ = reducible(s, b.strategy, b.symbol, side)
        m = s.markets[b.symbol]
        part = slice_of(s, b, m, m.high_price())
        while qty > 0:
            s.exit_legs += 1
            s.day.auction += 1
            place(
                s,
                out,
                intent="",
                author=LADDER,
                strategy=b.strategy,
                symbol=b.symbol,
                side=side,
                qty=min(qty, part),
                kind=MARKET,
                limit=0,
                tif=AT_CLOSE,
                adds=False,
                leg=s.exit_legs,
                waits=[],
            )
            qty -= part


def _out_of_auction(s: State, out: list[Effect]) -> None:
    """At close - 10 min: an on-close order that nobody has acknowledged goes the ordinary way."""
    for o in list(s.orders.values()):
        if o.tif == AT_CLOSE and o.state not in (ACCEPTED, PARTIALLY_FILLED):
            cancel(s, out, o, "the closing auction did not acknowledge it in time")


def _verify(s: State, out: list[Effect]) -> None:
    """At the close: what is not flat is latched, and a person is called."""
    left = s.books_held()
    if not left:
        return
    what = ", ".join(f"{b.strategy} {b.symbol}" for b in left)
    if set_latch(s, out, "L5", ACCOUNT_SCOPE, LADDER, f"not flat at the close: {what}"):
        cancel_adds(s, out, ACCOUNT_SCOPE, "L5")
    out.append(Alert(s.ts, "not_flat_at_close", CRITICAL, f"not flat at the close: {what}"))


def over_night(s: State) -> bool:
    """Whether a book that was to be flat is held behind the close."""
    shut = s.day.stage == STAGES and not s.day.is_open(s.ts)
    return shut and s.limits.flat_by == "close" and bool(s.books_held())


def late(s: State, out: list[Effect]) -> None:
    """An execution was told behind the close: it may have opened a book again."""
    held = s.latches.get(key_of("L5", ACCOUNT_SCOPE))
    told = held is not None and held.by == LADDER
    if s.day.stage == STAGES and s.limits.flat_by == "close" and not told:
        _verify(s, out)


def check_due(s: State) -> int:
    """When the figures are compared after the close; 0 when done."""
    return 0 if s.day.day == 0 or s.day.checked else s.day.close + CHECK_AFTER


def changed(s: State, out: list[Effect], e: Session) -> None:
    """The day under way is told again: an earlier close holds at once, whatever the ladder has done
    already; a
    later one waits for the next day, because what was planned for the earlier may be irrevocable."""
    day = s.day
    if e.venue != day.venue or (e.open, e.close) == (day.open, day.close):
        return
    if day.open < e.close < day.close and s.ts < day.close:
        day.close = e.close
        what = f"{day.venue} closes early today; the ladder goes by it from now on"
        out.append(Alert(s.ts, "close_moved", WARNING, what))
    elif e.close > day.close:
        what = f"a later close of {day.day} was told; today's stays as it is"
        out.append(Alert(s.ts, "close_moved", INFO, what))


def doubted(s: State, out: list[Effect]) -> None:
    """A day that begins without a close: a person is called, nothing adds, and the ladder goes by the
    earliest close there is."""
    if s.day.doubtful:
        what = f"nobody knows when {s.day.venue} closes on {s.day.day}"
        then = "nothing adds, and what is held is flattened as for the earliest close there is"
        out.append(Alert(s.ts, "session_without_close", CRITICAL, f"{what}: {then}"))
