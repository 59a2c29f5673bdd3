"""What a bot is told: plain values, its own orders only, nothing twice, nothing that a restart changes."""

from dataclasses import replace

import pytest

from flyball.bots.asks import Event
from flyball.bots.told import Teller
from flyball.kernel.bounds import MAX_CLOSED_ORDERS
from flyball.kernel.effects import Booked, Decision, Moved, Order
from flyball.kernel.events import (
    BotDown,
    Fill,
    Ingress,
    Instrument,
    Intent,
    Mark,
    Quarantined,
    Session,
    Tick,
    Update,
    Wake,
)
from tests.bots.drive import T0

AAPL = Instrument(0, "AAPL", "USD", "us_equity", 4, 0, 100, 1, True)
COIN = Instrument(0, "BTC/USD", "USD", "crypto", 8, 9, 1, 1, True)


def teller() -> Teller:
    one = Teller("s1")
    assert one.item(AAPL) is None
    assert one.item(COIN) is None
    return one


def order(client_id: str, strategy: str = "s1", symbol: str = "AAPL", author: str = "") -> Order:
    return Order(T0, client_id, "i1", author, strategy, symbol, 1, 10, "limit", 5, "day", True, 1, 0, False)


def fill(client_id: str, fill_id: str) -> Fill:
    return Fill(T0, client_id, fill_id, "AAPL", -1, 3, 1_234_567, 10_500, 4)


def test_a_price_has_floats_and_none() -> None:
    one = teller()
    assert one.instruments == {"AAPL": AAPL, "BTC/USD": COIN}
    assert one.item(Mark(T0, "AAPL", 0, 0, 1_234_567, 1_230_000, 0, "file", 9)) == {
        "kind": "mark",
        "ts": T0,
        "symbol": "AAPL",
        "bid": None,
        "ask": None,
        "last": 123.4567,
        "low": 123.0,
        "high": None,
    }
    coin = one.item(Mark(T0, "BTC/USD", 6_000_012_345_678, 0, 0, 0, 0, "x", 1))
    assert coin is not None
    assert coin["bid"] == 60_000.12345678
    assert one.item(Mark(T0, "IBM", 1, 1, 1, 1, 1, "x", 1)) is None


def test_a_decision_is_told_to_its_own_strategy_only() -> None:
    words = ("clip", 7, 12, 1_000_000, ("EXPOSURE_POSITION", "EXPOSURE_GROSS"), True, 990_000, 10**6, (1, 2))
    assert teller().item(Decision(T0, "i1", "s2", "AAPL", 1, *words)) is None
    assert teller().item(Decision(T0, "i1", "s1", "AAPL", 1, *words)) == {
        "kind": "decision",
        "ts": T0,
        "intent": "i1",
        "symbol": "AAPL",
        "side": "buy",
        "verdict": "clip",
        "qty": 7.0,
        "would_pass": 12.0,
        "limit": 100.0,
        "codes": ["EXPOSURE_POSITION", "EXPOSURE_GROSS"],
        "adds": True,
        "reference": 99.0,
        "stop": None,
        "held": [],
    }
    odd = teller().item(
        Decision(T0, "i1", "s1", "NONE", 0, "reject", 0, 0, 0, ("FORMAT_FIELD",), True, 0, 0, ())
    )
    assert odd is not None
    assert (odd["side"], odd["qty"], odd["limit"]) == (None, 0.0, None)


def test_a_fill_names_the_bots_own_intent_and_comes_once() -> None:
    one = teller()
    one.item(order("c1"))
    one.item(order("c2", strategy="s2"))
    item = one.item(fill("c1", "f1"))
    assert item == {
        "kind": "fill",
        "ts": T0,
        "intent": "i1",
        "author": "",
        "symbol": "AAPL",
        "side": "sell",
        "qty": 3.0,
        "price": 123.4567,
        "fee": 0.0105,
    }
    assert one.item(fill("c1", "f1")) is None
    assert one.item(fill("c1", "f2")) is not None
    assert one.item(fill("c2", "f3")) is None
    assert one.item(fill("unknown", "f4")) is None


def test_an_order_update_says_how_it_stands() -> None:
    one = teller()
    one.item(order("c1", author="ladder"))
    update = Update(T0, "c1", "CANCELED", "b1", 4, "as asked", 1)
    assert one.item(update) == {
        "kind": "order",
        "ts": T0,
        "intent": "i1",
        "author": "ladder",
        "symbol": "AAPL",
        "side": "buy",
        "state": "CANCELED",
        "filled": 4.0,
        "reason": "as asked",
    }
    silent = one.item(Update(T0, "c1", "ACCEPTED", "b1", -1, "", 2))
    assert silent is not None
    assert silent["filled"] is None
    assert one.item(Update(T0, "other", "ACCEPTED", "b1", -1, "", 2)) is None


