"""What goes out: each effect is one thing the kernel decided, recorded behind the event that caused it.

Some are also work for the outside (`Order`, `Cancel`, `Query`, `AskAccount`); the rest are the record of
what was decided and why. A replay must reproduce all of them, bit for bit.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class Decision:
    """The answer to one intent, with the evidence of every control."""

    KIND: ClassVar[str] = "decision"
    ts: int
    intent: str
    strategy: str
    symbol: str
    side: int
    verdict: str
    qty: int  # approved quantity, 0 when rejected
    would_pass: int  # the quantity that would have passed (a refusal for size), else 0
    limit: int  # the price limit it leaves with, 0 = none
    codes: tuple[str, ...]  # primary first
    adds: bool
    reference: int  # the price it was judged with, 0 = none
    scale: int  # ppm
    evidence: tuple[
        int, ...
    ]  # value, limit of every key in kernel.controls.EVIDENCE, flat; UNKNOWN = -1, OFF = -2
    stop: int = 0  # the price that triggers what leaves, 0 = none
    held: tuple[str, ...] = ()  # client ids of own working orders that already reduce what was asked for


@dataclass
class Order:
    """Send this order. What adds leaves only once its block is durable; what reduces leaves at once (P1)."""

    KIND: ClassVar[str] = "order"
    ts: int
    client_id: str
    intent: str  # "" when the governor is the author
    author: str  # "" or the governor's reason: "L1", "ladder", "flatten", "panic"
    strategy: str
    symbol: str
    side: int
    qty: int
    type: str
    limit: int
    tif: str
    adds: bool
    attempt: int  # 1, 2, 3 under the same client id
    leg: int
    again: bool  # re-emitted at a start: ask the broker for the id first
    stop: int = 0  # the price that triggers it, 0 = none


@dataclass
class Cancel:
    """Cancel this order."""

    KIND: ClassVar[str] = "cancel"
    ts: int
    client_id: str  # "" when it has none that is known here
    why: str
    attempt: int
    broker_id: str = ""  # of an order that is not ours: the broker's own id, by which it is cancelled


@dataclass
class Query:
    """Ask the broker for this client order id."""

    KIND: ClassVar[str] = "query"
    ts: int
    client_id: str
    ask: int


@dataclass
class AskAccount:
    """Ask the broker for its own figures."""

    KIND: ClassVar[str] = "ask_account"
    ts: int
    ask: int
    why: str


@dataclass
class LatchChange:
    """A latch was set or cleared."""

    KIND: ClassVar[str] = "latch"
    ts: int
    latch: str
    action: str
    scope: str  # "account" | "strategy:X" | "symbol:X"
    state: str
    positions: str
    by: str
    reason: str
    clears: str


@dataclass
class DayStart:
    """Baselines of a risk day, from the ledger."""

    KIND: ClassVar[str] = "day_start"
    ts: int
    day: int
    baseline: int
    high_water: int
    open: int
    close: int
    venue: str
    monday: int = 0  # of the week, yyyymmdd; and the week's own baseline and flows
    week_baseline: int = 0
    week_flows: int = 0


@dataclass
class Trip:
    """A trigger was reached. Loss limits are triggers: what was beyond it is the overshoot."""

    KIND: ClassVar[str] = "trip"
    ts: int
    trigger: str  # "daily_loss" | "weekly_loss" | "equity_floor" | "caution" | "restrict" | "halt"
    scope: str
    value: int  # micros lost; of "equity_floor" the equity
    limit: int  # micros at which it trips
    overshoot: int  # micros beyond the limit
    symbol: str  # whose mark or fill tripped it
    worst_book: int  # worst-case gross value at the mark before, micros


@dataclass
class Flat:
    """A flattening ended: confirmed flat, or what is left."""

    KIND: ClassVar[str] = "flat"
    ts: int
    scope: str
    why: str
    confirmed: bool
    residue: tuple[tuple[str, str, int], ...]  # (strategy, symbol, quantity)
    pnl: int  # micros gained (+) or lost (-) while flattening, shown apart
    attempts: int
    reasons: tuple[str, ...] = ()  # why each of the residue is left; words of kernel.residue.REASONS


@dataclass
class Drift:
    """A mark carried the book past a cap: what adds is refused, nothing else."""

    KIND: ClassVar[str] = "drift"
    ts: int
    control: str
    symbol: str
    value: int
    limit: int


@dataclass
class Divergence:
    """The broker's figures and ours differ."""

    KIND: ClassVar[str] = "divergence"
    ts: int
    what: str
    ours: str
    theirs: str
    healed: bool


