"""The pager's records over the governor's real socket: each once in the journal, however often it tells
them, and an acknowledgement is a command like any other."""

import asyncio
from pathlib import Path

from flyball.api.delivered import Told, told_line
from flyball.api.protocol import BAD_REQUEST
from flyball.kernel.events import Command, Delivery
from tests.runtime.live import Live, live

QUIET = {"quiet": "Quiet"}


def told(*numbers: int) -> str:
    return told_line([Told(n=n, alert="x", outcome="delivered", severity="info") for n in numbers])


async def cursor(flying: Live, *numbers: int) -> object:
    return (await flying.say("delivered", records=told(*numbers))).data["cursor"]


def test_each_record_is_in_the_journal_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            assert await cursor(flying) == 0
            assert await cursor(flying, 1, 2, 3) == 3
            assert await cursor(flying, 2, 3, 4) == 4  # what it has already is left out
            assert await cursor(flying, 1) == 4
            both = await asyncio.gather(*(cursor(flying, 5, 6) for _ in range(5)))
            assert set(both) == {6}
            assert await cursor(flying, 9) == 9  # numbers may be missing, never come again
        numbers = [record.n for record in flying.journal() if isinstance(record, Delivery)]
        assert numbers == [1, 2, 3, 4, 5, 6, 9]

    asyncio.run(main())


def test_what_is_no_record_is_refused_and_an_acknowledgement_is_a_named_command(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            wrong = await flying.say("delivered", records=told(2, 1))
            assert wrong.error is not None
            assert wrong.error.code == BAD_REQUEST
            assert (await flying.say("acknowledge", by="ann", page="17")).ok
            assert not (await flying.say("acknowledge", by="ann", page="../x")).ok
        commands = [record for record in flying.journal() if isinstance(record, Command)]
        assert [(one.what, one.by, dict(one.args)) for one in commands] == [
            ("acknowledge", "ann", {"page": "17"})
        ]
        assert not [record for record in flying.journal() if isinstance(record, Delivery)]

    asyncio.run(main())
