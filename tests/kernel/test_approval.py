"""P11, one rule at a time: what waits, what is missing, who may say yes, when it ends; and that money never
falls back silently."""

from typing import Any

import pytest

from flyball.kernel.approval import LONGEST, WAIT
from flyball.kernel.effects import Alert, Approval, DayStart, Decision, Done, Effect, InForce, Refused
from flyball.kernel.events import Command, Config, Epoch, Intent, Mark, Session, Tick
from flyball.kernel.governor import Governor
from flyball.kernel.words import APPROVER, SECRET, SOCKET
from tests.kernel.hand import DOLLAR, NS, flying, of, ppm, usd

HOUR = 3_600 * NS
Row = tuple[str, str, str, int, str, str]


def row(key: str, amount: int, scope: str = "", kind: str = "money_abs", text: str = "") -> Row:
    return (scope, key, kind, amount, text, "f.toml:1")


class Desk:
    """A kernel that hears configurations, sessions and commands, and nothing else."""

    def __init__(self, *rows: Row, approvers: int = 1) -> None:
        self.g, self.now, self.day, self.n = Governor(), 1_000 * HOUR, 0, 0
        self.approvers = approvers
        self.g.step(Epoch(self.now, 1, "1", 1, "T", "paper", "paper", "e", "c", ""))
        self.first = self.start(*rows)
        self.session()

    def start(self, *rows: Row, by: str = "ann", approvers: int = 0) -> list[Effect]:
        return self.g.step(Config(self.now, by, "", "test", rows, approvers or self.approvers))

    def session(self) -> None:
        self.day += 1
        self.g.step(Session(self.now, "X", self.day, self.now, self.now + 10_000 * HOUR))

    def wait(self, ns: int) -> list[Effect]:
        self.now += ns
        return self.g.step(Tick(self.now))

    def ripe(self) -> None:
        self.wait(WAIT)
        self.session()

    @property
    def proposal(self) -> int:
        return max(one.number for one in self.g.state.terms.pending.values())

    def say(self, what: str, by: str, authority: str, reason: str, **args: str) -> list[Effect]:
        self.n += 1
        return self.g.step(
            Command(self.now, what, by, 1, authority, reason, tuple(sorted(args.items())), self.n)
        )

    def approve(self, lasts: int = 24 * HOUR, by: str = "bob", **how: Any) -> list[Effect]:
        given = {"authority": APPROVER, "reason": "grown", "number": None} | how
        number = given.pop("number")
        number = self.proposal if number is None else number
        return self.say("approve", by, **given, proposal=str(number), expires=str(self.now + lasts))

    def gross(self) -> int:
        return self.g.state.limits.max_gross.micros


def refusal(effects: list[Effect]) -> str:
    assert not of(effects, Done)
    [found] = of(effects, Refused)
    return str(found.why)


def test_the_first_configuration_is_taken_as_it_is():
    desk = Desk(row("max_gross", 100))
    assert desk.first == []
    assert desk.gross() == 100


def test_what_is_tighter_holds_at_once_and_what_is_looser_waits():
    desk = Desk(row("max_gross", 100), row("max_net", 100))
    effects = desk.start(row("max_gross", 50), row("max_net", 200))
    assert (desk.gross(), desk.g.state.limits.max_net.micros) == (50, 100)
    [proposed], [merged] = of(effects, Approval), of(effects, InForce)
    assert (proposed.what, proposed.by, proposed.values) == ("proposed", "ann", (row("max_net", 200),))
    assert proposed.proposal == desk.proposal
    assert proposed.earliest == desk.now + WAIT
    assert merged.values == (row("max_gross", 50), row("max_net", 100))
    assert [x.alert for x in of(effects, Alert)] == ["loosening_pending"]


def test_the_same_file_again_says_only_what_is_in_force():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    number, since = desk.proposal, desk.g.state.terms.pending[" max_gross"].since
    desk.now += 5 * HOUR
    effects = desk.start(row("max_gross", 200))
    assert [x.KIND for x in effects] == ["in_force"]
    assert (desk.proposal, desk.g.state.terms.pending[" max_gross"].since) == (number, since)
    # another value is another question, and its wait begins anew
    desk.start(row("max_gross", 300))
    assert desk.proposal > number
    assert desk.g.state.terms.pending[" max_gross"].since == desk.now


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"authority": SECRET}, "approver's secret"),
        ({"authority": SOCKET}, "approver's secret"),
        ({"reason": ""}, "reason"),
        ({"number": 1}, "no proposal 1"),
        ({"lasts": 0}, "expiry"),
        ({"lasts": LONGEST + 1}, "366 days"),
    ],
)
def test_what_is_missing_is_named(how, why):
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    assert why in refusal(desk.approve(**how))
    assert desk.gross() == 100


