"""An operator's word: carried out or refused, and it always says which."""

from typing import Any

import pytest

from flyball.kernel.effects import Cancel, Done, LatchChange, Refused
from tests.kernel.hand import BBB, BUY, DOLLAR, NS, SELL, Hand, flying, of, ppm, text

MINUTE = 60 * NS


def said(effects) -> list[tuple[str, str]]:
    """(done, what) or (refused, why)."""
    return [
        ("done", e.what) if isinstance(e, Done) else ("refused", e.why)
        for e in effects
        if isinstance(e, (Done, Refused))
    ]


@pytest.mark.parametrize(
    "what", ["pause", "freeze", "flatten", "panic", "cancel", "resume", "clear", "dance"]
)
def test_who_does_not_sign_does_nothing(what):
    f = flying()
    f.order(BUY, 1, 9_000)
    before = f.latched()
    effects = f.command(what, "secret", by="", latch="L5")
    assert said(effects) == [("refused", "no name: an operator signs what he does")]
    assert f.latched() == before


def test_an_unknown_word():
    assert said(flying().command("dance", "secret")) == [("refused", "unknown command")]


@pytest.mark.parametrize(
    ("what", "latch"), [("pause", "L14"), ("freeze", "L5"), ("flatten", "L14"), ("panic", "L4")]
)
@pytest.mark.parametrize("scope", ["account", "strategy:s", "symbol:AAA"])
def test_tightening_needs_only_the_socket(what, latch, scope):
    f = flying(also=(BBB,))
    f.mark("BBB", last=100_000)
    mine = f.order(BUY, 1, 9_000)
    other = f.order(BUY, 10**9, 90_000, "BBB", strategy="other")
    effects = f.command(what, scope=scope, reason="because")
    assert said(effects) == [("done", what)]
    assert f.latched() == [f"{latch} {scope}"]
    held = f.s.latches[f"{latch} {scope}"]
    assert (held.by, held.reason) == ("anna", "because")
    cancelled = {c.client_id for c in of(effects, Cancel)}
    assert cancelled == ({mine.client_id, other.client_id} if scope == "account" else {mine.client_id})


@pytest.mark.parametrize(
    "scope", ["", "acount", "strategy", "strategy:", "symbol:", "symbol:NOPE", "book:x", "Account"]
)
@pytest.mark.parametrize("what", ["pause", "freeze", "flatten", "panic"])
def test_a_scope_that_holds_nothing_is_refused_and_not_latched(what, scope):
    """A latch on a misspelt scope would look like safety."""
    f = flying()
    effects = f.command(what, scope=scope)
    assert said(effects) == [
        ("refused", f"no such scope: {scope!r}; account, strategy:NAME or symbol:NAME of an instrument")
    ]
    assert (f.latched(), f.s.flattenings) == ([], {})


def test_pause_and_resume():
    f = flying()
    f.command("pause")
    f.later(30 * NS)
    assert said(f.command("resume")) == [("refused", "resume needs the operator secret")]
    assert said(f.command("resume", "secret", reason="go")) == [("done", "resume")]
    assert f.latched() == []
    assert said(f.command("resume", "secret")) == [("refused", "nothing is paused on account")]


def test_resume_of_one_scope_leaves_the_others():
    f = flying()
    f.command("pause")
    f.command("pause", scope="symbol:AAA")
    f.later(30 * NS).command("resume", "secret", scope="symbol:AAA")
    assert f.latched() == ["L14 account"]


@pytest.mark.parametrize("how", ["resume", "clear"])
def test_a_flattening_ends_with_its_latch(how):
    """Else it would go on cancelling whatever is ordered next."""
    f = flying(flat_by=text("never"))
    f.hold(5)
    f.command("flatten")
    f.serve()
    f.agree()
    f.later(30 * NS).command(how, "secret", latch="L14", reason="r")
    assert (f.latched(), f.s.flattenings) == ([], {})
    f.mark(last=10_000)
    order = f.order(BUY, 1, 9_000)
    f.wait(60 * NS)
    assert f.s.orders[order.client_id].cancel_at == 0


