"""What may be said to a governor, word by word, and everything that may not."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.api.protocol import (
    ERRORS,
    REQUEST_LIMIT,
    BadRequest,
    Reply,
    Request,
    command_event,
    done,
    is_command,
    needs_approver,
    needs_secret,
    read_reply,
    read_request,
    refuse,
    reply_line,
    request_line,
    too_long,
)
from flyball.api.words import COMMANDS, VIEWS, WORDS


def line(what: str, args: dict[str, str] | None = None, **more) -> bytes:
    return json.dumps({"v": 1, "what": what, "args": args or {}, **more}).encode() + b"\n"


# word, what it has to be given, its arguments completed
COMPLETE = [
    ("pause", {}, {}, {"scope": "account"}),
    ("freeze", {"scope": "symbol:BRK.B"}, {}, {"scope": "symbol:BRK.B"}),
    ("flatten", {"scope": "strategy:my-bot"}, {}, {"scope": "strategy:my-bot"}),
    ("panic", {}, {}, {"cancel_only": "no"}),
    ("panic", {"cancel_only": "yes"}, {}, {"cancel_only": "yes"}),
    ("cancel", {"order": "fbmain-1-2-a-0"}, {}, {"order": "fbmain-1-2-a-0"}),
    ("resume", {}, {"by": "ann"}, {"scope": "account"}),
    (
        "clear",
        {"latch": "L9a"},
        {"by": "ann", "reason": "seen"},
        {"latch": "L9a", "scope": "account", "rebase": "no"},
    ),
    (
        "resolve",
        {"order": "fbmain-1-2-a-0", "outcome": "10@101.25"},
        {"by": "ann", "reason": "statement"},
        {"order": "fbmain-1-2-a-0", "outcome": "10@101.25", "fee": "0"},
    ),
    (
        "approve",
        {"proposal": "17", "expires": "1222867860000000000"},
        {"by": "ann", "reason": "grown"},
        {"proposal": "17", "expires": "1222867860000000000"},
    ),
    ("reject", {"proposal": "17"}, {}, {"proposal": "17"}),
    ("confirm", {"latch": "L4"}, {"by": "ben"}, {"latch": "L4", "scope": "account"}),
    ("review", {"scope": "strategy:a"}, {"by": "ann", "reason": "read"}, {"scope": "strategy:a"}),
    ("acknowledge", {"page": "1742"}, {}, {"page": "1742"}),
    ("delivered", {"records": "[]"}, {}, {"records": "[]"}),
    ("config", {}, {}, {}),
    ("controls", {}, {}, {}),
    ("sensors", {}, {}, {}),
    ("status", {}, {}, {}),
    ("limits", {}, {}, {}),
    ("why", {"order": "my intent № 7"}, {}, {"order": "my intent № 7"}),
]


@pytest.mark.parametrize(("what", "args", "more", "complete"), COMPLETE)
def test_a_request_is_read_and_completed(what, args, more, complete):
    assert read_request(line(what, args, **more)).args == complete


def test_every_word_is_covered_and_the_list_is_closed():
    assert {what for what, *_ in COMPLETE} == set(WORDS) == {*COMMANDS, *VIEWS}
    assert set(VIEWS) >= {"status", "limits", "why", "config"}


def test_tightening_needs_the_socket_alone_and_loosening_the_secret():
    secret = {what for what in WORDS if needs_secret(Request(what=what))}
    changing = {what for what in WORDS if is_command(Request(what=what))}
    assert secret == {"resume", "clear", "resolve", "review"}
    approver = {what for what in WORDS if needs_approver(Request(what=what))}
    assert approver == {"approve", "confirm"}
    tightening = {"pause", "freeze", "flatten", "panic", "cancel", "reject"}
    assert changing - secret - approver == {*tightening, "acknowledge", "delivered"}


@pytest.mark.parametrize(
    ("raw", "code", "what"),
    [
        (b"", "BAD_REQUEST", "not a request"),
        (b"\n", "BAD_REQUEST", "not a request"),
        (b"panic\n", "BAD_REQUEST", "not a request"),
        (b"\xff\xfe\n", "BAD_REQUEST", "not a request"),
        (b'{"what":"status"}{"what":"status"}', "BAD_REQUEST", "not a request"),
        (b"[" * 5000, "BAD_REQUEST", "not a request"),
        (b"null", "BAD_REQUEST", "not a request"),
        (b"{}", "BAD_REQUEST", "what"),
        (b'{"what":5}', "BAD_REQUEST", "what"),
        (b'{"what":"status","extra":1}', "BAD_REQUEST", "extra"),
        (b'{"what":"pause","args":{"scope":1}}', "BAD_REQUEST", "args"),
        (b'{"what":"pause","args":[]}', "BAD_REQUEST", "args"),
        (b'{"v":2,"what":"status"}', "BAD_REQUEST", "version 2"),
        (b'{"v":"1","what":"status"}', "BAD_REQUEST", "`int`"),
        (line("panik"), "UNKNOWN_WORD", "did you mean panic?"),
        (line("x" * 1000), "UNKNOWN_WORD", "one of pause, "),
        (line("status", {"scope": "account"}), "BAD_REQUEST", "it takes none"),
        (line("pause", {"scop": "account"}), "BAD_REQUEST", "it takes scope"),
        (line("pause", {"scope": "everything"}), "BAD_REQUEST", "scope = 'everything'"),
        (line("pause", {"scope": ""}), "BAD_REQUEST", "scope = ''"),
        (line("pause", {"scope": "account\n"}), "BAD_REQUEST", "scope = "),
        (line("panic", {"cancel_only": "maybe"}), "BAD_REQUEST", "cancel_only = 'maybe'"),
        (line("cancel"), "BAD_REQUEST", "cancel needs order"),
        (line("cancel", {"order": ""}), "BAD_REQUEST", "order = ''"),
        (line("cancel", {"order": "a" * 49}), "BAD_REQUEST", "order = "),
        (line("clear", by="ann", reason="r"), "BAD_REQUEST", "clear needs latch"),
        (line("clear", {"latch": "L1"}, reason="r"), "BAD_REQUEST", "by: clear is done by a named operator"),
        (line("clear", {"latch": "L1"}, by="ann"), "BAD_REQUEST", "reason: clear needs one"),
        (line("clear", {"latch": "L1"}, by="ann", reason="  "), "BAD_REQUEST", "reason: clear needs one"),
        (line("resume", by=" "), "BAD_REQUEST", "by: resume"),
        (line("resolve", {"order": "a"}, by="a", reason="r"), "BAD_REQUEST", "resolve needs outcome"),
        (line("resolve", {"order": "a", "outcome": "10@"}), "BAD_REQUEST", "outcome = '10@'"),
        (line("resolve", {"order": "a", "outcome": "-1@5"}), "BAD_REQUEST", "outcome = '-1@5'"),
        (line("resolve", {"order": "a", "outcome": "never", "fee": "x"}), "BAD_REQUEST", "fee = 'x'"),
        (line("resolve", {"order": "a", "outcome": "never"}, by="a"), "BAD_REQUEST", "reason: resolve"),
        (line("approve", {"proposal": "1"}, by="a", reason="r"), "BAD_REQUEST", "approve needs expires"),
        (line("approve", {"proposal": "-1", "expires": "1"}), "BAD_REQUEST", "proposal = '-1'"),
        (line("approve", {"proposal": "1", "expires": "1"}, reason="r"), "BAD_REQUEST", "by: approve"),
        (line("approve", {"proposal": "1", "expires": "1"}, by="a"), "BAD_REQUEST", "reason: approve"),
        (line("pause", by="a" * 65), "BAD_REQUEST", "by: at most 64"),
        (line("pause", reason="a" * 201), "BAD_REQUEST", "reason: at most 200"),
        (line("pause", by="a\nb"), "BAD_REQUEST", "by: "),
    ],
)
def test_what_is_no_request_is_refused_with_a_remedy(raw, code, what):
    with pytest.raises(BadRequest) as error:
        read_request(raw)
    assert error.value.code == code
    assert what in error.value.message
    reply = read_reply(reply_line(error.value.reply()))
    assert not reply.ok
    assert len(reply_line(reply)) < 1000


@given(st.binary(max_size=80) | st.text(max_size=40).map(lambda text: json.dumps({"what": text}).encode()))
def test_rubbish_is_only_ever_refused(raw: bytes):
    try:
        request = read_request(raw)
    except BadRequest as error:
        code = error.code
    else:
        code = ""
        assert request.what in WORDS
    assert code in ("", *ERRORS)


@pytest.mark.parametrize("what", COMMANDS)
def test_a_command_becomes_an_event_without_its_secret(what):
    args = next(args for name, args, *_ in COMPLETE if name == what)
    request = read_request(line(what, args, by=" ann ", reason=" because ", secret="K7QFM"))
    event = command_event(request, ts=5, n=3, uid=1000)
    assert (event.what, event.by, event.uid, event.reason, event.ts, event.n) == (
        what,
        "ann",
        1000,
        "because",
        5,
        3,
    )
    loosening = {"resume": "secret", "clear": "secret", "resolve": "secret", "review": "secret"}
    loosening |= {"approve": "approver", "confirm": "approver"}
    assert event.authority == loosening.get(what, "socket")
    assert event.args == tuple(sorted(request.args.items()))
    assert "K7QFM" not in repr(event)


def test_a_nameless_tightening_is_signed_by_its_user():
    assert command_event(read_request(line("panic")), ts=1, n=1, uid=1000).by == "uid 1000"


def test_a_printed_request_keeps_its_secret():
    request = Request(what="resume", by="ann", secret="K7QFM-2ZD8T")
    assert "K7QFM" not in f"{request!r} {request}"
    assert b"K7QFM" in request_line(request)


def test_requests_and_replies_come_back_as_they_were():
    request = Request(what="clear", args={"latch": "L1"}, by="é", reason="a\nb", secret="s")
    assert msgspec.json.decode(request_line(request), type=Request) == request
    assert request_line(request).count(b"\n") == 1
    for reply in (done(), done({"a": [1, {"b": "\n"}]}), refuse("REFUSED", "not\nyet")):
        assert read_reply(reply_line(reply)) == reply
        assert reply_line(reply).count(b"\n") == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\n",
        b"{}",
        b'{"ok":true,"v":2}',
        b'{"ok":true,"error":{"code":"A","message":"b"}}',
        b'{"ok":false}',
        b'{"ok":"yes"}',
    ],
)
def test_what_is_no_reply_is_not_taken_for_one(raw):
    with pytest.raises(msgspec.DecodeError):
        read_reply(raw)


def test_only_listed_codes_refuse():
    with pytest.raises(ValueError, match="NO_SUCH_CODE"):
        refuse("NO_SUCH_CODE", "x")
    reply = read_reply(too_long())
    assert isinstance(reply, Reply)
    assert reply.error is not None
    assert str(REQUEST_LIMIT) in reply.error.message