@pytest.mark.parametrize("text", ["", "x", "-5", "1e3", "9" * 30, "²"])
def test_an_expiry_or_a_number_that_is_none_is_refused_not_a_fault(text):
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    number = str(desk.proposal)
    refusal(desk.say("approve", "bob", APPROVER, "r", proposal=number, expires=text))
    refusal(desk.say("approve", "bob", APPROVER, "r", proposal=text, expires=str(desk.now + 1)))
    refusal(desk.say("reject", "bob", SOCKET, "", proposal=text))
    refusal(desk.say("approve", "bob", APPROVER, "r"))
    assert not desk.g.fault


def test_twelve_hours_to_the_nanosecond_and_the_next_session():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    asked = desk.now
    desk.session()
    desk.now = asked + WAIT - 1
    assert "0 h 1 min are left" in refusal(desk.approve())
    desk.now = asked + WAIT
    assert of(desk.approve(), Done)
    assert desk.gross() == 200

    late = Desk(row("max_gross", 100))
    late.start(row("max_gross", 200))
    late.wait(100 * HOUR)
    assert "next session" in refusal(late.approve())
    late.session()
    assert of(late.approve(), Done)


@pytest.mark.parametrize(
    ("approvers", "by", "may"),
    [(1, "ann", True), (1, "bob", True), (2, "bob", True), (2, "ann", False), (2, "ANN", False)],
)
def test_two_approvers_are_two_people(approvers, by, may):
    desk = Desk(row("max_gross", 100), approvers=approvers)
    desk.start(row("max_gross", 200), by="ann")
    desk.ripe()
    effects = desk.approve(by=by)
    assert bool(of(effects, Done)) is may
    assert desk.gross() == (200 if may else 100)


def test_the_number_of_approvers_is_fixed_by_the_first_start():
    desk = Desk(row("max_gross", 100), approvers=2)
    effects = desk.start(row("max_gross", 200), by="ann", approvers=1)
    assert "approvers" in [x.alert for x in of(effects, Alert)]
    desk.ripe()
    assert "another person" in refusal(desk.approve(by="ann"))


def test_an_approval_says_everything_and_ends_by_itself():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    number = desk.proposal
    effects = desk.approve(lasts=HOUR)
    [said] = of(effects, Approval)
    assert (said.what, said.by, said.reason, said.expires) == ("approved", "bob", "grown", desk.now + HOUR)
    [force] = of(effects, InForce)
    assert (force.why, force.approver, force.values) == ("approved", "bob", (row("max_gross", 200),))
    assert desk.g.next_due() == desk.now + HOUR
    assert desk.wait(HOUR - 1) == []
    over = desk.wait(1)
    assert [(x.what, x.proposal, x.by) for x in of(over, Approval)] == [("expired", number, "governor")]
    assert of(over, InForce)[0].values == (row("max_gross", 100),)
    assert [x.alert for x in of(over, Alert)] == ["loosening_over"]
    assert desk.gross() == 100
    assert desk.g.next_due() > desk.now + 1_000 * HOUR
    # the file still says 200: the next start asks again, as if for the first time
    desk.start(row("max_gross", 200))
    assert desk.gross() == 100
    assert desk.proposal > number


def test_an_intent_at_the_expiry_meets_the_tighter_limit_and_its_answer_stands_behind_it():
    f = flying(max_order_notional=usd(1_000))
    f.feed(Config(f.now, "ann", "", "t", (row("max_order_notional", 5_000 * DOLLAR),)))
    number = max(one.number for one in f.s.terms.pending.values())
    f.next_day()
    f.mark(last=10_000)
    expires = f.now + HOUR
    args = (("expires", str(expires)), ("proposal", str(number)))
    f.feed(Command(f.now, "approve", "ann", 1, APPROVER, "grown", args, 1))
    assert f.would(1, 40).verdict == "approve"
    f.now = expires
    effects = f.feed(Intent(f.now, "i", f.now, "s", "AAA", 1, 40, 0, "market", 0, "day", "", "", 0))
    assert isinstance(effects[0], Decision)
    assert (effects[0].verdict, effects[0].qty) == ("clip", 10)
    assert [x.what for x in of(effects, Approval)] == ["expired"]


