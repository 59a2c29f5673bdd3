"""The HTTP door against the bodies, codes and words of Alpaca's API as they were captured from it; the
broker's time is the test's."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from flyball.broker.paper_desk import Market, PaperDesk
from flyball.broker.paper_door import PaperDoor
from flyball.broker.paper_life import Unit
from flyball.broker.paper_settings import PaperSettings
from flyball.broker.prices import Point
from flyball.kernel.events import Event, Fill, Update
from flyball.kernel.units import MINUTE, MS, NS
from flyball.machine.chance import OsRandom
from tests.broker.world import CLOSE, OPEN, QUIET, UNITS, Tape, broker, disk_at, order, sessions

KEYS = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"}
BUY = {"symbol": "AAPL", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"}
SELL = {**BUY, "side": "sell"}


class Told:
    """A desk behind its door, at a time the test moves."""

    def __init__(self, folder: Path, settings: PaperSettings = QUIET, per_minute: int = 0) -> None:
        prices = Tape({s: [Point(OPEN + k * 20 * NS, p, 0, 0) for k in range(1, 1170)] for s, p in PRICES})
        disk = disk_at(folder)
        self.at = OPEN + 30 * NS
        self.wall = 0
        self.heard: list[Event] = []
        schedule = [(OPEN + k * 1440 * MINUTE, CLOSE + k * 1440 * MINUTE) for k in range(2)]
        units = {symbol: Unit(*unit) for symbol, unit in UNITS.items()}
        market = Market(units, prices, sessions, schedule)
        self.desk = PaperDesk(broker(disk, prices, settings=settings), market, disk, lambda: self.at)
        self.desk.tell = self.heard.extend
        self.door = PaperDoor(
            self.desk,
            key="k",
            secret="s",
            number="PA-main",
            chance=OsRandom(),
            wall=lambda: self.wall,
            per_minute=per_minute,
        )
        self.client: TestClient[Any, Any] | None = None

    async def call(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        assert self.client is not None
        data = more.pop("data", None) or (json.dumps(body) if body is not None else None)
        async with self.client.request(method, path, data=data, headers=more.pop("keys", KEYS)) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def place(self, body: Mapping[str, object] = BUY, **fields: object) -> dict[str, Any]:
        status, told = await self.call("POST", "/v2/orders", {**body, **fields})
        assert status == 200, told
        return dict(told)

    def later(self, ns: int = 30 * NS) -> None:
        self.at += ns


PRICES = (("AAPL", 1_000_000), ("MSFT", 500_000))  # $100 and $50
Tale = Callable[[Told], Awaitable[None]]


def tell(folder: Path, tale: Tale, **how: Any) -> Told:
    """Run a tale against a door that listens on loopback."""
    told = Told(folder, **how)

    async def go() -> None:
        async with TestClient(TestServer(told.door.app)) as client:
            told.client = client
            await tale(told)

    asyncio.run(go())
    return told


def test_an_order_from_new_to_filled(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        made = await t.place(client_order_id="bot-1")
        assert (made["status"], made["filled_qty"], made["filled_avg_price"]) == ("pending_new", "0", None)
        assert (made["qty"], made["side"], made["type"], made["order_class"]) == ("10", "buy", "market", "")
        assert made["created_at"] == "2016-04-15T13:30:30.000000000Z"
        assert made["expires_at"] == "2016-04-15T20:00:00.000000000Z"
        t.later(1 * NS)
        assert (await t.call("GET", f"/v2/orders/{made['id']}"))[1]["status"] == "new"
        assert [o["id"] for o in (await t.call("GET", "/v2/orders"))[1]] == [made["id"]]
        t.later()
        found = (await t.call("GET", "/v2/orders:by_client_order_id?client_order_id=bot-1"))[1]
        # 100 and half a spread of 1 bp, then 1 bp of slippage, up to the cent
        assert (found["status"], found["filled_avg_price"]) == ("filled", "100.03")
        assert (found["id"], found["filled_at"]) == (made["id"], "2016-04-15T13:30:40.000000000Z")
        assert (await t.call("GET", "/v2/orders"))[1] == []
        assert len((await t.call("GET", "/v2/orders?status=closed"))[1]) == 1
        (position,) = (await t.call("GET", "/v2/positions"))[1]
        assert (position["qty"], position["qty_available"], position["side"]) == ("10", "10", "long")
        assert (position["avg_entry_price"], position["cost_basis"]) == ("100.03", "1000.30")
        assert (position["market_value"], position["unrealized_pl"]) == ("1000.00", "-0.30")
        account = (await t.call("GET", "/v2/account"))[1]
        assert (account["account_number"], account["status"]) == ("PA-main", "ACTIVE")
        assert (account["cash"], account["equity"]) == ("98999.665", "99999.665")
        assert (account["long_market_value"], account["short_market_value"]) == ("1000.00", "0.00")

    told = tell(tmp_path, tale)
    # the account's stream tells of every order, strangers' included
    assert [e.n for e in told.heard if isinstance(e, Update | Fill)] == [1, 2]


REFUSED: list[tuple[dict[str, object], int, int, str]] = [
    ({"symbol": "NONE"}, 422, 42210000, 'asset "NONE" not found'),
    ({"qty": None}, 422, 40010001, "qty or notional is required"),
    ({"qty": "0"}, 422, 42210000, "qty must be > 0"),
    ({"qty": "-1"}, 422, 42210000, "qty must be > 0"),
    ({"qty": "nan"}, 422, 42210000, "qty is invalid"),
    ({"qty": True}, 422, 42210000, "qty is invalid"),
    ({"qty": "0.5"}, 403, 40310000, 'asset "AAPL" is not fractionable'),
    ({"qty": "9" * 30}, 422, 42210000, "qty must be > 0"),
    ({"side": "hold"}, 422, 42210000, "side must be buy or sell"),
    ({"type": "trailing_stop"}, 422, 42210000, "order type"),
    ({"time_in_force": "gtc"}, 422, 42210000, "time_in_force"),
    ({"type": "limit"}, 422, 40010001, "limit orders require a limit price"),
    ({"type": "stop"}, 422, 40010001, "stop orders require a stop price"),
    ({"limit_price": "1"}, 422, 40010001, "market orders require no limit price"),
    ({"type": "limit", "limit_price": "0"}, 422, 42210000, "limit_price must be > 0"),
    (
        {"type": "limit", "limit_price": "290.123"},
        422,
        42210000,
        "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria",
    ),
    ({"extended_hours": True}, 422, 42210000, "extended_hours is not supported"),
    ({"order_class": "bracket"}, 422, 42210000, "order_class is not supported"),
    ({"notional": "100"}, 422, 42210000, "notional is not supported"),
    ({"client_order_id": "x" * 129}, 422, 40010001, "client_order_id must be"),
    ({"client_order_id": "taken"}, 422, 40010001, "client_order_id must be unique"),
    ({"qty": "3000"}, 403, 40310000, "insufficient buying power"),
]


def test_what_is_refused_and_how(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await t.place(client_order_id="taken", extended_hours=False, order_class="simple", take_profit=None)
        held = len(t.desk.truth().orders)
        for fields, status, code, words in REFUSED:
            got, body = await t.call("POST", "/v2/orders", {**BUY, **fields})
            assert (got, body["code"]) == (status, code), (fields, body)
            assert words in body["message"], (fields, body)
        assert len(t.desk.truth().orders) == held
        for data in ("{", "[]", "7", '"x"', "[" * 100_000):
            got, body = await t.call("POST", "/v2/orders", data=data)
            assert (got, body["code"]) == (400, 40010000)
        await t.place(symbol="MSFT", qty=5, position_intent="buy_to_open")  # a number is taken, too

    tell(tmp_path, tale)


@pytest.mark.parametrize(
    "keys",
    [{}, {**KEYS, "APCA-API-SECRET-KEY": "S"}, {**KEYS, "APCA-API-KEY-ID": ""}, {"APCA-API-KEY-ID": "k"}],
)
def test_without_the_keys_nothing_is_told(tmp_path: Path, keys: dict[str, str]) -> None:
    async def tale(t: Told) -> None:
        for method, path in (("GET", "/v2/account"), ("DELETE", "/v2/orders"), ("GET", "/nowhere")):
            assert await t.call(method, path, keys=keys) == (401, {"message": "unauthorized."})
        assert (await t.call("POST", "/v2/orders", BUY, keys=keys))[0] == 401
        assert not t.desk.truth().orders

    tell(tmp_path, tale)


async def ten(t: Told) -> None:
    """Ten AAPL, held."""
    await t.place()
    t.later()


def test_held_shares_cannot_be_sold_twice(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await ten(t)
        resting = await t.place(SELL, qty="6", type="limit", limit_price="150")
        t.later(1 * NS)
        for qty, status in (("5", 403), ("4", 200)):
            got, body = await t.call(
                "POST", "/v2/orders", {**SELL, "qty": qty, "type": "limit", "limit_price": "151"}
            )
            assert got == status, body
            if status == 403:
                assert body == {
                    "code": 40310000,
                    "message": "insufficient qty available for order (requested: 5, available: 4)",
                    "available": "4",
                    "existing_qty": "10",
                    "held_for_orders": "6",
                    "symbol": "AAPL",
                    "related_orders": [resting["id"]],
                }
        assert (await t.call("GET", "/v2/positions/AAPL"))[1]["qty_available"] == "0"
        assert (await t.call("DELETE", "/v2/positions/AAPL"))[0] == 403
        # the governor's own order meets the same rule, in the stream's words
        t.desk.submit(order("fb-1", ts=t.at, side=-1, qty=1, adds=False))
        refusal = [e for e in t.heard if isinstance(e, Update)][-1]
        assert (refusal.client_id, refusal.state, refusal.n) == ("fb-1", "REJECTED", 0)
        assert "available: 0" in refusal.reason
        assert t.desk.paper.held("fb-1") is None

    tell(tmp_path, tale)


def test_cancels_are_asked_for_and_then_seen(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        ids = [(await t.place(type="limit", limit_price=f"{p}"))["id"] for p in (50, 51, 52)]
        t.later(1 * NS)
        assert await t.call("DELETE", f"/v2/orders/{ids[0]}") == (204, None)
        assert (await t.call("GET", f"/v2/orders/{ids[0]}"))[1]["status"] == "pending_cancel"
        t.later(1 * NS)
        gone = (await t.call("GET", f"/v2/orders/{ids[0]}"))[1]
        assert (gone["status"], gone["canceled_at"]) == ("canceled", "2016-04-15T13:30:31.100000000Z")
        status, body = await t.call("DELETE", f"/v2/orders/{ids[0]}")
        assert (status, body) == (422, {"code": 42210000, "message": 'order is already in "canceled" state'})
        status, body = await t.call("DELETE", "/v2/orders")
        assert status == 207
        assert sorted(one["id"] for one in body) == sorted(ids[1:])
        assert {one["status"] for one in body} == {200}
        t.later(1 * NS)
        assert (await t.call("GET", "/v2/orders"))[1] == []
        assert await t.call("DELETE", "/v2/orders") == (207, [])
        nobody = "00000000-0000-4000-8000-000000000000"
        assert await t.call("DELETE", f"/v2/orders/{nobody}") == (
            404,
            {"code": 40410000, "message": f"order not found for {nobody}"},
        )

    tell(tmp_path, tale)


def test_positions_are_closed_and_never_through_zero(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await ten(t)
        await t.place(symbol="MSFT", qty="3")
        t.later()
        assert (await t.call("DELETE", "/v2/positions/AAPL?percentage=50"))[1]["qty"] == "5"
        assert (await t.call("DELETE", "/v2/positions/AAPL?qty=6"))[0] == 403
        status, body = await t.call("DELETE", "/v2/positions?cancel_orders=false")
        assert status == 207
        assert [(one["symbol"], one["status"]) for one in body] == [("AAPL", 403), ("MSFT", 200)]
        t.later()
        assert [(p["symbol"], p["qty"]) for p in (await t.call("GET", "/v2/positions"))[1]] == [("AAPL", "5")]
        assert (await t.call("DELETE", "/v2/positions/AAPL"))[0] == 200
        t.later()
        assert (await t.call("GET", "/v2/positions"))[1] == []
        for method in ("GET", "DELETE"):
            assert await t.call(method, "/v2/positions/AAPL") == (
                404,
                {"code": 40410000, "message": "position does not exist"},
            )
        # flat, a sale opens a short; unless the account says no
        assert (await t.call("PATCH", "/v2/account/configurations", {"no_shorting": True}))[0] == 200
        assert (await t.call("POST", "/v2/orders", SELL))[1]["message"] == "account is not allowed to short"
        await t.call("PATCH", "/v2/account/configurations", {"no_shorting": False})
        await t.place(SELL)
        t.later()
        short = (await t.call("GET", "/v2/positions/AAPL"))[1]
        assert (short["qty"], short["side"], short["qty_available"]) == ("-10", "short", "-10")
        assert (await t.call("POST", "/v2/orders", {**BUY, "qty": "11"}))[0] == 403
        assert (await t.call("DELETE", "/v2/positions/AAPL"))[1]["side"] == "buy"

    tell(tmp_path, tale)


def test_a_locked_account_only_gets_smaller_and_stays_locked(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await ten(t)
        status, body = await t.call("PATCH", "/v2/account/configurations", {"suspend_trade": True})
        assert (status, body["suspend_trade"]) == (200, True)
        assert (await t.call("GET", "/v2/account"))[1]["trade_suspended_by_user"] is True
        status, body = await t.call("POST", "/v2/orders", BUY)
        assert (status, body["message"]) == (403, "new orders are rejected by user request")
        t.desk.submit(order("fb-1", ts=t.at))
        assert [e.state for e in t.heard if isinstance(e, Update) and e.client_id == "fb-1"] == ["REJECTED"]
        for wrong in ({"suspend_trade": "yes"}, {"pdt_check": "both"}):
            assert (await t.call("PATCH", "/v2/account/configurations", wrong))[0] == 422
        again = PaperDesk(t.desk.paper, t.desk.market, disk_at(tmp_path), lambda: t.at)
        assert again.switches.suspend_trade, "it is durable"
        await t.place(SELL)

    tell(tmp_path, tale)


def test_wash_trades_are_refused(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await ten(t)
        resting = await t.place(SELL, type="limit", limit_price="120")
        t.later(1 * NS)
        for fields, reason in (
            ({}, "opposite side market/stop order exists"),
            ({"type": "limit", "limit_price": "120"}, "opposite side limit order exists"),
        ):
            status, body = await t.call("POST", "/v2/orders", {**BUY, **fields})
            assert (status, body["reject_reason"]) == (403, reason)
            assert body["existing_order_id"] == resting["id"]
        await t.place(type="limit", limit_price="119.99")

    tell(tmp_path, tale)


def test_a_lost_call_is_504_and_may_have_been_worked(tmp_path: Path) -> None:
    """Every call is lost; half were worked. By client id, the truth."""
    lossy = PaperSettings(timeout_ppm=1_000_000, partial_ppm=0, late_ppm=0, duplicate_ppm=0)

    async def tale(t: Told) -> None:
        for number in range(20):
            status, body = await t.call(
                "POST", "/v2/orders", {**BUY, "qty": "1", "client_order_id": f"n-{number}"}
            )
            assert (status, body["code"]) == (504, 50410000)
            t.later(1 * NS)
        path = "/v2/orders:by_client_order_id?client_order_id=n-"
        found = [(await t.call("GET", f"{path}{number}"))[0] for number in range(20)]
        assert set(found) == {200, 404}
        t.later(1 * MINUTE)
        t.desk.advance()
        assert not [e for e in t.heard if e.KIND == "timeout"], "its caller was told already"

    tell(tmp_path, tale, settings=lossy)


def test_the_published_rate_is_kept(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        assert t.client is not None
        t.wall = 20 * NS
        for left in (1, 0):
            async with t.client.get("/v2/clock", headers=KEYS) as answer:
                assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (200, str(left))
        async with t.client.get("/v2/clock", headers=KEYS) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "40")
            assert await answer.json() == {"code": 42910000, "message": "rate limit exceeded"}
        t.wall = 60 * NS
        assert (await t.call("GET", "/v2/clock"))[0] == 200

    tell(tmp_path, tale, per_minute=2)


def test_the_clock_and_a_closed_market(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        for at, is_open, opens, closes in (
            (OPEN - NS, False, "2016-04-15T09:30:00-04:00", "2016-04-15T16:00:00-04:00"),
            (OPEN, True, "2016-04-16T09:30:00-04:00", "2016-04-15T16:00:00-04:00"),
            (CLOSE - 1, True, "2016-04-16T09:30:00-04:00", "2016-04-15T16:00:00-04:00"),
            (CLOSE, False, "2016-04-16T09:30:00-04:00", "2016-04-16T16:00:00-04:00"),
        ):
            t.at = at
            told = (await t.call("GET", "/v2/clock"))[1]
            assert (told["is_open"], told["next_open"], told["next_close"]) == (is_open, opens, closes), at
        status, body = await t.call("POST", "/v2/orders", BUY)
        assert (status, body["code"]) == (422, 42210000)
        assert "closed" in body["message"]

    tell(tmp_path, tale)


def test_two_clients_at_once_do_not_sell_the_same_shares(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        await ten(t)
        answers = await asyncio.gather(
            *(
                t.call("POST", "/v2/orders", {**SELL, "qty": "4", "client_order_id": f"c-{k}"})
                for k in range(8)
            )
        )
        assert sorted(status for status, _ in answers) == [200] * 2 + [403] * 6
        t.later()
        assert (await t.call("GET", "/v2/positions/AAPL"))[1]["qty"] == "2"

    tell(tmp_path, tale)


def test_what_it_took_on_it_still_has_when_it_is_started_anew(tmp_path: Path) -> None:
    async def first(t: Told) -> None:
        await t.place(client_order_id="kept")

    async def second(t: Told) -> None:
        t.later()
        assert (await t.call("GET", "/v2/positions/AAPL"))[1]["qty"] == "10"
        assert (await t.call("POST", "/v2/orders", {**BUY, "client_order_id": "kept"}))[0] == 422

    tell(tmp_path, first)  # and never closed: what was acknowledged was synced
    tell(tmp_path, second)


def test_lists_are_ordered_bounded_and_chosen(tmp_path: Path) -> None:
    async def tale(t: Told) -> None:
        for number in range(3):
            await t.place(symbol=("AAPL", "MSFT")[number % 2], client_order_id=f"n-{number}")
            t.later(100 * MS)

        async def names(query: str) -> list[str]:
            found = (await t.call("GET", f"/v2/orders?{query}"))[1]
            return [o["client_order_id"] for o in found]

        assert await names("status=all") == ["n-2", "n-1", "n-0"]
        assert await names("status=all&direction=asc&limit=2") == ["n-0", "n-1"]
        assert await names("status=open&symbols=MSFT") == ["n-1"]
        for query in ("limit=0", "limit=501", "limit=x", "status=new", "direction=up"):
            assert (await t.call("GET", f"/v2/orders?{query}"))[0] == 422

    tell(tmp_path, tale)
