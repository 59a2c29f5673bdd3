"""Why: any name of a decision leads to it, with all that belongs to it; a wrong name says what is near."""

import json
from dataclasses import replace
from typing import Any

import pytest

from flyball.desk.why import NotFound, why, why_text
from flyball.journal.codec import Record
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.effects import Decision, Order
from flyball.kernel.events import Fill, Intent, Mark
from flyball.kernel.words import CODES
from tests.desk.fly import World, flown
from tests.desk.test_summary import WILD
from tests.kernel.flight import NS, Flight, open_flight, orders_in, ppm, usd

Records = list[tuple[int, Record]]


@pytest.fixture(scope="module")
def world() -> World:
    return flown(WILD)


def decision(world: World, verdict: str, *, adds: bool = True, nth: int = 0) -> tuple[int, Decision]:
    return [
        (seq, r)
        for seq, r in world.records
        if isinstance(r, Decision) and r.verdict == verdict and r.adds is adds
    ][nth]


def of_flight(f: Flight) -> Records:
    flat = [record for event, effects in f.journal for record in (event, *effects)]
    return list(enumerate(flat, 1))


def test_a_refusal(world):
    seq, d = decision(world, "reject", nth=10)
    found = why(world.records, d.intent)
    assert found["seq"] == seq
    assert found["decision"]["verdict"] == "reject"
    assert found["decision"]["codes"] == [{"code": code, "means": CODES[code]} for code in d.codes]
    assert [x["control"] for x in found["controls"]] == list(EVIDENCE)
    spoke = {x["control"] for x in found["controls"] if x["state"] == "spoke"}
    assert found["bound_first"] in spoke
    assert found["orders"] == []
    assert json.loads(json.dumps(found)) == found
    text = why_text(found)
    assert f"wild/{d.intent}: refused" in text
    assert f"Bound first: {found['bound_first']}" in text
    assert "No order came of it." in text
    for code in d.codes:
        assert f"{code}: {CODES[code]}" in text


def test_an_approval_leads_to_its_orders_and_fills(world):
    d = decision(world, "approve", nth=5)[1]
    found = why(world.records, f"{d.strategy}/{d.intent}")
    orders = [(n, r) for n, r in world.records if isinstance(r, Order) and r.intent == d.intent]
    assert [o["client_order_id"] for o in found["orders"]] == [r.client_id for _, r in orders]
    assert [o["seq"] for o in found["orders"]] == [n for n, _ in orders]
    fills = [n for n, r in world.records if isinstance(r, Fill) and r.client_id == orders[0][1].client_id]
    assert [x["seq"] for x in found["orders"][0]["fills"]] == fills
    assert found["orders"][0]["state"] == "FILLED"
    assert found["bound_first"] is None
    assert found["closest"]["used"] == max(x["used"] for x in found["controls"] if "used" in x)
    text = why_text(found)
    assert "Nothing bound. Closest:" in text
    for n in fills:
        assert f"record {n:,}" in text


def test_every_name_of_it_leads_to_it(world):
    traded = {r.client_id for _, r in world.records if isinstance(r, Fill)}
    done = {r.intent for _, r in world.records if isinstance(r, Order) and r.client_id in traded}
    seq, d = next(
        (n, r)
        for n, r in world.records
        if isinstance(r, Decision) and r.verdict == "clip" and r.intent in done
    )
    asked = max(n for n, r in world.records if isinstance(r, Intent) and n < seq)
    order_seq, order = next((n, r) for n, r in world.records if isinstance(r, Order) and r.intent == d.intent)
    filled = next(n for n, r in world.records if isinstance(r, Fill) and r.client_id == order.client_id)
    names = [d.intent, f"wild/{d.intent}", order.client_id, str(seq), str(asked), str(order_seq), str(filled)]
    first = why(world.records, names[0])
    assert first["decision"]["verdict"] == "clip"
    assert first["orders"][0]["fills"]
    for name in names:
        assert why(world.records, name) == first, name
    assert why(world.records, f"  {d.intent}\n") == first


