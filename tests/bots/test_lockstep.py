"""In virtual time what comes out of a bot is a function of what goes in, grouped and restarted at will."""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.bots.arrivals import ALLOWANCE
from flyball.bots.host import Host
from flyball.bots.told import Recorded
from flyball.bots.wire import moment
from flyball.kernel.events import BotDown, Ingress, Intent, Quarantined, Wake
from flyball.machine.spawn import RealSpawn
from tests.bots.drive import NS, T0, Entry, blocks, downs, handed_out, host_of, mark, minutes, run


@pytest.fixture
def spawn() -> Iterator[RealSpawn]:
    one = RealSpawn()
    yield one
    one.close()


@pytest.fixture(scope="module")
def lived() -> list[Entry]:
    """One whole uninterrupted life of the lively bot."""
    spawn = RealSpawn()
    host = host_of(spawn, "Lively")
    journal = run(host, minutes(400), [])
    assert not host.ended
    assert host.errors > 5
    spawn.close()
    return journal


def test_the_lively_bot_is_worth_testing_with(lived: list[Entry]) -> None:
    count = Counter(type(event) for event in handed_out(lived))
    assert count[Intent] > 500
    assert count[Wake] > 50
    assert count[Ingress] > 10
    assert sum(event.rubbish for event in handed_out(lived) if isinstance(event, Ingress)) > 20
    assert sum(event.dropped for event in handed_out(lived) if isinstance(event, Ingress)) > 200


def test_events_are_numbered_on_and_stamped_in_order(lived: list[Entry]) -> None:
    events = handed_out(lived)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert all(a.ts <= b.ts for a, b in itertools.pairwise(events))


def test_an_intent_is_stamped_a_millisecond_behind_its_cause_and_apart(spawn: RealSpawn) -> None:
    host = host_of(spawn, "Replies", says=[{"symbol": "AAPL", "side": "buy", "qty": 1}] * 3)
    host.tell([mark(T0)], T0)
    host.tell([mark(T0 + 2_000_000)], T0 + 2_000_000)
    assert host.next_due() == T0 + 1_000_000
    assert host.take(T0) == []
    events = host.take(T0 + NS)
    assert [event.ts - T0 for event in events] == [1_000_000 * k for k in range(1, 7)]
    intent = events[0]
    assert isinstance(intent, Intent)
    assert (intent.intent, intent.created_at, intent.type, intent.tif) == ("s1-1", T0, "market", "day")


