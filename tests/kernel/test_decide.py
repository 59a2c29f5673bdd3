"""The order of thought: what cannot be projected, what reduces, what adds; one decision for every intent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.kernel import controls
from flyball.kernel.controls import EVIDENCE, EVIDENCE_UNITS, METAS
from flyball.kernel.decide import NO_EVIDENCE, decide
from flyball.kernel.words import CODES
from tests.kernel.hand import BBB, BUY, NS, SELL, answer, approve, clip, flying, ppm, reject, text, usd


@pytest.mark.parametrize("flaw", ["FORMAT_QTY", "FORMAT_FIELD", "FORMAT_RANGE", "FORMAT_PRICE"])
def test_what_the_door_found_wrong_is_the_answer(flaw):
    f = flying()
    d = f.ask(BUY, 1, flaw=flaw)
    assert (answer(d), d.evidence, d.adds) == (reject(flaw), NO_EVIDENCE, False)


def test_the_evidence_is_one_pair_for_every_key():
    assert len(EVIDENCE) == len(set(EVIDENCE)) == len(METAS) == len(EVIDENCE_UNITS)
    d = flying().would(BUY, 1)
    assert len(d.evidence) == len(NO_EVIDENCE) == 2 * len(METAS)


def test_the_primary_code_is_the_first_refusing_controls():
    f = flying(max_position_notional=usd(100), max_quote_age=("ns", NS, ""), order_rate=0)
    d = f.later(2 * NS).would(BUY, 5, created_at=0)
    assert d.codes[0] == "INTENT_EXPIRED"
    assert set(d.codes) == {"INTENT_EXPIRED", "DATA_STALE", "EXPOSURE_POSITION", "RATE_ORDERS"}


@pytest.mark.parametrize(
    ("qty", "said"),
    [
        (1, approve(1)),
        (9, approve(9)),
        (10, approve(10)),
        (11, clip(10, "REDUCE_THROUGH_ZERO")),
        (10**9, clip(10, "REDUCE_THROUGH_ZERO")),
    ],
)
@pytest.mark.parametrize("held", [10, -10])
def test_through_zero_is_never_sent_whole(held, qty, said):
    f = flying()
    f.hold(held)
    d = f.later(NS).ask(SELL if held > 0 else BUY, qty)
    assert answer(d) == said
    assert f.outbox[-1].qty == said[1]
    assert not f.outbox[-1].adds


def test_or_is_refused_with_the_size_named():
    f = flying(on_excess=text("refuse"))
    f.hold(10)
    assert answer(f.later(NS).ask(SELL, 11)) == reject("REDUCE_THROUGH_ZERO", passes=10)


@pytest.mark.parametrize(("course", "code"), [("works", "REDUCE_HELD"), ("doubt", "REDUCE_IN_DOUBT")])
def test_what_is_already_reducing(course, code):
    f = flying()
    f.hold(10)
    if course == "works":
        f.order(SELL, 10, 10_100)
    else:
        f.doubt(SELL, 10, 10_100)
    assert answer(f.later(NS).ask(SELL, 1, 10_000)) == reject(code)


def test_an_exit_is_cut_to_what_is_not_yet_leaving():
    f = flying()
    f.hold(10)
    f.order(SELL, 6, 10_100)
    assert answer(f.later(NS).ask(SELL, 10, 10_000)) == clip(4, "REDUCE_THROUGH_ZERO")


def test_clip_or_refuse_is_each_strategys_choice():
    f = flying(max_order_qty=3, on_excess=text("refuse"), on_excess__strategy__bold=text("clip"))
    assert answer(f.would(BUY, 5)) == reject("SIZE_ORDER_QTY", passes=3)
    assert answer(f.would(BUY, 5, strategy="bold")) == clip(3, "SIZE_ORDER_QTY")


def test_a_refusal_of_another_kind_names_no_size():
    f = flying(max_order_qty=3, on_excess=text("refuse"))
    d = f.would(BUY, 5, type="trail")
    assert answer(d) == reject("RULE_UNKNOWN_TYPE", "SIZE_ORDER_QTY")


def test_a_clip_shows_the_evidence_of_the_size_it_leaves_with():
    f = flying(max_order_qty=3, max_order_notional=usd(1_000))
    d = f.would(BUY, 5)
    index = EVIDENCE.index("C1.max_order_qty")
    assert d.evidence[2 * index : 2 * index + 2] == (3, 3)


def test_a_control_that_fails_refuses_and_freezes(monkeypatch):
    """What cannot be told is refused; what works and could add is cancelled; a person looks."""
    f = flying()
    f.hold(5)
    order = f.later(NS).order(BUY, 1, 9_000)

    def broken(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(controls.position, "position", broken)
    f.faulty = True
    effects = f.intent(BUY, 1)
    assert [x.KIND for x in effects] == ["decision", "latch", "alert", "cancel"]
    assert answer(effects[0]) == reject("CONTROL_FAILED")
    assert effects[3].client_id == order.client_id
    assert (f.latched(), f.s.failures) == (["L5 account"], 1)
    assert "ZeroDivisionError: a bug while deciding" in f.g.fault
    f.intent(BUY, 1)
    assert f.s.failures == 2


def test_decisions_go_on_when_it_works_again(monkeypatch):
    f = flying()
    monkeypatch.setattr(controls.count, "count", lambda *_: 1 // 0)
    f.faulty = True
    f.intent(BUY, 1)
    monkeypatch.undo()
    f.later(30 * NS).command("clear", "secret", latch="L5", reason="mended")
    f.mark(last=10_000)
    assert answer(f.ask(BUY, 1)) == approve(1)


odd = st.sampled_from((-(10**15), -1, 0, 1, 7, 10**6, 10**15))


@given(
    st.sampled_from((BUY, SELL, 0)),
    odd,
    odd,
    odd,
    st.sampled_from(("AAA", "BBB", "NOPE", "")),
    st.sampled_from(("market", "limit", "stop", "close", "")),
    st.sampled_from(("day", "ioc", "gtc", "")),
    st.sampled_from((0, 1, 3, 10**19)),
    st.sampled_from((5, 0, -5)),
)
@settings(max_examples=300)
def test_any_intent_gets_an_answer_and_nothing_breaks(
    side, qty, notional, limit, symbol, kind, tif, born, held
):
    f = flying(also=(BBB,), max_order_notional=usd(1_000), price_tolerance=ppm(50_000))
    if held:
        f.hold(held)
    before = f.g.state_hash()
    decide(f.s, f.wish(side, qty, limit, symbol, notional=notional, type=kind, tif=tif, created_at=born))
    assert f.g.state_hash() == before
    d = f.ask(side, qty, limit, symbol, notional=notional, type=kind, tif=tif, created_at=born)
    assert set(d.codes) <= set(CODES)
    assert (d.verdict == "reject") is (d.qty == 0)
    assert bool(d.codes) is (d.verdict != "approve")
    assert (len(f.outbox) > 0) is (d.qty > 0)
