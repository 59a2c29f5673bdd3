"""THE table of latches (SPEC section 4): what trips each one, where it may hold, what it forbids, what
becomes of positions, and who or what ends it. All else that is said of latches comes from these rows."""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.words import (
    ACTIVE,
    CANCEL_ONLY,
    CRITICAL,
    EXITS,
    FLATTEN,
    HALTED,
    INFO,
    PAGE,
    REDUCING,
    WARNING,
)

ACCOUNT: Final = ("account",)
STRATEGY: Final = ("strategy",)
ANY: Final = ("account", "strategy", "symbol")


@dataclass
class Row:
    """One latch as the table has it.

    `operator`: a named operator's command with the secret clears it. `itself`: the governor clears it on
    positive evidence. `scaled`: what adds is scaled by `event_scale` while it holds. `choice`: what else may
    become of positions, when a command or a key asks for it.
    """

    id: str
    title: str
    state: str
    positions: str
    operator: bool
    clears: str
    severity: str
    trips: str
    scopes: tuple[str, ...] = ACCOUNT
    itself: bool = False
    scaled: bool = False
    choice: str = ""


TABLE: Final[dict[str, Row]] = {
    row.id: row
    for row in (
        Row(
            "L1",
            "daily loss",
            HALTED,
            FLATTEN,
            True,
            "operator, not before the next session",
            CRITICAL,
            "the day's loss reaches `max_daily_loss`",
            ANY,
        ),
        Row(
            "L2",
            "weekly loss, drawdown halt or equity floor",
            HALTED,
            FLATTEN,
            True,
            "operator with a reason (rebase=yes also moves the high-water mark)",
            CRITICAL,
            "`max_weekly_loss`, `drawdown_halt` or `min_account_equity` is reached",
        ),
        Row(
            "L3",
            "drawdown restrict zone",
            REDUCING,
            EXITS,
            True,
            "operator, from the next session on",
            WARNING,
            "`drawdown_restrict` is reached",
        ),
        Row(
            "L3m",
            "margin deficit",
            REDUCING,
            EXITS,
            False,
            "a clean margin check",
            CRITICAL,
            "the broker states a margin deficit",
            itself=True,
        ),
        Row(
            "L4",
            "panic",
            HALTED,
            FLATTEN,
            True,
            "operator; restarts at 25, 50, 100%",
            CRITICAL,
            "`panic`, by command, chat or kill file",
            ANY,
            choice=CANCEL_ONLY,
        ),
        Row(
            "L5",
            "freeze",
            HALTED,
            EXITS,
            True,
            "operator",
            CRITICAL,
            "`freeze`; a bot is down; not flat at the close; a control failed; an event the governor died at",
            ANY,
        ),
        Row(
            "L6",
            "incident kill switch",
            HALTED,
            EXITS,
            True,
            "30 minutes without an incident while L7 does not hold, three times a day; then operator",
            CRITICAL,
            "`incident_errors` errors, rejects or divergences in `incident_window`; performance",
            ("account", "strategy"),
            itself=True,
        ),
        Row(
            "L7",
            "data in doubt",
            REDUCING,
            EXITS,
            False,
            "a clean check of every cause: comparison with the broker, clock, calendar, feed",
            CRITICAL,
            "the broker unreachable, or its figures not ours; clock or calendar in doubt; stale data",
            ("account", "symbol"),
            itself=True,
        ),
        Row(
            "L8",
            "too slow",
            REDUCING,
            EXITS,
            False,
            "a clean window of the sensor",
            WARNING,
            "decisions slower than `latency_limit`, again and again; a slow or full disk",
            itself=True,
        ),
        Row(
            "L9a",
            "journal unwritable",
            REDUCING,
            EXITS,
            False,
            "the journal stays durable for a minute, longer after a relapse",
            CRITICAL,
            "the journal cannot be written, or is not durable in 250 ms",
            itself=True,
        ),
        Row(
            "L9b",
            "invariant violated",
            HALTED,
            PAGE,
            True,
            "restart through the restore procedure",
            CRITICAL,
            "an identity of the ledger is broken, or an event could not be applied",
        ),
        Row(
            "L10",
            "strategy silent",
            REDUCING,
            EXITS,
            False,
            "the strategy and its model are healthy again",
            CRITICAL,
            "no sign of life (deadman), or an unhealthy model",
            STRATEGY,
            itself=True,
            choice=FLATTEN,
        ),
        Row(
            "L11",
            "economic event",
            ACTIVE,
            EXITS,
            False,
            "the end of its window",
            INFO,
            "an economic event's window; what adds is scaled by `event_scale`",
            itself=True,
            scaled=True,
        ),
        Row(
            "L12",
            "halted market",
            HALTED,
            EXITS,
            False,
            "trading resumed, and `settle_after_halt` over",
            WARNING,
            "a halt, pause or limit state; a market-wide breaker",
            ("account", "symbol"),
            itself=True,
        ),
        Row(
            "L13",
            "runaway strategy",
            HALTED,
            EXITS,
            True,
            "operator, who has looked at what it did",
            CRITICAL,
            "executions without review, orders of one parent, a streak of rejects, a flood of intents",
            STRATEGY,
        ),
        Row(
            "L14",
            "pause",
            REDUCING,
            EXITS,
            True,
            "resume by a named operator",
            INFO,
            "`pause`, `flatten`",
            ANY,
        ),
    )
}
