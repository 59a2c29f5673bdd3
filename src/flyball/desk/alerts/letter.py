"""What a message says: what happened, what to do next, how to acknowledge, and the newest head hash (P12).

One page is told whole; of many, the critical ones first, then as many as a person would read, the rest
counted. No secret is ever in a page, so none is in a message.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from flyball.desk.alerts.page import ESCALATION, OVER, REPEAT, Item, Message, Page
from flyball.desk.alerts.pages import LATCH, RANK
from flyball.journal.export_units import when
from flyball.kernel.latches import TABLE

WHOLE: Final = 10  # pages told whole
LINES: Final = 60  # and those told in one line each
TEXT: Final = 300  # characters of an alert's text

# Alert -> what to do next. A latch's row of the table says how it clears.
NEXT: Final[dict[str, str]] = {
    "governor_silent": "flyball run; until then nobody guards the positions: flyball runbook panic",
    "journal_flaw": "flyball journal verify; then restore the newest good copy",
    "channel_down": "mend the channel, then flyball alerts test",
    "heartbeat_failed": "check the way out to the network and the monitor's address",
    "not_flat_at_close": "flyball status; flyball flatten, or close it at the broker by hand",
    "foreign_position": "flyball status; find out who traded it; flyball flatten if nobody did",
    "slack_refused": "flyball alerts; if nobody of yours did it, rotate Slack's signing secret",
    "test": "nothing; acknowledge it if you were asked to",
}
OTHERWISE: Final = "flyball status; flyball brief"


@dataclass(frozen=True)
class Desk:
    """Whose pages these are."""

    account: str
    mode: str
    folder: str
    head: str
    seq: int


def letter(channel: str, found: Sequence[tuple[Page, str]], desk: Desk, now: int) -> Message:
    """The message of all that one channel has to send: pages, each with why it is sent."""
    ordered = sorted(found, key=lambda one: (one[1] == OVER, RANK[one[0].severity], one[0].event))
    first, why = ordered[0]
    items = [Item(page.id, reason) for page, reason in ordered]
    severity = min((page.severity for page, _ in ordered), key=lambda word: RANK[word])
    if len(ordered) == 1:
        what = f"{_mark(why)}{first.severity.upper()} {_short(first.text, 90)}"
    else:
        counts = Counter(page.severity for page, _ in ordered)
        told = ", ".join(f"{counts[word]} {word}" for word in RANK if counts[word])
        what = f"{len(ordered)} pages: {told}"
    subject = f"[flyball {desk.account or '?'}] {what}"
    parts = [_whole(page, reason, desk) for page, reason in ordered[:WHOLE]]
    if len(ordered) > WHOLE:
        rest = ordered[WHOLE : WHOLE + LINES]
        parts.append("\n".join(f"{p.severity.upper()} {p.id} {_short(p.text, 100)}" for p, _ in rest))
    if len(ordered) > WHOLE + LINES:
        more = Counter((p.severity, p.alert) for p, _ in ordered[WHOLE + LINES :])
        counted = (f"{n} x {word} {alert}" for (word, alert), n in sorted(more.items(), key=_by_rank))
        parts.append("and also " + ", ".join(counted) + "; flyball alerts lists them")
    parts.append(_foot(desk))
    return Message(
        _name(channel, found, desk),
        severity,
        subject,
        "\n\n".join(parts),
        desk.head,
        desk.account,
        items,
        now,
    )


def _by_rank(one: tuple[tuple[str, str], int]) -> tuple[int, str]:
    (severity, alert), _ = one
    return RANK[severity], alert


def _name(channel: str, found: Sequence[tuple[Page, str]], desk: Desk) -> str:
    """The same for the same pages at the same point, whoever makes it again."""
    legs = [(page, page.leg(channel)) for page, _ in found]
    parts = [f"{p.id}:{p.seen}:{leg.times if leg else 0}:{p.over}" for p, leg in legs]
    return sha256("|".join([desk.account, channel, *parts]).encode()).hexdigest()[:32]


def _whole(page: Page, why: str, desk: Desk) -> str:
    lines = [f"{_mark(why)}{page.severity.upper()} {page.alert}: {_short(page.text, TEXT)}"]
    times = f", {page.count} times" if page.count > 1 else ""
    lines.append(f"page {page.id}, {str(when(page.ts))[:19]}Z{times}")
    if why == OVER:
        return "\n".join(lines)
    lines.append(f"next: {next_step(page)}")
    lines.append(f"acknowledge: flyball alerts ack {page.id} --by NAME --dir {desk.folder}")
    return "\n".join(lines)


def next_step(page: Page) -> str:
    """What a person should do about a page."""
    if page.alert.startswith(LATCH):
        row = TABLE.get(page.alert.removeprefix(LATCH))
        return f"flyball status; it clears by: {row.clears}" if row is not None else OTHERWISE
    return NEXT.get(page.alert, OTHERWISE)


def _mark(why: str) -> str:
    return {OVER: "OVER: ", REPEAT: "STILL: ", ESCALATION: "ESCALATED: "}.get(why, "")


def _short(text: str, most: int) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= most else clean[: most - 3] + "..."


def _foot(desk: Desk) -> str:
    where = f"account {desk.account or '?'} ({desk.mode or '?'}), {desk.folder}"
    return f"{where}\njournal head {desk.head} at record {desk.seq}"