def test_what_reduces_is_not_held_to_the_caps(world):
    _, d = decision(world, "approve", adds=False)
    found = why(world.records, d.intent)
    states = {x["control"]: x["state"] for x in found["controls"]}
    assert states["C3.max_gross"] == "noted"
    assert states["C20.reduce_rate"] == "clear"
    assert "never held against an exit" in why_text(found)


def test_an_order_of_the_governors_own(world):
    seq, order = next((n, r) for n, r in world.records if isinstance(r, Order) and r.author)
    for name in (order.client_id, str(seq)):
        found = why(world.records, name)
        assert "decision" not in found
        assert found["orders"][0]["author"] == order.author
        assert f"by {order.author}" in why_text(found)
    if order.author.startswith("L"):
        assert order.author in {x["latch"] for x in why(world.records, order.client_id)["latches"]}


def test_the_latches_of_that_moment(world):
    latched = next(
        r for _, r in world.records if isinstance(r, Decision) and r.codes and r.codes[0] == "LATCH_L3"
    )
    found = why(world.records, latched.intent)
    assert [x["latch"] for x in found["latches"]] == ["L3"]
    assert found["bound_first"] == "L.latches"
    assert "L3 drawdown restrict zone held since" in why_text(found)
    earlier = next(r for _, r in world.records if isinstance(r, Decision))
    assert why(world.records, earlier.intent)["latches"] == []


def test_what_the_door_refused_has_no_figures(world):
    flawed = next(r for _, r in world.records if isinstance(r, Decision) and r.codes == ("FORMAT_QTY",))
    found = why(world.records, flawed.intent)
    assert found["controls"] == []
    assert "no control was asked" in why_text(found)


@pytest.mark.parametrize(
    "wrong", ["i1x", "wild/i999999", "fbT-1-1-wildd-1", "nothing like it", "", "99999999"]
)
def test_a_wrong_name_is_told_what_is_near(world, wrong):
    with pytest.raises(NotFound) as caught:
        why(world.records, wrong)
    text = str(caught.value)
    assert repr(wrong) in text
    assert "did you mean" in text or "the newest are" in text


def test_near_matches_are_near(world):
    _, d = decision(world, "approve")
    with pytest.raises(NotFound, match="did you mean"):
        why(world.records, f"{d.intent}-")
    order = next(r for _, r in world.records if isinstance(r, Order))
    with pytest.raises(NotFound, match=order.client_id):
        why(world.records[:2_000], order.client_id + "0")


def test_a_record_that_is_no_decisions(world):
    seq = next(n for n, r in world.records if isinstance(r, Mark))
    with pytest.raises(NotFound, match=f"record {seq} is a mark"):
        why(world.records, str(seq))


def test_an_empty_journal():
    with pytest.raises(NotFound, match="no intent in it at all"):
        why([], "i1")


def test_two_strategies_with_one_id():
    f = open_flight()
    f.later(NS).intent(1, 1, 10_000, strategy="a", intent="x")
    f.later(NS).intent(1, 1, 10_000, strategy="b", intent="x")
    with pytest.raises(NotFound, match="say which: a/x, b/x"):
        why(of_flight(f), "x")
    assert why(of_flight(f), "b/x")["decision"]["strategy"] == "b"


def test_the_same_id_again_is_named_beside_the_first():
    f = open_flight()
    f.later(NS).intent(1, 1, 10_000, intent="x")
    f.later(NS).intent(1, 1, 10_000, intent="x")
    found = why(of_flight(f), "x")
    assert found["decision"]["verdict"] == "approve"
    assert [x["verdict"] for x in found["same_id"]] == ["reject"]
    assert "the same id: refused" in why_text(found)


def test_doubt_and_retry_are_steps():
    f = open_flight(max_order_notional=usd(5_000))
    order = orders_in(f.later(NS).intent(1, 5, 10_000))[0]
    f.outbox.clear()
    f.sent(order)
    f.later(10 * NS).timeout(order.client_id, "submit")
    found = why(of_flight(f), order.client_id)
    assert found["orders"][0]["state"] == "IN_DOUBT"
    f.later(NS).answer(order.client_id, f.questions.pop().ask, True)
    f.later(NS).update(order, "CANCELED", 0)
    found = why(of_flight(f), order.client_id)
    said = [x["what"] for x in found["orders"][0]["steps"]]
    assert said == ["sent", "no answer to submit: no answer", "the broker has it: accepted", "canceled"]
    assert found["orders"][0]["state"] == "CANCELED"
    assert "CANCELED, filled 0" in why_text(found)


