"""One real decision for each code that refused or cut something back: what was asked, what the control saw,
what would have passed. The first of its kind, unless a later one can name a size that would have passed.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.controls import METAS
from flyball.kernel.effects import Decision
from flyball.kernel.events import Intent
from flyball.kernel.words import CLIP, REJECT

# which control speaks a code; latches and the door have their own
SPEAKER: Final[dict[str, int]] = {
    code: at for at, meta in reversed(list(enumerate(METAS))) for code in meta.codes
}


@dataclass
class Example:
    """A decision worth showing. `value` and `limit` in the unit of the control at `at` (-1 = none)."""

    seq: int
    code: str
    intent: Intent
    decision: Decision
    at: int
    value: int
    limit: int


@dataclass
class Examples:
    refused: dict[str, Example] = field(default_factory=dict)  # by primary code
    clipped: dict[str, Example] = field(default_factory=dict)

    def take(self, seq: int, i: Intent | None, d: Decision) -> None:
        if i is None or not d.codes or d.verdict not in (REJECT, CLIP):
            return
        kept = self.refused if d.verdict == REJECT else self.clipped
        code = d.codes[0]
        held = kept.get(code)
        if held is not None and (d.verdict == CLIP or held.decision.would_pass or not d.would_pass):
            return
        at = SPEAKER.get(code, -1)
        value, limit = (d.evidence[2 * at], d.evidence[2 * at + 1]) if at >= 0 else (-1, -1)
        kept[code] = Example(seq, code, i, d, at, value, limit)
