"""A configuration cannot quietly loosen (P11): tighter rows hold at once, looser ones wait, and nothing
that was loosened stays so by itself.

    proposed    a looser row came with a configuration; what was in force stays in force
    approved    after the next session has begun and 12 hours have passed, by an approver's secret, with a
                reason and an expiry; where two approvers were agreed, by another person than asked for it
    ended       expired, rejected, or withdrawn by a configuration that asks for it no longer: what was
                agreed holds again

The first configuration of a journal is taken as it is, and so is its number of approvers. No latch is
touched.
"""

from dataclasses import dataclass, replace
from typing import Final

from flyball.kernel.effects import Alert, Approval, Effect, InForce
from flyball.kernel.events import Command, Config
from flyball.kernel.limits import from_values
from flyball.kernel.loosening import (
    ABSENT,
    UNREAD,
    Loosening,
    Rule,
    Terms,
    holding,
    looser,
    own,
    place,
    rows,
    rules_of,
    standing,
)
from flyball.kernel.state import State
from flyball.kernel.stats import Atr
from flyball.kernel.units import MINUTE
from flyball.kernel.volatility import Volatility
from flyball.kernel.words import APPROVER, INFO, WARNING

HOUR: Final = 60 * MINUTE
WAIT: Final = 12 * HOUR
LONGEST: Final = 366 * 24 * HOUR  # that an approval may last
APPROVERS: Final = (1, 2)

PROPOSED: Final = "proposed"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
RENAMED: Final = "renamed"


def configure(s: State, out: list[Effect], e: Config) -> None:
    """A start's configuration: the first one holds whole, of a later one what is no looser."""
    s.profile = e.profile
    t = s.terms
    given = rules_of(e.values)
    if t.approvers == 0:
        t.approvers = e.approvers if e.approvers in APPROVERS else APPROVERS[-1]
        t.rules = given
    else:
        _merge(s, out, e, given)
        if e.approvers != t.approvers:
            text = f"approvers = {e.approvers} is not taken: {t.approvers} were agreed with the first start"
            out.append(Alert(s.ts, "approvers", WARNING, text))
    _hold(s)
    found = holding(t)
    if found != given:
        out.append(InForce(s.ts, "merged", e.by, "", s.profile, rows(found)))


@dataclass
class Before:
    """What stood when a configuration came."""

    agreed: dict[str, Rule]
    now: dict[str, Rule]
    asked: dict[str, Loosening]
    approved: dict[str, Loosening]


def _merge(s: State, out: list[Effect], e: Config, given: dict[str, Rule]) -> None:
    t = s.terms
    before = Before(dict(t.rules), holding(t), dict(t.pending), dict(t.loose))
    t.pending, t.loose = {}, {}
    for at in sorted({**before.agreed, **before.now, **given}):
        want = given.get(at)
        if want is None or want.kind == UNREAD:
            _without(s, before, at, want, e.by)
        else:
            _with(s, before, at, want, e.by)
    _until(t)
    gone = {at: one for at, one in before.asked.items() if t.pending.get(at) is not one}
    _tell(s, out, WITHDRAWN, e.by, "", gone)
    over = {at: one for at, one in before.approved.items() if at not in t.loose}
    _tell(s, out, WITHDRAWN, e.by, "", over)
    new = {at: one for at, one in t.pending.items() if one.number == s.seq}
    _tell(s, out, PROPOSED, e.by, "", new)
    if new:
        text = f"proposal {s.seq} would loosen {_names(new)}; until it is approved what was in force stays"
        out.append(Alert(s.ts, "loosening_pending", WARNING, text))


def _without(s: State, before: Before, at: str, want: Rule | None, by: str) -> None:
    """A place the configuration leaves out, or whose row nothing enforces: a deletion, if there was one."""
    t = s.terms
    if not own(before.agreed, at):
        t.rules.pop(at, None)
        if want is not None:
            t.rules[at] = want
        return
    wanted = want if want is not None else _absent(before.agreed[at])
    held = before.approved.get(at)
    if held is not None:
        t.loose[at] = held
        if held.rule.kind in (ABSENT, UNREAD):
            held.rule = wanted
            return
    t.pending[at] = _ask(s, wanted, before.asked.get(at), by)


def _with(s: State, before: Before, at: str, want: Rule, by: str) -> None:
    """A row: agreed at once when no looser than what was agreed; under an approval when no looser than
    that."""
    t = s.terms
    if not looser(want.key, standing(before.agreed, want.scope, want.key), want.value()):
        t.rules[at] = want
        return
    cover = before.approved.get(at, before.approved.get(place("", want.key)))
    if cover is not None and not looser(want.key, standing(before.now, want.scope, want.key), want.value()):
        t.loose[at] = replace(cover, rule=want)
        return
    if at in before.approved:
        t.loose[at] = before.approved[at]
    t.pending[at] = _ask(s, want, before.asked.get(at), by)