def test_the_size_that_would_have_passed():
    f = open_flight(max_order_notional=usd(500), on_excess=("text", 0, "refuse"))
    f.later(NS).intent(1, 50, 10_000)
    found = why(of_flight(f), "i1")
    assert found["decision"]["would_pass"] == "5"
    assert found["bound_first"] == "C1.max_order_notional"
    assert "would pass 5 AAA" in why_text(found)


def test_a_stop_in_the_way_is_named():
    f = open_flight()
    bought = orders_in(f.later(NS).intent(1, 5))[0]
    f.sent(bought)
    f.fill(bought, price=10_000)
    stop = orders_in(f.later(NS).intent(-1, 5, type="stop", stop=9_800))[0]
    f.sent(stop)
    f.update(stop, "ACCEPTED", 0)
    f.later(NS).intent(-1, 5, intent="out")
    found = why(of_flight(f), "out")
    assert found["decision"]["held_by"] == [stop.client_id]
    assert f"held by    {stop.client_id}" in why_text(found)
    rests = why(of_flight(f), stop.client_id)
    assert rests["decision"]["asked"] == "sell 5 AAA at 98, stop"
    assert rests["decision"]["stop"] == "98"
    assert "passed     5 AAA, stop 98" in why_text(rests)
    assert f"{stop.client_id}: sell 5 AAA, stop 98, by s, reduces" in why_text(rests)
    f.later(NS).intent(-1, type="close", intent="all")
    assert why(of_flight(f), "all")["decision"]["asked"] == "sell all AAA, close"


def test_it_fits_a_screen(world):
    for verdict in ("approve", "clip", "reject"):
        text = why_text(why(world.records, decision(world, verdict, nth=7)[1].intent))
        assert len(text.splitlines()) <= 60
        assert max(len(line) for line in text.splitlines()) <= 110


def test_a_day_later_its_late_fill_still_belongs_to_it():
    f = open_flight()
    order = orders_in(f.later(NS).intent(1, 5, 10_000))[0]
    f.deliver()
    f.update(order, "ACCEPTED")
    f.later(86_400 * NS).session(20260105)
    f.later(NS).fill(order)
    found = why(of_flight(f), "i1")
    assert found["orders"][0]["state"] == "FILLED"
    assert replace(order) == order


def test_a_wild_regime_is_named_beside_the_scale():
    """Seventy calm minutes and a shock: half the size, and `why` says that it is the regime's doing."""
    regime: dict[str, Any] = {
        "regime_high": ppm(1_500_000),
        "regime_extreme": ppm(2_000_000),
        "atr_bar": ("ns", 60 * NS, ""),
    }
    f = open_flight(max_order_notional=usd(1_000), price=100_000, **regime)
    price = 100_000
    for bp in (*(10, -10) * 35, 100, 0):
        price = price * (10_000 + bp) // 10_000
        f.later(60 * NS).take(Mark(f.now, "AAA", 0, 0, price, 0, 0, "test", f.n("feed")))
    f.take(Intent(f.now, "i1", f.now, "s", "AAA", 1, 1, 0, "market", 0, "day", "", "", 1))
    found = why(of_flight(f), "i1")
    assert (found["decision"]["scale"], found["decision"]["regime"]) == ("50%", "50%")
    figures = {x["control"]: (x["value"], x["limit"], x["state"]) for x in found["controls"]}
    assert figures["C11.volatility_ratio"] == ("1.867×", "1.500×", "clear")
    assert figures["C11.regime_scale"] == ("50.00%", "100.00%", "clear")
    assert figures["C11.regime_bars"] == ("60", "60", "clear")
    assert "scale 50%, regime 50%" in why_text(found)
