"""How a latch that needs an operator is cleared (P6): named, with the secret, not before its dwell nor
while its reason lasts; an account-wide halt by two persons, where `clear_approvers` says so.

    clear      the operator secret; with two persons it is only asked for, and waits ten minutes
    confirm    another person's own approver's secret: then it is cleared, if nothing stands against it by
               now

After a panic what adds begins at a quarter of its size, and doubles after each half hour in which nothing
tripped and nothing went wrong (L4).
"""

from typing import Final

from flyball.kernel.conduct import Clearing
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.events import Command
from flyball.kernel.ladder import over_night
from flyball.kernel.latches import ACCOUNT_SCOPE, RESTART_STEP, TABLE, clear_latch, dwelt, key_of
from flyball.kernel.runaway import reviewed
from flyball.kernel.state import Latch, State
from flyball.kernel.units import MINUTE, PPM, UNKNOWN
from flyball.kernel.words import ACTIVE, APPROVER, HALTED, SECRET, WARNING

RESTART_FIRST: Final = PPM // 4  # after a panic
CONFIRM_WITHIN: Final = 10 * MINUTE


def clear(s: State, out: list[Effect], latch: str, scope: str, args: dict[str, str], e: Command) -> str:
    """Clear a latch, or ask a second person to; why not, "" when done."""
    if e.authority != SECRET:
        return "clear needs the operator secret"
    key = key_of(latch, scope)
    held = s.latches.get(key)
    if held is None:
        return f"{latch} is not set on {scope}"
    rebase = args.get("rebase") == "yes"
    why = _not_yet(s, held, rebase, e.reason)
    if why:
        return why
    if s.limits.clear_approvers > 1 and scope == ACCOUNT_SCOPE and held.state == HALTED:
        s.brakes.clearing[key] = Clearing(e.by, e.reason, s.ts, rebase)
        text = f"{e.by} asks to clear {key}: another person confirms it within 10 minutes, or it stays"
        out.append(Alert(s.ts, "clear_waits", WARNING, text))
        return ""
    _clear(s, out, held, e.by, e.reason, rebase)
    return ""


def confirm(s: State, out: list[Effect], latch: str, scope: str, e: Command) -> str:
    """The second person's word."""
    if e.authority != APPROVER:
        return "confirm needs an approver's secret"
    key = key_of(latch, scope)
    held, asked = s.latches.get(key), s.brakes.clearing.get(key)
    if held is None or asked is None or s.ts - asked.ts > CONFIRM_WITHIN:
        s.brakes.clearing.pop(key, None)
        return f"nobody asked to clear {latch} on {scope} within the last 10 minutes"
    if asked.by.casefold() == e.by.casefold():
        return f"{asked.by} asked for it; another person has to confirm"
    why = _not_yet(s, held, asked.rebase, asked.reason)
    if why:
        return why
    _clear(s, out, held, asked.by, f"{asked.reason}; confirmed by {e.by}", asked.rebase)
    return ""


def _clear(s: State, out: list[Effect], held: Latch, by: str, reason: str, rebase: bool) -> None:
    if held.id == "L2" and rebase:
        s.high_water = max(0, s.equity())
        s.caution = False
        s.acknowledged = False
    if held.id == "L3":
        # Recovered above caution while it held (or, without that zone, to a new high): the next fall is new.
        none = s.limits.drawdown_caution == UNKNOWN
        s.acknowledged = s.equity() < s.high_water if none else s.caution
    if held.id == "L4":
        s.restart_scale = RESTART_FIRST
        s.restart_step = s.ts + RESTART_STEP
    if held.id == "L13":
        reviewed(s, held.scope.partition(":")[2])
    if held.id == "L14":
        s.flattenings.pop(f"flatten {held.scope}", None)
    clear_latch(s, out, key_of(held.id, held.scope), by, reason)


def _not_yet(s: State, held: Latch, rebase: bool, reason: str) -> str:
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
    return _still(s, rebase, reason) if held.id == "L2" else ""


def _still(s: State, rebase: bool, reason: str) -> str:
    """Which reason of L2 lasts."""
    if not reason:
        return "L2 needs a reason"
    lim, equity = s.limits, s.equity()
    low = (s.high_water - equity) * PPM >= lim.drawdown_halt * s.high_water
    if lim.drawdown_halt >= 0 and low and not rebase:
        return "still in the halt zone; rebase=yes moves the high-water mark to today's equity"
    weekly = lim.max_weekly_loss.at(s.base())
    if weekly != UNKNOWN and -s.week_profit() >= weekly:
        return "the week's loss is still at max_weekly_loss or beyond; it clears from the next week on"
    if lim.min_account_equity != UNKNOWN and equity <= lim.min_account_equity:
        return "equity is still at or below min_account_equity"
    return ""


def restart_due(s: State) -> None:
    """After a panic: 25, 50, 100%, a step at a time after half an hour in which nothing tripped."""
    if s.restart_step == 0 or s.ts < s.restart_step:
        return
    if any(held.state != ACTIVE for held in s.latches.values()):
        s.restart_step = s.ts + RESTART_STEP
        return
    s.restart_scale = min(PPM, s.restart_scale * 2)
    s.restart_step = s.ts + RESTART_STEP if s.restart_scale < PPM else 0
