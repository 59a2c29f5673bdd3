"""The broker's own figures against ours: adopted at the first start, compared afterwards (B6, B14, P9).

The broker is the truth for what happened. A difference has to be seen twice before it is believed; then it
is journaled, alerted and latched (L7), never healed in silence.
"""

from typing import Final

from flyball.kernel.effects import Alert, Divergence, Effect
from flyball.kernel.events import Account
from flyball.kernel.flatten import confirmed
from flyball.kernel.latches import ACCOUNT_SCOPE, DWELL, clear_latch, dwelt, key_of, set_latch
from flyball.kernel.lifecycle import LOOK_AGAIN
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.words import OUTSIDE, WARNING

TWICE: Final = 2
SLOWEST: Final = 4  # 5, 10, 15, 20 s and no slower


def on_account(s: State, out: list[Effect], e: Account) -> None:
    if not s.known:
        _adopt(s, out, e)
    if e.ask != 0 and e.ask == s.account_asked:
        s.account_asked = 0
    _strangers(s, out, e)
    if s.orders:
        # executions may be on their way; only a quiet account can be compared whole
        s.timers["account"] = s.ts + LOOK_AGAIN
        confirmed(s, out, e.ask, False)
        return
    wrong = _differences(s, e)
    if not wrong:
        s.mismatches = 0
        key = key_of("L7", ACCOUNT_SCOPE)
        held = s.latches.get(key)
        if held is not None and dwelt(held, s.ts):
            clear_latch(s, out, key, "governor", "the broker's figures and ours are the same again")
        elif held is not None:
            s.timers["account"] = held.since + DWELL  # too early to be believed: once more then
        confirmed(s, out, e.ask, True)
        return
    s.mismatches += 1
    confirmed(s, out, e.ask, False)
    if s.mismatches >= TWICE:
        for what, ours, theirs in wrong:
            out.append(Divergence(s.ts, what, ours, theirs, False))
        if set_latch(s, out, "L7", ACCOUNT_SCOPE, "governor", f"{len(wrong)} differences: {wrong[0][0]}"):
            cancel_adds(s, out, ACCOUNT_SCOPE, "L7")
    s.timers["account"] = s.ts + LOOK_AGAIN * min(s.mismatches, SLOWEST)


def _adopt(s: State, out: list[Effect], e: Account) -> None:
    """The first look at an account: what is there belongs to nobody here, and a person has to say that
    trading may begin."""
    s.known = True
    s.cash = e.cash
    for symbol, qty in e.positions:
        if symbol not in s.markets:
            out.append(
                Alert(
                    s.ts,
                    "foreign_position",
                    WARNING,
                    f"{symbol} is held and not an instrument of this governor",
                )
            )
            continue
        b = s.book(OUTSIDE, symbol)
        b.qty = qty
        b.adopted = True
        s.unvalued += 1
        s.revalue(symbol)
        s.refresh(symbol)
    s.adoption = len(e.positions) > 0
    s.high_water = max(e.equity, e.day_equity, 0)
    s.day.baseline = e.day_equity


def _strangers(s: State, out: list[Effect], e: Account) -> None:
    """Open orders with ids of ours that the journal does not know: something was lost."""
    lost = [cid for cid in e.open_ids if cid.startswith(f"fb{s.account}-") and s.order(cid) is None]
    if lost:
        reason = (
            f"the broker works {len(lost)} orders of ours that the journal does not know, first {lost[0]}"
        )
        if set_latch(s, out, "L5", ACCOUNT_SCOPE, "governor", reason):
            cancel_adds(s, out, ACCOUNT_SCOPE, "L5")


def _differences(s: State, e: Account) -> list[tuple[str, str, str]]:
    """(what, ours, theirs) over the union of both sides."""
    theirs = dict(e.positions)
    wrong: list[tuple[str, str, str]] = []
    for symbol in sorted(set(theirs) | set(s.exposures)):
        mine = s.position(symbol)
        if mine != theirs.get(symbol, 0):
            wrong.append((f"position {symbol}", str(mine), str(theirs.get(symbol, 0))))
    if s.cash != e.cash:
        wrong.append(("cash", str(s.cash), str(e.cash)))
    return wrong
