"""A page gets to a person: in time, once, by the next channel when the first is dead, again when nobody
acknowledges."""

import asyncio
import hmac
import time
from hashlib import sha256

import msgspec
import pytest

from flyball.compose.pager_socket import Asked, tell
from flyball.desk.alerts import due, kept
from flyball.desk.alerts.view import spread, view
from tests.desk.alerts.world import NS, SECRET, Place, epoch, place, until

QUICK = 'escalate_after = "300 ms"\nrepeat_every = "400 ms"'


def run(tmp_path, story) -> None:
    async def go() -> None:
        async with place(tmp_path) as desk:
            await story(desk)

    asyncio.run(go())


@pytest.mark.parametrize("channel", ["email", "webhook", "slack"])
def test_an_alert_reaches_the_channel_with_what_a_person_needs(tmp_path, channel):
    async def story(desk: Place) -> None:
        async with desk.pager(f'critical = ["{channel}"]'):
            desk.book.latch("L1", "set")
            boxes = {"email": desk.at.mails, "webhook": desk.at.hooks, "slack": desk.at.slacks}
            await until(lambda: boxes[channel])
            [told] = boxes[channel]
        assert "latch_L1" in told.text
        assert "L1 set on account: because" in told.text
        assert f"flyball alerts ack {desk.book.seq}" in told.text
        assert "account main (paper)" in told.text
        assert desk.book.journal.head.hash.hex() in told.text  # P12: the newest head is kept elsewhere
        assert all(secret not in told.text for secret in (SECRET.decode(), "xoxb"))

    run(tmp_path, story)


def test_a_webhook_is_signed_over_time_and_body(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]'):
            seq = desk.book.alert("not_flat_at_close")
            await until(lambda: desk.at.hooks)
        told = desk.at.hooks[0].body
        said = told["headers"]
        signed = said["Flyball-Timestamp"].encode() + b"." + told["raw"]
        assert said["Flyball-Signature"] == "v1=" + hmac.new(SECRET, signed, sha256).hexdigest()
        assert abs(int(said["Flyball-Timestamp"]) - time.time()) < 5
        assert told["pages"][0]["seq"] == seq
        assert told["severity"] == "critical"

    run(tmp_path, story)