@pytest.mark.parametrize("approved", [False, True])
def test_a_rejection_is_immediate_and_needs_no_secret(approved):
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    number = desk.proposal
    if approved:
        desk.approve()
    effects = desk.say("reject", "cid", SOCKET, "no", proposal=str(number))
    assert of(effects, Done)
    assert [(x.what, x.by, x.reason) for x in of(effects, Approval)] == [("rejected", "cid", "no")]
    assert bool(of(effects, InForce)) is approved
    assert desk.gross() == 100
    assert not desk.g.state.terms.pending
    assert desk.g.state.terms.until == 0
    assert f"no proposal {number}" in refusal(desk.say("reject", "cid", SOCKET, "", proposal=str(number)))


def test_a_file_that_asks_for_it_no_longer_withdraws_it():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    effects = desk.start(row("max_gross", 100))
    assert [x.what for x in of(effects, Approval)] == ["withdrawn"]
    assert not of(effects, InForce)  # the file is what is in force
    desk.start(row("max_gross", 200))
    desk.ripe()
    desk.approve()
    effects = desk.start(row("max_gross", 90))
    assert [x.what for x in of(effects, Approval)] == ["withdrawn"]
    assert desk.gross() == 90
    assert desk.g.state.terms.until == 0


def test_less_than_was_approved_holds_at_once_and_no_longer_than_it():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    desk.approve(lasts=HOUR)
    desk.start(row("max_gross", 150))
    assert desk.gross() == 150
    assert desk.start(row("max_gross", 250)) != []
    assert desk.gross() == 150  # more than was approved for now waits
    desk.wait(HOUR)
    assert desk.gross() == 100


def test_a_symbols_row_under_an_accounts_approval_ends_with_it():
    """The row is tighter than what is in force, but only because of the approval: it must not outlive it."""
    account, wide = row("max_order_notional", 100), row("max_order_notional", 200)
    desk = Desk(account)
    desk.start(wide)
    desk.ripe()
    desk.approve(lasts=HOUR)
    desk.start(wide, row("max_order_notional", 150, "symbol:A"))
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 150
    desk.wait(HOUR)
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 100


def test_a_new_row_for_a_symbol_is_held_against_the_accounts():
    desk = Desk(row("max_order_notional", 100))
    desk.start(row("max_order_notional", 100), row("max_order_notional", 150, "symbol:A"))
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 100
    desk.start(row("max_order_notional", 100), row("max_order_notional", 50, "symbol:A"))
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 50


@pytest.mark.parametrize("left", [None, row("max_order_notional", 5, "symbol:A", "unread", "$5")])
def test_a_row_left_out_stays_until_that_is_approved(left):
    account, own = row("max_order_notional", 100), row("max_order_notional", 50, "symbol:A")
    desk = Desk(account, own)
    again = (account,) if left is None else (account, left)
    [proposed] = of(desk.start(*again), Approval)
    assert proposed.values[0][2] == ("absent" if left is None else "unread")
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 50
    desk.ripe()
    desk.approve(lasts=HOUR)
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 100
    assert not of(desk.start(*again), InForce)  # exactly the file, while it lasts
    desk.wait(HOUR)
    assert desk.g.state.limits.of_symbol("A").max_order_notional.micros == 50


def test_leaving_out_what_was_approved_wider_is_another_question():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 200))
    desk.ripe()
    desk.approve(lasts=HOUR)
    [proposed] = of(desk.start(), Approval)
    assert (proposed.what, proposed.values[0][2]) == ("proposed", "absent")
    assert desk.gross() == 200
    desk.wait(HOUR)
    assert desk.gross() == 100


def test_what_nothing_enforces_is_not_kept_back():
    desk = Desk(row("max_weekly_loss", 5, kind="unread", text="$5"), row("max_gross", 100))
    assert desk.start(row("max_gross", 100)) == []
    assert desk.start(row("max_gross", 100), row("max_weekly_loss", 9, kind="unread", text="$9")) == []


