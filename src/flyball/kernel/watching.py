"""What a sensor's `Report` means: THE table of the words it may use, and the latch and cause each one sets.

A sensor states a fact and never acts (SPEC section 1). `Report.what` is one of WATCHED, `Report.scope`
says for whom it holds ("account", "strategy:X", "symbol:X"), and `Report.value` is "ok" for a positive
clean check; any other value trips. A latch may be held by several causes at once and is over only when
each of them had its own "ok", none came back, and the minimum dwell is over: silence is never an ok, nor
is time. An "ok" of a cause that does not hold changes nothing; repeating a report is free. A word that is
not in the table sets nothing: it is told as an alert, and so is one whose scope the table does not allow.
"""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.deadman import heard, silent
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.events import Report
from flyball.kernel.flatten import ask_account
from flyball.kernel.incidents import halt
from flyball.kernel.latches import ACCOUNT_SCOPE, BY_GOVERNOR, TABLE, answered, set_latch
from flyball.kernel.placing import cancel_adds
from flyball.kernel.starting import begin
from flyball.kernel.state import State
from flyball.kernel.words import ACTIVE, INFO, WARNING

OK: Final = "ok"
ACCOUNT: Final = ("account",)
SYMBOL: Final = ("symbol",)
STRATEGY: Final = ("strategy",)


@dataclass
class Watched:
    """One word of a sensor. `latch` "" = none: the account is compared first, as at a start."""

    what: str
    latch: str
    scopes: tuple[str, ...]
    means: str


WATCHED: Final[dict[str, Watched]] = {
    w.what: w
    for w in (
        Watched("clock", "L7", ACCOUNT, "the host's clock is off, or nothing can say that it is not (O1)"),
        Watched("calendar", "L7", ACCOUNT, "calendar and broker disagree, or a session has no row"),
        Watched("overlay", "L7", ACCOUNT, "the calendar's overlay file cannot be read any more"),
        Watched("broker", "L7", ACCOUNT, "the broker cannot be reached"),
        Watched("reconcile", "L7", ACCOUNT, "the last comparison with the broker is too old"),
        Watched("feed", "L7", SYMBOL, "no fresh price for this symbol"),
        Watched("margin", "L3m", ACCOUNT, "a margin deficit at the broker"),
        Watched("disk", "L8", ACCOUNT, "the journal's disk is slow or nearly full"),
        Watched("latency", "L8", ACCOUNT, "decisions take longer than latency_limit, again and again"),
        Watched("journal", "L9a", ACCOUNT, "the journal cannot be written or synced"),
        Watched("bot", "L10", STRATEGY, "the strategy is silent (deadman)"),
        Watched("model", "L10", STRATEGY, "its model is unhealthy"),
        Watched("event", "L11", ACCOUNT, "an economic event's window"),
        Watched("halt", "L12", ("account", "symbol"), "halted, paused, or in a limit state"),
        Watched("breaker", "L12", ACCOUNT, "a market-wide circuit breaker"),
        Watched(
            "performance", "L6", ("account", "strategy"), "figures that stop trading, and never restart it"
        ),
        Watched("loop", "", ACCOUNT, "the loop stood still for more than 5 s: as after a crash (B19)"),
        Watched("compare", "", ACCOUNT, "it is time to compare the account with the broker's again (B6)"),
    )
}


def heed(s: State, out: list[Effect], e: Report) -> None:
    """Do what a sensor's word asks for."""
    w = WATCHED.get(e.what)
    if w is None:
        if e.value not in (OK, ""):
            out.append(Alert(s.ts, e.what, INFO, f"{e.value}: {e.detail}"))
        return
    kind, _, name = e.scope.partition(":")
    if kind not in w.scopes or (e.scope != ACCOUNT_SCOPE if kind == ACCOUNT_SCOPE else name == ""):
        text = f"{e.what} of {e.source} does not hold for {e.scope!r}: {e.value} {e.detail}"
        out.append(Alert(s.ts, "report_scope", WARNING, text))
    elif w.latch == "":
        if e.value != OK:
            _compare(s, out, e)
    elif e.value == OK and w.latch == "L6":
        pass  # figures may halt, and never restart
    elif e.value == OK:
        answered(s, out, w.latch, e.scope, w.what, e.detail)
        if w.latch == "L10":
            heard(s, e.scope)
    else:
        _trip(s, out, w, e)


def _compare(s: State, out: list[Effect], e: Report) -> None:
    """The account is asked for. After a gap nothing is believed before the answer, and no answer to a
    question of before it counts."""
    if e.what == "loop":
        begin(s)
        for f in s.flattenings.values():
            f.asked = 0
        text = f"{e.value}: {e.detail}; nothing adds before the account was compared"
        out.append(Alert(s.ts, e.what, WARNING, text))
    elif s.account_asked != 0:
        return
    ask_account(s, out, e.detail)


def _trip(s: State, out: list[Effect], w: Watched, e: Report) -> None:
    reason = f"{e.what} {e.value}: {e.detail}"
    if w.latch == "L6":
        halt(s, out, e.scope, reason, w.what)
        return
    new = set_latch(s, out, w.latch, e.scope, BY_GOVERNOR, reason, cause=w.what)
    if new and TABLE[w.latch].state != ACTIVE:
        cancel_adds(s, out, e.scope, w.latch)
    if w.latch == "L10":
        silent(s, e.scope)
