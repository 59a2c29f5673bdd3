"""A start trusts nothing before the broker's account has been compared (B6, B14): what was sent last may be
lost with the power, and its executions with it.

Until then nothing adds, and what reduces is limited to what the broker says there is: an exit that was lost,
and sent again, would go through zero (P3). The account agrees when it knows no order of ours that we do not,
and when every position is ours or what our working orders may have made of it meanwhile.
"""

from typing import Final

from flyball.kernel.events import Account
from flyball.kernel.state import State
from flyball.kernel.units import NS

SOON: Final = 5 * NS  # the account is asked for again then, unless it has come and agrees


def begin(s: State) -> None:
    """A start."""
    s.unsure = s.known
    s.looked = False
    s.stated = {}
    s.doubted = s.account_ask
    s.begun = s.ts
    s.timers.setdefault("account", s.ts + SOON)


def look(s: State, e: Account) -> None:
    """The broker's figures came."""
    if not s.unsure or 0 < e.as_of < s.begun:
        return  # what is older than the start cannot show what was lost
    if explained(s, e):
        s.unsure = False
        s.stated = {}
        return
    s.looked = not _lost(s, e)  # what a lost order may still do, nobody here can tell
    s.stated = dict(e.positions)
    s.timers["account"] = s.ts + SOON


def believed(s: State, symbol: str, position: int) -> tuple[int, bool]:
    """How much of a position may be counted on now, and whether doubt holds back the rest."""
    if not s.unsure:
        return position, False
    if not s.looked:
        return 0, True
    theirs = s.stated.get(symbol, 0)
    if position > 0:
        least = max(0, min(position, theirs))
    else:
        least = min(0, max(position, theirs))
    return least, least != position


def from_before(s: State, e: Account) -> bool:
    """Whether this answers a question of before the doubt: it says nothing about what came since."""
    return s.unsure and 0 < e.ask <= s.doubted


def explained(s: State, e: Account) -> bool:
    """Whether the account knows no order of ours that we do not, and every position is ours or what our
    working orders may have made of it meanwhile."""
    theirs = dict(e.positions)
    symbols = sorted(set(theirs) | set(s.exposures))
    return not _lost(s, e) and all(_explained(s, symbol, theirs.get(symbol, 0)) for symbol in symbols)


def _lost(s: State, e: Account) -> list[str]:
    return [cid for cid in e.open_ids if cid.startswith(f"fb{s.account}-") and s.order(cid) is None]


def _explained(s: State, symbol: str, theirs: int) -> bool:
    x = s.exposures.get(symbol)
    if x is None:
        return symbol not in s.markets or theirs == 0
    buys, sells = x.buy_qty, x.sell_qty
    for o in s.live_of(symbol):
        if o.waits:  # it has never left
            buys -= o.remaining() if o.side > 0 else 0
            sells -= o.remaining() if o.side < 0 else 0
    return x.position - sells <= theirs <= x.position + buys