def test_an_enforced_key_that_a_file_marks_unread_is_a_deletion():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 100, kind="unread", text="$100"))
    assert desk.gross() == 100


def test_an_unknown_key_waits():
    desk = Desk(row("max_gross", 100))
    desk.start(row("max_gross", 100), row("max_fun", 1, kind="count"))
    assert [one.rule.key for one in desk.g.state.terms.pending.values()] == ["max_fun"]


def test_proposals_of_two_files_are_approved_one_by_one():
    desk = Desk(row("max_gross", 100), row("max_net", 100))
    desk.start(row("max_gross", 200), row("max_net", 100))
    first = desk.proposal
    desk.wait(HOUR)
    desk.start(row("max_gross", 200), row("max_net", 200))
    second = desk.proposal
    assert second > first
    desk.wait(WAIT - HOUR)
    desk.session()
    assert of(desk.approve(number=first, lasts=50 * HOUR), Done)
    assert "are left" in refusal(desk.approve(number=second))
    desk.wait(HOUR)
    assert of(desk.approve(number=second, lasts=5 * HOUR), Done)
    assert desk.g.next_due() == desk.now + 5 * HOUR
    desk.wait(5 * HOUR)
    assert (desk.gross(), desk.g.state.limits.max_net.micros) == (200, 100)


def test_a_latched_breaker_is_not_cleared_by_any_of_it():
    f = flying(max_daily_loss=usd(100), stress_floor=ppm(1))
    f.hold(50)
    f.mark(last=9_500)
    held = f.latched()
    assert held == ["L1 account"]
    f.feed(
        Config(
            f.now,
            "ann",
            "",
            "t",
            (row("max_daily_loss", 10_000 * DOLLAR), row("stress_floor", 1, kind="ppm")),
        )
    )
    number = max(one.number for one in f.s.terms.pending.values())
    f.serve()
    f.next_day()
    args = (("expires", str(f.now + HOUR)), ("proposal", str(number)))
    effects = f.feed(Command(f.now, "approve", "ann", 1, APPROVER, "grown", args, 1))
    assert of(effects, Done)
    assert f.latched() == held
    assert f.would(1, 1).codes[0] == "LATCH_L1"
    f.wait(HOUR)
    assert f.latched() == held


def test_new_bars_begin_only_when_their_length_comes_into_force():
    f = flying(atr_bar=("ns", 60 * NS, ""))
    for minute in range(4):
        f.feed(Mark(f.now + minute * 60 * NS, "AAA", 0, 0, 10_000 + minute, 0, 0, "x", 0))
    f.now += 180 * NS
    bars = f.s.markets["AAA"].atr
    f.feed(Config(f.now, "ann", "", "t", (("", "atr_bar", "ns", 120 * NS, "", "f"),)))
    assert f.s.markets["AAA"].atr is bars
    f.next_day()
    number = max(one.number for one in f.s.terms.pending.values())
    args = (("expires", str(f.now + HOUR)), ("proposal", str(number)))
    f.feed(Command(f.now, "approve", "ann", 1, APPROVER, "grown", args, 1))
    assert f.s.limits.atr_bar == 120 * NS
    assert f.s.markets["AAA"].atr is not bars


def test_the_caches_follow_what_comes_into_force():
    """`check` recomputes them after every event; here limits that are in them change."""
    f = flying(fee_per_unit=("micros", 20_000, ""), stress_floor=ppm(20_000))
    f.order(1, 5, 9_000)
    wide = (("", "fee_per_unit", "micros", 10_000, "", "f"), ("", "stress_floor", "ppm", 10_000, "", "f"))
    f.feed(Config(f.now, "ann", "", "t", wide))
    assert f.s.totals.cost == 200_000
    number = max(one.number for one in f.s.terms.pending.values())
    f.now += WAIT
    f.feed(Session(f.now, "XNYS", f.s.day.day + 1, f.now, f.now + 6 * HOUR))
    args = (("expires", str(f.now + HOUR)), ("proposal", str(number)))
    effects = f.feed(Command(f.now, "approve", "ann", 1, APPROVER, "grown", args, 1))
    assert of(effects, Done)
    assert f.s.totals.cost == 100_000
    f.wait(HOUR)
    assert f.s.totals.cost == 200_000
    assert not of(effects, DayStart)
