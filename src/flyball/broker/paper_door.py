"""The paper broker's HTTP door: the paths, fields, errors and status codes of Alpaca's Trading API, for
whoever has the account's keys.

A client written for the real broker runs on it unchanged, within what the paper broker has: simple market and
limit orders, `day` and `ioc`. What it does not have is refused by name, never ignored. A call whose answer is
lost by chance (`timeout_ratio`) is told as 504, half of them having been worked all the same.
"""

import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Final

from aiohttp import web

from flyball.broker.paper_account import Held
from flyball.broker.paper_asks import Wrong, order_of
from flyball.broker.paper_desk import DOOR, PaperDesk
from flyball.broker.paper_rules import OPEN, Refusal, Switches, uuid_of
from flyball.broker.paper_shapes import (
    account_body,
    asset_body,
    clock_body,
    configurations_body,
    order_body,
    position_body,
)
from flyball.kernel.effects import Order
from flyball.kernel.events import Account
from flyball.kernel.units import MINUTE, NS, mul_div
from flyball.kernel.words import BUY, DAY, MARKET, SELL
from flyball.ports import Random

MOST: Final = 500  # orders in one list
TIMED_OUT: Final = Refusal(504, 50410000, "request timed out")
LOST: Final = Refusal(500, 50010000, "internal server error occurred")
NO_POSITION: Final = Refusal(404, 40410000, "position does not exist")
_SETTABLE: Final = ("suspend_trade", "no_shorting")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PaperDoor:
    """The web application of one account. `wall` is the wall clock (UTC ns), for the rate alone;
    `per_minute`: calls it takes in a minute of it, 0 = any number."""

    def __init__(
        self,
        desk: PaperDesk,
        *,
        key: str,
        secret: str,
        number: str,
        chance: Random,
        wall: Callable[[], int],
        per_minute: int = 0,
    ) -> None:
        self.desk = desk
        self.number = number
        self._key, self._secret = key, secret
        self._chance = chance
        self._wall = wall
        self._per_minute = per_minute
        self._minute = self._used = 0
        self.app = web.Application(middlewares=[self._guard])
        self.app.add_routes(
            [
                web.get("/v2/account", self._account),
                web.get("/v2/account/configurations", self._configurations),
                web.patch("/v2/account/configurations", self._configure),
                web.get("/v2/clock", self._clock),
                web.get("/v2/assets/{symbol}", self._asset),
                web.get("/v2/orders", self._orders),
                web.post("/v2/orders", self._place),
                web.delete("/v2/orders", self._cancel_all),
                web.get("/v2/orders:by_client_order_id", self._by_client_id),
                web.get("/v2/orders/{id}", self._order),
                web.delete("/v2/orders/{id}", self._cancel),
                web.get("/v2/positions", self._positions),
                web.delete("/v2/positions", self._close_all),
                web.get("/v2/positions/{symbol}", self._position),
                web.delete("/v2/positions/{symbol}", self._close),
            ]
        )

    # -- before every call

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keys first, then the rate; whatever goes wrong is said in this API's own shape."""
        given = request.headers.get("APCA-API-KEY-ID", ""), request.headers.get("APCA-API-SECRET-KEY", "")
        known = [
            compare_digest(ours.encode(), theirs.encode("utf-8", "surrogateescape"))
            for ours, theirs in zip((self._key, self._secret), given, strict=True)
        ]
        if not all(known):
            return _refused(Refusal(401, 0, "unauthorized."))
        headers = self._count()
        if 0 < self._per_minute < self._used:
            answer: web.StreamResponse = _refused(Refusal(429, 42910000, "rate limit exceeded"))
            answer.headers["Retry-After"] = str(max(1, -(-(self._minute + MINUTE - self._wall()) // NS)))
        else:
            try:
                answer = await handler(request)
            except Wrong as wrong:
                answer = _refused(wrong.refusal)
            except web.HTTPException as error:
                answer = _refused(Refusal(error.status, 40410000, "endpoint not found"))
        answer.headers.update(headers)
        return answer

    def _count(self) -> dict[str, str]:
        minute = self._wall() // MINUTE * MINUTE
        if minute != self._minute:
            self._minute, self._used = minute, 0
        self._used += 1
        if self._per_minute == 0:
            return {}
        return {
            "X-RateLimit-Limit": str(self._per_minute),
            "X-RateLimit-Remaining": str(max(self._per_minute - self._used, 0)),
            "X-RateLimit-Reset": str((minute + MINUTE) // NS),
        }

    # -- the account

    async def _account(self, request: web.Request) -> web.Response:
        figures = await self._figures()
        truth = self.desk.truth()
        desk = self.desk
        body = account_body(figures, self.number, truth, desk.market, desk.switches, desk.prices(truth))
        return web.json_response(body)

    async def _figures(self) -> Account:
        figures = await self.desk.account()
        if figures is None:
            raise Wrong(LOST)
        return figures

    async def _configurations(self, request: web.Request) -> web.Response:
        return web.json_response(configurations_body(self.desk.switches, self.desk.market.crypto))

    async def _configure(self, request: web.Request) -> web.Response:
        """Two switches can be turned; any other is refused by name."""
        given = await _body(request)
        switches = Switches(self.desk.switches.suspend_trade, self.desk.switches.no_shorting)
        for name, value in given.items():
            if name not in _SETTABLE or not isinstance(value, bool):
                raise Wrong(Refusal(422, 42210000, f"{name} cannot be set to {value!r} at this broker"))
            setattr(switches, name, value)
        self.desk.turn(switches)
        return await self._configurations(request)

    async def _clock(self, request: web.Request) -> web.Response:
        return web.json_response(clock_body(self.desk.now(), self.desk.market))

    async def _asset(self, request: web.Request) -> web.Response:
        symbol = request.match_info["symbol"]
        if symbol not in self.desk.market.units:
            raise Wrong(Refusal(404, 40410000, f"asset not found for {symbol}"))
        return web.json_response(asset_body(symbol, self.desk.market))

    # -- orders

    async def _orders(self, request: web.Request) -> web.Response:
        """Newest first unless `direction=asc`; `status` open (the default), closed or all."""
        status, direction = request.query.get("status", "open"), request.query.get("direction", "desc")
        limit = request.query.get("limit", "50")
        if status not in ("open", "closed", "all") or direction not in ("asc", "desc"):
            raise Wrong(Refusal(422, 42210000, "invalid status or direction"))
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST:
            raise Wrong(Refusal(422, 42210000, f"limit must be between 1 and {MOST}"))
        symbols = {s for s in request.query.get("symbols", "").split(",") if s}
        truth = self.desk.truth()
        found = [
            o
            for o in truth.orders.values()
            if (status == "all" or (o.state in OPEN) == (status == "open"))
            and (not symbols or o.placed.symbol in symbols)
        ]
        found.sort(key=lambda o: (o.placed.ts, o.placed.client_id), reverse=direction == "desc")
        bodies = [self._body_of(o.placed.client_id, truth.ts) for o in found[: int(limit)]]
        return web.json_response(bodies)

    def _body_of(self, client_id: str, at: int) -> dict[str, object]:
        held = self.desk.paper.held(client_id)
        assert held is not None, "an order of the account's own truth"
        return order_body(held, at, self.desk.market)

    def _held(self, order_id: str) -> Held:
        """By the broker's id. 404 when there is none."""
        truth = self.desk.truth()
        for client_id, o in truth.orders.items():
            if order_id in (uuid_of(o.broker_id), o.broker_id):
                held = self.desk.paper.held(client_id)
                if held is not None:
                    return held
        raise Wrong(Refusal(404, 40410000, f"order not found for {order_id}"))

    async def _order(self, request: web.Request) -> web.Response:
        held = self._held(request.match_info["id"])
        return web.json_response(order_body(held, self.desk.now(), self.desk.market))

    async def _by_client_id(self, request: web.Request) -> web.Response:
        client_id = request.query.get("client_order_id", "")
        at = self.desk.advance()
        held = self.desk.paper.held(client_id)
        if held is None:
            raise Wrong(Refusal(404, 40410000, f"order not found for {client_id}"))
        return web.json_response(order_body(held, at, self.desk.market))

    async def _place(self, request: web.Request) -> web.Response:
        given = await _body(request)
        order = order_of(given, self.desk.market, self.desk.advance(), self._chance.token(16).hex())
        return web.json_response(await self._taken(order))

    async def _taken(self, order: Order) -> dict[str, object]:
        """The body of an order that was taken on."""
        if self.desk.paper.held(order.client_id) is not None:
            raise Wrong(Refusal(422, 40010001, "client_order_id must be unique"))
        if not self.desk.market.is_open(order.ts):
            raise Wrong(Refusal(422, 42210000, "market is closed, and this broker holds no orders for later"))
        what = self.desk.place(order, (await self._figures()).equity)
        if isinstance(what, Refusal):
            raise Wrong(what)
        if what is None:
            raise Wrong(TIMED_OUT)
        return order_body(what, self.desk.now(), self.desk.market)

    async def _cancel(self, request: web.Request) -> web.Response:
        """204 is "asked for", not "canceled"."""
        held = self._held(request.match_info["id"])
        if not self.desk.withdraw(held):
            state = order_body(held, self.desk.now(), self.desk.market)["status"]
            raise Wrong(Refusal(422, 42210000, f'order is already in "{state}" state'))
        return web.Response(status=204)

    async def _cancel_all(self, request: web.Request) -> web.Response:
        return web.json_response(self._withdraw_all(), status=207)

    def _withdraw_all(self) -> list[dict[str, object]]:
        truth = self.desk.truth()
        answers: list[dict[str, object]] = []
        for client_id, o in truth.orders.items():
            held = self.desk.paper.held(client_id)
            if o.state in OPEN and held is not None:
                done = self.desk.withdraw(held)
                answers.append({"id": uuid_of(o.broker_id), "status": 200 if done else 422})
        return answers

    # -- positions

    async def _positions(self, request: web.Request) -> web.Response:
        truth = self.desk.truth()
        return web.json_response([position_body(s, truth, self.desk.market) for s in sorted(truth.positions)])

    async def _position(self, request: web.Request) -> web.Response:
        truth, symbol = self.desk.truth(), request.match_info["symbol"]
        if symbol not in truth.positions:
            raise Wrong(NO_POSITION)
        return web.json_response(position_body(symbol, truth, self.desk.market))

    async def _close(self, request: web.Request) -> web.Response:
        """A market order against the position; `qty` or `percentage` of it."""
        part = request.query.get("qty", ""), request.query.get("percentage", "")
        return web.json_response(await self._taken(self._closing(request.match_info["symbol"], *part)))

    async def _close_all(self, request: web.Request) -> web.Response:
        """One answer a position. Orders are canceled only when asked to be, and what they hold meanwhile is
        refused."""
        if request.query.get("cancel_orders", "").lower() == "true":
            self._withdraw_all()
        answers: list[dict[str, object]] = []
        for symbol in sorted(self.desk.truth().positions):
            try:
                body = await self._taken(self._closing(symbol))
                answers.append({"symbol": symbol, "status": 200, "body": body})
            except Wrong as wrong:
                answers.append(
                    {"symbol": symbol, "status": wrong.refusal.status, "body": _said(wrong.refusal)}
                )
        return web.json_response(answers, status=207)

    def _closing(self, symbol: str, qty: str = "", percentage: str = "") -> Order:
        truth = self.desk.truth()
        held = truth.positions.get(symbol, 0)
        if held == 0:
            raise Wrong(NO_POSITION)
        wanted = abs(held)
        if percentage:
            if not percentage.isdecimal() or not 0 < int(percentage) <= 100:
                raise Wrong(Refusal(422, 42210000, "percentage must be between 0 and 100"))
            wanted = max(1, mul_div(wanted, int(percentage), 100))
        given = {
            "symbol": symbol,
            "side": "sell",
            "type": "market",
            "time_in_force": "day",
            "qty": qty or "1",
        }
        order = order_of(given, self.desk.market, truth.ts, self._chance.token(16).hex())
        order.side = SELL if held > 0 else BUY
        order.qty = order.qty if qty else wanted
        assert (order.author, order.type, order.tif) == (DOOR, MARKET, DAY)
        return order


async def _body(request: web.Request) -> dict[str, object]:
    """The JSON object of a request, numbers as they were written."""
    try:
        given = json.loads(await request.text(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Wrong(Refusal(400, 40010000, "request body format is invalid"))
    return given


def _said(refusal: Refusal) -> dict[str, object]:
    body = {**refusal.more, "message": refusal.message}
    return {"code": refusal.code, **body} if refusal.code else body


def _refused(refusal: Refusal) -> web.Response:
    return web.json_response(_said(refusal), status=refusal.status)
