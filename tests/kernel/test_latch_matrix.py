"""Every latch on every scope against what works, what is in doubt and what is held; every control against
every way an order can stand to a position. What has to come is read off the table's columns, nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest

from flyball.kernel.controls import METAS
from flyball.kernel.effects import Alert, Cancel, CancelAll, LatchChange
from flyball.kernel.events import Ingress
from flyball.kernel.latches import DWELL, TABLE, Row, forbids_adding
from flyball.kernel.verdict import MARKET_FACT, SKIP
from flyball.kernel.words import ACTIVE, CANCEL_ONLY, EXITS, FLATTEN, HALTED, PAGE, REDUCING
from tests.kernel.hand import BBB, BUY, NS, SELL, Hand, flying, of, ppm, text, usd
from tests.kernel.test_armed import ARMED

SCOPES = {"account": "account", "strategy": "strategy:s", "symbol": "symbol:AAA"}


def invariant(f: Any) -> None:
    f.faulty = True
    f.mark("AAA", last="wrong")


def fall(f: Any) -> None:
    f.mark(last=9_700)  # 30 dollars on ten shares


def report(what: str) -> Callable[[Any, str], None]:
    return lambda f, scope: f.report(what, "bad", scope)


def command(what: str, **args: str) -> Callable[[Any, str], None]:
    return lambda f, scope: f.command(what, scope=scope, **args)


# latch: the limits it needs, and what sets it
SET: dict[str, tuple[dict[str, Any], Callable[[Any, str], Any]]] = {
    "L1": (
        {
            "max_daily_loss": usd(30),
            "max_daily_loss__strategy__s": usd(30),
            "max_daily_loss__symbol__AAA": usd(30),
        },
        lambda f, _: fall(f),
    ),
    "L2": ({"drawdown_halt": ppm(3_000)}, lambda f, _: fall(f)),
    "L3": ({"drawdown_restrict": ppm(3_000)}, lambda f, _: fall(f)),
    "L3m": ({}, report("margin")),
    "L4": ({}, command("panic")),
    "L5": ({}, command("freeze")),
    "L6": ({}, report("performance")),
    "L7": ({}, lambda f, scope: f.report("clock" if scope == "account" else "feed", "bad", scope)),
    "L8": ({}, report("latency")),
    "L9a": ({}, report("journal")),
    "L9b": ({}, lambda f, _: invariant(f)),
    "L10": ({}, report("bot")),
    "L11": ({}, report("event")),
    "L12": ({}, report("halt")),
    "L13": ({"ingress_flood": 1}, lambda f, _: f.feed(Ingress(f.now, "s", 1, 0, 1))),
    "L14": ({}, command("pause")),
}
CASES = [(row, kind) for row in TABLE.values() for kind in row.scopes]


def limits_for(latch: str, kind: str) -> dict[str, Any]:
    """Of L1 only the scope's own limit."""
    given = SET[latch][0]
    if latch != "L1":
        return given
    return {
        name: given[name]
        for name in given
        if (f"__{kind}__" in name) or ("__" not in name and kind == "account")
    }


class Scene:
    """Ten shares held, an entry working, one in doubt, an exit and a stop at the broker; and an entry of
    somebody else in something else."""

    def __init__(self, row: Row, kind: str) -> None:
        self.row, self.scope = row, SCOPES[kind]
        self.key = f"{row.id} {self.scope}"
        f: Any = flying(also=(BBB,), flat_by=text("never"), stress_floor=ppm(0), **limits_for(row.id, kind))
        f.mark("BBB", last=100_000)
        f.hold(10)
        self.adding = f.order(BUY, 1, 9_000)
        self.doubtful = f.doubt(BUY, 1, 9_001)
        self.exit = f.order(SELL, 4, 11_000)
        self.stop = f.order(SELL, 3, type="stop", stop=5_000)
        self.other = f.order(BUY, 10**9, 90_000, "BBB", strategy="other")
        assert f.ask(BUY, 1, 9_002).verdict == "approve"
        self.queued = f.outbox[-1]  # decided, not at the socket yet
        self.f = f
        assert f.latched() == []
        self.out = SET[row.id][1](f, self.scope) or f.journal[-1][1]

    @property
    def forbids(self) -> bool:
        return self.row.state in (REDUCING, HALTED)

    def asked_back(self, order: Any) -> bool:
        return bool(self.f.s.order(order.client_id).cancel_at != 0)


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].id}-{case[1]}")
def scene(request: Any) -> Scene:
    return Scene(*request.param)


