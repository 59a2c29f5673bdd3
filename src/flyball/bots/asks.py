"""What a bot's handler is given, an `Event`, and what it may return: `Intent`s, and a `Wake` to be called
again.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Number = int | float | str | Decimal

SECOND: Final = 1_000_000_000


class Event(dict[str, object]):
    """One thing a bot is told. Fields by name or by item: `event.kind`, `event["kind"]`; docs/guides/bots.md
    lists them.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - each field has its own type
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"a {self.get('kind', 'nameless')!s} event has no {name!r}; it has {', '.join(self)}"
            ) from None


@dataclass(frozen=True)
class Intent:
    """One thing asked for. The governor decides; the answer comes as a `decision`.

    Give `qty` (units of the instrument) or `notional` (account currency), as a number or a decimal string.
    `type` is "market", "limit" when a `limit` price is given, "stop" when a `stop` price is (it only ever
    reduces), or "close": without a size, it takes back your own exits and stops of the symbol and sells (buys
    back) all there is. `id` is your own name for it, at most 64 characters and never used twice; without one
    the host mints `<strategy>-<n>`. `created_at` (UTC ns) is when you decided, by default the time of the
    event you are answering.
    """

    symbol: str
    side: str  # "buy" | "sell"
    qty: Number | None = None
    notional: Number | None = None
    type: str | None = None
    limit: Number | None = None
    tif: str | None = None  # "day" | "ioc"
    id: str | None = None
    created_at: int | None = None
    parent: str | None = None
    stop: Number | None = None

    def fields(self) -> dict[str, object]:
        """What was given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Wake:
    """Be called (`wake`) at `at`, UTC ns; None: not at all. A strategy has one alarm: asking again moves it.

    It rings no sooner than 100 ms after what was being answered.
    """

    at: int | None


@dataclass(frozen=True)
class wake_in:  # noqa: N801 - reads as a verb where it is used
    """`Wake` as seconds from the time of the event being answered."""

    seconds: float

    def at(self, ts: int) -> int:
        """The moment, UTC ns."""
        return ts + round(self.seconds * SECOND)
