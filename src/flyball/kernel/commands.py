"""An operator's word: tightening needs only the socket, loosening the operator secret. Each is carried out
or refused, and says so (P6)."""

from flyball.kernel.approval import approve, reject
from flyball.kernel.clearing import clear, confirm
from flyball.kernel.effects import Done, Effect, Refused
from flyball.kernel.events import Command
from flyball.kernel.flatten import begin
from flyball.kernel.latches import ACCOUNT_SCOPE, clear_latch, dwelt, key_of, set_latch
from flyball.kernel.lifecycle import withdraw
from flyball.kernel.placing import cancel, cancel_adds
from flyball.kernel.resolve import resolve
from flyball.kernel.runaway import reviewed
from flyball.kernel.state import State
from flyball.kernel.words import CANCEL_ONLY, FLATTEN, SECRET

TIGHTENING = ("pause", "freeze", "flatten", "panic")


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
        set_latch(s, out, "L14", scope, e.by, e.reason)
        begin(s, "flatten", scope)  # which cancels everything in its scope
        why = ""
    elif e.what == "panic":
        only = args.get("cancel_only") == "yes"
        set_latch(s, out, "L4", scope, e.by, e.reason, CANCEL_ONLY if only else FLATTEN)
        begin(s, "L4", scope, positions=not only)
        why = ""
    elif e.what == "cancel":
        why = _cancel(s, out, args.get("order", ""))
    elif e.what == "resume":
        why = _resume(s, out, scope, e)
    elif e.what == "clear":
        why = clear(s, out, args.get("latch", ""), scope, args, e)
    elif e.what == "confirm":
        why = confirm(s, out, args.get("latch", ""), scope, e)
    elif e.what == "review":
        why = _review(s, scope, e)
    elif e.what == "resolve":
        why = resolve(s, out, args, e)
    elif e.what == "approve":
        why = approve(s, out, args, e)
    elif e.what == "reject":
        why = reject(s, out, args, e)
    elif e.what == "acknowledge":
        why = ""  # whose page it is, only the pager knows; that somebody looked is what is recorded
    else:
        why = "unknown command"
    waits = e.what == "clear" and key_of(args.get("latch", ""), scope) in s.brakes.clearing
    if why:
        out.append(Refused(s.ts, e.what, e.by, why))
    else:
        out.append(Done(s.ts, e.what, e.by, f"{scope}, once another person confirms it" if waits else scope))


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


def _review(s: State, scope: str, e: Command) -> str:
    kind, _, strategy = scope.partition(":")
    if e.authority != SECRET:
        return "review needs the operator secret"
    if kind != "strategy" or strategy not in s.brakes.conduct:
        return f"nothing to review on {scope}; name a strategy that has traded, as strategy:NAME"
    reviewed(s, strategy)
    return ""
