"""What may be said to a running pager, and how: one line of JSON each way over a socket of its owner alone.

Imports no channel, so that whoever only asks needs none of their libraries.
"""

from typing import Final

import msgspec

from flyball.compose.places import PAGER_SOCKET
from flyball.machine.asking import exchange

ANSWER_S: Final = 5.0


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What may be said to a pager."""

    what: str  # pages | page | test | ack | landed | leave
    page: str = ""
    by: str = ""


async def tell(folder: str, asked: Asked) -> dict[str, object]:
    """Say something to the desk's pager. OSError when there is none; ValueError when it will not."""
    line = await exchange(f"{folder}/{PAGER_SOCKET}", msgspec.json.encode(asked) + b"\n", ANSWER_S)
    answer: dict[str, object] = msgspec.json.decode(line, type=dict[str, object])
    if "error" in answer:
        raise ValueError(str(answer["error"]))
    return answer