@dataclass
class Alert:
    """Something a person should know."""

    KIND: ClassVar[str] = "alert"
    ts: int
    alert: str
    severity: str
    text: str


@dataclass
class Refused:
    """A command that was not carried out, and why."""

    KIND: ClassVar[str] = "refused"
    ts: int
    what: str
    by: str
    why: str


@dataclass
class Done:
    """A command that was carried out."""

    KIND: ClassVar[str] = "done"
    ts: int
    what: str
    by: str
    text: str


@dataclass
class Ended:
    """The governor ends an order without the broker's word for it: it never left, it never arrived, or a
    person said so; nothing more is owed by it. With state IN_DOUBT it takes an end back: the broker speaks of
    the order as not over. Every such end has this record; every other end is an `Update`, an `Answer` or
    fills."""

    KIND: ClassVar[str] = "ended"
    ts: int
    client_id: str
    strategy: str
    intent: str  # "" when the governor was the author
    state: str  # NOT_SENT | REJECTED | CANCELED | EXPIRED | FILLED; IN_DOUBT: it is not over
    why: str


@dataclass
class Booked:
    """An execution booked on an operator's word, because the broker never told of it. Should the broker tell
    later, its own executions take the place of this one: the price is corrected, nothing is booked twice."""

    KIND: ClassVar[str] = "booked"
    ts: int
    client_id: str
    fill_id: str
    strategy: str
    symbol: str
    side: int
    qty: int
    price: int
    fee: int  # micros
    by: str


@dataclass
class Moved:
    """A book changed without a trade: a corporate action, or two books set off against each other."""

    KIND: ClassVar[str] = "moved"
    ts: int
    why: str
    strategy: str
    symbol: str
    change: int  # signed quantity
    cash: int  # micros this book received (+) or paid (-); of the account: their sum


@dataclass
class Restated:
    """The prices a symbol is valued at from here on, after a corporate action. 0 = not there."""

    KIND: ClassVar[str] = "restated"
    ts: int
    symbol: str
    bid: int
    ask: int
    last: int
    why: str


@dataclass
class InForce:
    """The limits in force from here on, where they are not those of the configuration just before."""

    KIND: ClassVar[str] = "in_force"
    ts: int
    why: str  # merged | approved | rejected | expired | renamed
    by: str
    approver: str
    profile: str
    values: tuple[tuple[str, str, str, int, str, str], ...]  # as in events.Config


@dataclass
class Approval:
    """What became of looser rows of a configuration."""

    KIND: ClassVar[str] = "approval"
    ts: int
    what: str  # proposed | approved | rejected | withdrawn | expired
    proposal: int  # number of the record that brought it
    by: str
    reason: str
    expires: int  # 0 unless approved
    earliest: int  # it is not approved before, nor before the next session
    values: tuple[tuple[str, str, str, int, str, str], ...]  # as asked for; kind "absent": the row is deleted


@dataclass
class CancelAll:
    """Cancel every order that is open at the broker, whoever placed it, in one call. Those on their way to it
    are cancelled one by one."""

    KIND: ClassVar[str] = "cancel_all"
    ts: int
    attempt: int  # 1, 2, ... of all time
    why: str


Effect = (
    Decision
    | Order
    | Cancel
    | Query
    | AskAccount
    | LatchChange
    | DayStart
    | Trip
    | Flat
    | Drift
    | Divergence
    | Alert
    | Refused
    | Done
    | Ended
    | Booked
    | Moved
    | Restated
    | InForce
    | Approval
    | CancelAll
)
