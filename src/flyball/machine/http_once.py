"""One HTTP request on a connection of its own, answered within a hard time or not at all.

Nothing is retried, no redirect followed, no proxy and no environment read (but OpenSSL's own SSL_CERT_FILE
and SSL_CERT_DIR, where a desk keeps its authorities). The whole call, name look-up and a server that dribbles
included, ends in time, because the caller waits for a thread and not for the network. Only the standard
library, so that it works when little else does.
"""

import http.client
import ipaddress
import ssl
import threading
import urllib.parse
from dataclasses import dataclass, field
from typing import Final

CONNECT_S: Final = 3.0
TOTAL_S: Final = 10.0
MOST: Final = 32 << 20  # bytes of an answer


class NotReached(Exception):  # noqa: N818 - it says what is the case
    """Nothing was sent: no connection, no name, no trust."""


class NoAnswer(Exception):  # noqa: N818 - it says what is the case
    """The request may have been carried out: it went out, and no whole answer came back."""


class BadAddress(Exception):  # noqa: N818 - it says what is the case
    """Keys travel by https only, except to this machine itself."""


@dataclass
class _Call:
    sent: bool = False
    answer: tuple[int, dict[str, str], bytes] | None = None
    wrong: str = ""
    given_up: bool = False
    door: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)


def once(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None, total_s: float = TOTAL_S
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names in lower case) and body. Raises NotReached, NoAnswer or
    BadAddress.
    """
    parts = address(url)
    call = _Call()
    thread = threading.Thread(target=_do, args=(call, method, parts, headers, body), daemon=True)
    thread.start()
    if not call.over.wait(total_s):
        with call.door:  # what has not gone out by now never does
            call.given_up = True
        call.wrong = call.wrong or f"no whole answer within {total_s:g} s"
    if call.answer is not None:
        return call.answer
    raise (NoAnswer if call.sent else NotReached)(f"{method} {parts.netloc}{parts.path}: {call.wrong}")


def address(url: str) -> urllib.parse.SplitResult:
    """The parts of an address that keys may travel to. BadAddress."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadAddress(f"{url}: {error}") from error
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and _here(host))):
        raise BadAddress(f"{url}: keys travel by https only (http: to 127.0.0.1, ::1 or localhost)")
    return parts


def _do(
    call: _Call, method: str, parts: urllib.parse.SplitResult, headers: dict[str, str], body: bytes | None
) -> None:
    connection: http.client.HTTPConnection | None = None
    try:
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = trust()
            connection = http.client.HTTPSConnection(host, parts.port, timeout=CONNECT_S, context=context)
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=CONNECT_S)
        connection.connect()
        connection.sock.settimeout(TOTAL_S)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        with call.door:
            if call.given_up:
                return
            call.sent = True
        connection.request(method, path or "/", body, headers)
        response = connection.getresponse()
        data = response.read(MOST)
        if response.length:  # cut off, or more than anybody should send
            raise http.client.IncompleteRead(data, response.length)
        found = {name.lower(): value for name, value in response.getheaders()}
        call.answer = (response.status, found, data)
    except (OSError, http.client.HTTPException, ValueError) as error:
        call.wrong = f"{type(error).__name__}: {error}"
    finally:
        call.over.set()
        if connection is not None:
            connection.close()


def trust() -> ssl.SSLContext:
    """Certificates and names are checked. Unlike `ssl.create_default_context` it never writes the session's
    secrets where SSLKEYLOGFILE says.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
