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
    s.timers.setdefault("account", s.ts + SOON)


def look(s: State, e: Account) -> None:
    """The broker's figures came."""
    if not s.unsure:
        return
    theirs = dict(e.positions)
    lost = [cid for cid in e.open_ids if cid.startswith(f"fb{s.account}-") and s.order(cid) is None]
    symbols = sorted(set(theirs) | set(s.exposures))
    if not lost and all(_explained(s, symbol, theirs.get(symbol, 0)) for symbol in symbols):
        s.unsure = False
        s.stated = {}
        return
    s.looked = not lost  # what a lost order may still do, nobody here can tell
    s.stated = theirs
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


def _explained(s: State, symbol: str, theirs: int) -> bool:
    x = s.exposures.get(symbol)
    if x is None:
        return symbol not in s.markets or theirs == 0
    return x.position - x.sell_qty <= theirs <= x.position + x.buy_qty