def test_a_burst_of_a_thousand_is_delivered_in_time_and_in_few_messages(tmp_path):
    async def story(desk: Place) -> None:
        names = [f"a{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(1_000)]
        async with desk.pager('critical = ["email", "webhook"]\nwarning = ["webhook"]') as pager:
            for i in range(0, 1_000, 50):  # under load: the journal grows while the pager sends
                for j, name in enumerate(names[i : i + 50]):
                    desk.book.alert(name, "critical" if j % 2 else "warning")
                await asyncio.sleep(0.05)
            await until(lambda: len(pager.state.took) >= 1_000, 15)
            took = spread(pager.state.took)
            assert took["n"] == 1_000
            assert int(str(took["p99"])) < 5_000
            await until(lambda: not pager.busy())
        assert len(desk.at.mails) + len(desk.at.hooks) < 60
        told = {p["alert"] for h in desk.at.hooks for p in h.body["pages"]}
        assert told == {name for i, name in enumerate(names) if not i % 50 % 2}
        counted = "".join(mail.text.replace("=\n", "") for mail in desk.at.mails)
        assert "1 x critical" in counted  # what does not fit is counted, not dropped

    run(tmp_path, story)


def test_the_same_alert_again_is_counted_and_not_sent_again(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('warning = ["webhook"]') as pager:
            for i in range(30):
                desk.book.alert("strange_order", "warning", f"the broker speaks of order {i}")
            await until(lambda: desk.at.hooks)
            for i in range(30):
                desk.book.alert("strange_order", "warning", f"the broker speaks of order {100 + i}")
            await until(lambda: sum(p.count for p in pager.pages.all.values()) == 60)
            await asyncio.sleep(0.4)
        assert len(desk.at.hooks) == 1
        assert len(pager.pages.all) == 1

    run(tmp_path, story)


def test_two_latches_of_one_name_on_two_scopes_are_two_pages(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as pager:
            desk.book.latch("L5", "set", "strategy:one")
            desk.book.latch("L5", "set", "strategy:two")
            await until(lambda: len(pager.pages.all) == 2)

    run(tmp_path, story)


def test_a_dead_first_channel_escalates_to_the_second_at_once_and_gets_it_later(tmp_path):
    async def story(desk: Place) -> None:
        desk.at.slack_error = "fatal_error"
        async with desk.pager('critical = ["slack", "webhook"]') as pager:
            began = time.monotonic()
            desk.book.latch("L1", "set")
            await until(lambda: desk.at.hooks)
            assert time.monotonic() - began < 2
            assert "ESCALATED" in desk.at.hooks[0].text
            told = [(one.channel, one.outcome) for one in pager.records.waiting.told]
            assert told.index(("slack", "failed")) < told.index(("webhook", "escalated"))
            desk.at.slack_error = ""
            await until(lambda: desk.at.slacks, 8)

    run(tmp_path, story)


def test_a_channel_that_hangs_does_not_hold_up_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(due, "SLOW", NS // 2)

    async def story(desk: Place) -> None:
        desk.at.hook_hangs = 30
        async with desk.pager('critical = ["webhook", "slack"]'):
            desk.book.alert("not_flat_at_close")
            await until(lambda: desk.at.slacks, 5)
        assert not desk.at.hooks

    run(tmp_path, story)


def test_an_unacknowledged_critical_page_repeats_and_escalates_until_somebody_takes_it(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager(f'critical = ["webhook", "slack"]\n{QUICK}') as pager:
            page = desk.book.latch("L2", "set")
            await until(lambda: len(desk.at.hooks) >= 2 and desk.at.slacks, 6)
            assert "STILL" in desk.at.hooks[1].text
            assert "ESCALATED" in desk.at.slacks[0].text
            await tell(str(desk.folder), Asked("ack", str(page), "ann"))
            await asyncio.sleep(0.3)
            before = len(desk.at.hooks), len(desk.at.slacks)
            await asyncio.sleep(0.9)
            assert (len(desk.at.hooks), len(desk.at.slacks)) == before
            outcomes = [one.outcome for one in pager.records.waiting.told]
            assert {"delivered", "repeated", "escalated", "acknowledged"} <= set(outcomes)
            [ack] = [one for one in pager.records.waiting.told if one.outcome == "acknowledged"]
            assert (ack.seq, ack.detail) == (page, "ann")

    run(tmp_path, story)


def test_a_warning_neither_repeats_nor_escalates_with_time_and_ends_after_a_clean_while(tmp_path):
    async def story(desk: Place) -> None:
        alerts = f'warning = ["webhook", "slack"]\n{QUICK}\nresolve_after = "400 ms"'
        async with desk.pager(alerts) as pager:
            desk.book.alert("capacity", "warning")
            await until(lambda: desk.at.hooks)
            await until(lambda: all(p.over for p in pager.pages.all.values()), 3)
            assert pager.records.waiting.told[-1].outcome == "resolved"
            assert len(desk.at.hooks) == 1
            assert not desk.at.slacks
            desk.book.alert("capacity", "warning")  # a new episode
            await until(lambda: len(desk.at.hooks) == 2)

    run(tmp_path, story)


def test_a_latch_that_is_cleared_ends_its_page_and_says_so(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]'):
            desk.book.latch("L7", "set")
            await until(lambda: desk.at.hooks)
            desk.book.latch("L7", "cleared")
            await until(lambda: len(desk.at.hooks) == 2)
            assert "OVER" in desk.at.hooks[1].text

    run(tmp_path, story)


def test_a_first_look_pages_what_the_newest_start_says_and_the_latches_that_still_hold(tmp_path):
    async def story(desk: Place) -> None:
        desk.book.alert("old_story")
        desk.book.latch("L1", "set")
        desk.book.latch("L5", "set")
        desk.book.latch("L5", "cleared")
        desk.book.write(epoch(2))
        desk.book.alert("new_story")
        async with desk.pager('critical = ["webhook"]\nwarning = ["webhook"]') as pager:
            await until(lambda: desk.at.hooks and not pager.busy())
        told = [p["alert"] for hook in desk.at.hooks for p in hook.body["pages"]]
        assert sorted(told) == ["latch_L1", "new_story"]

    run(tmp_path, story)


def test_an_alert_of_recorded_time_is_timed_from_when_it_was_seen(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as pager:
            desk.book.alert("long_ago", ts=1_222_781_400 * NS)
            await until(lambda: pager.state.took)
            assert pager.state.took[0] < 5 * NS

    run(tmp_path, story)


def test_a_test_page_goes_through_every_channel_whatever_its_severity(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["slack", "email"]\nwarning = ["webhook"]') as pager:
            name = str((await tell(str(desk.folder), Asked("test", by="ann")))["page"])
            await until(lambda: desk.at.mails and desk.at.hooks and desk.at.slacks and not pager.busy())
            found = await tell(str(desk.folder), Asked("page", name))
            legs = found["channels"]
            assert isinstance(legs, list)
            assert {leg["channel"]: leg["delivered"] for leg in legs} == {
                "slack": 1,
                "email": 1,
                "webhook": 1,
            }
            assert all(leg["ms"] < 5_000 for leg in legs)

    run(tmp_path, story)


def test_what_is_kept_shows_the_pages_without_the_pager(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as pager:
            desk.book.alert("not_flat_at_close")
            await until(lambda: desk.at.hooks and not pager.busy())
        found, note = kept.load(pager.world.disk)
        assert note == ""
        shown = msgspec.to_builtins(view(found, running=False))
        assert shown["unacknowledged"] == 1
        assert shown["pages"][0]["alert"] == "not_flat_at_close"
        assert (desk.folder / kept.FILE).stat().st_mode & 0o077 == 0

    run(tmp_path, story)


def test_a_newer_pager_takes_over_and_pages_nothing_twice(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as old:
            desk.book.alert("not_flat_at_close")
            await until(lambda: desk.at.hooks and not old.busy())
            async with desk.pager('critical = ["webhook"]') as new:
                assert old.ending
                await asyncio.sleep(0.5)
                assert not new.busy()
                assert [page.alert for page in new.pages.all.values()] == ["not_flat_at_close"]
        assert len(desk.at.hooks) == 1

    run(tmp_path, story)
