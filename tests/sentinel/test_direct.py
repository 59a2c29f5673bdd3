"""The direct panic against a broker that misbehaves by name."""

from collections.abc import Callable
from typing import Any

import pytest

from flyball.sentinel.direct import BOUND, COLLARS, press, rehearse
from flyball.sentinel.wire import Gone, Json, Wrong
from tests.sentinel.hostile import Hostile, Lost

HELD = {"AAA": 30, "BBB": -20}


def once_at(wanted: str, answer: tuple[int, Any] | None = None, times: int = 1) -> Callable[..., Any]:
    """Instead of the first `times` requests that begin with `wanted`: this answer, or none."""
    left = [times]

    def mischief(method: str, path: str, n: int) -> tuple[int, Any] | None:
        if not f"{method} {path}".startswith(wanted) or left[0] <= 0:
            return None
        left[0] -= 1
        if answer is None:
            raise Lost
        return answer

    return mischief


def working(symbol: str, side: str, qty: int) -> dict[str, Any]:
    return {
        "client_order_id": f"{symbol}-{side}",
        "id": "7",
        "symbol": symbol,
        "side": side,
        "qty": str(qty),
    } | {
        "status": "new",
        "filled_qty": "0",
    }


MISCHIEF: dict[str, dict[str, Callable[..., Any]]] = {
    "nothing": {},
    "an empty list of positions, once": {"mischief": once_at("GET /v2/positions", (200, []))},
    "an empty list of positions, twice": {"mischief": once_at("GET /v2/positions", (200, []), 2)},
    "positions are refused, four times": {"mischief": once_at("GET /v2/positions", (404, {}), 4)},
    "an empty list of orders, once": {"mischief": once_at("GET /v2/orders", (200, []))},
    "no list at all": {"mischief": once_at("GET /v2/positions", (200, {"positions": []}))},
    "a page": {"mischief": once_at("GET /v2/positions", (200, b"<html>"))},
    "half a list": {"mischief": once_at("GET /v2/positions", (200, b'[{"symbol":"AAA",'))},
    "nothing in a 200": {"mischief": once_at("GET /v2/positions", (200, b""))},
    "the rate is used up": {"mischief": once_at("", (429, {"message": "too many requests."}), 3)},
    "the rate is used up at an order": {"mischief": once_at("POST", (429, {}), 2)},
    "no answer to the first three": {"mischief": once_at("GET /v2/orders", None, 3)},
    "an order is lost": {"mischief": once_at("POST")},
    "three orders are lost": {"mischief": once_at("POST", None, 3)},
    "an order is worked, its answer lost": {"after": once_at("POST")},
    "every first answer is lost": {"after": once_at("POST", None, 2)},
    "504 to an order that is worked": {"mischief": once_at("POST", (504, b"<html>gateway</html>"))},
    "500 to cancel all": {"mischief": once_at("DELETE", (500, {}), 3)},
    "a refusal, once": {"mischief": once_at("POST", (403, {"message": "insufficient qty available"}))},
    "the clock is mute": {"mischief": once_at("GET /v2/clock", None, 3)},
    "keys that may not see the clock": {"mischief": once_at("GET /v2/clock", (403, {}), 99)},
    "keys that may not see the switches": {"mischief": once_at("GET /v2/account/conf", (403, {}), 99)},
    "a gate that refuses the positions, once": {"mischief": once_at("GET /v2/positions", (403, b"<html>"))},
    "a gate that refuses the orders, once": {"mischief": once_at("GET /v2/orders?", (401, b"<html>"))},
    "a list of something else": {"mischief": once_at("GET /v2/positions", (200, ["AAA", None, 7]))},
    "orders that are none": {"mischief": once_at("GET /v2/orders?", (200, [[], "x"]))},
    "a position without a name": {"mischief": once_at("GET /v2/positions", (200, [{"qty": "3"}]))},
}


@pytest.mark.parametrize("name", MISCHIEF)
def test_it_ends_flat_and_nothing_is_doubled(name: str) -> None:
    broker = Hostile(dict(HELD), {"AAA-buy": working("AAA", "buy", 5)}, **MISCHIEF[name])  # type: ignore[arg-type]
    report = press(broker.door())
    assert report["outcome"] == "flat confirmed", (report, broker.said)
    assert broker.positions == {"AAA": 0, "BBB": 0}
    assert broker.crossed == []
    assert broker.orders["AAA-buy"]["status"] == "canceled"
    assert broker.now < BOUND


