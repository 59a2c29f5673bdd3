"""A replay for another Python, where nothing is installed: `python -I elsewhere.py SRC EVENTS`.

EVENTS has one JSON array a line: an event's kind and its fields. Prints one JSON object: what was stepped, a
digest of every effect in order, the state hash and the book hash.
"""

import json
import sys
from dataclasses import fields
from hashlib import sha256
from typing import Any


def value(found: Any) -> Any:
    """A sequence in an event is always a tuple."""
    return tuple(map(value, found)) if isinstance(found, list) else found


def row(event: Any) -> str:
    """The line of an event."""
    return json.dumps([event.KIND, *(getattr(event, f.name) for f in fields(event))])


def main(src: str, events: str) -> None:
    """Step them all."""
    sys.path.insert(0, src)
    from flyball.kernel.canon import canonical
    from flyball.kernel.events import Event
    from flyball.kernel.governor import Governor

    kinds = {kind.KIND: kind for kind in Event.__args__}
    governor = Governor()
    effects = sha256()
    steps = 0
    with open(events, encoding="ascii") as lines:
        for line in lines:
            kind, *rest = json.loads(line)
            for effect in governor.step(kinds[kind](*map(value, rest))):
                effects.update(canonical(effect))
            steps += 1
    told = {
        "python": list(sys.version_info[:2]),
        "steps": steps,
        "effects": effects.hexdigest(),
        "state": governor.state_hash(),
        "book": governor.book_hash(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
