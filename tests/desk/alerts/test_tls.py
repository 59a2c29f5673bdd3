"""Mail by STARTTLS and TLS and webhooks by https: to a server that is who it says it is, and to no other.

Against real servers, with certificates of an authority that is made here.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from flyball.desk.alerts.channel import NotDelivered
from flyball.desk.alerts.email import Email, MailBox
from tests.desk.alerts.authority import Authority, authority
from tests.desk.alerts.test_channels import MESSAGE, PASSWORD
from tests.desk.alerts.world import Servers

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

OURS, OTHER = "DNS:localhost,IP:127.0.0.1", "DNS:mail.example.com"
TRUST: dict[str, tuple[bool, str]] = {  # whether the authority is trusted, who the server is
    "an authority nobody knows": (False, OURS),
    "another server": (True, OTHER),
}


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


@asynccontextmanager
async def mail(at: Servers, ca: Authority, name: str, kind: str, logins: list[bytes]) -> AsyncIterator[int]:
    """An SMTP server that takes a login only behind TLS; its port."""

    def authenticate(_s: object, _t: object, _e: object, _kind: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        logins.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    context = ca.server(name)

    def serve() -> SMTP:
        later = kind == "starttls"
        return SMTP(
            at,
            hostname="localhost",
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=later,
            require_starttls=later,
            tls_context=context if later else None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if kind == "tls" else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def box(port: int, kind: str) -> Email:
    to = ["ann@example.com"]
    return Email(MailBox("localhost", port, kind, "flyball@example.com", to, "desk", PASSWORD))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_mail_goes_to_a_server_that_is_who_it_says(ca, monkeypatch, kind):
    async def go() -> None:
        at, logins = Servers(), list[bytes]()
        async with mail(at, ca, OURS, kind, logins) as port:
            one = box(port, kind)
            await one.send(MESSAGE)
            await one.close()
        assert ([m.id for m in at.mails], logins) == ([f"<{MESSAGE.id}@flyball>"], [PASSWORD.encode()])

    monkeypatch.setenv("SSL_CERT_FILE", ca.trusted)
    asyncio.run(go())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.parametrize("name", TRUST)
def test_no_mail_and_no_password_to_any_other(ca, monkeypatch, kind, name):
    trusted, server = TRUST[name]

    async def go() -> None:
        at, logins = Servers(), list[bytes]()
        async with mail(at, ca, server, kind, logins) as port:
            with pytest.raises(NotDelivered):
                await box(port, kind).send(MESSAGE)
        assert (at.mails, logins) == ([], [])

    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", ca.trusted)
    asyncio.run(go())


SEND = """
import asyncio, sys
from flyball.desk.alerts.channel import NotDelivered
from flyball.desk.alerts.webhook import Webhook
from tests.desk.alerts.test_channels import MESSAGE

async def go():
    hook = Webhook(sys.argv[1], b"s", lambda: 1, lambda _: None)
    try:
        print(await hook.send(MESSAGE))
    except NotDelivered as error:
        print("NOT DELIVERED", error)
    await hook.close()

asyncio.run(go())
"""


@pytest.mark.parametrize("name", ["the right one", *TRUST])
def test_a_webhook_by_https_is_for_the_right_server_alone(ca, name):
    trusted, server = TRUST.get(name, (True, OURS))

    async def go() -> None:
        at = Servers()
        app = web.Application()
        app.router.add_post("/hook", at.hook)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ca.server(server)).start()
        words = [sys.executable, "-c", SEND, f"https://localhost:{runner.addresses[0][1]}/hook"]
        environ = os.environ | ({"SSL_CERT_FILE": ca.trusted} if trusted else {})
        run = await asyncio.to_thread(
            subprocess.run, words, env=environ, capture_output=True, text=True, check=False
        )
        await runner.cleanup()
        right = name == "the right one"
        assert run.stdout.startswith("HTTP 200" if right else "NOT DELIVERED"), run.stdout + run.stderr
        assert len(at.hooks) == right

    asyncio.run(go())
