"""Slack: one message to one channel, by a bot token with chat:write and nothing else.

Links are not unfurled and nothing in a page is taken for markup, so no text of a bot can make a message lie.
"""

from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from flyball.desk.alerts.channel import PATIENCE_S, NotDelivered
from flyball.desk.alerts.page import Message

LONGEST: Final = 12_000  # characters; Slack cuts off behind 40,000
BASE: Final = "https://slack.com/api/"


class Slack:
    """`Channel` through Slack's Web API (chat.postMessage)."""

    name = "slack"

    def __init__(self, token: str, to: str, base_url: str = BASE) -> None:
        """`to`: the channel's id. `base_url`: Slack's, or what stands for it in a test."""
        self.to = to
        self._client = AsyncWebClient(
            token=token, base_url=base_url, timeout=int(PATIENCE_S), retry_handlers=[]
        )

    async def send(self, message: Message) -> str:
        text = _escaped(f"{message.subject}\n{message.text}")
        if len(text) > LONGEST:
            text = text[:LONGEST] + "\n... cut off; flyball alerts lists all"
        try:
            answer = await self._client.chat_postMessage(
                channel=self.to,
                text=text,
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": "flyball_page", "event_payload": {"id": message.id}},
            )
        except SlackApiError as error:
            raise NotDelivered(f"slack: {error.response.get('error') or 'not ok'}") from error
        except TimeoutError as error:
            raise NotDelivered(f"no answer in {PATIENCE_S:g} s") from error
        except (SlackClientError, aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDelivered(f"{type(error).__name__}: {' '.join(str(error).split())[:100]}") from error
        return f"ts {answer.get('ts', '?')}"

    async def close(self) -> None:
        """Every call has its own connection."""


def _escaped(text: str) -> str:
    """As Slack asks for: these three alone are control characters of its markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
