"""Email: one message of plain text to everybody listed, over STARTTLS, TLS, or bare to this machine alone.

The connection is kept for a burst, and no longer: one that has been idle may be dead without anybody knowing.
Who has taken a message is not sent it again while others refuse it. `Message-ID` is the message's id, so that
mail programs show a second copy once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from flyball.desk.alerts.channel import PATIENCE_S, NotDelivered
from flyball.desk.alerts.page import Message
from flyball.kernel.words import CRITICAL

IDLE_S: Final = 20.0  # as long as a connection is kept
STARTTLS: Final = "starttls"
TLS: Final = "tls"
BARE: Final = "none"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class MailBox:
    """`[alerts.email]`."""

    host: str
    port: int
    tls: str  # starttls | tls | none
    sender: str
    to: Sequence[str]
    user: str = ""
    password: str = ""


class Email:
    """`Channel` over SMTP (RFC 5321, RFC 3207)."""

    name = "email"

    def __init__(self, box: MailBox) -> None:
        """ValueError: bare SMTP to another machine would show everything to everybody."""
        if box.tls == BARE and box.host not in LOOPBACK:
            raise ValueError(f'alerts.email: tls = "none" only to this machine, not to {box.host}')
        self.box = box
        self._smtp: aiosmtplib.SMTP | None = None
        self._used = 0.0
        self._took: tuple[str, set[str]] = "", set()  # the newest message, and who has taken it

    async def send(self, message: Message) -> str:
        if self._took[0] != message.id:
            self._took = message.id, set()
        wanted = [to for to in self.box.to if to not in self._took[1]] or list(self.box.to)
        try:
            smtp = await self._connected()
            refused, said = await smtp.send_message(self._mail(message), recipients=wanted)
        except aiosmtplib.SMTPRecipientsRefused as error:  # all of them; the connection is none the worse
            whom = ", ".join(f"{one.recipient} ({one.code})" for one in error.recipients)
            raise NotDelivered(f"refused for {whom}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await self.close()
            raise NotDelivered(f"{type(error).__name__}: {_plain(error)}") from error
        self._used = asyncio.get_running_loop().time()
        if refused:
            self._took[1].update(to for to in wanted if to not in refused)
            whom = ", ".join(f"{to} ({one.code})" for to, one in refused.items())
            raise NotDelivered(f"refused for {whom}")
        return said.strip()[:100]

    async def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        fresh = asyncio.get_running_loop().time() - self._used < IDLE_S
        if self._smtp is not None and self._smtp.is_connected and fresh:
            return self._smtp
        await self.close()
        box = self.box
        smtp = aiosmtplib.SMTP(
            hostname=box.host,
            port=box.port,
            timeout=PATIENCE_S,
            use_tls=box.tls == TLS,
            start_tls=box.tls == STARTTLS,
            username=box.user or None,
            password=box.password or None,
        )
        await smtp.connect()
        self._smtp, self._used = smtp, asyncio.get_running_loop().time()
        return smtp

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self.box.sender
        mail["To"] = ", ".join(self.box.to)
        mail["Subject"] = message.subject
        mail["Message-ID"] = f"<{message.id}@flyball>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Flyball-Head"] = message.head
        if message.severity == CRITICAL:
            mail["X-Priority"] = "1"
        mail.set_content(message.text)
        return mail


def _plain(error: Exception) -> str:
    """Why, on one line. What a server says to a login is left out: some repeat what they were told."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"the login was refused ({error.code})"
    return " ".join(str(error).split())[:120]
