"""Where a page goes and when: the first channel of its severity at once, the next when that one is dead or
nobody acknowledges, again and again while it is critical and nobody does.

Nothing here sends. What is due stands in the page's legs, and a channel's next message takes all of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from flyball.desk.alerts.page import ESCALATION, FIRST, OVER, REPEAT, Leg, Line, Page
from flyball.kernel.units import MINUTE, NS
from flyball.kernel.words import CRITICAL

SLOW: Final = 3 * NS  # an attempt that takes longer lets the next channel begin
BACKOFF: Final = NS
LONGEST: Final = MINUTE


@dataclass(frozen=True)
class Policy:
    """`[alerts]`: severity -> channels in the order they are tried; spans in nanoseconds."""

    routes: Mapping[str, tuple[str, ...]]
    channels: tuple[str, ...]
    escalate_after: int = 5 * MINUTE
    repeat_every: int = 15 * MINUTE
    resolve_after: int = 60 * MINUTE
    spacing: int = NS  # between two messages of one channel


def settle(page: Page, policy: Policy, down: Collection[str], now: int) -> None:
    """Bring the legs of a page up to date. `down`: channels whose last attempt failed, or takes too long."""
    _resolve(page, policy, now)
    if page.over:
        _over(page)
    elif page.by:
        for leg in page.legs:
            leg.why = ""
    elif page.test:
        page.legs = page.legs or [Leg(channel, now, FIRST) for channel in policy.channels]
    else:
        _escalate(page, policy, down, now)
        if page.severity == CRITICAL:
            for leg in page.legs:
                if leg.times and not leg.why and now - leg.sent >= policy.repeat_every:
                    leg.why = REPEAT


def _escalate(page: Page, policy: Policy, down: Collection[str], now: int) -> None:
    chain = policy.routes.get(page.severity, ())
    if not page.legs and chain:
        page.legs.append(Leg(chain[0], now, FIRST))
    while page.legs and len(page.legs) < len(chain):
        newest = page.legs[-1]
        dead = newest.channel in down and not any(leg.times for leg in page.legs)
        late = page.severity == CRITICAL and now - newest.opened >= policy.escalate_after
        if not (dead or late):
            return
        page.legs.append(Leg(chain[len(page.legs)], now, ESCALATION))


def _resolve(page: Page, policy: Policy, now: int) -> None:
    """A clean hour ends a warning, and a critical page once somebody has acknowledged it. What holds ends
    with its cause alone."""
    quiet = now - page.last >= policy.resolve_after
    if not page.over and not page.holds and quiet and (page.severity != CRITICAL or page.by):
        page.over = now


def _over(page: Page) -> None:
    """Who was paged of what had an end of its own is told that it ended; nothing else is due any more, but
    what was critical and has reached nobody."""
    unheard = page.severity == CRITICAL and not page.by and not any(leg.times for leg in page.legs)
    for leg in page.legs:
        if page.holds and leg.times and not leg.told:
            leg.why = OVER
        elif not (unheard and leg.why in (FIRST, ESCALATION)):
            leg.why = ""


def down(lines: Collection[Line], now: int) -> set[str]:
    """The channels that are failing, or have been at one attempt for too long."""
    return {one.channel for one in lines if one.tries or (one.began and now - one.began > SLOW)}


def backoff(tries: int, chance: int) -> int:
    """Nanoseconds until the next attempt: 1, 2, 4, ... at most 60 s, and up to half as much again by `chance`
    (0 to 255), so that many pagers do not come back together."""
    span = min(LONGEST, BACKOFF << min(tries - 1, 10))
    return span + span * chance // 512