def _ask(s: State, want: Rule, before: Loosening | None, by: str) -> Loosening:
    """The proposal of a rule; one that already waits goes on waiting from when it was first asked for."""
    if before is not None and before.rule.value() == want.value():
        before.rule = want
        return before
    return Loosening(want, s.seq, by, s.ts, s.day.day)


def _absent(rule: Rule) -> Rule:
    return Rule(rule.scope, rule.key, ABSENT, 0, "", "")


def approve(s: State, out: list[Effect], args: dict[str, str], e: Command) -> str:
    """Let a proposal hold until it expires; why not, "" when done."""
    if e.authority != APPROVER:
        return "approve needs an approver's secret"
    t = s.terms
    number, expires = _number(args.get("proposal", "")), _number(args.get("expires", ""))
    found = {at: one for at, one in t.pending.items() if one.number == number}
    if not found:
        return f"no proposal {args.get('proposal', '')} is pending"
    first = next(iter(found.values()))
    if not e.reason:
        return "approve needs a reason"
    if expires <= s.ts or expires > s.ts + LONGEST:
        return "approve needs an expiry in the future, at most 366 days from now"
    if t.approvers > 1 and e.by.casefold() == first.by.casefold():
        return f"{first.by} asked for it; with {t.approvers} approvers another person has to approve"
    left = first.since + WAIT - s.ts
    if left > 0:
        rest = f"{left // HOUR} h {left % HOUR // MINUTE + 1} min"
        return f"it was asked for less than 12 hours ago; {rest} are left"
    if s.day.day <= first.day:
        return "it waits for the next session to begin"
    for at in sorted(found):
        one = found[at]
        one.approver, one.reason, one.expires = e.by, e.reason, expires
        t.loose[at] = one
        del t.pending[at]
    _until(t)
    _tell(s, out, APPROVED, e.by, e.reason, found)
    change(s, out, APPROVED, e.by)
    out.append(Alert(s.ts, "loosened", WARNING, f"{e.by} approved proposal {number}: {_names(found)}"))
    return ""


def reject(s: State, out: list[Effect], args: dict[str, str], e: Command) -> str:
    """End a proposal, or what came of it, at once; why not, "" when done."""
    t = s.terms
    number = _number(args.get("proposal", ""))
    waiting = {at: one for at, one in t.pending.items() if one.number == number}
    held = {at: one for at, one in t.loose.items() if one.number == number}
    if not waiting and not held:
        return f"no proposal {args.get('proposal', '')} is pending or in force"
    for at in waiting:
        del t.pending[at]
    for at in held:
        del t.loose[at]
    _tell(s, out, REJECTED, e.by, e.reason, {**held, **waiting})
    if held:
        _until(t)
        change(s, out, REJECTED, e.by)
    return ""


def fall_back(s: State, out: list[Effect]) -> None:
    """What has expired holds no longer. Called before anything else at every event."""
    t = s.terms
    if t.until == 0 or s.ts < t.until:
        return
    over = {at: one for at, one in t.loose.items() if one.expires <= s.ts}
    for at in over:
        del t.loose[at]
    _until(t)
    _tell(s, out, EXPIRED, "governor", "", over)
    change(s, out, EXPIRED, "governor")
    out.append(Alert(s.ts, "loosening_over", INFO, f"expired: {_names(over)}; what was agreed holds again"))


def change(s: State, out: list[Effect], why: str, by: str) -> None:
    """What was agreed, or holds over it, has changed: put it in force, on the record."""
    _hold(s)
    out.append(InForce(s.ts, why, by, by if why == APPROVED else "", s.profile, rows(holding(s.terms))))


def _hold(s: State) -> None:
    """The limits in force. Bars of another length begin anew: an average over both would be of neither."""
    bar = s.limits.atr_bar
    s.limits = from_values(rows(holding(s.terms)))
    if s.limits.atr_bar != bar:
        for m in s.markets.values():
            m.atr = Atr()
            m.volatility = Volatility()
    s.rebuild()


def _until(t: Terms) -> None:
    t.until = min([one.expires for one in t.loose.values()], default=0)


def _tell(s: State, out: list[Effect], what: str, by: str, reason: str, which: dict[str, Loosening]) -> None:
    """One record for each proposal, naming its rows."""
    for number in sorted({one.number: 0 for one in which.values()}):
        these = {at: one for at, one in which.items() if one.number == number}
        first = next(iter(these.values()))
        values = rows({at: one.rule for at, one in these.items()})
        expires = first.expires if what == APPROVED else 0
        out.append(Approval(s.ts, what, number, by, reason, expires, first.since + WAIT, values))


def _names(which: dict[str, Loosening]) -> str:
    """The keys of a few, and how many more."""
    keys = [at.strip() for at in sorted(which)]
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _number(text: str) -> int:
    """A number an operator wrote; -1 when it is none."""
    return int(text) if text.isdecimal() and len(text) <= 19 else -1
