"""The configuration in force: every value with its origin, what nothing enforces, and a hash of it."""

from dataclasses import asdict, dataclass, field

import msgspec

from flyball.config.keys import ELSEWHERE, shown_limit
from flyball.config.limits_table import Row
from flyball.config.settings import (
    AccountSettings,
    AlertSettings,
    BrokerSettings,
    DeskSettings,
    FeedSettings,
    JournalSettings,
    SessionSettings,
    StrategySettings,
)
from flyball.config.sheet import dotted
from flyball.kernel.canon import digest
from flyball.kernel.limits import Limits, from_values


@dataclass(frozen=True)
class Effective:
    """What a governor starts with. `values` go into the journal's `Config` event as they are.

    `unread` lists (path, control) of every limit that is kept but not enforced in this version. `config_hash`
    covers what decides: profile, limits, account, session, broker and strategies; not where files and folders
    lie, how fast a feed is played or in which lines the values stand.
    """

    profile: str
    values: tuple[Row, ...]
    unread: tuple[tuple[str, str], ...]
    account: AccountSettings
    session: SessionSettings
    broker: BrokerSettings
    journal: JournalSettings
    feed: FeedSettings
    strategies: tuple[StrategySettings, ...]
    warnings: tuple[str, ...] = ()
    alerts: AlertSettings = field(default_factory=AlertSettings)
    desk: DeskSettings = field(default_factory=DeskSettings)
    config_hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "config_hash", digest(_deciding(self)))

    def limits(self) -> Limits:
        """As the kernel will hold them."""
        return from_values(self.values)

    def notices(self) -> list[str]:
        """What a person should read at the start: what is not enforced, then what is odd."""
        later = [f"{path} ({control}) is not enforced in this version" for path, control in self.unread]
        return [*later, *self.warnings]

    def table(self) -> list[tuple[str, str, str]]:
        """(path, value, origin) of every limit, as a person reads it."""
        return [
            (path_of(scope, key), shown_limit(key, kind, amount, text, self.account.currency), origin)
            for scope, key, kind, amount, text, origin in self.values
        ]


def path_of(scope: str, key: str) -> str:
    """The key path of a row: limits.symbol.AAPL.max_order_notional."""
    home = ELSEWHERE.get(key, "limits")
    return dotted((home, *scope.split(":", 1), key) if scope else (home, key))


def _deciding(of: Effective) -> dict[str, object]:
    strategies = [
        (s.name, s.bot, s.symbols, msgspec.json.encode(s.settings, order="deterministic").decode())
        for s in of.strategies
    ]
    return {
        "profile": of.profile,
        "values": [row[:5] for row in of.values],
        "account": asdict(of.account),
        "session": asdict(of.session),
        "broker": asdict(of.broker),
        "strategies": strategies,
    }
