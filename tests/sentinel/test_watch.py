"""The sentinel's watch after its first panic: it goes on until it is flat, and knows when it is not
wanted."""

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flyball.commands import sentinel
from flyball.commands.sentinel import Watch
from flyball.machine.files import rest
from flyball.machine.pulse import Pulse
from flyball.sentinel.vigil import Vigil
from tests.sentinel.desk import FLYBALL, clean, until
from tests.sentinel.hostile import ACCOUNT, Hostile


@contextmanager
def served(broker: Hostile) -> Iterator[str]:
    """A hostile broker behind a real door; its address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            status, heads, raw = broker.once(self.command, "https://broker" + self.path, {}, body)
            self.send_response(status)
            for name, value in heads.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    for method in ("GET", "POST", "DELETE", "PATCH"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def raw_keys(url: str, secret: str = "s", account: str = ACCOUNT) -> bytes:
    return json.dumps({"url": url, "key": "k", "secret": secret, "account": account}).encode()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sentinel, "AGAIN", 0.2)
    monkeypatch.setattr("flyball.sentinel.direct.FILLED_IN", 0.2)
    monkeypatch.setattr("flyball.sentinel.direct.APART", 0.1)
    yield tmp_path
    clean(tmp_path)


def watch(desk: Path, raw: bytes, file: str = "") -> tuple[Watch, list[tuple[str, str]]]:
    """A watch, and what it tells; it pages through a hook, as for a user."""
    hook = desk / "hook"
    hook.write_text(f'#!/bin/sh\necho "$@" >> {desk}/paged\n')
    hook.chmod(0o700)
    one = Watch(str(desk), raw, "here", file, str(hook), True, exits=True)
    told: list[tuple[str, str]] = []
    tell = one.tell

    def listen(what: str, text: str, more: dict[str, object] | None = None) -> None:
        told.append((what, text))
        tell(what, text, more)

    one.tell = listen  # type: ignore[method-assign]
    return one, told


def count(told: list[tuple[str, str]], what: str) -> int:
    return sum(one == what for one, _ in told)


FIRST: dict[str, Callable[[str, str, int], tuple[int, Any] | None]] = {
    "the keys are refused": lambda method, path, n: (401, {"message": "unauthorized."}) if n < 2 else None,
    "a market that opens later": lambda method, path, n: (
        (200, {"is_open": False, "next_open": "soon"}) if path == "/v2/clock" and n < 20 else None
    ),
    "an answer that nobody foresaw": lambda method, path, n: (200, b"[" * 200_000) if n == 3 else None,
}


@pytest.mark.parametrize("name", FIRST)
def test_what_did_not_end_flat_is_begun_again_and_a_person_is_told_once(desk: Path, name: str) -> None:
    broker = Hostile({"AAA": 30}, mischief=FIRST[name])
    (desk / "PANIC").touch()
    with served(broker) as url:
        one, told = watch(desk, raw_keys(url))
        one.try_keys = lambda: None  # type: ignore[method-assign]
        assert one.run(Vigil(), follow=True) == 0
    assert broker.positions == {"AAA": 0}
    assert broker.crossed == []
    assert one.pressed >= 2
    assert count(told, "panic") == 1
    until(lambda: (desk / "paged").read_text().count("once more: FLAT CONFIRMED") == 1)
    outcomes = [text.partition(": ")[2] for what, text in told if what == "done"]
    assert len(
        [line for line in (desk / "paged").read_text().splitlines() if "flyball sentinel" in line]
    ) == (1 + len(set(outcomes)))


def test_who_takes_the_kill_file_away_wants_no_further_try(desk: Path) -> None:
    broker = Hostile({"AAA": 30}, is_open=False)
    (desk / "PANIC").touch()
    with served(broker) as url:
        one, told = watch(desk, raw_keys(url))
        threading.Timer(1.5, (desk / "PANIC").unlink).start()
        assert one.run(Vigil(), follow=True) == 1
    assert count(told, "left") == 1
    assert not (desk / "PANIC").exists()


def test_a_kill_file_put_down_again_is_obeyed_again_and_its_own_is_not(desk: Path) -> None:
    """The process of its governor is gone: it lays its own; that is taken away; somebody puts one down."""
    code = f"from flyball.machine.pulse import Pulse; Pulse({str(desk)!r}).beat(panicked=False)"
    subprocess.run([sys.executable, "-c", code], check=True)
    broker = Hostile({"AAA": 30})
    with served(broker) as url:
        one, told = watch(desk, raw_keys(url))
        thread = threading.Thread(target=one.run, args=(Vigil(grace=0.3), False))
        thread.start()
        try:
            until(lambda: count(told, "done") == 1)
            assert (desk / "PANIC").exists()
            rest(1.0)
            assert count(told, "panic") == 1
            (desk / "PANIC").unlink()
            rest(1.0)
            assert count(told, "panic") == 1
            broker.positions["BBB"] = 20
            (desk / "PANIC").touch()
            until(lambda: count(told, "done") == 2)
        finally:
            one.stopped = True
            thread.join()
    assert broker.positions == {"AAA": 0, "BBB": 0}


def test_a_governor_that_took_the_panic_up_is_not_disturbed_by_a_second_try(desk: Path) -> None:
    broker = Hostile({"AAA": 30}, is_open=False)
    (desk / "PANIC").touch()
    with served(broker) as url:
        one, told = watch(desk, raw_keys(url))
        ended: list[int] = []
        thread = threading.Thread(target=lambda: ended.append(one.run(Vigil(), follow=False)))
        thread.start()
        try:
            until(lambda: count(told, "done") == 1)
            pulse = Pulse(str(desk))
            before = one.pressed
            for _ in range(12):
                pulse.beat(panicked=True)
                rest(0.1)
            assert one.pressed <= before + 1
            before = one.pressed
            for _ in range(10):
                pulse.beat(panicked=True)
                rest(0.1)
            assert one.pressed == before
        finally:
            one.stopped = True
            thread.join()
            pulse.goodbye()


def test_keys_that_were_changed_since_it_began_are_used(desk: Path) -> None:
    broker = Hostile({"AAA": 30})
    file = desk / "broker.keys"
    (desk / "PANIC").touch()
    with served(broker) as url:
        file.write_bytes(raw_keys(url))
        file.chmod(0o600)
        one, _ = watch(desk, raw_keys("http://127.0.0.1:1"), str(file))
        assert one.run(Vigil(), follow=True) == 0
    assert one.pressed == 1


def test_keys_that_do_not_open_the_account_are_told_before_they_are_needed(desk: Path) -> None:
    broker = Hostile({"AAA": 30}, mischief=lambda method, path, n: (401, {"message": "unauthorized."}))
    with served(broker) as url:
        one, told = watch(desk, raw_keys(url, secret="s3cret"))
        one.try_keys()
        until(lambda: (desk / "paged").exists())
    assert [text for what, text in told if what == "keys"] == [
        "the broker refuses these keys (HTTP 401): unauthorized.; mend it while nothing has happened"
    ]
    assert "s3cret" not in str(told)
    assert broker.asked == ["GET /v2/account"]


BAD: dict[str, tuple[dict[str, str], str]] = {
    "by http to a stranger": ({"url": "http://api.example.com"}, "by https only"),
    "no address": ({"url": "https://[::1"}, "Invalid IPv6 URL"),
    "a secret with a strange letter": ({"secret": "s\u20accret"}, "secret holds a letter"),
}


@pytest.mark.parametrize("name", BAD)
def test_keys_that_could_never_work_are_said_at_once(tmp_path: Path, name: str) -> None:
    wrong, why = BAD[name]
    file = tmp_path / "broker.keys"
    file.write_text(
        json.dumps({"url": "http://127.0.0.1:1", "key": "k", "secret": "s", "account": "a"} | wrong)
    )
    file.chmod(0o600)
    command = [FLYBALL, "sentinel", "--dir", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (run.returncode, why in run.stderr) == (2, True), run.stderr
    assert "\u20ac" not in run.stderr


def test_its_memory_is_its_own_and_so_is_what_it_writes(tmp_path: Path) -> None:
    """B11: no core with the keys in it."""
    file = tmp_path / "broker.keys"
    file.write_bytes(raw_keys("http://127.0.0.1:1"))
    file.chmod(0o600)
    process = subprocess.Popen([FLYBALL, "sentinel", "--dir", str(tmp_path)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: (tmp_path / "run" / "sentinel.json").exists())
        assert stat.S_IMODE((tmp_path / "run" / "sentinel.json").stat().st_mode) == 0o600
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert "Max core file size        0 " in limits
    finally:
        process.kill()
        process.wait()