def test_every_latch_of_the_table_can_be_set():
    assert set(SET) == set(TABLE)
    assert {row.state for row in TABLE.values()} == {ACTIVE, REDUCING, HALTED}
    assert {row.positions for row in TABLE.values()} == {EXITS, FLATTEN, PAGE}


def test_it_is_set_as_its_row_says_and_told_once(scene: Scene):
    row, f = scene.row, scene.f
    held = f.s.latches[scene.key]
    assert (held.state, held.positions) == (row.state, row.positions)
    said = [x for _, e in f.journal for x in of(e, LatchChange)]
    assert [(x.latch, x.scope, x.state, x.positions, x.clears) for x in said] == [
        (row.id, scene.scope, row.state, row.positions, row.clears)
    ]
    alerts = [a for _, e in f.journal for a in of(e, Alert) if a.alert == f"latch_{row.id}"]
    assert [a.severity for a in alerts] == [row.severity]
    SET[row.id][1](f, scene.scope)
    again = [a for _, e in f.journal for a in of(e, Alert) if a.alert == f"latch_{row.id}"]
    assert len(again) == 1, "one alert an episode"


def test_working_adds_are_cancelled_in_scope_and_live_until_evidence(scene: Scene):
    f = scene.f
    for order in (scene.adding, scene.doubtful, scene.queued):
        assert scene.asked_back(order) is scene.forbids, order
        assert order.client_id in f.s.orders, "live until the broker's evidence"
    wide = scene.forbids and scene.scope == "account"
    assert scene.asked_back(scene.other) is wide
    if scene.forbids:
        asked = [x for _, e in f.journal for x in (*of(e, Cancel), *of(e, CancelAll))]
        assert asked, "and the cancel was sent in the same step"


def test_working_reductions_stay_unless_it_flattens(scene: Scene):
    for order in (scene.exit, scene.stop):
        if scene.row.positions != FLATTEN:
            assert not scene.asked_back(order)


def test_what_is_queued_is_stopped_at_the_socket(scene: Scene):
    f = scene.f
    why = f.g.may_send(scene.queued.client_id, f.now)
    assert (why != "") is scene.forbids
    f.s.orders[scene.queued.client_id].cancel_at = 0  # the cancel itself is not what has to stop it
    why = f.g.may_send(scene.queued.client_id, f.now)
    halt = "MARKET_HALTED" if scene.row.id == "L12" else f"LATCH_{scene.row.id}"
    assert why == (halt if scene.forbids else "")


def test_a_new_entry_is_refused_with_its_code(scene: Scene):
    codes = scene.f.would(BUY, 1, 9_500).codes
    assert (codes[:1] == (f"LATCH_{scene.row.id}",)) is scene.forbids
    if scene.scope != "account":
        assert forbids_adding(scene.f.s, "other", "BBB") == ""


def test_an_exit_is_the_bots_or_the_governors_as_the_row_says(scene: Scene):
    f = scene.f
    d = f.would(SELL, 1)
    mine = scene.row.positions in (EXITS, CANCEL_ONLY) and scene.row.id != "L12"
    assert (d.verdict == "approve") is mine, d.codes
    if scene.row.id == "L12":
        assert d.codes == ("MARKET_HALTED",)
    elif not mine:
        assert d.codes[:1] == (f"LATCH_{scene.row.id}",)


