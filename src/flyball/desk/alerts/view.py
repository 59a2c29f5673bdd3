"""The pages as `flyball alerts` shows them, from what the pager keeps: open ones first, times from event to
delivery, what each channel does."""

from collections.abc import Sequence
from typing import Final

from flyball.desk.alerts.kept import Kept
from flyball.desk.alerts.letter import next_step
from flyball.desk.alerts.page import Page
from flyball.desk.alerts.pages import RANK
from flyball.journal.export_units import when

View = dict[str, object]
MS: Final = 1_000_000


def view(kept: Kept, *, running: bool, unheard: str = "") -> View:
    """All of it, for programs. Times in milliseconds, from the alert to its delivery."""
    found = sorted(kept.pages, key=lambda p: (p.over != 0, RANK[p.severity], p.event))
    return {
        "running": running,
        "account": kept.account,
        "pages": [page_view(page) for page in found],
        "open": sum(1 for page in found if not page.over),
        "unacknowledged": sum(1 for page in found if not page.over and not page.by),
        "channels": [
            {
                "channel": line.channel,
                "delivered": line.delivered,
                "failing": line.tries > 0,
                "attempts": line.tries,
                "why": line.failed,
            }
            for line in kept.lines
        ],
        "event_to_delivery_ms": spread(kept.took),
        "records_waiting": len(kept.waiting.told),
        "records_why": unheard,
    }


def page_view(page: Page) -> View:
    """One page."""
    return {
        "page": page.id,
        "alert": page.alert,
        "severity": page.severity,
        "text": page.text,
        "record": page.seq or None,
        "at": when(page.ts),
        "times": page.count,
        "acknowledged": page.by or None,
        "over": when(page.over) if page.over else None,
        "next": next_step(page),
        "channels": [
            {
                "channel": leg.channel,
                "delivered": leg.times,
                "last": when(leg.sent) if leg.sent else None,
                "waits": leg.why or None,
                "failed": leg.failed,
                "ms": (leg.sent - page.event) // MS if leg.times == 1 else None,
            }
            for leg in page.legs
        ],
    }


def spread(took: Sequence[int]) -> View:
    """How many, median, 99th percentile (nearest rank) and the longest."""
    ordered = sorted(took)
    if not ordered:
        return {"n": 0}

    def rank(percent: int) -> int:
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] // MS

    return {"n": len(ordered), "p50": rank(50), "p99": rank(99), "max": ordered[-1] // MS}
