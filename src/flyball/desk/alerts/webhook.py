"""A webhook of your own: the message as JSON, signed, with an id that stays the same however often it is
tried.

    POST url
    Content-Type: application/json
    Flyball-Id: 9f2c...                        the message: take it once
    Flyball-Timestamp: 1795200000              seconds; refuse what is old
    Flyball-Signature: v1=hex                  HMAC-SHA256(secret, timestamp + "." + body)

Any 2xx is delivered.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import aiohttp
import msgspec

from flyball.desk.alerts.channel import PATIENCE_S, NotDelivered
from flyball.desk.alerts.page import Message, Page
from flyball.kernel.units import NS

ID: Final = "Flyball-Id"
TIMESTAMP: Final = "Flyball-Timestamp"
SIGNATURE: Final = "Flyball-Signature"
VERSION: Final = "v1="


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """What the receiver compares with, in constant time."""
    return VERSION + hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


class Webhook:
    """`Channel` over HTTP. `find`: the page of an id; `now`: UTC nanoseconds."""

    name = "webhook"

    def __init__(
        self, url: str, secret: bytes, now: Callable[[], int], find: Callable[[str], Page | None]
    ) -> None:
        self.url = url
        self.secret = secret
        self.now = now
        self.find = find
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> str:
        body = msgspec.json.encode(self._body(message))
        timestamp = str(self.now() // NS)
        headers = {
            "Content-Type": "application/json",
            ID: message.id,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self.secret, timestamp, body),
        }
        if self._session is None:
            # a connection that is kept may be dead by the next page, and a failure calls the next channel
            fresh = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE_S), connector=fresh
            )
        try:
            async with self._session.post(
                self.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except TimeoutError as error:
            raise NotDelivered(f"no answer in {PATIENCE_S:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotDelivered(f"{type(error).__name__}: {' '.join(str(error).split())[:100]}") from error
        if not 200 <= status < 300:
            raise NotDelivered(f"HTTP {status}")
        return f"HTTP {status}"

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _body(self, message: Message) -> dict[str, object]:
        pages: list[dict[str, object]] = []
        for item in message.items:
            page = self.find(item.page)
            if page is not None:
                pages.append(
                    {
                        "page": page.id,
                        "why": item.why,
                        "alert": page.alert,
                        "severity": page.severity,
                        "text": page.text,
                        "seq": page.seq,
                        "ts": page.ts,
                        "count": page.count,
                    }
                )
        return {
            "v": 1,
            "id": message.id,
            "account": message.account,
            "head": message.head,
            "severity": message.severity,
            "subject": message.subject,
            "text": message.text,
            "pages": pages,
        }
