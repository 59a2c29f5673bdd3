"""What comes in: each event is one fact from outside, numbered by the journal, and all that the kernel ever
learns.

Every class has KIND (its name in the journal) and fields of int, str, bool or tuples of those, so that one
codec serves all. `ts` is UTC nanoseconds. `n` is the source's own running number (1, 2, ...; 0 =
unnumbered): the kernel remembers the last one of each source, so that after a crash a source resumes exactly
behind it. New fields go last, with a default.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class Epoch:
    """One start of the governor."""

    KIND: ClassVar[str] = "epoch"
    ts: int
    epoch: int  # 1, 2, ...; never reused
    kernel: str  # kernel version
    schema: int  # event schema version
    account: str  # short account tag used in client order ids, [A-Za-z0-9]{1,6}
    broker: str
    mode: str  # read_only | shadow | paper | live
    environment: str  # binds the journal to one broker environment, e.g. "paper:demo-2008"
    config_hash: str
    state_hash: str  # of the state recovered from the journal, "" at genesis


@dataclass
class Config:
    """The whole effective configuration: every key in force with its origin."""

    KIND: ClassVar[str] = "config"
    ts: int
    by: str
    approver: str
    profile: str
    # (scope, key, kind, amount, text, origin); scope "" | "symbol:X" | "strategy:X"; kinds as in
    # kernel.limits.KEYS
    values: tuple[tuple[str, str, str, int, str, str], ...]
    approvers: int = 1  # whose approval a looser row needs: 1 = anyone's, 2 = another person's


@dataclass
class Instrument:
    """What one symbol is. Sent before anything else names it."""

    KIND: ClassVar[str] = "instrument"
    ts: int
    symbol: str
    currency: str
    asset_class: str  # "us_equity" | "crypto"
    price_exp: int
    qty_exp: int
    tick: int  # smallest price step, in price units
    lot: int  # smallest quantity step, in quantity units
    tradable: bool
    tags: tuple[str, ...] = ()


@dataclass
class Feed:
    """What a feed can carry; a check it can never serve is OFF and listed so (C19)."""

    KIND: ClassVar[str] = "feed"
    ts: int
    source: str
    carries: tuple[str, ...]  # of "bid", "ask", "last", "low", "high"
    label: str  # shown wherever its prices are, e.g. "real daily open, high, low and close; minutes drawn"


@dataclass
class Session:
    """A risk day begins. The kernel takes the baselines from its own ledger."""

    KIND: ClassVar[str] = "session"
    ts: int
    venue: str
    day: int  # trade date yyyymmdd
    open: int
    close: int


@dataclass
class Mark:
    """A price. Zero means absent. `low` and `high` are since the last mark of this symbol."""

    KIND: ClassVar[str] = "mark"
    ts: int
    symbol: str
    bid: int
    ask: int
    last: int
    low: int
    high: int
    source: str
    n: int


@dataclass
class Flow:
    """Money in (+) or out (-) of the account that is no trade."""

    KIND: ClassVar[str] = "flow"
    ts: int
    amount: int
    why: str
    n: int


@dataclass
class Intent:
    """What a bot asks for, as the door understood it. `flaw` is the code of what the door found wrong ("" =
    nothing)."""

    KIND: ClassVar[str] = "intent"
    ts: int  # arrival, by the host's clock
    intent: str  # the bot's own id
    created_at: int
    strategy: str
    symbol: str
    side: int  # BUY | SELL | 0 when flawed
    qty: int  # in the instrument's quantity units; 0 when a notional is given
    notional: int  # micros; 0 when a quantity is given
    type: str
    limit: int  # 0 = none
    tif: str
    parent: str
    flaw: str
    n: int
    stop: int = 0  # the price that triggers it; 0 = none


@dataclass
class Ingress:
    """What a bot sent above its allowance or that was no intent at all; counted, not kept (S1)."""

    KIND: ClassVar[str] = "ingress"
    ts: int
    strategy: str
    dropped: int
    rubbish: int
    n: int


@dataclass
class Wake:
    """A moment a bot asked to be called at."""

    KIND: ClassVar[str] = "wake"
    ts: int
    strategy: str
    n: int


@dataclass
class BotDown:
    """A bot's process ended or was ended."""

    KIND: ClassVar[str] = "bot_down"
    ts: int
    strategy: str
    why: str
    n: int


@dataclass
class Sent:
    """An order's bytes left for the broker."""

    KIND: ClassVar[str] = "sent"
    ts: int
    client_id: str
    attempt: int


@dataclass
class NotSent:
    """An order was stopped at the last gate, or found unsent and no longer wanted after a crash."""

    KIND: ClassVar[str] = "not_sent"
    ts: int
    client_id: str
    why: str


@dataclass
class Update:
    """The broker says an order's state. `filled` is the broker's cumulative quantity, -1 when it does not
    say."""

    KIND: ClassVar[str] = "update"
    ts: int
    client_id: str
    state: str  # ACCEPTED | CANCELED | REJECTED | EXPIRED | FILLED
    broker_id: str
    filled: int
    reason: str
    n: int