def test_at_most_fifty_intents_of_a_second_pass(lived: list[Entry]) -> None:
    seconds = Counter(event.ts // NS for event in handed_out(lived) if isinstance(event, Intent))
    assert max(seconds.values()) == ALLOWANCE


def test_what_is_above_the_allowance_is_one_report_at_the_seconds_end(spawn: RealSpawn) -> None:
    host = host_of(spawn, "Replies", says=[{"symbol": "AAPL", "side": "buy", "qty": 1}] * 300)
    host.tell([mark(T0)], T0)
    *intents, report = host.take(T0 + 10 * NS)
    assert len(intents) == ALLOWANCE
    assert report == Ingress(ts=T0 + NS, strategy="s1", dropped=250, rubbish=0, n=51)
    assert host.next_due() is None


@pytest.mark.parametrize(("bot", "dropped"), [("thousands", 5_000), ("endless", 1_001)])
def test_a_flood_lags_a_second_at_most(spawn: RealSpawn, bot: str, dropped: int) -> None:
    """The bot's backlog is bounded: what trails its cause by more than a second is only counted."""
    host = host_of(spawn, bot)
    start = T0 + NS // 2
    for k in range(5):
        host.tell([mark(start + k)], start + k)
    events = host.take(T0 + 100 * NS)
    passed = [event for event in events if isinstance(event, Intent)]
    assert len(passed) == 2 * ALLOWANCE
    assert passed[-1].ts <= T0 + 2 * NS
    assert sum(event.dropped for event in events if isinstance(event, Ingress)) == 5 * dropped - len(passed)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_grouping_changes_nothing(lived: list[Entry], sizes: list[int]) -> None:
    spawn = RealSpawn()
    try:
        again = run(host_of(spawn, "Lively"), minutes(60), [], itertools.cycle(sizes))
    finally:
        spawn.close()
    ours = handed_out(again)
    last = minutes(60)[-1]["ts"]
    assert isinstance(last, int)
    assert [event for event in ours if event.ts <= last] == [
        event for event in handed_out(lived) if event.ts <= last
    ]


@settings(max_examples=20)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=10))
def test_many_prices_at_once_are_as_one_by_one(sizes: list[int]) -> None:
    """Without alarms not even the moment of telling matters."""
    spawn = RealSpawn()
    try:
        one, many = host_of(spawn, "Lively", wakes=False), host_of(spawn, "Lively", wakes=False)
        items = minutes(120, step=NS // 4)
        end = T0 + 1_000 * NS
        single = []
        for item in items:
            now = moment(item)
            single += one.take(now)
            one.tell([item], now)
        single += one.take(end)
        sizes_left = itertools.cycle(sizes)
        grouped = []
        while items:
            size = next(sizes_left)
            many.tell(items[:size], end)
            del items[:size]
        grouped = many.take(end)
    finally:
        spawn.close()
    assert grouped == single


@pytest.mark.parametrize("share", [0.0, 0.1, 0.33, 0.5, 0.77, 0.95, 1.0])
def test_a_new_child_goes_on_where_the_journal_ends(
    lived: list[Entry], spawn: RealSpawn, share: float
) -> None:
    places = [*blocks(lived), len(lived)]
    cut = places[int(share * (len(places) - 1))]
    host = host_of(spawn, "Lively")
    host.replay(lived[:cut])
    assert run(host, minutes(400), lived[:cut]) == lived


def test_every_cut_of_a_short_life(spawn: RealSpawn) -> None:
    whole = run(host_of(spawn, "Lively"), minutes(12, step=3 * NS), [])
    assert len(handed_out(whole)) > 5
    for cut in blocks(whole)[:: max(1, len(blocks(whole)) // 40)]:
        host = host_of(spawn, "Lively")
        host.replay(whole[:cut])
        assert run(host, minutes(12, step=3 * NS), whole[:cut]) == whole
        host.close()


def test_another_bot_after_a_restart_stays_down(lived: list[Entry], spawn: RealSpawn) -> None:
    cut = blocks(lived)[len(blocks(lived)) // 2]
    host = host_of(spawn, "Lively", generation=1)
    host.replay(lived[:cut])
    assert "answers differ after restart at n=" in host.ended
    head = max(moment(entry) if isinstance(entry, dict) else entry.ts for entry in lived[:cut])
    last = max(event.n for event in handed_out(lived[:cut]))
    (down,) = host.take(10**19)
    assert isinstance(down, BotDown)
    assert (down.ts >= head, down.n, down.why) == (True, last + 1, host.ended)
    host.tell([mark(T0 + 10**14)], T0 + 10**14)
    assert (host.next_due(), host.take(10**19)) == (None, [])


def test_one_journaled_intent_less_is_a_difference(lived: list[Entry], spawn: RealSpawn) -> None:
    journal = list(lived[: len(lived) // 2])
    at = next(k for k in range(len(journal) // 2, len(journal)) if isinstance(journal[k], Intent))
    del journal[at]
    host = host_of(spawn, "Lively")
    host.replay(journal)
    assert downs(host.take(10**19))


@pytest.mark.parametrize("bot", ["leave", "spin", "fail", "quit_politely"])
def test_a_death_in_the_journal_stands(spawn: RealSpawn, bot: str, tmp_path: Path) -> None:
    whole = run(host_of(spawn, bot), minutes(20), [])
    assert len(downs(handed_out(whole))) == 1
    for cut in range(len(whole) + 1):
        if bot == "spin" and cut % 5:
            continue
        host = host_of(spawn, bot)
        host.replay(whole[:cut])
        assert run(host, minutes(20), whole[:cut]) == whole
        host.close()


@pytest.mark.parametrize(
    ("bot", "why"),
    [
        ("spin", "no answer within 0.5 s"),
        ("sleep", "no answer within 0.5 s"),
        ("deaf", "no answer within 0.5 s"),
        ("talk", "no answer within 0.5 s"),
        ("noise", "announced a frame of"),
        ("flood", "speaks out of turn"),
        ("small_flood", "speaks out of turn"),
        ("leave", "exited with 3"),
        ("orphan", "exited with 4"),
        ("crash", "killed by SIGSEGV"),
        ("shut", "closed its pipe"),
        ("fail", "10 exceptions in a row, the last RuntimeError: no luck with mark"),
        ("quit_politely", "left by itself (SystemExit: enough)"),
        ("threads", "left by itself (SystemExit: 5)"),
        ("Unbuildable", "OSError: no model file"),
        ("Mute", "has none of on_session, on_mark"),
        ("nowhere", "has no 'nowhere'"),
        ("no.such.module:Bot", "ModuleNotFoundError"),
        ("/no/such/file.py:Bot", "FileNotFoundError"),
        ("nonsense:", 'write "package.module:attr"'),
        ("json:__doc__", "neither class nor callable"),
    ],
)
def test_a_bad_bot_is_down_once_and_says_why(spawn: RealSpawn, bot: str, why: str) -> None:
    host = host_of(spawn, bot)
    journal = run(host, minutes(20), [])
    (down,) = downs(handed_out(journal))
    assert why in down.why
    assert host.ended == down.why
    assert host.next_due() is None


def test_a_frame_nobody_asked_for_ends_it(spawn: RealSpawn) -> None:
    host = host_of(spawn, "Frames", frames=["82a272650aa56572726f72a161"])
    run(host, minutes(3), [])
    assert host.ended == "speaks out of turn"


def test_an_alarm_moves_and_is_never_sooner_than_a_tenth_of_a_second(
    spawn: RealSpawn, tmp_path: Path
) -> None:
    bot = tmp_path / "alarm.py"
    bot.write_text(
        "from flyball.bots import Wake, wake_in\n"
        "says = [wake_in(10), Wake(0), Wake(None), [wake_in(1), wake_in(2)], Wake('soon'), wake_in(1e300)]\n"
        "def ring(event):\n"
        "    return says.pop(0) if event.kind == 'mark' else None\n"
    )
    host = host_of(spawn, f"{bot}:ring")
    due = []
    for k in range(6):
        host.tell([mark(T0 + k * NS)], T0 + k * NS)
        next_due = host.next_due()
        due.append(None if next_due is None else next_due - T0)
    assert due == [10 * NS, NS + NS // 10, None, 5 * NS, 5 * NS, 5 * NS]
    assert host.errors == 2
    assert host.take(T0 + 5 * NS) == [Wake(T0 + 5 * NS, "s1", 1)]


def test_settings_and_seed_reach_the_bot(spawn: RealSpawn) -> None:
    host = host_of(spawn, "every", symbol="BTC/USD")
    host.tell([mark(T0)], T0)
    (intent,) = host.take(T0 + NS)
    assert isinstance(intent, Intent)
    assert (intent.symbol, intent.qty, intent.intent) == ("BTC/USD", 10**9, f"i{T0}")


def test_settings_that_do_not_fit_are_named(spawn: RealSpawn) -> None:
    with pytest.raises(
        ValueError, match=r"strategy s1: its settings and symbols are 2.* bytes, at most 196608"
    ):
        host_of(spawn, "every", symbol="x" * 200_000)


def test_a_bot_that_does_not_come_to_an_end_is_ended(spawn: RealSpawn) -> None:
    """Parts of an answer, for ever, each in time."""
    host = host_of(spawn, "parts")
    host.tell([mark(T0)], T0)
    assert host.ended == "does not come to an end"


def test_the_examples_run(spawn: RealSpawn) -> None:
    world = minutes(50)
    for target in ("flyball.bots.examples:buy_and_hold", "flyball.bots.examples:Crossing"):
        host = host_of(spawn, target)
        said = [event for event in handed_out(run(host, world, [])) if isinstance(event, Intent)]
        assert said, target
        assert not any(intent.flaw for intent in said)
        assert (host.ended, host.errors) == ("", 0)


def test_the_host_is_a_bot_port(spawn: RealSpawn) -> None:
    from flyball.ports import Bot

    bot: Bot = host_of(spawn, "every")
    assert isinstance(bot, Host)
    bot.close()
    assert bot.take(T0) == []


def test_the_guides_bot_runs_as_printed(spawn: RealSpawn, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "bots.md").read_text()
    bot = tmp_path / "my_bot.py"
    bot.write_text(guide.partition("```python\n")[2].partition("```")[0])
    host = host_of(spawn, f"{bot}:Dip")
    world = [{"kind": "session", "ts": T0}, *(mark(T0 + k * NS, last=100.0 - k) for k in range(1, 9))]
    said = [event for event in handed_out(run(host, world, [])) if isinstance(event, Intent)]
    assert [(intent.symbol, intent.side, intent.qty, intent.flaw) for intent in said] == [
        ("AAPL", 1, 10, "")
    ] * 7
    assert (host.ended, host.errors) == ("", 0)


def test_what_was_passed_over_is_no_other_answer(lived: list[Entry], spawn: RealSpawn) -> None:
    """The journal has it as quarantined; the bot says it again after a restart and goes on behind it."""
    at = next(k for k in range(len(lived) // 2, len(lived)) if isinstance(lived[k], Intent))
    said = lived[at]
    assert isinstance(said, Intent)
    passed = Quarantined(said.ts, 9, "intent", "bot:s1", said.n, "00c0ffee", "it died twice")
    before = next(e.n for e in reversed(handed_out(lived[:at])))
    recorded = Quarantined(said.ts, 5, "intent", "bot:s1", before, "00c0ffee", "recovery died twice")
    host = host_of(spawn, "Lively")
    host.replay([*lived[:at], recorded, passed])
    later = host.take(10**19)
    assert downs(later) == []
    assert [event.n for event in later if isinstance(event, Recorded)][:1] in ([], [said.n + 1])
    assert host.ended == ""
