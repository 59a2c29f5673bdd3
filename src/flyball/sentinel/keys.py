"""The keys file of a broker: {"url", "key", "secret", "account"}, JSON. What is in it is never said again."""

import json
from typing import Final

from flyball.sentinel.wire import Wrong

NAMES: Final = ("url", "key", "secret", "account")


def read_keys(raw: bytes, place: str) -> dict[str, str]:
    """The four, or Wrong: which one is missing in `place`."""
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Wrong(
            f'{place}: write one JSON object: {{"url": ..., "key": ..., "secret": ..., "account": ...}}'
        )
    for name in NAMES:
        if not isinstance(found.get(name), str) or not found[name] or not found[name].isprintable():
            raise Wrong(f"{place}: {name} is missing; it is a text")
        if not found[name].isascii():
            raise Wrong(f"{place}: {name} holds a letter that is none of ASCII's: copy it again")
    return {name: found[name] for name in NAMES}
