"""The operator plane: requests from the socket become journaled commands or views, and are answered once the
governor has decided.

A wrong secret closes the door for a while, longer each time; nothing that tightens ever waits for that.
"""

import asyncio
from collections.abc import Callable

from flyball.api.armed import armed_view
from flyball.api.delivered import DELIVERED, BadRecords, deliveries
from flyball.api.protocol import (
    BAD_REQUEST,
    BUSY,
    FAILED,
    NOT_FOUND,
    REFUSED,
    SECRET_NEEDED,
    SECRET_WRONG,
    BadRequest,
    Reply,
    Request,
    command_event,
    done,
    is_command,
    needs_approver,
    needs_secret,
    read_request,
    refuse,
    reply_line,
)
from flyball.api.secret import verify
from flyball.api.words import NAME
from flyball.kernel.effects import Done, Refused
from flyball.kernel.events import Command, Delivery, Quarantined, Report
from flyball.kernel.units import NS
from flyball.runtime.flight import Flight
from flyball.runtime.pending import rules_view, terms_view
from flyball.runtime.sequencer import Taken
from flyball.runtime.view import limits, status

LONGEST_SHUT = 300 * NS
TIGHTENS = ("pause", "freeze", "flatten")

Explain = Callable[[str], dict[str, object] | None]
Approver = Callable[[str], str]  # the stored hash line of an approver's secret by name, "" = there is none
Compare = Callable[[str, str], bool]