@pytest.mark.parametrize("stale", [1, 3, 8, 9, 10, 11, 12])
def test_an_old_list_of_positions_is_not_sold_twice(stale: int) -> None:
    broker = Hostile({"AAA": 30}, stale=stale)
    assert press(broker.door())["outcome"] == "flat confirmed"
    assert broker.crossed == []


def test_pressed_again_on_an_old_list_it_meets_its_own_order() -> None:
    broker = Hostile({"AAA": 30})
    press(broker.door())
    broker.stale = 2
    assert press(broker.door())["outcome"] == "flat confirmed"
    assert broker.crossed == []


def test_dead_at_every_call_and_pressed_again() -> None:
    """A press that ends behind any of its calls, whether or not that was carried out; then a whole one."""
    whole = Hostile(dict(HELD))
    press(whole.door())
    for before in (True, False):
        for last in range(len(whole.asked)):
            broker = Hostile(dict(HELD))

            def dies(method: str, path: str, n: int, last: int = last) -> None:
                if n == last:
                    raise KeyboardInterrupt

            setattr(broker, "mischief" if before else "after", dies)
            with pytest.raises(KeyboardInterrupt):
                press(broker.door())
            broker.mischief = broker.after = lambda method, path, n: None
            broker.now = 1.0
            assert press(broker.door())["outcome"] == "flat confirmed"
            assert broker.crossed == []


def test_each_round_is_wider_and_cancels_the_one_before() -> None:
    broker = Hostile(
        {"AAA": 30}, fills=lambda order: 0 if float(order["limit_price"]) > 95 else int(order["qty"])
    )
    assert press(broker.door())["outcome"] == "flat confirmed"
    limits = [o["limit_price"] for o in broker.orders.values()]
    assert limits == ["99.50", "99.00", "98.00", "95.00"]
    assert [o["status"] for o in broker.orders.values()] == ["canceled"] * 3 + ["filled"]


def test_what_never_fills_is_named() -> None:
    broker = Hostile({"AAA": 30}, fills=lambda order: 0)
    report = press(broker.door())
    assert report["outcome"] == "residue"
    assert {"symbol": "AAA", "qty": "30", "why": "not filled at 90.00"} in report["residue"]
    assert len(broker.orders) == len(COLLARS)
    assert press(broker.door())["outcome"] == "residue"  # the second press finds ids that are free
    assert len(broker.orders) == 2 * len(COLLARS)


def residue_of(broker: Hostile) -> list[Json]:
    report = press(broker.door())
    assert report["outcome"] == "residue"
    found: list[Json] = report["residue"]
    return found


def test_a_halted_symbol_does_not_keep_the_others() -> None:
    broker = Hostile({"AAA": 30, "BBB": 20})
    place = broker.place
    refusal = (422, {"code": 42210000, "message": 'asset "AAA" is not tradable'})
    broker.place = lambda body: refusal if body["symbol"] == "AAA" else place(body)  # type: ignore[method-assign]
    assert residue_of(broker) == [{"symbol": "AAA", "qty": "30", "why": 'asset "AAA" is not tradable'}]
    assert broker.positions["BBB"] == 0


def test_no_price_no_order() -> None:
    broker = Hostile({"AAA": 30}, prices={"AAA": ""})
    assert residue_of(broker) == [{"symbol": "AAA", "qty": "30", "why": "no price"}]
    assert broker.orders == {}


def test_a_closed_market_is_told_at_once_and_coins_go() -> None:
    broker = Hostile({"AAA": 30, "BTC/USD": 3}, is_open=False)
    assert residue_of(broker) == [{"symbol": "AAA", "qty": "30", "why": "market closed until Monday"}]
    assert broker.positions == {"AAA": 30, "BTC/USD": 0}
    order = next(iter(broker.orders.values()))
    assert (order["time_in_force"], order["limit_price"]) == ("ioc", "99.5")
    assert broker.now < 30


