"""A broker that misbehaves by name, in memory and in virtual time; it lets an account go through zero, so
that nothing but the client's own care keeps it from that.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flyball.sentinel.wire import Door

ACCOUNT = "PA1"


class Lost(Exception):  # noqa: N818
    """No answer."""


@dataclass
class Hostile:
    """`positions` by symbol; an exit fills when `fills` says so. `mischief` is called before each request and
    may answer instead of the broker, or raise Lost; `after` is called behind it and may raise Lost.
    """

    positions: dict[str, int]
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)  # by client id
    now: float = 0.0
    prices: dict[str, str] = field(default_factory=dict)
    is_open: bool = True
    fills: Callable[[dict[str, Any]], int] = lambda order: int(order["qty"])
    mischief: Callable[[str, str, int], tuple[int, Any] | None] = lambda method, path, n: None
    after: Callable[[str, str, int], None] = lambda method, path, n: None
    stale: int = 0  # readings of the positions that show what was held at first
    asked: list[str] = field(default_factory=list)
    switches: dict[str, bool] = field(default_factory=lambda: {"suspend_trade": False, "no_shorting": False})
    said: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)  # orders that carried a position through zero
    retry_after: str = "2"

    def __post_init__(self) -> None:
        self.first = dict(self.positions)

    def door(self) -> Door:
        return Door(
            "https://broker",
            "k",
            "s",
            ACCOUNT,
            once=self.once,
            lost=(Lost,),
            now=lambda: self.now,
            rest=self.rest,
            say=self.said.append,
        )

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def once(
        self, method: str, url: str, head: dict[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        self.now += 0.05
        path = url.removeprefix("https://broker")
        n = len(self.asked)
        self.asked.append(f"{method} {path}")
        given = self.mischief(method, path, n)
        status, found = given or self.work(method, path, None if body is None else json.loads(body))
        self.after(method, path, n)
        raw = found if isinstance(found, bytes) else b"" if found is None else json.dumps(found).encode()
        return status, {"retry-after": self.retry_after}, raw

    def work(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        parts = urlsplit(path)
        match method, parts.path:
            case "GET", "/v2/account":
                return 200, {"account_number": ACCOUNT}
            case "GET", "/v2/clock":
                clock = {"timestamp": "2026-11-20T15:00:00Z", "is_open": self.is_open, "next_open": "Monday"}
                return 200, clock
            case "GET", "/v2/orders":
                return 200, [o for o in self.orders.values() if o["status"] == "new"]
            case "DELETE", "/v2/orders":
                for o in self.orders.values():
                    o["status"] = "canceled" if o["status"] == "new" else o["status"]
                return 207, []
            case "GET", "/v2/positions":
                held = self.positions if self.stale <= 0 else self.first
                self.stale -= 1
                return 200, [self.position(symbol, qty) for symbol, qty in held.items() if qty]
            case "GET", "/v2/orders:by_client_order_id":
                order = self.orders.get(parse_qs(parts.query)["client_order_id"][0])
                return (
                    (404, {"code": 40410000, "message": "order not found"}) if order is None else (200, order)
                )
            case "POST", "/v2/orders":
                assert body is not None
                return self.place(body)
            case "PATCH", "/v2/account/configurations":
                assert body is not None
                self.switches |= body
                return 200, self.switches
            case "GET", "/v2/account/configurations":
                return 200, self.switches
            case "GET", _ if parts.path.startswith("/v2/assets/"):
                return 200, {"price_increment": "0.5"}
        raise AssertionError(path)

    def position(self, symbol: str, qty: int) -> dict[str, Any]:
        kind = "crypto" if "/" in symbol else "us_equity"
        price = self.prices.get(symbol, "100")
        return {"symbol": symbol, "qty": str(qty), "current_price": price or None, "asset_class": kind}

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["client_order_id"]
        if name in self.orders:
            return 422, {"code": 40010001, "message": "client_order_id must be unique"}
        done = self.fills(body)
        status = "filled" if done == int(body["qty"]) else "new"
        self.orders[name] = {
            **body,
            "id": f"id-{len(self.orders)}",
            "status": status,
            "filled_qty": str(done),
        }
        sign = 1 if body["side"] == "buy" else -1
        before = self.positions.get(body["symbol"], 0)
        self.positions[body["symbol"]] = before + sign * done
        if (done and before * (before + sign * done) < 0) or before == 0:
            self.crossed.append(name)
        return 200, self.orders[name]
