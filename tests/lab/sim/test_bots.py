"""The simulated bots: deterministic from their seed and what they are told, and each as bad as its name."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from flyball.bots.asks import Event, Wake
from flyball.bots.child import _each, _intent
from flyball.bots.door import understand
from flyball.bots.load import load
from flyball.kernel.events import Instrument, Intent
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.draw import Draw
from tests.lab.sim.small import BOTS, Small

OPEN = 1_772_461_800 * NS
AAA = Instrument(OPEN, "AAA", "USD", "us_equity", 4, 0, 100, 1, True)


def items(seed: int) -> Iterator[Event]:
    """A session as a bot is told it, with fills and refusals that do not hang on what it says."""
    draw = Draw(seed, "told")
    yield Event(kind="session", ts=OPEN, venue="XNYS", day=20260302, open=OPEN, close=OPEN + 40 * MINUTE)
    price = 100.0
    for minute in range(40):
        ts = OPEN + minute * MINUTE
        price *= 1 + draw.between(-3_000, 3_000) / 1e6
        yield Event(kind="mark", ts=ts, symbol="AAA", bid=None, ask=None, last=price, low=price, high=price)
        if draw.happens(300_000):
            side = draw.pick(("buy", "sell"))
            yield Event(
                kind="fill", ts=ts + 1, symbol="AAA", side=side, qty=draw.between(1, 9), price=price, fee=0.1
            )
        if draw.happens(500_000):
            codes = draw.pick((["SIZE_ORDER_NOTIONAL"], ["LATCH_L14"], ["RATE_ORDERS"], []))
            verdict, passes = ("reject", 7.0) if codes else ("clip", 0.0)
            yield Event(
                kind="decision",
                ts=ts + 2,
                symbol="AAA",
                verdict=verdict,
                qty=3.0,
                would_pass=passes,
                codes=codes,
            )
        if draw.happens(200_000):
            yield Event(kind="order", ts=ts + 3, symbol="AAA", state="CANCELED", filled=0.0)
        if draw.happens(300_000):
            yield Event(kind="wake", ts=ts + 4)


def sizes(passes: float) -> dict[str, float]:
    return {"qty": 3.0, "would_pass": passes}


def said(bot: str, seed: int, told: int = 1) -> list[Any]:
    """All it says to a session, as it goes through the pipe; alarms as numbers."""
    handle, _ = load(f"{BOTS}:{bot}", {"seed": seed})
    out: list[Any] = []
    for event in items(told):
        out += [thing.at if isinstance(thing, Wake) else _intent(thing) for thing in _each(handle(event))]
    return out


def intents(bot: str, seeds: range) -> list[Intent]:
    """What of it becomes an intent at the door."""
    raws = [raw for seed in seeds for raw in said(bot, seed, seed) if isinstance(raw, bytes)]
    found = [understand(raw, "s1", {"AAA": AAA}, OPEN, OPEN) for raw in raws]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("bot", ["Honest", "Wild", "Adversary"])
def test_the_same_seed_says_the_same_again(bot: str) -> None:
    assert said(bot, 1) == said(bot, 1)
    assert said(bot, 1) != said(bot, 2)
    assert said(bot, 1) != said(bot, 1, told=2)


def test_the_honest_one_makes_no_mistakes_at_the_door() -> None:
    asked = intents("Honest", range(10))
    assert len(asked) > 30
    assert {one.flaw for one in asked} == {""}
    sized = [one.qty for one in asked if one.type != "close"]
    assert min(sized) >= 1, "and never more than a few hundred dollars, or what it holds"
    assert max(sized) < 100
    assert {one.type for one in asked} >= {"market", "limit"}
    assert {one.type for one in asked} <= {"market", "limit", "stop", "close"}


def test_the_wild_one_mistypes_and_overdoes_it() -> None:
    asked = intents("Wild", range(20))
    assert {"FORMAT_QTY", "RULE_UNKNOWN_SYMBOL", "FORMAT_FIELD"} <= {one.flaw for one in asked}
    assert sum(1 for one in asked if not one.flaw and one.qty > 100) > 5


def test_the_adversary_finds_every_flaw_the_door_knows() -> None:
    flaws = {one.flaw for one in intents("Adversary", range(60))}
    formats = ("QTY", "FIELD", "PRICE", "RANGE", "LOT")
    assert flaws == {"", "RULE_UNKNOWN_SYMBOL", *(f"FORMAT_{name}" for name in formats)}


def test_the_adversary_uses_names_again_and_times_that_are_none() -> None:
    names: list[Counter[str]] = []
    ages = set()
    for seed in range(20):
        asked = intents("Adversary", range(seed, seed + 1))
        names.append(Counter(one.intent for one in asked if one.intent and not one.flaw))
        ages |= {(one.created_at > OPEN + 60 * MINUTE, one.created_at < OPEN - 4 * NS) for one in asked}
    assert sum(1 for one in names if one.most_common(1)[0][1] > 1) > 5
    assert len(ages) > 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_flight_limits_are_pressed_and_orders_pass(seed: int) -> None:
    small = Small(seed)
    records = small.fly(55, bots=("Honest", "Wild", "Adversary"))
    verdicts = Counter(r.verdict for r in records if r.KIND == "decision")  # type: ignore[union-attr]
    codes = Counter(c for r in records if r.KIND == "decision" for c in r.codes)  # type: ignore[union-attr]
    assert verdicts["approve"] + verdicts["clip"] >= 5, "a run that never trades shows nothing"
    assert len(codes) >= 8, codes
    assert small.chaos.truth().fills
    again = Small(seed).fly(55, bots=("Honest", "Wild", "Adversary"))
    assert again == records, "the same seed flies the same"
