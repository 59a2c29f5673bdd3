"""`/panic reason` and `/status` from Slack: signed by Slack, said once, by somebody who may.

1. The signature: v0 HMAC-SHA256 over "v0:timestamp:body" with the app's signing secret, not older than 5
   minutes (https://docs.slack.dev/authentication/verifying-requests-from-slack/).
2. A signature that was seen before is refused, after a restart too: it is written down before anything is
   done.
3. The user's id has a name and a role in `[alerts.slack.users]`. A viewer sees, an operator may panic as
   well.
4. The panic goes through the governor's socket under the name slack:NAME. Where no governor answers, the
   kill file is made, and the answer says so.

Nothing that loosens can be said here. What is refused is a page and a record, and Slack is told nothing it
could use.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

import msgspec

from flyball.api.client import GovernorNotReachable
from flyball.api.protocol import Reply, Request
from flyball.kernel.bounds import MAX_TEXT
from flyball.kernel.units import NS
from flyball.ports import Disk

WINDOW_S: Final = 300
SEEN: Final = "alerts/slack.seen"
MOST_SEEN: Final = 10_000
OPERATORS: Final = ("operator", "approver")
VIEWERS: Final = ("viewer", *OPERATORS)
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


class NotHis(Exception):  # noqa: N818 - it says what is the case
    """The request is refused; the text is for the journal, not for whoever sent it."""


@dataclass(frozen=True)
class Word:
    """One request that was found to be Slack's and its user's to make."""

    what: str
    text: str
    by: str
    role: str
    answer_to: str  # where a later answer goes, "" = nowhere


@dataclass
class Slash:
    """What may be said from Slack. `panic_file`: makes the kill file with this reason, and says whether it is
    there; `keep`: writes what was seen, and answers in half a second, written or not.
    """

    secret: bytes
    users: Mapping[str, tuple[str, str]]
    disk: Disk
    now: Callable[[], int]
    ask: Callable[[Request], Awaitable[Reply]]
    panic_file: Callable[[str], bool]
    keep: Callable[[bytes], Awaitable[str]]
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What was seen before a restart. A file that cannot be read keeps nobody from tightening."""
        try:
            if self.disk.exists(SEEN):
                self.seen = msgspec.json.decode(self.disk.read(SEEN), type=dict[str, int])
        except (OSError, ValueError):
            self.seen = {}

    def read(self, body: bytes, timestamp: str, signature: str) -> Word:
        """A request that may be carried out. Raises NotHis."""
        self._signed(body, timestamp, signature)
        fields = parse_qs(body.decode("utf-8", "replace"))

        def one(name: str) -> str:
            return fields.get(name, [""])[0]

        user = self.users.get(one("user_id"))
        what = one("command").removeprefix("/")
        if user is None:
            raise NotHis(f"/{_shown(what)} by the unknown user {_shown(one('user_id'))}")
        name, role = user
        allowed = OPERATORS if what == "panic" else VIEWERS if what == "status" else ()
        if role not in allowed:
            raise NotHis(f"/{_shown(what)} by {name}, who is {role}")
        text = "".join(c if c.isprintable() else " " for c in one("text")).strip()
        return Word(what, text[:MAX_TEXT], f"slack:{name}", role, one("response_url"))

    async def remember(self) -> None:
        """Have it written down what was seen. A disk that refuses or hangs keeps nobody from tightening, and
        a second panic does no more than the first.
        """
        await self.keep(msgspec.json.encode(self.seen))

    async def do(self, word: Word) -> str:
        """Carry it out; the answer for the channel."""
        try:
            if word.what == "status":
                return _status(await self.ask(Request(what="status")))
            reply = await self.ask(Request(what="panic", by=word.by, reason=word.text or "from Slack"))
        except GovernorNotReachable as gone:
            if word.what == "status":
                return f"The governor does not answer: {gone}"
            if not self.panic_file(f"{word.by}: {word.text}"):
                return (
                    "NOT DONE. No governor answers and the kill file cannot be made: get flat by hand,"
                    f" see `flyball runbook panic`. ({gone})"
                )
            return (
                "The governor does not answer. The kill file is there: a governor or sentinel that lives will"
                f" obey it, nobody has confirmed anything. See `flyball runbook panic`. ({gone})"
            )
        if reply.error is not None:
            return f"Refused: {reply.error.message}"
        return (
            f"Panic is set by {word.by}: all is being cancelled and flattened; /status shows how far it is."
        )

    def _signed(self, body: bytes, timestamp: str, signature: str) -> None:
        now = self.now() // NS
        if not _NUMBER.fullmatch(timestamp):
            raise NotHis("a request without a time")
        if abs(now - int(timestamp)) > WINDOW_S:
            raise NotHis(f"a request {abs(now - int(timestamp))} s off")
        wanted = "v0=" + hmac.new(self.secret, b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise NotHis("a request with another signature")
        self.seen = {one: at for one, at in self.seen.items() if at >= now - WINDOW_S}
        if signature in self.seen:
            raise NotHis("a request that came before")
        if len(self.seen) >= MOST_SEEN:
            raise NotHis(f"more than {MOST_SEEN} requests in five minutes")
        self.seen[signature] = int(timestamp)


def _shown(text: str) -> str:
    return "".join(c if c.isalnum() else "?" for c in text[:24]) or "?"


def _status(reply: Reply) -> str:
    """One look, as short as a phone."""
    if reply.error is not None:
        return f"Refused: {reply.error.message}"
    d = reply.data
    latches = d.get("latches")
    positions = d.get("positions")
    held = len(positions) if isinstance(positions, list) else 0
    set_now = (
        ", ".join(str(x.get("latch", x.get("id", "?"))) for x in latches) if isinstance(latches, list) else ""
    )
    return (
        f"{d.get('trading_state')} | equity {d.get('equity')} | day {d.get('day_pnl')} | {held} positions"
        f" | latches: {set_now or 'none'} | as of {str(d.get('ts'))[:19]}Z"
    )
