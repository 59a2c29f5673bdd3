"""The HTTP door that Slack knocks at: POST /slack, answered at once, done beside, the outcome sent to the
address Slack gave. It listens on this machine alone; a proxy with a certificate stands before it. Whoever
opens a connection and says nothing loses it, so that no other program of this machine can use up the pager's
files.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from flyball.desk.alerts.slash import NotHis, Slash, Word
from flyball.kernel.units import NS

PATH: Final = "/slack"
LARGEST: Final = 64 << 10
HOST: Final = "127.0.0.1"
TIMEOUT_S: Final = 10.0
PATIENCE: Final = 10 * NS  # for a whole request
MOST: Final = 64  # connections at once: one more ends the oldest


class Door:
    """Open from `open` to `close`. `refused`: told of every request that was not carried out."""

    def __init__(self, slash: Slash, refused: Callable[[str], None]) -> None:
        self.slash = slash
        self.refused = refused
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._since: dict[RequestHandler, int] = {}  # connections, and when they were first seen

    async def open(self, port: int) -> int:
        """Listen on a port of this machine (0: any); the port. OSError when it is taken."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_post(PATH, self._post)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self.port

    def sweep(self, now: int) -> None:
        """End connections that are too old or too many. To be called several times a second."""
        server = None if self._runner is None else self._runner.server
        there = [] if server is None else server.connections
        self._since = {one: self._since.get(one, now) for one in there}
        oldest = sorted(self._since, key=self._since.__getitem__)
        for n, one in enumerate(oldest):
            if now - self._since[one] > PATIENCE or len(oldest) - n > MOST:
                one.force_close()

    async def close(self) -> None:
        """Finish what was begun, then shut."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            word = self.slash.read(
                body,
                request.headers.get("X-Slack-Request-Timestamp", ""),
                request.headers.get("X-Slack-Signature", ""),
            )
        except NotHis as why:
            self.refused(str(why))
            return web.json_response({"response_type": "ephemeral", "text": "Not done."}, status=403)
        await self.slash.remember()
        task = asyncio.ensure_future(self._do(word))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        said = "Panic: the governor is being told." if word.what == "panic" else "Asking the governor."
        return web.json_response({"response_type": "in_channel", "text": f"{said} ({word.by})"})

    async def _do(self, word: Word) -> None:
        answer = await self.slash.do(word)
        if not word.answer_to:
            return
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(word.answer_to, json={"response_type": "in_channel", "text": answer}),
            ):
                pass
        except (aiohttp.ClientError, OSError, ValueError):
            self.refused(f"the answer to /{word.what} of {word.by} could not be delivered")
