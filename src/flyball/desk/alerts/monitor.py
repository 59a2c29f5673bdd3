"""The heartbeat's way out: one GET to a monitor that alarms when they stop coming (D9)."""

from collections.abc import Awaitable, Callable

import aiohttp

from flyball.desk.alerts.channel import PATIENCE_S


def beat_to(url: str) -> Callable[[], Awaitable[str]]:
    """What sends one heartbeat to `url`; it answers why it failed, "" when the monitor said 2xx. The
    address often is the monitor's only secret, so it is in no answer."""

    async def beat() -> str:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
                return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__

    return beat
