"""The broker's trading API, as far as a panic needs it: one question, one believable answer.

Speaks the Alpaca trading API (docs.alpaca.markets, Trading API 2.0.1). What only reads, cancels or sets is
tried again; an order never is. An empty list is a list only in an answer that was whole.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from flyball.sentinel.exits import exact, number, seconds, told

TRIES: Final = 3
MOST_LISTED: Final = 500
SWITCHES: Final = "/v2/account/configurations"

Once = Callable[[str, str, dict[str, str], bytes | None], tuple[int, dict[str, str], bytes]]
Json = dict[str, Any]


class Wrong(Exception):  # noqa: N818 - it says what is the case
    """Keys or account are not what they should be: nothing was done, or nothing more can be."""


class Gone(Exception):  # noqa: N818 - it says what is the case
    """The broker gives no usable answer."""


@dataclass
class Door:
    """A broker and an account. `once` makes one HTTP request and raises one of `lost` when there is no
    answer; `now` and `rest` in seconds; `say` tells a person how it goes.
    """

    url: str
    key: str
    secret: str
    account: str
    once: Once
    lost: tuple[type[Exception], ...]
    now: Callable[[], float]
    rest: Callable[[float], None]
    say: Callable[[str], None]
    until: float = 0.0  # nothing is waited for after this
    calls: int = 0

    def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Status and JSON; (0, reason) for an order whose fate is not known. Gone when there is no answer to
        anything else. A 429 waits as long as it says.
        """
        status, found = 0, None
        data = None if body is None else json.dumps(body).encode()
        head = {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}
        head |= {} if data is None else {"Content-Type": "application/json"}
        left = 1 if method == "POST" else TRIES
        while left:
            status, found, pause = 0, None, 1.0
            self.calls += 1
            try:
                status, heads, raw = self.once(method, self.url.rstrip("/") + path, head, data)
                pause = seconds(heads.get("retry-after", "")) if status == 429 else 1.0
                found = json.loads(raw, parse_float=Decimal) if raw.strip() else None
            except self.lost as error:
                self.say(f"no answer: {error}")
            except ValueError:  # a page, or half an answer
                status = status if status >= 400 else 0
            if status == 429:
                self.say(f"the broker's rate limit is used up: waiting {pause:g} s")
            elif 200 <= status < 500:
                return status, found
            if self.now() + pause > self.until:
                break
            left -= status != 429 or method == "POST"
            if left or status == 429:
                self.rest(pause)
        if method == "POST":
            return 0, {"message": f"no answer to the order (HTTP {status})" if status else "no answer"}
        raise Gone(f"{method} {path}: " + (f"HTTP {status}" if status else "no answer"))

    def mine(self) -> Json:
        """The account, when it is the right one. Only here a refusal of the keys is believed: anywhere else
        it may be a right that they lack, or a gate on the way.
        """
        status, found = self.ask("GET", "/v2/account")
        if status in (401, 403):
            raise Wrong(f"the broker refuses these keys (HTTP {status}): {told(found)}")
        if status != 200 or not isinstance(found, dict):
            raise Gone(f"GET /v2/account: HTTP {status}")
        if self.account not in (found.get("account_number"), found.get("id")):
            named = found.get("account_number") or found.get("id")
            raise Wrong(f"these keys open account {named}, the keys file says {self.account}")
        return found

    def orders(self) -> list[Json]:
        """What is open, at most `MOST_LISTED`."""
        return self._listed(f"/v2/orders?status=open&limit={MOST_LISTED}")

    def positions(self) -> dict[str, Json]:
        """What is held, by symbol; one whose size is not told is held too."""
        found = self._listed("/v2/positions")
        if not all(p.get("symbol") for p in found):
            raise Gone("GET /v2/positions: one without a symbol")
        return {str(p["symbol"]): p for p in found if exact(p.get("qty")) != 0}

    def by_client_id(self, name: str) -> Json | None:
        """An order, None when the broker has none of that name."""
        status, found = self.ask("GET", f"/v2/orders:by_client_order_id?client_order_id={name}")
        if status in (401, 403):
            raise Gone(f"GET of an order: HTTP {status}")
        return found if status == 200 and isinstance(found, dict) else None

    def clock(self) -> tuple[str, str]:
        """The broker's hour, and when the market opens, "" while it is open. A broker that does not tell is
        taken for open: it will refuse by itself.
        """
        try:
            status, found = self.ask("GET", "/v2/clock")
        except Gone:
            return "", ""
        clock = found if status == 200 and isinstance(found, dict) else {}
        shut = not clock.get("is_open", True)
        return str(clock.get("timestamp", ""))[:13], str(clock.get("next_open", "it opens")) if shut else ""

    def switch(self, name: str) -> bool | None:
        """A switch of the account's configuration (`suspend_trade`, `no_shorting`); None: not told."""
        try:
            status, found = self.ask("GET", SWITCHES)
        except Gone:
            return None
        value = found.get(name) if status == 200 and isinstance(found, dict) else None
        return value if isinstance(value, bool) else None

    def turn(self, name: str, on: bool) -> bool:
        """Turn a switch; whether the broker says itself that it stands so."""
        try:
            self.ask("PATCH", SWITCHES, {name: on})
        except Gone as gone:
            self.say(f"{name} was not set: {gone}")
        return self.switch(name) is on

    def increment(self, symbol: str) -> Decimal:
        """The tick of a coin, 0 when the broker does not say."""
        try:
            status, found = self.ask("GET", f"/v2/assets/{quote(symbol, safe='')}")
        except Gone:
            return Decimal(0)
        return (
            number(found.get("price_increment")) if status == 200 and isinstance(found, dict) else Decimal(0)
        )

    def _listed(self, path: str) -> list[Json]:
        status, found = self.ask("GET", path)
        if status != 200 or not isinstance(found, list):
            raise Gone(f"GET {path}: HTTP {status} without a list")
        if not all(isinstance(one, dict) for one in found):
            raise Gone(f"GET {path}: a list of something else")
        return found