def test_what_a_working_order_would_close_is_not_closed_again() -> None:
    """One that will not be cancelled: half of the position is all that is safe."""
    broker = Hostile({"AAA": 30}, {"AAA-sell": working("AAA", "sell", 15)})
    work = broker.work

    def stuck(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        return (207, []) if method == "DELETE" else work(method, path, body)

    broker.work = stuck  # type: ignore[method-assign]
    left = residue_of(broker)
    assert broker.positions["AAA"] == 15
    assert {"symbol": "AAA", "order": "7", "why": "not cancelled"} in left
    assert "held by working orders: 7" in str(left)


@pytest.mark.parametrize("qty", [None, "", "many", "NaN", {"qty": 3}])
def test_a_position_of_which_the_size_is_not_told_is_no_empty_account(qty: object) -> None:
    """It stays, it is named, and the others go."""

    def odd(method: str, path: str, n: int) -> tuple[int, Any] | None:
        if path != "/v2/positions":
            return None
        status, found = broker.work(method, path, None)
        return status, [*found, {"symbol": "CCC", "qty": qty, "current_price": "10"}]

    broker = Hostile(dict(HELD), mischief=odd)
    [left] = residue_of(broker)
    assert (left["symbol"], left["why"]) == ("CCC", "the broker does not tell its size")
    assert broker.positions == {"AAA": 0, "BBB": 0}


def test_another_account_in_the_middle_is_not_believed_and_not_the_end() -> None:
    calls = [0]

    def other(method: str, path: str, n: int) -> tuple[int, Any] | None:
        calls[0] += path == "/v2/account"
        return (200, {"account_number": "PA2"}) if path == "/v2/account" and calls[0] == 2 else None

    broker = Hostile(dict(HELD), mischief=other)
    assert press(broker.door())["outcome"] == "flat confirmed"


def test_positions_that_the_account_contradicts_are_not_believed_empty() -> None:
    account = {"account_number": "PA1", "long_market_value": "3000"}

    def empty(method: str, path: str, n: int) -> tuple[int, Any] | None:
        return (200, []) if path == "/v2/positions" else (200, account) if path == "/v2/account" else None

    broker = Hostile({"AAA": 30}, mischief=empty)
    assert "3000 long" in residue_of(broker)[0]["why"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, {"message": "unauthorized."}), Wrong),
        ((403, {"message": "forbidden."}), Wrong),
        ((200, {"account_number": "PA2"}), Wrong),
        ((200, []), Gone),
        ((503, b"<html>"), Gone),
        ((404, {}), Gone),
    ],
)
def test_another_account_or_none(answer: tuple[int, Any], error: type[Exception]) -> None:
    broker = Hostile(dict(HELD), mischief=once_at("GET /v2/account", answer, 99))
    with pytest.raises(error):
        press(broker.door())
    assert {line.partition("?")[0] for line in broker.asked} == {"GET /v2/account"}


def test_a_broker_that_goes_away_in_the_middle_and_comes_back() -> None:
    def away(method: str, path: str, n: int) -> None:
        if 20 < broker.now < 60:
            raise Lost

    broker = Hostile(
        {"AAA": 30}, mischief=away, fills=lambda order: 0 if broker.now < 40 else int(order["qty"])
    )
    broker.now = 18.0
    assert press(broker.door())["outcome"] == "flat confirmed"


def test_a_broker_that_stays_away_is_said_to_be_silent() -> None:
    def away(method: str, path: str, n: int) -> None:
        if n > 6:
            raise Lost

    broker = Hostile({"AAA": 30}, mischief=away)
    report = press(broker.door())
    assert report["silent"]
    assert report["outcome"] == "residue"
    assert broker.now < BOUND + 10


def test_a_rehearsal_changes_nothing() -> None:
    broker = Hostile(dict(HELD), {"AAA-buy": working("AAA", "buy", 5)})
    report = rehearse(broker.door())
    assert (report["would_cancel"], [o["side"] for o in report["would_send"]]) == (1, ["sell", "buy"])
    assert {line.partition(" ")[0] for line in broker.asked} == {"GET"}


def test_shorts_are_switched_off_only_meanwhile_and_left_off_where_they_were() -> None:
    broker = Hostile({"AAA": 30})
    press(broker.door())
    assert sum(line.startswith("PATCH") for line in broker.asked) == 2
    assert broker.switches["no_shorting"] is False
    broker = Hostile({"AAA": 30})
    broker.switches["no_shorting"] = True
    press(broker.door())
    assert broker.switches["no_shorting"] is True
    assert not any(line.startswith("PATCH") for line in broker.asked)


def test_cancel_only_touches_no_position() -> None:
    broker = Hostile(dict(HELD), {"AAA-buy": working("AAA", "buy", 5)})
    report = press(broker.door(), exits=False)
    assert (report["outcome"], report["cancelled"]) == ("cancel confirmed", 1)
    assert broker.positions == HELD
    assert not any(line.startswith(("POST", "GET /v2/positions", "PATCH")) for line in broker.asked)


def test_the_lock_is_the_last_thing_and_only_once_it_is_flat() -> None:
    broker = Hostile(dict(HELD))
    assert press(broker.door(), lock=True)["locked"] is True
    assert broker.asked[-2:] == ["PATCH /v2/account/configurations", "GET /v2/account/configurations"]
    broker = Hostile({"AAA": 30}, fills=lambda order: 0)
    assert press(broker.door(), lock=True)["locked"] is None
    assert broker.switches["suspend_trade"] is False