def test_no_item_holds_a_client_id() -> None:
    one = teller()
    one.item(order("fbX-1-2-s1-0"))
    for record in (fill("fbX-1-2-s1-0", "f1"), Update(T0, "fbX-1-2-s1-0", "FILLED", "b", 1, "", 1)):
        assert "fbX" not in str(one.item(record))


def test_sessions_wakes_and_the_rest() -> None:
    one = teller()
    assert one.item(Session(T0, "XNYS", 20080922, T0, T0 + 9)) == {
        "kind": "session",
        "ts": T0,
        "venue": "XNYS",
        "day": 20080922,
        "open": T0,
        "close": T0 + 9,
    }
    assert one.item(Wake(T0, "s1", 3)) == {"kind": "wake", "ts": T0}
    assert one.item(Wake(T0, "s2", 3)) is None
    assert one.item(Tick(T0)) is None


def test_what_is_remembered_is_bounded() -> None:
    one = teller()
    for k in range(MAX_CLOSED_ORDERS + 50):
        one.item(order(f"c{k}"))
    assert len(one._orders) == MAX_CLOSED_ORDERS
    assert one.item(fill("c0", "f")) is None
    assert one.item(fill(f"c{MAX_CLOSED_ORDERS + 49}", "f")) is not None


def test_retelling_puts_the_hosts_own_events_between() -> None:
    intent = Intent(T0, "i1", T0, "s1", "AAPL", 1, 1, 0, "market", 0, "day", "", "", 1)
    wake, ingress, down = Wake(T0, "s1", 2), Ingress(T0, "s1", 1, 1, 3), BotDown(T0, "s1", "x", 4)
    others = Wake(T0, "s2", 1), BotDown(T0, "s2", "x", 2)
    told = list(
        Teller("s1").retell(
            [AAPL, Mark(T0, "AAPL", 1, 2, 3, 0, 0, "x", 1), intent, *others, wake, ingress, down]
        )
    )
    assert [entry["kind"] if isinstance(entry, dict) else entry for entry in told] == [
        "mark",
        intent,
        wake,
        "wake",
        ingress,
        down,
    ]


def test_what_was_passed_over_counts_as_handed_out() -> None:
    mine = Quarantined(T0, 9, "intent", "bot:s1", 5, "00c0ffee", "it died twice")
    other, price = replace(mine, source="bot:s2"), replace(mine, event="mark", source="feed")
    assert list(Teller("s1").retell([other, mine, price])) == [mine]


def test_an_event_reads_by_name_and_by_item_and_says_what_it_has() -> None:
    event = Event({"kind": "wake", "ts": 5})
    assert event.ts == event["ts"] == 5
    with pytest.raises(AttributeError, match="a wake event has no 'price'; it has kind, ts"):
        event.price  # noqa: B018


def test_what_an_operator_books_is_told_once() -> None:
    one = teller()
    one.item(order("c1"))
    told = one.item(Booked(T0, "c1", "by-hand-1", "s1", "AAPL", -1, 3, 1_234_567, 10_500, "ann"))
    assert told is not None
    assert (told["kind"], told["qty"], told["price"]) == ("fill", 3.0, 123.4567)
    assert one.item(fill("c1", "f1")) is None, "the broker's own of the same"
    more = one.item(fill("c1", "f2"))
    assert more is not None
    assert more["qty"] == 3.0
    assert one.item(Booked(T0, "c2", "by-hand-1", "s2", "AAPL", -1, 3, 1, 0, "ann")) is None


def test_more_than_an_operator_booked_is_told_as_the_rest() -> None:
    one = teller()
    one.item(order("c1"))
    one.item(Booked(T0, "c1", "by-hand-1", "s1", "AAPL", -1, 2, 1_234_567, 10_500, "ann"))
    told = one.item(fill("c1", "f1"))
    assert told is not None
    assert told["qty"] == 1.0


def test_a_position_that_changed_without_a_trade_is_told_to_its_strategy() -> None:
    one = teller()
    assert one.item(Moved(T0, "split", "s1", "AAPL", 30, 5_000_000)) == {
        "kind": "moved",
        "ts": T0,
        "symbol": "AAPL",
        "qty": 30.0,
        "cash": 5.0,
        "why": "split",
    }
    assert one.item(Moved(T0, "split", "s2", "AAPL", 30, 0)) is None
    assert one.item(Moved(T0, "split", "s1", "IBM", 30, 0)) is None
