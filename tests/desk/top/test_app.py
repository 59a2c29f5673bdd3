"""The live view against a real governor: it shows what is, presses panic with two keys, and says that it is
old when nobody answers.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.widgets import Static

from flyball.api.client import GovernorNotReachable
from flyball.api.protocol import Request
from flyball.desk.top.app import Top
from flyball.kernel.events import Command
from tests.runtime.live import Live, live

REMEDY = "flyball runbook panic"


def watching(flying: Live) -> Top:
    def ask(what: str) -> dict[str, Any]:
        return flying.say_now(Request(what=what)).data

    def press() -> str:
        args = {"cancel_only": "no"}
        reply = flying.say_now(Request(what="panic", args=args, by="ann", reason="flyball top"))
        return "panic is set" if reply.ok else "NOT DONE"

    return Top(ask, press, time.monotonic, REMEDY, (GovernorNotReachable,))


def text_of(app: Top, name: str = "#screen") -> str:
    """What a widget shows, as plain text."""
    console = app.console
    with console.capture() as told:
        console.print(app.query_one(name, Static).content)
    return told.get()


async def shows(app: Top, done: Callable[[str], bool], name: str = "#screen", seconds: float = 8) -> str:
    limit = time.monotonic() + seconds
    while not done(text_of(app, name)):
        assert time.monotonic() < limit, text_of(app, name)
        await asyncio.sleep(0.05)
    return text_of(app, name)


def test_it_shows_a_running_governor_and_panics_with_two_keys(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, {"steady": "Steady"}, pace=60) as flying:
            app = watching(flying)
            async with app.run_test(size=(110, 40)) as pilot:
                text = await shows(app, lambda text: "close in" in text and "AAA" in text)
                assert " ACTIVE " in text
                assert "no latch is set" in text
                await pilot.press("y")  # alone it presses nothing
                await pilot.press("p", "escape", "y")
                assert not flying.of(Command)
                await pilot.press("p", "y")
                await shows(app, lambda text: "panic is set" in text, "#said")
                text = await shows(app, lambda text: "L4 panic" in text)
                assert " HALTED " in text
                await shows(app, lambda text: "flat" in text.splitlines()[-3:][0] or "\nflat" in text)
        assert [c.what for c in flying.of(Command)] == ["panic"]

    asyncio.run(main())


def test_a_governor_that_is_gone_is_said_at_once_with_what_to_do(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, {"quiet": "Quiet"}) as flying:
            app = watching(flying)
            async with app.run_test(size=(110, 40)):
                await shows(app, lambda text: " ACTIVE " in text)
                await flying.land()
                text = await shows(app, lambda text: "NO ANSWER" in text)
                assert REMEDY in text
                assert " ACTIVE " in text  # what is known stays, marked as old

    asyncio.run(main())
