"""Why: one decision found in the journal, with everything that speaks for it.

`wanted` may be an intent's id, "strategy/intent", a client order id or a record's number. The intent, the
verdict, each control's value and limit and the room between, what bound first, the latches of that moment,
and every order and fill that came of it: all as the journal has them.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from flyball.desk.dossier import Dossier, Found, Told
from flyball.desk.why_facts import Facts, facts
from flyball.desk.why_text import why_text
from flyball.journal.codec import Record

__all__ = ["NotFound", "why", "why_text"]

NEAR: Final = 5


class NotFound(LookupError):  # noqa: N818 - it says what is the case
    """Nothing in the journal answers to that name; the text says what is near."""


def why(records: Iterable[tuple[int, Record]], wanted: str) -> Facts:
    """The facts of one decision, or of one order that the governor itself decided on.

    `records`: the journal's, numbered, from the first one on. Raises NotFound, naming what is near, when
    nothing or more than one strategy's intent answers to `wanted`.
    """
    dossier = Dossier(wanted.strip())
    for seq, record in records:
        dossier.take(seq, record)
    found = dossier.found()
    if isinstance(found, Told):
        raise NotFound(found.text)
    if found is None:
        raise NotFound(_nothing(dossier))
    assert isinstance(found, Found)
    return facts(found, dossier)


def _nothing(dossier: Dossier) -> str:
    wanted = dossier.wanted
    said = f"{wanted!r}: no intent, order or record of that name in this journal ({dossier.seq:,} records)"
    near = get_close_matches(wanted, dossier.names, NEAR, 0.6)
    if near:
        return f"{said}\ndid you mean: {', '.join(near)}?"
    if dossier.names:
        return f"{said}\nthe newest are: {', '.join(list(dossier.names)[-NEAR:])}"
    return f"{said}\nthere is no intent in it at all"
