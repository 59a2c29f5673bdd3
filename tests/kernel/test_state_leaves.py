"""The state hash sees every leaf of the state; the book hash sees what a user would call the result, and no
sequence, id or time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any

import pytest

from flyball.kernel.canon import hashed_fields
from flyball.kernel.conduct import Clearing, Conduct, Incident
from flyball.kernel.events import Config, Feed
from flyball.kernel.hashes import book_hash, state_hash
from flyball.kernel.loosening import Loosening, Rule
from flyball.kernel.state import Protection, State, Stranger
from tests.kernel.hand import BBB, BUY, COIN, DOLLAR, NS, SELL, flying, ns, ppm, text, usd


def rich() -> Any:
    """An account with something of everything."""
    limits: dict[str, Any] = {
        "max_order_notional__symbol__AAA": usd(2_000),
        "max_daily_loss__strategy__s": usd(5_000),
        "max_position_notional": usd(2_000),
        "duplicate_window": ns(3_600 * NS),
        "restricted": text("XXX,YYY", "list"),
        "price_tolerance": ppm(200_000),
        "max_tick_move": ppm(200_000),
        "drawdown_caution": ppm(2_000),
        "flat_by": text("never"),
    }
    f = flying(also=(BBB, COIN), **limits)
    f.feed(Feed(f.now, "bars", ("last", "low", "high"), "label"))
    f.mark("BBB", last=100_000)
    f.hold(1)
    f.next_day()
    f.mark(last=10_000)
    f.hold(6, 10_010, fee=20_000)
    f.hold(4, 9_990)
    f.strange_fill("by hand", "BBB", SELL, 10**9, 100_000)
    f.hold(-(10**9), 100_000, "BBB", strategy="other")
    f.flow(7 * DOLLAR)
    f.update(f.order(BUY, 1, 9_000), "REJECTED")
    f.fill(f.order(BUY, 3, 9_800), 1)
    f.doubt(BUY, 2, 9_801)
    f.timeout(f.questions[-1].client_id, "query")
    f.doubt(BUY, 1, 9_802)
    f.order(BUY, 1, 9_950)
    f.order(SELL, 1, 10_900)
    f.order(SELL, 1, type="stop", stop=9_000)
    f.ask(SELL, 2, 9_940)  # waits for the cancel of what it would meet
    f.mark(last=11_950)
    f.mark(last=11_900)  # in caution, and past a cap
    f.mark("BBB", last=200_000)  # not believed
    f.account(cash=0, open_ids=("manual-1",))
    f.s.foreign, f.s.actions, f.s.stated = {"ZZZ": 5}, ["a1"], {"AAA": 3}
    f.s.lacking = {"AAA": 1}
    f.command("pause", scope="symbol:COIN", reason="looking")
    f.command("flatten", scope="strategy:other")
    f.report("feed", "stale", "symbol:COIN")
    f.feed(Config(f.now, "ann", "", "test", (("", "max_position_notional", "money_abs", 10**10, "", "f:1"),)))
    rule = Rule("", "max_gross", "money_abs", 10**10, "", "f:2")
    f.s.terms.loose[" max_gross"] = Loosening(rule, 7, "ann", 1, 2, "bob", "grown", f.now + 1)
    f.s.theirs, f.s.strangers = {"AAA": 3}, {"b7": Stranger("manual-1", "b7", "AAA", BUY, 3)}
    flattening = f.s.flattenings["flatten strategy:other"]
    flattening.refused, flattening.not_before = {"BBB": 1}, {"BBB": f.now + 1}
    flattening.protections.append(Protection("x", "other", "BBB", BUY, 1, 2))
    f.s.restart_step, f.s.acknowledged = f.now + 1, True
    f.s.brakes.incidents, f.s.brakes.clearing = (
        [Incident(f.now, "s")],
        {"L4 account": Clearing("a", "b", 1, True)},
    )
    f.s.brakes.conduct["s"] = Conduct(1, 1, 1, 1, {"p": 1})
    f.s.limits.event_exempt = ("maker",)
    f.s.chain = "a" * 64
    return f


@dataclass
class Leaf:
    """One place in the state and how to change and restore it."""

    path: str
    change: Callable[[], None]
    restore: Callable[[], None]


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value + "x"


def leaves(value: Any, put: Callable[[Any], None], path: str) -> Iterator[Leaf]:
    """Every scalar, every key, and the length of every collection."""
    if is_dataclass(value):
        for name in hashed_fields(type(value)):
            held = getattr(value, name)
            yield from leaves(held, lambda v, n=name: setattr(value, n, v), f"{path}.{name}")  # type: ignore[misc]
    elif isinstance(value, dict):
        for key in list(value):
            renamed = {other(k) if k == key else k: v for k, v in value.items()}
            yield Leaf(f"{path}{{{key}}}", lambda r=renamed: put(r), lambda: put(value))  # type: ignore[misc]
            yield from leaves(value[key], lambda v, k=key: value.__setitem__(k, v), f"{path}[{key}]")  # type: ignore[misc]
        if value:
            fewer = dict(list(value.items())[1:])
            yield Leaf(f"{path}#", lambda: put(fewer), lambda: put(value))
    elif isinstance(value, (list, tuple)):
        for n, item in enumerate(value):
            before, after = value[:n], value[n + 1 :]
            yield from leaves(item, partial(_put_back, put, before, after), f"{path}[{n}]")
        if value:
            yield Leaf(f"{path}#", lambda: put(value[:-1]), lambda: put(value))
    else:
        assert isinstance(value, (bool, int, str)), f"{path} is a {type(value).__name__}"
        yield Leaf(path, lambda: put(other(value)), lambda: put(value))


def _put_back(put: Callable[[Any], None], before: Any, after: Any, item: Any) -> None:
    """A list or tuple with one item replaced."""
    put(before + type(before)([item]) + after)


def walk(s: State) -> list[Leaf]:
    def never(_: Any) -> None:
        raise AssertionError("the state itself is not replaced")

    return list(leaves(s, never, "s"))


F = rich()
ALL = walk(F.s)
HASH, BOOKS = state_hash(F.s), book_hash(F.s)

# What the book hash is made of (P8), as paths; a name in braces is a key.
RESULT = re.compile(
    r"""s\.(
        books[{]\w+[}] | books\[\w+\][#] | books[#] |
        books\[\w+\]\[\w+\]\.(strategy|qty|cash|fees|realised|day_base|lots.*) |
        cash | flows | high_water | chain | week\.(monday|baseline|flows) |
        day\.(day|baseline|flows|traded|fees|orders|intents.*) |
        latches[#] | latches\[[\w :]+\]\.(id|scope|state|positions|day)
    )""",
    re.VERBOSE,
)


def test_the_account_is_rich():
    """Each collection of each record holds something somewhere, so that its leaves are tried."""
    seen: dict[str, bool] = {}

    def look(value: Any, name: str) -> None:
        if is_dataclass(value):
            for f in fields(value):
                if f.name in hashed_fields(type(value)):
                    look(getattr(value, f.name), f"{type(value).__name__}.{f.name}")
        elif isinstance(value, (dict, list, tuple)):
            seen[name] = seen.get(name, False) or len(value) > 0
            for item in value.values() if isinstance(value, dict) else value:
                look(item, name)

    look(F.s, "State")
    assert [name for name, filled in seen.items() if not filled] == []
    assert len(F.s.orders) >= 5
    assert {o.state for o in F.s.orders.values()} >= {"PENDING", "IN_DOUBT", "ACCEPTED", "PARTIALLY_FILLED"}
    assert F.s.caution
    assert F.s.drifting


CACHES = {"exposures", "totals", "value", "live", "unvalued", "stressed", "profits"}


def test_every_field_is_a_leaf_or_is_recomputed():
    """Nothing falls out of the walk: what is not hashed is marked DERIVED."""
    assert {f.name for f in fields(State)} == set(hashed_fields(State)) | CACHES
    assert len(ALL) > 700
    assert len({leaf.path for leaf in ALL}) == len(ALL)


def test_each_leaf_changes_the_state_hash():
    blind = []
    for leaf in ALL:
        leaf.change()
        if state_hash(F.s) == HASH:
            blind.append(leaf.path)
        leaf.restore()
    assert blind == []
    assert state_hash(F.s) == HASH


def test_the_book_hash_sees_the_result_and_nothing_else():
    wrong = []
    for leaf in ALL:
        leaf.change()
        changed = book_hash(F.s) != BOOKS
        leaf.restore()
        if changed is not bool(RESULT.fullmatch(leaf.path)):
            wrong.append((leaf.path, "changes it" if changed else "does not"))
    assert wrong == []
    assert book_hash(F.s) == BOOKS


@pytest.mark.parametrize("name", sorted(CACHES))
def test_what_is_derived_is_recomputed_the_same(name):
    f = rich()
    before = getattr(f.s, name)
    f.s.rebuild()
    assert getattr(f.s, name) == before
    assert state_hash(f.s) == HASH