def test_cancel_one_order():
    f = flying()
    a, b = f.order(BUY, 1, 9_000), f.order(BUY, 2, 9_000)
    effects = f.command("cancel", order=a.client_id)
    assert ([c.client_id for c in of(effects, Cancel)], said(effects)) == (
        [a.client_id],
        [("done", "cancel")],
    )
    assert said(f.command("cancel", order="nope")) == [("refused", "no working order nope")]
    f.cancelled(b)
    assert said(f.command("cancel", order=b.client_id)) == [("refused", f"no working order {b.client_id}")]


def test_resume_after_adoption():
    f = Hand()
    f.epoch()
    f.config()
    f.instrument(BBB)
    f.account(cash=10**10, positions=(("BBB", 10**9),))
    assert said(f.command("resume", "secret", scope="symbol:BBB")) == [
        ("refused", "nothing is paused on symbol:BBB")
    ]
    assert said(f.command("resume")) == [("refused", "resume needs the operator secret")]
    assert said(f.command("resume", "secret", reason="mine")) == [("done", "resume")]
    assert not f.s.adoption


# -- after a panic ----------------------------------------------------------------------------------------


def restarted() -> Any:
    f = flying(flat_by=text("never"))
    f.command("panic")
    f.agree()
    f.later(30 * NS).command("clear", "secret", latch="L4", reason="over")
    assert f.latched() == []
    return f


def scale(f: Hand) -> int:
    f.mark(last=10_000)
    return f.would(BUY, 1).scale


def test_after_a_panic_25_50_and_100_percent_half_an_hour_apart():
    f = restarted()
    assert scale(f) == 250_000
    f.wait(30 * MINUTE - 1)
    assert scale(f) == 250_000
    f.wait(1)
    assert scale(f) == 500_000
    f.wait(30 * MINUTE)
    assert scale(f) == 1_000_000
    f.wait(600 * MINUTE)
    assert (f.s.restart_scale, f.s.restart_step) == (1_000_000, 0)


def test_a_latch_holds_the_next_step_back():
    f = restarted()
    f.wait(29 * MINUTE)
    f.command("pause")
    f.wait(10 * MINUTE)
    f.command("resume", "secret")
    assert scale(f) == 250_000
    f.wait(30 * MINUTE - 1)
    assert scale(f) == 250_000, "the clean interval begins when the last latch is cleared"
    f.wait(1)
    assert scale(f) == 500_000


def test_another_panic_begins_anew():
    f = restarted()
    f.wait(30 * MINUTE)
    f.command("panic")
    f.agree()
    f.later(30 * NS).command("clear", "secret", latch="L4", reason="over")
    assert scale(f) == 250_000


def test_the_scale_multiplies_with_the_caution_zone():
    f = restarted()
    f.config(drawdown_caution=ppm(1_000))
    f.hold(1)
    f.mark(last=8_900)
    assert f.would(BUY, 1).scale == 125_000
    assert f.s.equity() < 9_990 * DOLLAR


def test_a_start_keeps_it():
    f = restarted()
    f.reborn()
    assert scale(f) == 250_000


def test_every_command_is_answered_once():
    f = flying()
    f.hold(3)
    for what in ("pause", "resume", "freeze", "clear", "flatten", "panic", "cancel", "dance"):
        for authority in ("socket", "secret"):
            assert len(said(f.later(31 * NS).command(what, authority, latch="L5", reason="r"))) == 1
    assert f.s.cursors["operator"] == 16


def test_latch_changes_name_the_operator():
    f = flying()
    changes = of(f.command("freeze", by="ben", reason="odd fills"), LatchChange)
    assert [(x.latch, x.by, x.reason) for x in changes] == [("L5", "ben", "odd fills")]
    assert f.would(SELL, 1).codes == ("LATCH_L5",)


@pytest.mark.parametrize(("held", "resumed"), [(30 * NS - 1, False), (30 * NS, True)])
def test_a_pause_holds_for_half_a_minute(held, resumed):
    f = flying()
    f.command("pause")
    effects = f.later(held).command("resume", "secret", reason="go")
    assert said(effects) == (
        [("done", "resume")] if resumed else [("refused", "L14 has held for less than 30 s")]
    )
    assert f.latched() == ([] if resumed else ["L14 account"])


def test_what_was_found_waits_for_no_dwell():
    f = Hand()
    f.epoch()
    f.config()
    f.instrument(BBB)
    f.account(cash=0, equity=0, day_equity=0, positions=(("BBB", 10**9),))
    assert said(f.command("resume", "secret")) == [("done", "resume")]
