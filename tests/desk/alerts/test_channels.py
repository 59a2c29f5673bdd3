"""What a channel does when the other side is not what it should be: it says so, and gives nothing away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from msgspec.structs import replace

from flyball.config.alerting import lacking
from flyball.config.load import load
from flyball.config.problems import ConfigError
from flyball.desk.alerts.channel import NotDelivered
from flyball.desk.alerts.email import Email, MailBox
from flyball.desk.alerts.page import Message
from flyball.desk.alerts.slack import Slack
from flyball.desk.alerts.webhook import Webhook
from tests.desk.alerts.world import TOKEN, Servers, config_text, free_port, servers

MESSAGE = Message("ab" * 16, "critical", "subject", "text <!channel> & so on", "cd" * 32, "main", [], 1)
PASSWORD = "correct horse"


@asynccontextmanager
async def guarded(at: Servers) -> AsyncIterator[int]:
    """An SMTP server that asks for a login."""

    def authenticate(_s: object, _t: object, _e: object, _kind: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login, data.password) == (b"desk", PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    def serve() -> SMTP:
        return SMTP(
            at, hostname="localhost", authenticator=authenticate, auth_require_tls=False, auth_required=True
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def box(port: int, tls: str = "none", password: str = "") -> Email:
    user = "desk" if password else ""
    return Email(MailBox("127.0.0.1", port, tls, "a@example.com", ["b@example.com"], user, password))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_email_logs_in_and_a_wrong_password_is_told_without_it():
    async def go() -> None:
        async with servers() as at, guarded(at) as port:
            mail = box(port, password=PASSWORD)
            await mail.send(MESSAGE)
            await mail.send(MESSAGE)  # over the same connection
            await mail.close()
            assert [one.id for one in at.mails] == [f"<{MESSAGE.id}@flyball>"] * 2
            with pytest.raises(NotDelivered) as wrong:
                await box(port, password="wrong horse").send(MESSAGE)
            assert "wrong horse" not in str(wrong.value)
            assert "refused" in str(wrong.value)

    asyncio.run(go())


def test_who_has_a_mail_is_not_sent_it_again_because_another_refuses(monkeypatch):
    async def go() -> None:
        async with servers() as at:
            took: list[list[str]] = []
            full = [True]

            async def rcpt(
                server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]
            ) -> str:
                if to.startswith("bob") and full[0]:
                    return "550 no such person"
                envelope.rcpt_tos.append(to)
                return "250 ok"

            taken = at.handle_DATA

            async def data(server: SMTP, session: Session, envelope: Envelope) -> str:
                took.append(list(envelope.rcpt_tos))
                return await taken(server, session, envelope)

            monkeypatch.setattr(at, "handle_RCPT", rcpt, raising=False)
            monkeypatch.setattr(at, "handle_DATA", data)
            mail = Email(
                MailBox("127.0.0.1", at.mail_port, "none", "a@example.com", ["ann@x.org", "bob@x.org"])
            )
            for _ in range(3):
                with pytest.raises(NotDelivered, match=r"refused for bob@x.org \(550\)"):
                    await mail.send(MESSAGE)
            assert took == [["ann@x.org"]]
            full[0] = False
            await mail.send(MESSAGE)
            assert took == [["ann@x.org"], ["bob@x.org"]]
            await mail.send(replace(MESSAGE, id="cd" * 16))
            assert took[2:] == [["ann@x.org", "bob@x.org"]]
            await mail.close()

    asyncio.run(go())


def test_a_connection_that_was_idle_is_not_trusted(monkeypatch):
    monkeypatch.setattr("flyball.desk.alerts.email.IDLE_S", 0.2)

    async def go() -> None:
        async with servers() as at:
            mail = box(at.mail_port)
            await mail.send(MESSAGE)
            first = mail._smtp
            await mail.send(MESSAGE)
            assert mail._smtp is first
            await asyncio.sleep(0.3)
            await mail.send(MESSAGE)
            assert mail._smtp is not first
            await mail.close()
            assert len(at.mails) == 3

    asyncio.run(go())


def test_email_does_without_privacy_only_when_told_and_only_to_this_machine():
    async def go() -> None:
        async with servers() as at:
            with pytest.raises(NotDelivered):
                await box(at.mail_port, tls="starttls").send(MESSAGE)  # the server has none: no falling back
            assert not at.mails
        with pytest.raises(ValueError, match="only to this machine"):
            Email(MailBox("smtp.example.com", 25, "none", "a@example.com", ["b@example.com"]))

    asyncio.run(go())


def test_nobody_there_and_the_wrong_answer_are_not_delivered():
    async def go() -> None:
        port = free_port()
        with pytest.raises(NotDelivered):
            await box(port).send(MESSAGE)
        with pytest.raises(NotDelivered):
            await Slack(TOKEN, "C1", f"http://127.0.0.1:{port}/api/").send(MESSAGE)
        nobody = Webhook(f"http://127.0.0.1:{port}/hook", b"s", lambda: 1, lambda _: None)
        with pytest.raises(NotDelivered):
            await nobody.send(MESSAGE)
        await nobody.close()
        async with servers() as at:
            at.hook_status = 302
            hook = Webhook(f"http://127.0.0.1:{at.http_port}/hook", b"s", lambda: 1, lambda _: None)
            with pytest.raises(NotDelivered, match="HTTP 302"):
                await hook.send(MESSAGE)
            await hook.close()
            with pytest.raises(NotDelivered, match="invalid_auth") as wrong:
                await Slack("xoxb-wrong", "C1", f"http://127.0.0.1:{at.http_port}/api/").send(MESSAGE)
            assert "xoxb" not in str(wrong.value)

    asyncio.run(go())


def test_no_text_is_markup_in_slack():
    async def go() -> None:
        async with servers() as at:
            await Slack(TOKEN, "C1", f"http://127.0.0.1:{at.http_port}/api/").send(MESSAGE)
            assert "&lt;!channel&gt; &amp; so on" in at.slacks[0].text

    asyncio.run(go())


@pytest.mark.parametrize(
    ("alerts", "fault"),
    [
        ('critical = ["slak"]', "slak"),
        ('critical = ["slack", "slack"]', "twice"),
        ('critical = "slack"', "no list"),
        ('heartbeat_url = "http://example.com/"', "another form"),
        ('[alerts.slack.users]\nann = "ann operator"', "no id"),
        ('[alerts.slack.users]\nU1 = "ann king"', "no name and role"),
        ('[alerts.webhook]\nurl = "http://example.com/hook"', "another form"),
    ],
)
def test_a_wrong_section_is_refused(alerts, fault):
    with pytest.raises(ConfigError, match=fault):
        load(f'profile = "demo"\n[account]\nequity = "$1,000"\n[alerts]\n{alerts}\n')


def test_what_a_named_channel_lacks_is_said_before_the_first_page():
    text = 'profile = "demo"\n[account]\nequity = "$1,000"\n[alerts]\ncritical = ["email", "slack"]\n'
    missing = lacking(load(text).alerts)
    assert [one.partition(" ")[0] for one in missing] == [
        "alerts.email.host",
        "alerts.email.sender",
        "alerts.email.to",
        "alerts.slack.token_file",
        "alerts.slack.channel",
    ]
    assert lacking(load(config_text(Servers(mail_port=25), 'critical = ["email"]')).alerts) == []
    bare = text.replace('["email", "slack"]', "[]") + '[alerts.email]\nhost = "a.example"\ntls = "none"\n'
    assert "tls is none" in lacking(load(bare).alerts)[0]
    door = text.replace('["email", "slack"]', "[]") + "[alerts.slack]\nport = 8765\n"
    assert "signing_secret_file" in lacking(load(door).alerts)[0]
