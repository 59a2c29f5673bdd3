"""Asking a running governor: one question, one answer, and errors that say what is known to have happened."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from flyball.api.protocol import REQUEST_LIMIT, Reply, Request, is_command, read_reply, request_line


class Transport(Protocol):
    """A connection to a governor, good for one exchange."""

    def exchange(self, line: bytes) -> bytes:
        """Send one line, return the line that answers it. OSError (TimeoutError) when there is none."""
        ...

    def close(self) -> None: ...


class GovernorNotReachable(Exception):  # noqa: N818 - the case, in the words of the exit code
    """No governor answered. Nothing was said to one."""

    exit_code = 3


class GovernorSilent(GovernorNotReachable):
    """The request was sent and no answer came: it may or may not have been done."""


class BadReply(GovernorNotReachable):
    """Something answered that is no governor of this version; what it did is not known."""


def ask(connect: Callable[[], Transport], request: Request) -> Reply:
    """The governor's answer, a refusal included (`Reply.ok`).

    Raises GovernorNotReachable before anything was said, GovernorSilent or BadReply after; ValueError when
    the request is longer than the protocol allows.
    """
    line = request_line(request)
    if len(line) > REQUEST_LIMIT:
        raise ValueError(f"the request has {len(line)} of at most {REQUEST_LIMIT} bytes")
    try:
        transport = connect()
    except FileNotFoundError as error:
        raise GovernorNotReachable(
            f"no governor is running here ({error}); start it with `flyball run`, or name its folder: --dir"
        ) from error
    except ConnectionRefusedError as error:
        message = f"the governor that was here is gone ({error}); start it with `flyball run`"
        raise GovernorNotReachable(message) from error
    except PermissionError as error:
        message = f"the governor belongs to another user ({error}); ask as the user who runs it"
        raise GovernorNotReachable(message) from error
    except OSError as error:
        raise GovernorNotReachable(f"the governor cannot be reached: {error}") from error
    try:
        answer = transport.exchange(line)
    except OSError as error:
        doubt = (
            f"{request.what} may or may not have been done; look at"
            if is_command(request)
            else "try again, or"
        )
        raise GovernorSilent(f"the governor did not answer ({error}); {doubt} `flyball status`") from error
    finally:
        transport.close()
    try:
        return read_reply(answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReply(f"the answer is none of this version: {error}; is another version running?") from error
