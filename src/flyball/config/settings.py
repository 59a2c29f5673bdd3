"""The sections beside `[limits]`: what each setting is, its default and its range, where its value will live.

A settings class is its own schema: every field made with `_setting` is a key of the section of that name.
Ratios are parts per million, durations nanoseconds, money micros, sizes bytes.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from typing import Any, Final

from flyball.config.values import IN_ORDER, PACE, SIZE, decimal, read
from flyball.kernel.bounds import MAX_MONEY
from flyball.kernel.limits import COUNT, DURATION, LIST, MICROS, PPM_KIND, TEXT
from flyball.kernel.units import MINUTE, MS, UNKNOWN

XNYS: Final = "XNYS"
AROUND_THE_CLOCK: Final = "24x7"
TAG: Final = re.compile(r"[A-Za-z0-9]{1,6}")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
# A part of every client order id, which brokers bound to 48 of [A-Za-z0-9-].
STRATEGY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
_RATIO: Final = 1_000_000


@dataclass(frozen=True)
class Setting:
    """One key of a section. `default` is a TOML literal, "" = none; `form` is what a text must look like."""

    kind: str
    default: str
    says: str
    example: str = ""
    lowest: int = 0
    highest: int = MAX_MONEY
    choices: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    form_says: str = ""


def value_of(kind: str, amount: int, text: str) -> int | str | tuple[str, ...]:
    """A reading as its settings class keeps it."""
    if kind in (LIST, IN_ORDER):
        return tuple(text.split(",")) if text else ()
    return text if kind == TEXT else amount


def _setting(kind: str, default: str, says: str, **more: Any) -> Any:  # noqa: ANN401 - a field of any type
    made = Setting(kind, default, says, **more)
    if default:
        read_back = read(kind, tomllib.loads(f"k = {default}", parse_float=decimal)["k"])
        value = value_of(kind, read_back.amount, read_back.text)
    else:
        value = "" if kind == TEXT else () if kind in (LIST, IN_ORDER) else UNKNOWN
    return field(default=value, metadata={"setting": made})


@dataclass(frozen=True)
class AccountSettings:
    """`[account]`. `equity` is UNKNOWN (-1) when nobody says it."""

    tag: str = _setting(
        TEXT,
        '"main"',
        "short name of the account; part of every order id",
        form=TAG,
        form_says="one to six letters or digits",
    )
    currency: str = _setting(
        TEXT,
        '"USD"',
        "currency of the account and of every amount here",
        form=CURRENCY,
        form_says='three capital letters like "USD"',
    )
    equity: int = _setting(
        MICROS, "", "what the paper account starts with", example='"$10,000"', lowest=1_000_000
    )
    approvers: int = _setting(
        COUNT,
        "1",
        "who approves looser limits: 1 = yourself, 2 = another person; fixed by the first start",
        lowest=1,
        highest=2,
    )


@dataclass(frozen=True)
class SessionSettings:
    """`[session]`. `flat_by` and `on_close` are rows of the limits as well: the kernel obeys them."""

    calendar: str = _setting(
        TEXT, '"XNYS"', "New York sessions, or the UTC day around the clock", choices=(XNYS, AROUND_THE_CLOCK)
    )
    overlay: str = _setting(
        TEXT,
        "",
        "CSV of unscheduled closures and early closes, beside this file",
        example='"calendar-overlay.csv"',
    )
    time_servers: tuple[str, ...] = _setting(
        LIST,
        "",
        "NTP servers to check the machine's clock against; none are asked otherwise",
        example='["ntp.example.org", "192.0.2.1:123"]',
    )
    flat_by: str = "close"
    on_close: str = "no"


@dataclass(frozen=True)
class PaperSettings:
    """`[broker.paper]`: the habits and faults of the simulated broker."""

    half_spread: int = _setting(
        PPM_KIND, '"1 bps"', "half the spread where the feed has no quotes", highest=_RATIO
    )
    slippage: int = _setting(PPM_KIND, '"1 bps"', "how much worse than the price a fill is", highest=_RATIO)
    fee_per_unit: int = _setting(MICROS, '"$0.0035"', "fee per share or coin, without a minimum")
    latency_min: int = _setting(
        DURATION, '"50 ms"', "shortest way to the broker or back", lowest=1, highest=MINUTE
    )
    latency_max: int = _setting(
        DURATION, '"250 ms"', "longest way to the broker or back", lowest=1, highest=MINUTE
    )
    partial_ratio: int = _setting(PPM_KIND, '"20%"', "orders filled in pieces", highest=_RATIO)
    partial_pieces_min: int = _setting(COUNT, "2", "fewest pieces of such an order", lowest=2, highest=100)
    partial_pieces_max: int = _setting(COUNT, "4", "most pieces of such an order", lowest=2, highest=100)
    timeout_ratio: int = _setting(PPM_KIND, '"1%"', "calls that get no answer", highest=_RATIO)
    timeout_applied_ratio: int = _setting(
        PPM_KIND, '"50%"', "unanswered calls that the broker acted on all the same", highest=_RATIO
    )
    late_ratio: int = _setting(PPM_KIND, '"1%"', "events that come late", highest=_RATIO)
    duplicate_ratio: int = _setting(PPM_KIND, '"1%"', "events that come twice", highest=_RATIO)
    timeout: int = _setting(
        DURATION, '"10 s"', "how long an answer is waited for", lowest=100 * MS, highest=10 * MINUTE
    )
    seed: int = _setting(COUNT, "1", "number that all its chance is drawn from", highest=(1 << 63) - 1)
    process: str = _setting(
        TEXT,
        '"inside"',
        "whether it lives in the governor's process or in one of its own (`flyball paper`)",
        choices=("inside", "own"),
    )


@dataclass(frozen=True)
class BrokerSettings:
    """`[broker]`."""

    kind: str = _setting(
        TEXT, '"paper"', "which broker; this version knows its own paper broker", choices=("paper",)
    )
    environment: str = _setting(
        TEXT, '"paper"', "name of the broker's environment; a journal stays bound to its first"
    )
    rate_limit: int = _setting(
        COUNT,
        "0",
        "calls a minute the broker takes; a quarter stays reserved for cancels and exits; 0 = no limit",
        highest=1_000_000,
    )
    paper: PaperSettings = field(default_factory=PaperSettings)


@dataclass(frozen=True)
class JournalSettings:
    """`[journal]`. Relative folders are meant from the folder of the file."""

    dir: str = _setting(TEXT, '"journal"', "folder of the journal")
    segment_size: int = _setting(
        SIZE, '"16 MiB"', "size of one file of the journal", lowest=1 << 20, highest=1 << 30
    )
    emergency_dir: str = _setting(
        TEXT, '"emergency"', "second place, best on another disk, for when the first fails"
    )


@dataclass(frozen=True)
class FeedSettings:
    """`[feed]`. "" and () mean: not said."""

    file: str = _setting(TEXT, "", "CSV or Parquet file of bars", example='"bars.csv"')
    actions: str = _setting(
        TEXT, "", "CSV file of splits, dividends, deposits and the like", example='"actions.csv"'
    )
    stamp: str = _setting(
        TEXT,
        "",
        "whether a bar's time is its start or its end, where the file does not say",
        example='"end"',
        choices=("start", "end"),
    )
    tz: str = _setting(TEXT, "", "time zone of times without one", example='"America/New_York"')
    symbols: tuple[str, ...] = _setting(
        LIST, "", "symbols to take; all of the file otherwise", example='["AAPL", "MSFT"]'
    )
    label: str = _setting(
        TEXT, "", "what to call these prices wherever they are shown", example='"my minutes of 2016"'
    )
    pace: int = _setting(
        PACE, '"max"', "how fast to play them: as fast as they are decided, or like 1x", highest=10**12
    )


@dataclass(frozen=True)
class StrategySettings:
    """`[strategy.X]`. `settings` goes to the bot as it is; `on_excess` is a row of the limits as well."""

    bot: str = _setting(
        TEXT,
        "",
        "package.module:name or file.py:name of a callable or class",
        example='"bot.py:Bot"',
        form=re.compile(r"[^:]+:[A-Za-z_][A-Za-z0-9_.]*"),
        form_says='"package.module:name" or "path.py:name"',
    )
    symbols: tuple[str, ...] = _setting(
        LIST, "", "symbols it may trade; all of the feed otherwise", example='["AAPL"]'
    )
    name: str = ""
    on_excess: str = "clip"
    settings: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class EmailSettings:
    """`[alerts.email]`."""

    host: str = _setting(TEXT, "", "SMTP server", example='"smtp.example.com"')
    port: int = _setting(COUNT, "587", "its port", lowest=1, highest=65_535)
    tls: str = _setting(
        TEXT,
        '"starttls"',
        "how the way there is kept private; none: only to this machine",
        choices=("starttls", "tls", "none"),
    )
    user: str = _setting(TEXT, "", "login; none otherwise", example='"flyball@example.com"')
    password_file: str = _setting(TEXT, "", "file with its password, mode 0600", example='"smtp.password"')
    sender: str = _setting(TEXT, "", "address the mail comes from", example='"flyball@example.com"')
    to: tuple[str, ...] = _setting(IN_ORDER, "", "who gets it", example='["ann@example.com"]')


@dataclass(frozen=True)
class WebhookSettings:
    """`[alerts.webhook]`."""

    url: str = _setting(
        TEXT,
        "",
        "where to POST; https, or http to this machine",
        example='"https://example.com/page"',
        form=re.compile(r"https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*"),
        form_says="an https:// address, or http:// to this machine",
    )
    secret_file: str = _setting(
        TEXT, "", "file with the secret it is signed with, mode 0600", example='"webhook.secret"'
    )


@dataclass(frozen=True)
class SlackSettings:
    """`[alerts.slack]`. `users`: Slack's user id -> (name, role)."""

    token_file: str = _setting(TEXT, "", "file with the bot token, mode 0600", example='"slack.token"')
    channel: str = _setting(TEXT, "", "id of the channel", example='"C0123456789"')
    base_url: str = _setting(
        TEXT,
        '"https://slack.com/api/"',
        "Slack's Web API, or what stands for it in a test",
        form=re.compile(r"https://\S+/|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*/"),
        form_says="an https:// address that ends in /, or http:// to this machine",
    )
    port: int = _setting(
        COUNT, "0", "port on this machine where /panic and /status come in; 0 = nowhere", highest=65_535
    )
    signing_secret_file: str = _setting(
        TEXT, "", "file with the app's signing secret, mode 0600", example='"slack.signing"'
    )
    users: tuple[tuple[str, str, str], ...] = ()  # (id, name, role)


