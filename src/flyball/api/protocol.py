"""Requests and replies as lines of JSON: read strictly, or refused with a code and a remedy.

    {"v":1,"what":"clear","args":{"latch":"L1"},"by":"ann","reason":"reviewed","secret":"..."}
    {"v":1,"ok":false,"error":{"code":"SECRET_WRONG","message":"..."},"data":{}}

The secret is compared and forgotten: no event, reply or printed request holds it.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import msgspec

from flyball.api.words import WORDS
from flyball.kernel.bounds import MAX_ID, MAX_TEXT
from flyball.kernel.events import Command
from flyball.kernel.words import APPROVER, SECRET

VERSION: Final = 1
REQUEST_LIMIT: Final = 64 << 10  # bytes of a line, its newline included
REPLY_LIMIT: Final = 16 << 20

# Codes of a refusal -> what they say.
BAD_REQUEST: Final = "BAD_REQUEST"
UNKNOWN_WORD: Final = "UNKNOWN_WORD"
SECRET_NEEDED: Final = "SECRET_NEEDED"
SECRET_WRONG: Final = "SECRET_WRONG"
REFUSED: Final = "REFUSED"
NOT_FOUND: Final = "NOT_FOUND"
BUSY: Final = "BUSY"
FAILED: Final = "FAILED"
ERRORS: Final[dict[str, str]] = {
    BAD_REQUEST: "the line is no request this version understands",
    UNKNOWN_WORD: "nothing of this name can be asked for",
    SECRET_NEEDED: "it loosens, and no operator secret came with it",
    SECRET_WRONG: "the operator secret is another one",
    REFUSED: "understood, allowed, and not done: the message says why",
    NOT_FOUND: "there is no such order, latch or scope",
    BUSY: "too many wrong secrets or too many requests; try again later",
    FAILED: "the governor failed while answering; nothing is known to have been done",
}


class Request(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What is asked. `args` holds every argument of the word once it has been read by `read_request`."""

    what: str
    v: int = VERSION
    args: dict[str, str] = {}
    by: str = ""
    reason: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        told = "..." if self.secret else ""
        return f"Request(what={self.what!r}, args={self.args!r}, by={self.by!r}, secret={told!r})"


class Fault(msgspec.Struct):
    """Why not: a code of ERRORS and a sentence with the remedy."""

    code: str
    message: str


class Reply(msgspec.Struct, kw_only=True):
    """The answer. `error` is there exactly when `ok` is false."""

    ok: bool
    v: int = VERSION
    error: Fault | None = None
    data: dict[str, object] = {}


@dataclass
class BadRequest(Exception):  # noqa: N818 - what it is, not that something failed here
    """A line that is refused before anybody looks at it."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def reply(self) -> Reply:
        return refuse(self.code, self.message)


def request_line(request: Request) -> bytes:
    """The bytes of a request, newline included."""
    return msgspec.json.encode(request) + b"\n"


def reply_line(reply: Reply) -> bytes:
    """The bytes of a reply, newline included. Integers of `data` must be within 64 bits."""
    return msgspec.json.encode(reply) + b"\n"


def done(data: dict[str, object] | None = None) -> Reply:
    return Reply(ok=True, data=data or {})


def refuse(code: str, message: str) -> Reply:
    """A refusal with one of the codes of ERRORS."""
    if code not in ERRORS:
        raise ValueError(f"{code} is no code of a refusal")
    return Reply(ok=False, error=Fault(code, message))


def too_long() -> bytes:
    """The answer to a line longer than REQUEST_LIMIT."""
    message = f"the line is longer than {REQUEST_LIMIT} bytes; one request is one short line of JSON"
    return reply_line(refuse(BAD_REQUEST, message))


def read_request(line: bytes) -> Request:
    """The request of a line, its arguments checked and completed. Raises BadRequest."""
    try:
        request = msgspec.json.decode(line, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(BAD_REQUEST, f"not a request: {error}") from None
    if request.v != VERSION:
        message = f"version {request.v} of the protocol; this governor speaks version {VERSION}"
        raise BadRequest(BAD_REQUEST, message)
    word = WORDS.get(request.what)
    if word is None:
        near = get_close_matches(request.what[:MAX_ID], WORDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(WORDS)}"
        raise BadRequest(UNKNOWN_WORD, f"{request.what[:MAX_ID]!r} is nothing that can be asked for; {hint}")
    request.args = _arguments(request)
    for name, text, most in (("by", request.by, MAX_ID), ("reason", request.reason, MAX_TEXT)):
        if len(text) > most or not text.isprintable():
            raise BadRequest(BAD_REQUEST, f"{name}: at most {most} characters on one line")
    if word.authority in (SECRET, APPROVER) and not request.by.strip():
        raise BadRequest(BAD_REQUEST, f"by: {word.what} is done by a named operator; say who you are")
    if word.reasoned and not request.reason.strip():
        raise BadRequest(BAD_REQUEST, f"reason: {word.what} needs one; it is written into the journal")
    return request


def _arguments(request: Request) -> dict[str, str]:
    known = WORDS[request.what].args
    for name in request.args:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise BadRequest(BAD_REQUEST, f"args: {request.what} has no argument {name[:MAX_ID]!r}; {takes}")
    found = {}
    for name, arg in known.items():
        text = request.args.get(name, arg.default)
        if name not in request.args and not arg.default:
            raise BadRequest(BAD_REQUEST, f"args: {request.what} needs {name}: {arg.says}")
        if not arg.form.fullmatch(text):
            raise BadRequest(BAD_REQUEST, f"args: {name} = {text[:MAX_ID]!r} is not {arg.says}")
        found[name] = text
    return found


def needs_secret(request: Request) -> bool:
    """Whether the request loosens, so that only the operator secret opens the way for it."""
    return WORDS[request.what].authority == SECRET


def needs_approver(request: Request) -> bool:
    """Whether the request loosens limits, so that the secret of the approver it names has to come with it."""
    return WORDS[request.what].authority == APPROVER


def is_command(request: Request) -> bool:
    """Whether the request changes something, and so becomes an event; a view does not."""
    return WORDS[request.what].authority != ""


def command_event(request: Request, *, ts: int, n: int, uid: int) -> Command:
    """The kernel's event of a command whose secret, if it needs one, has been found right.

    `ts` in UTC nanoseconds, `n` the running number of the operator's source, `uid` the peer's as the system
    says.
    """
    return Command(
        ts=ts,
        what=request.what,
        by=request.by.strip() or f"uid {uid}",
        uid=uid,
        authority=WORDS[request.what].authority,
        reason=request.reason.strip(),
        args=tuple(sorted(request.args.items())),
        n=n,
    )


def read_reply(line: bytes) -> Reply:
    """The reply of a line. Raises msgspec.DecodeError when it is none."""
    reply = msgspec.json.decode(line, type=Reply)
    if reply.v != VERSION:
        raise msgspec.DecodeError(f"version {reply.v} of the protocol; this client speaks version {VERSION}")
    if reply.ok == (reply.error is not None):
        raise msgspec.DecodeError("neither done nor refused")
    return reply