class Control:
    """Answers requests for one flight."""

    def __init__(
        self,
        flight: Flight,
        secret: str,
        now: Callable[[], int],
        explain: Explain,
        approver: Approver = lambda _: "",
        compare: Compare = verify,
        killed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`secret`: the stored hash line, "" when none was ever set; `now`: real time for the door's own
        clock; `compare`: whether a secret is the one whose line was kept; `killed`: whether the kill
        file is there."""
        self.flight = flight
        self.secret = secret
        self.now = now
        self.explain = explain
        self.approver = approver
        self.compare = compare
        self.killed = killed
        self.sensors: Callable[[], list[dict[str, object]]] = list
        self.shut_until = 0
        self.wrong = 0
        self.asked: dict[int, asyncio.Future[Reply]] = {}
        self.paged: dict[int, asyncio.Future[Reply]] = {}  # by the number of the pager's last record
        flight.observers.append(self._taken)

    async def handle(self, line: bytes, uid: int) -> bytes:
        """One request line in, one reply line out."""
        try:
            request = read_request(line)
        except BadRequest as bad:
            return reply_line(bad.reply())
        if request.what == DELIVERED:
            return reply_line(await self._delivered(request))
        if is_command(request):
            return reply_line(await self._command(request, uid))
        return reply_line(self._view(request))

    def _view(self, request: Request) -> Reply:
        governor = self.flight.sequencer.governor
        if request.what == "status":
            view = status(governor, self.flight.sequencer.journal.head.hash.hex())
            return done({**view, "terms": terms_view(governor.state)})
        if request.what == "limits":
            return done({**limits(governor.state), "terms": terms_view(governor.state)})
        if request.what == "controls":
            return done(armed_view(governor.state))
        if request.what == "sensors":
            return done({"sensors": self.sensors()})
        if request.what == "config":
            return done({"keys": rules_view(governor.state), **terms_view(governor.state)})
        found = self.explain(request.args["order"])
        if found is None:
            return refuse(NOT_FOUND, f"no intent or order {request.args['order']} in the journal")
        return done(found)

    async def _command(self, request: Request, uid: int) -> Reply:
        denied = None
        if needs_secret(request):
            denied = self._check(self.secret, request.secret)
        elif needs_approver(request):
            denied = self._check_approver(request)
        if denied is not None:
            if denied.error is not None and denied.error.code == SECRET_WRONG:
                self._journal_wrong(request, uid)
            return denied
        if request.what in ("clear", "confirm") and request.args["latch"] == "L4" and self.killed():
            return refuse(REFUSED, "the kill file is there; remove it first (PANIC in the desk's folder)")
        if request.what in TIGHTENS and (nobody := self._nobody(request.args["scope"])):
            return refuse(NOT_FOUND, nobody)
        taken = self.flight.sequencer.governor.state.cursors.get("operator", 0)
        n = max([taken, *self.asked]) + 1
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.asked[n] = waiting
        self.flight.submit(command_event(request, ts=self.flight.clock.now(), n=n, uid=uid))
        return await waiting

    def _nobody(self, scope: str) -> str:
        """What is wrong with a scope's strategy: a pause on a misspelt one would only look like safety."""
        kind, _, name = scope.partition(":")
        books = self.flight.sequencer.governor.state.books
        known = {bot.strategy for bot, _ in self.flight.bots} | {one for x in books.values() for one in x}
        if kind != "strategy" or name in known:
            return ""
        return f"no such strategy: {name!r}; here are " + (", ".join(sorted(known)) or "none")

    async def _delivered(self, request: Request) -> Reply:
        """The pager's records, each once: those behind its cursor, however often it tells them. Answered with
        the cursor once they are in the journal."""
        taken = self.flight.sequencer.governor.state.cursors.get("pager", 0)
        under_way = max(self.paged, default=taken)
        try:
            told = deliveries(request.args["records"], self.flight.clock.now())
        except BadRecords as bad:
            return refuse(BAD_REQUEST, str(bad))
        new = [one for one in told if one.n > under_way]
        last = max(new[-1].n, under_way) if new else under_way
        if last <= taken:
            return done({"cursor": taken})
        waiting = self.paged.setdefault(last, asyncio.get_running_loop().create_future())
        for one in new:
            self.flight.submit(one)
        return await waiting

    def give_up(self) -> None:
        """The flight is over: whoever still waits is told that nothing was done."""
        for waiting in (*self.asked.values(), *self.paged.values()):
            if not waiting.done():
                waiting.set_result(refuse(FAILED, "the governor ended before it got to it"))
        self.asked.clear()
        self.paged.clear()

    def _check_approver(self, request: Request) -> Reply | None:
        """None when the secret is that of the approver who is named."""
        name = request.by.strip()
        kept = self.approver(name) if NAME.fullmatch(name) else ""
        if not kept:
            what = f"{name} has no approver's secret; `flyball approve --setup NAME` makes one"
            return refuse(SECRET_NEEDED, what)
        return self._check(kept, request.secret)

    def _check(self, kept: str, secret: str) -> Reply | None:
        """None when the secret is the one whose hash was kept."""
        if not kept:
            return refuse(SECRET_NEEDED, "no operator secret was ever set; `flyball init` sets one")
        if not secret:
            return refuse(SECRET_NEEDED, "this loosens and needs the operator secret")
        now = self.now()
        if now < self.shut_until:
            return refuse(BUSY, f"wrong secrets were tried; wait {(self.shut_until - now) // NS + 1} s")
        if self.compare(kept, secret):
            self.wrong = 0
            return None
        self.wrong += 1
        self.shut_until = now + min(LONGEST_SHUT, NS << min(self.wrong, 10))
        return refuse(SECRET_WRONG, "the operator secret is another one")

    def _journal_wrong(self, request: Request, uid: int) -> None:
        """Every failed login is journaled (D8). What was tried instead of the secret is not. `shut_until`
        keeps them few."""
        who = "".join(c for c in request.by.strip() if c.isprintable())[:64] or "nobody"
        detail = f"{request.what} by {who} (uid {uid})"
        self.flight.submit(Report(self.flight.clock.now(), "operator_secret", "wrong", "socket", detail))

    def _taken(self, taken: Taken) -> None:
        """Answer the commands of a batch with what the governor made of them."""
        number = 0
        for record in taken.records:
            if isinstance(record, Command):
                number = record.n
            elif isinstance(record, Delivery) or (
                isinstance(record, Quarantined) and record.source == "pager"
            ):
                waiting = self.paged.pop(record.n, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(done({"cursor": record.n}))
            elif isinstance(record, Quarantined) and record.source == "operator":
                waiting = self.asked.pop(record.n, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(refuse(FAILED, f"not carried out: {record.why}"))
            elif isinstance(record, (Done, Refused)):
                waiting = self.asked.pop(number, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(self._answer(record))

    def _answer(self, record: Done | Refused) -> Reply:
        if isinstance(record, Refused):
            return refuse(REFUSED, record.why)
        return done({"done": record.what, "scope": record.text, "by": record.by})