@dataclass(frozen=True)
class AlertSettings:
    """`[alerts]`: which channels page for which severity, tried in this order."""

    critical: tuple[str, ...] = _setting(
        IN_ORDER, "", "channels for critical pages, tried in this order", example='["slack", "email"]'
    )
    warning: tuple[str, ...] = _setting(IN_ORDER, "", "channels for warnings", example='["slack"]')
    info: tuple[str, ...] = _setting(IN_ORDER, "", "channels for the rest", example='["email"]')
    escalate_after: int = _setting(
        DURATION,
        '"5 min"',
        "an unacknowledged critical page goes to the next channel as well",
        lowest=MS,
        highest=1440 * MINUTE,
    )
    repeat_every: int = _setting(DURATION, '"15 min"', "and is sent again", lowest=MS, highest=1440 * MINUTE)
    resolve_after: int = _setting(
        DURATION, '"1 h"', "quiet for so long, an alert is over", lowest=MS, highest=7 * 1440 * MINUTE
    )
    silent_after: int = _setting(
        DURATION,
        '"30 s"',
        "a journal that does not grow for so long while the market is open",
        lowest=MS,
        highest=1440 * MINUTE,
    )
    heartbeat_url: str = _setting(
        TEXT,
        "",
        "monitor outside that is asked (GET) every so often",
        example='"https://example.com/ping/1"',
        form=re.compile(r"https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*"),
        form_says="an https:// address, or http:// to this machine",
    )
    heartbeat_every: int = _setting(DURATION, '"1 min"', "how often", lowest=MS, highest=1440 * MINUTE)
    email: EmailSettings = field(default_factory=EmailSettings)
    webhook: WebhookSettings = field(default_factory=WebhookSettings)
    slack: SlackSettings = field(default_factory=SlackSettings)

    def channels(self) -> tuple[str, ...]:
        """Every channel that is named, once."""
        return tuple(dict.fromkeys((*self.critical, *self.warning, *self.info)))


@dataclass(frozen=True)
class DeskSettings:
    """`[desk]`."""

    broker_phone: str = _setting(
        TEXT,
        "",
        "the broker's telephone as you found it, for `flyball runbook panic`",
        example='"+1 555 0100"',
    )


SECTIONS: Final[dict[str, type]] = {
    "account": AccountSettings,
    "session": SessionSettings,
    "broker": BrokerSettings,
    "broker.paper": PaperSettings,
    "journal": JournalSettings,
    "feed": FeedSettings,
    "strategy.X": StrategySettings,
    "alerts": AlertSettings,
    "alerts.email": EmailSettings,
    "alerts.webhook": WebhookSettings,
    "alerts.slack": SlackSettings,
    "desk": DeskSettings,
}
# Sections of later versions: they may be there, and empty.
EMPTY: Final[tuple[str, ...]] = ()
TABLES: Final = (
    "account",
    "limits",
    "latches",
    "session",
    "broker",
    "journal",
    "feed",
    "strategy",
    "alerts",
    "desk",
)


def settings_of(section: str) -> dict[str, Setting]:
    """The keys of a section, in order."""
    return {f.name: f.metadata["setting"] for f in fields(SECTIONS[section]) if "setting" in f.metadata}