@dataclass
class Fill:
    """The broker says an execution."""

    KIND: ClassVar[str] = "fill"
    ts: int
    client_id: str
    fill_id: str
    symbol: str
    side: int
    qty: int
    price: int
    fee: int  # micros
    n: int


@dataclass
class Timeout:
    """A call to the broker got no answer. For a submit: in doubt. For a query: Unknown(reason)."""

    KIND: ClassVar[str] = "timeout"
    ts: int
    client_id: str
    call: str  # SUBMIT | CANCEL | QUERY | ACCOUNT | CANCEL_ALL
    attempt: int
    reason: str


@dataclass
class Answer:
    """A query by client order id was answered: Known. `found` False is the broker disowning the id."""

    KIND: ClassVar[str] = "answer"
    ts: int
    client_id: str
    ask: int  # the number of the query it answers
    found: bool
    state: str
    filled: int
    broker_id: str


@dataclass
class Account:
    """The broker's own figures: Known. `day_equity` is its equity at the start of the day."""

    KIND: ClassVar[str] = "account"
    ts: int
    ask: int
    cash: int
    equity: int
    day_equity: int
    positions: tuple[tuple[str, int], ...]  # (symbol, signed quantity), sorted by symbol, no zeros
    open_ids: tuple[str, ...]  # client ids of its open orders, sorted
    as_of: int = 0  # nothing in it is older than this; 0 = not known
    # its open orders: (client id, broker id, symbol, side, what is left of it, type, limit, stop)
    open_orders: tuple[tuple[str, str, str, int, int, str, int, int], ...] = ()


@dataclass
class Tick:
    """A timer of the kernel is due."""

    KIND: ClassVar[str] = "tick"
    ts: int


@dataclass
class Command:
    """An operator's word."""

    KIND: ClassVar[str] = "command"
    ts: int
    what: str  # pause | resume | freeze | clear | flatten | panic | cancel | resolve | ...
    by: str
    uid: int  # peer's user id, -1 when it came from inside the process
    authority: str  # SOCKET | SECRET | APPROVER
    reason: str
    args: tuple[tuple[str, str], ...]
    n: int


@dataclass
class Report:
    """A sensor's word. Never an order, only a fact."""

    KIND: ClassVar[str] = "report"
    ts: int
    what: str  # a word of kernel.watching.WATCHED; any other is only told
    value: str  # "ok" | "failed" | "late" ...
    source: str
    detail: str
    scope: str = "account"  # for whom it holds: "account" | "strategy:X" | "symbol:X"


@dataclass
class Action:
    """A corporate action takes effect: on positions as they are now, before the first price that knows it.

    `split` (reverse splits and stock dividends too): `num` new units for `den` old ones. `symbol_change`:
    `symbol` is called `to`. `cash_dividend`: `cash` a unit; shorts pay it. `spin_off`: `num` units of `to`
    for every `den` of `symbol`; `cost` of the lots' cost goes with them. Fractions of an account's unit are
    paid at `cash` a whole unit (0: at the restated price).
    """

    KIND: ClassVar[str] = "action"
    ts: int
    what: str  # split | symbol_change | cash_dividend | spin_off
    symbol: str
    num: int
    den: int
    to: str
    cash: int  # micros a unit
    cost: int  # ppm of the cost
    id: str  # taken once
    n: int


@dataclass
class Quarantined:
    """An event at which the governor died twice is passed over (J9). With `seq` this record's own number, the
    event was never recorded, and this stands in its place; an earlier `seq` is that of a recorded event which
    every replay leaves out from now on, with its effects."""

    KIND: ClassVar[str] = "quarantined"
    ts: int
    seq: int
    event: str  # its kind
    source: str  # as the cursors name it: "feed", "broker", "bot:X", ...; "" = of no numbered source
    n: int  # the source's number for it
    digest: str  # of its fields without the time
    why: str


@dataclass
class Delivery:
    """What became of an alert on its way to a person, told by the pager (the process that pages)."""

    KIND: ClassVar[str] = "delivery"
    ts: int
    alert: str  # as the alert is called
    seq: int  # number of its record; 0: the pager's own, which no record says
    channel: str  # "" where it is of no channel
    outcome: str  # raised | delivered | repeated | escalated | failed | acknowledged | resolved
    detail: str  # who acknowledged, why it failed, what the pager raised
    n: int
    severity: str
    took: int  # ns from the alert to its delivery, 0 = not said


@dataclass
class Shut:
    """The broker takes no more calls for now, and cancels or exits wait for it: those wanted from `since` on
    leave at `until`, not before."""

    KIND: ClassVar[str] = "shut"
    ts: int
    since: int
    until: int


Event = (
    Epoch
    | Config
    | Instrument
    | Feed
    | Session
    | Mark
    | Flow
    | Intent
    | Ingress
    | Wake
    | BotDown
    | Sent
    | NotSent
    | Update
    | Fill
    | Timeout
    | Answer
    | Account
    | Tick
    | Command
    | Report
    | Action
    | Quarantined
    | Delivery
    | Shut
)