def test_only_what_flattens_flattens(scene: Scene):
    assert (scene.key in scene.f.s.flattenings) is (scene.row.positions == FLATTEN)


def test_what_adds_is_scaled_where_the_row_says(scene: Scene):
    assert (scene.f.would(BUY, 1, 9_500).scale < 1_000_000) is scene.row.scaled


def test_a_restart_keeps_it_and_cancels_again(scene: Scene):
    f = scene.f
    f.reborn()
    assert scene.key in f.s.latches
    assert (f.would(BUY, 1, 9_500).codes[:1] == (f"LATCH_{scene.row.id}",)) is scene.forbids


def test_no_time_no_price_and_no_start_clears_it(scene: Scene):
    """Nothing loosens without positive evidence; L6 rearms, and only what counted incidents."""
    f = scene.f
    f.faulty = True
    for _ in range(3):
        f.later(3_600 * NS)
        f.mark(last=10_000)
        f.reborn()
    assert scene.key in f.s.latches


def test_who_may_clear_it(scene: Scene):
    f = scene.f
    f.faulty = True
    f.later(DWELL)
    f.command("clear", "socket", latch=scene.row.id, scope=scene.scope, reason="please")
    assert scene.key in f.s.latches, "not without the secret"
    f.command("clear", "secret", latch=scene.row.id, scope=scene.scope, reason="looked", rebase="yes")
    at_once = scene.row.operator and scene.row.id not in ("L1", "L3", "L9b")  # the next session, or never
    assert (scene.key not in f.s.latches) is at_once


# -- controls -----------------------------------------------------------------------------------------------

ON_REDUCE = {code: meta.on_reduce for meta in METAS for code in meta.codes}


def armed(key: str) -> tuple[Hand, dict[str, Any], str]:
    """Holding 5, and only now under this limit."""
    limits, wish, code = ARMED[key]
    f = flying(stress_floor=ppm(5_000))
    f.hold(5)
    f.later(NS)
    f.config(**{"stress_floor": ppm(5_000), **limits})
    return f, wish, code


@pytest.mark.parametrize("key", sorted(ARMED))
def test_every_control_from_flat_and_adding(key: str):
    limits, wish, code = ARMED[key]
    flat: Any = flying(**{"stress_floor": ppm(5_000), **limits}).later(NS)
    assert code in flat.would(BUY, 5, **wish).codes, "from flat"
    f, wish, code = armed(key)
    assert code in f.would(BUY, 5, **wish).codes, "adding"


@pytest.mark.parametrize("key", sorted(ARMED))
@pytest.mark.parametrize(("what", "qty"), [("reducing", 3), ("all", 5), ("dust", 1), ("through zero", 8)])
def test_every_control_lets_out_what_reduces(key: str, what: str, qty: int):
    f, _, code = armed(key)
    how = ON_REDUCE[code]
    d = f.would(SELL, qty)
    if how == MARKET_FACT:
        assert d.codes == (code,)
    elif how == SKIP and what == "through zero":
        assert (d.verdict, d.qty, d.codes) == ("clip", 5, ("REDUCE_THROUGH_ZERO",))
    elif how == SKIP:
        assert (d.verdict, d.qty, d.codes) == ("approve", qty, ())


@pytest.mark.parametrize("key", sorted(ARMED))
def test_every_control_knows_the_other_side_of_another_strategy_as_adding(key: str):
    f, wish, code = armed(key)
    d = f.would(SELL, 5, **{**wish, "strategy": "other"})
    assert d.adds
    assert "ACCOUNT_OPPOSITE_SIDE" in d.codes
    assert d.verdict == "reject"
    smaller = ("EXPOSURE_", "LOSS_", "BUDGET_", "PRICE_TOLERANCE")  # of the account a sale may make less
    assert code in d.codes or code.startswith(smaller)
