"""One real decision for each code that refused or cut something back: what was asked, what the control saw,
what would have passed. The first of its kind, unless a later one can name a size that would have passed.
"""

from dataclasses import dataclass, field

from flyball.kernel.effects import Decision
from flyball.kernel.events import Intent
from flyball.kernel.words import CLIP, REJECT


@dataclass
class Example:
    """A decision worth showing."""

    seq: int
    code: str
    intent: Intent
    decision: Decision


@dataclass
class Examples:
    """By primary code."""

    refused: dict[str, Example] = field(default_factory=dict)
    clipped: dict[str, Example] = field(default_factory=dict)

    def take(self, seq: int, i: Intent | None, d: Decision) -> None:
        if i is None or not d.codes or d.verdict not in (REJECT, CLIP):
            return
        kept = self.refused if d.verdict == REJECT else self.clipped
        held = kept.get(d.codes[0])
        if held is None or (d.would_pass and not held.decision.would_pass):
            kept[d.codes[0]] = Example(seq, d.codes[0], i, d)
