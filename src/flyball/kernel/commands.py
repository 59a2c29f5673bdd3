"""An operator's word: tightening needs only the socket, loosening the operator secret. Each is carried out
or refused, and says so (P6)."""

from flyball.kernel.approval import approve, reject
from flyball.kernel.effects import Done, Effect, Refused
from flyball.kernel.events import Command
from flyball.kernel.flatten import begin
from flyball.kernel.ladder import over_night
from flyball.kernel.latches import ACCOUNT_SCOPE, TABLE, clear_latch, dwelt, key_of, set_latch
from flyball.kernel.lifecycle import withdraw
from flyball.kernel.placing import cancel, cancel_adds
from flyball.kernel.resolve import resolve
from flyball.kernel.state import Latch, State
from flyball.kernel.units import MINUTE, PPM, UNKNOWN
from flyball.kernel.words import CANCEL_ONLY, FLATTEN, SECRET

TIGHTENING = ("pause", "freeze", "flatten", "panic")
RESTART_FIRST = PPM // 4  # after a panic
RESTART_STEP = 30 * MINUTE


def carry_out(s: State, out: list[Effect], e: Command) -> None:
    """Do what the command says, or say why not."""
    args = dict(e.args)
    scope = args.get("scope", ACCOUNT_SCOPE)
    if not e.by:
        why = "no name: an operator signs what he does"
    elif e.what in TIGHTENING and not _known(s, scope):
        why = f"no such scope: {scope!r}; account, strategy:NAME or symbol:NAME of an instrument"
    elif e.what == "pause":
        why = _tighten(s, out, "L14", scope, e)
    elif e.what == "freeze":
        why = _tighten(s, out, "L5", scope, e)
    elif e.what == "flatten":
        _tighten(s, out, "L14", scope, e)
        begin(s, "flatten", scope)
        why = ""
    elif e.what == "panic":
        only = args.get("cancel_only") == "yes"
        set_latch(s, out, "L4", scope, e.by, e.reason, CANCEL_ONLY if only else FLATTEN)
        cancel_adds(s, out, scope, "L4")
        begin(s, "L4", scope, positions=not only)
        why = ""
    elif e.what == "cancel":
        why = _cancel(s, out, args.get("order", ""))
    elif e.what == "resume":
        why = _resume(s, out, scope, e)
    elif e.what == "clear":
        why = _clear(s, out, args.get("latch", ""), scope, args, e)
    elif e.what == "resolve":
        why = resolve(s, out, args, e)
    elif e.what == "approve":
        why = approve(s, out, args, e)
    elif e.what == "reject":
        why = reject(s, out, args, e)
    else:
        why = "unknown command"
    if why:
        out.append(Refused(s.ts, e.what, e.by, why))
    else:
        out.append(Done(s.ts, e.what, e.by, scope))


def _known(s: State, scope: str) -> bool:
    """Whether a scope can hold anything: a latch on a misspelt one would only look like safety."""
    kind, _, name = scope.partition(":")
    if kind == "symbol":
        return name in s.markets
    return scope == ACCOUNT_SCOPE or (kind == "strategy" and name != "")


def _tighten(s: State, out: list[Effect], latch: str, scope: str, e: Command) -> str:
    set_latch(s, out, latch, scope, e.by, e.reason)
    cancel_adds(s, out, scope, latch)
    return ""


def _cancel(s: State, out: list[Effect], client_id: str) -> str:
    o = s.orders.get(client_id)
    if o is None:
        return f"no working order {client_id}"
    if not withdraw(s, out, o):
        cancel(s, out, o, "operator")
    return ""


def _resume(s: State, out: list[Effect], scope: str, e: Command) -> str:
    if e.authority != SECRET:
        return "resume needs the operator secret"
    key = key_of("L14", scope)
    adopted = s.adoption and scope == ACCOUNT_SCOPE
    if key not in s.latches and not adopted:
        return f"nothing is paused on {scope}"
    held = s.latches.get(key)
    if held is not None and not dwelt(held, s.ts):
        return f"{held.id} has held for less than 30 s"
    if adopted:
        s.adoption = False
    if key in s.latches:
        clear_latch(s, out, key, e.by, e.reason)
    s.flattenings.pop(f"flatten {scope}", None)
    return ""


def _clear(s: State, out: list[Effect], latch: str, scope: str, args: dict[str, str], e: Command) -> str:
    if e.authority != SECRET:
        return "clear needs the operator secret"
    key = key_of(latch, scope)
    held = s.latches.get(key)
    if held is None:
        return f"{latch} is not set on {scope}"
    why = _not_yet(s, held, args, e)
    if why:
        return why
    if latch == "L2" and args.get("rebase") == "yes":
        s.high_water = max(0, s.equity())
        s.caution = False
        s.acknowledged = False
    if latch == "L3":
        # Recovered above caution while it held (or, without that zone, to a new high): the next fall is new.
        none = s.limits.drawdown_caution == UNKNOWN
        s.acknowledged = s.equity() < s.high_water if none else s.caution
    if latch == "L4":
        s.restart_scale = RESTART_FIRST
        s.restart_step = s.ts + RESTART_STEP
    if latch == "L14":
        s.flattenings.pop(f"flatten {scope}", None)
    clear_latch(s, out, key, e.by, e.reason)
    return ""


def _not_yet(s: State, held: Latch, args: dict[str, str], e: Command) -> str:
    """Why a latch may not be cleared now, "" when it may."""
    if not TABLE[held.id].operator:
        return f"{held.id} clears by itself: {TABLE[held.id].clears}"
    if held.id == "L9b":
        return "L9b ends only with a restart through the restore procedure"
    if not dwelt(held, s.ts):
        return f"{held.id} has held for less than 30 s"
    if held.id == "L5" and held.scope == ACCOUNT_SCOPE and over_night(s):
        left = ", ".join(f"{b.strategy} {b.symbol}" for b in s.books_held())
        return f"still not flat at the close: {left}; it clears from the next open on"
    if held.id in ("L1", "L3") and s.day.day <= held.day:
        return f"{held.id} was set today; it clears from the next session on"
    if held.id == "L2":
        if not e.reason:
            return "L2 needs a reason"
        low = (s.high_water - s.equity()) * PPM >= s.limits.drawdown_halt * s.high_water
        if s.limits.drawdown_halt >= 0 and low and args.get("rebase") != "yes":
            return "still in the halt zone; rebase=yes moves the high-water mark to today's equity"
    return ""


def restart_due(s: State) -> None:
    """After a panic: 25, 50, 100%, a step at a time while nothing is latched."""
    if s.restart_step == 0 or s.ts < s.restart_step:
        return
    if s.latches:
        s.restart_step = s.ts + RESTART_STEP
        return
    s.restart_scale = min(PPM, s.restart_scale * 2)
    s.restart_step = s.ts + RESTART_STEP if s.restart_scale < PPM else 0
