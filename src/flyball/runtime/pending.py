"""What is in force, what waits and what is missing, in words: from the kernel's own terms (P13)."""

from collections.abc import Iterable

from flyball.config.effective import path_of
from flyball.config.keys import BY_NAME, shown_limit
from flyball.journal.codec import Record
from flyball.kernel.approval import WAIT, configure, fall_back, reject
from flyball.kernel.approval import approve as allow
from flyball.kernel.effects import Effect
from flyball.kernel.events import Command, Config, Session
from flyball.kernel.loosening import ABSENT, UNREAD, Loosening, Rule, Value, holding, place, standing
from flyball.kernel.state import State
from flyball.runtime.view import View, rfc3339


def agreed(records: Iterable[tuple[int, Record]]) -> State:
    """The terms a journal ends with, by the kernel's own functions over the few events that matter for them.

    Of the state returned only time, risk day, profile, limits and terms mean anything; `seq` is 0 where there
    was no record.
    """
    s = State()
    none: list[Effect] = []
    for seq, record in records:
        s.seq, s.ts = seq, max(s.ts, record.ts)
        if not isinstance(record, Config | Session | Command):
            continue
        fall_back(s, none)
        if isinstance(record, Config):
            configure(s, none, record)
        elif isinstance(record, Session):
            s.day.day = max(s.day.day, record.day)
        elif record.by and record.what == "approve":
            allow(s, none, dict(record.args), record)
        elif record.by and record.what == "reject":
            reject(s, none, dict(record.args), record)
        none.clear()
    fall_back(s, none)
    return s


def shown(rule: Rule) -> str:
    """A rule's value as a person writes it."""
    return value_text(rule.key, rule.value())


def value_text(key: str, value: Value) -> str:
    """A value as a person writes it; "not set" where there is none."""
    kind, amount, text = value
    if kind == ABSENT or kind == "off":
        return "not set"
    return shown_limit(key, kind, amount, text) if key in BY_NAME else text or str(amount)


def missing(s: State, one: Loosening) -> list[str]:
    """What a proposal still waits for, one phrase each. The approval itself is always the last."""
    found = []
    if s.ts < one.since + WAIT:
        found.append(f"12 hours, over at {rfc3339(one.since + WAIT)[:19]}Z")
    if s.day.day <= one.day:
        found.append("the next session's begin")
    who = f"of another person than {one.by}" if s.terms.approvers > 1 else "of an approver"
    found.append(f"the approval {who}: `flyball approve {one.number}`")
    return found


def terms_view(s: State) -> View:
    """Pending and approved rows, for status and config."""
    now = holding(s.terms)
    return {
        "approvers": s.terms.approvers,
        "pending": [
            {
                "proposal": one.number,
                "key": path_of(one.rule.scope, one.rule.key),
                "in_force": value_text(one.rule.key, standing(now, one.rule.scope, one.rule.key)),
                "wanted": shown(one.rule),
                "origin": one.rule.origin,
                "by": one.by,
                "since": rfc3339(one.since),
                "missing": missing(s, one),
            }
            for _, one in sorted(s.terms.pending.items())
        ],
        "loosened": [
            {
                "proposal": one.number,
                "key": path_of(one.rule.scope, one.rule.key),
                "in_force": shown(one.rule),
                "falls_back_to": value_text(
                    one.rule.key, standing(s.terms.rules, one.rule.scope, one.rule.key)
                ),
                "approver": one.approver,
                "reason": one.reason,
                "expires": rfc3339(one.expires),
            }
            for _, one in sorted(s.terms.loose.items())
        ],
    }


def rules_view(s: State) -> list[View]:
    """Every key in force with its value and origin, as the file would name it."""
    loose = s.terms.loose
    return [
        {
            "key": path_of(rule.scope, rule.key),
            "value": shown(rule),
            "origin": rule.origin,
            "enforced": rule.kind != UNREAD,
            "until": rfc3339(loose[at].expires) if at in loose else None,
        }
        for at, rule in sorted(holding(s.terms).items())
        if at == place(rule.scope, rule.key)
    ]


def notes(s: State) -> list[str]:
    """What a start has to say: which rows of its file are not in force, why, and what ends by itself."""
    said = []
    for one in sorted(s.terms.pending.values(), key=lambda x: (x.number, x.rule.scope, x.rule.key)):
        rule = one.rule
        held = value_text(rule.key, standing(holding(s.terms), rule.scope, rule.key))
        said.append(
            f"{rule.origin or 'left out'}: {path_of(rule.scope, rule.key)} = {shown(rule)} is looser and"
            f" NOT in force; {held} holds. Missing: {'; '.join(missing(s, one))}"
        )
    for _, one in sorted(s.terms.loose.items()):
        said.append(
            f"{path_of(one.rule.scope, one.rule.key)} = {shown(one.rule)} holds until"
            f" {rfc3339(one.expires)[:19]}Z (approved by {one.approver}), then"
            f" {value_text(one.rule.key, standing(s.terms.rules, one.rule.scope, one.rule.key))}"
        )
    return said
