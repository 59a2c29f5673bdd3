"""One request, in a hard time, and what is known to have gone out."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flyball.machine.http_once import BadAddress, NoAnswer, NotReached, once
from tests.desk.alerts.authority import authority


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    listening: list[socket.socket] = []

    def serve(answer: Callable[[socket.socket], None]) -> str:
        sock = socket.create_server(("127.0.0.1", 0))
        listening.append(sock)

        def run() -> None:
            try:
                connection, _ = sock.accept()
                with connection:
                    connection.recv(65536)
                    answer(connection)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    yield serve
    for sock in listening:
        sock.close()


def dribbles(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"H")
        time.sleep(0.05)


def test_a_whole_answer(server: Callable[..., str]) -> None:
    url = server(lambda c: c.sendall(b"HTTP/1.1 207 X\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n[]"))
    assert once("DELETE", f"{url}/v2/orders", {}) == (207, {"retry-after": "3", "content-length": "2"}, b"[]")


@pytest.mark.parametrize(
    "answer",
    [
        lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n[]"),
        lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n"),
        lambda c: None,
        lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"),
    ],
    ids=["cut off", "no http", "closed", "half a chunk"],
)
def test_half_an_answer_is_none(server: Callable[..., str], answer: Callable[[socket.socket], None]) -> None:
    with pytest.raises(NoAnswer):
        once("GET", server(answer), {})


@pytest.mark.parametrize("answer", [dribbles, lambda c: time.sleep(5)], ids=["dribbles", "silent"])
def test_the_whole_call_ends_in_time(server: Callable[..., str], answer: Callable[..., None]) -> None:
    begin = time.monotonic()
    with pytest.raises(NoAnswer):
        once("GET", server(answer), {}, total_s=0.4)
    assert time.monotonic() - begin < 1.0


def test_nobody_there_means_nothing_sent() -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    sock.close()
    with pytest.raises(NotReached):
        once("POST", f"http://127.0.0.1:{port}/v2/orders", {}, b"{}")


def test_a_server_that_shows_no_certificate_gets_no_key(server: Callable[..., str]) -> None:
    seen: list[bytes] = []
    url = server(lambda c: seen.append(c.recv(1)))
    with pytest.raises(NotReached):
        once("GET", url.replace("http:", "https:"), {"APCA-API-SECRET-KEY": "s3cret"}, total_s=0.4)


@pytest.mark.parametrize(
    "url", ["http://203.0.113.1/x", "http://example.com", "ftp://127.0.0.1", "broker", ""]
)
def test_keys_travel_by_https_only(url: str) -> None:
    with pytest.raises(BadAddress):
        once("GET", url, {})


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize(
    ("trusted", "name", "right"), [(1, "DNS:localhost", 1), (0, "DNS:localhost", 0), (1, "DNS:a.example", 0)]
)
def test_by_https_keys_go_to_the_right_server_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: int, name: str, right: int
) -> None:
    """And no session's secrets go where the environment says."""
    ca = authority(tmp_path)
    sock = ca.server(name).wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    heard: list[bytes] = []

    def run() -> None:
        with suppress(OSError):
            connection, _ = sock.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    server = threading.Thread(target=run)
    server.start()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", ca.trusted)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "secrets"))
    url = f"https://localhost:{sock.getsockname()[1]}/v2/account"
    try:
        if right:
            assert once("GET", url, {"APCA-API-SECRET-KEY": "s3cret"})[::2] == (200, b"[]")
            assert b"s3cret" in heard[0]
        else:
            with pytest.raises(NotReached, match="CERTIFICATE_VERIFY_FAILED"):
                once("GET", url, {"APCA-API-SECRET-KEY": "s3cret"})
            assert heard == []
        assert not (tmp_path / "secrets").exists()
    finally:
        server.join(5)
        sock.close()
