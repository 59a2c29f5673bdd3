"""What the controls say of one ask: evidence for each key, caps that leave a smaller size, and refusals.

Each control notes the same number of evidence pairs on every path, in the order of `controls.METAS`; so
evidence is a flat tuple and needs no names. UNKNOWN (-1) is a value that cannot be told or a limit that is
not set; OFF (-2) a check its feed can never serve.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.units import UNKNOWN

# How a control treats what reduces.
SKIP: Final = "skip"  # noted, never refused
MARKET_FACT: Final = "market fact"  # refused by facts of the market only
OWN: Final = "own rule"  # the control's docstring says

MONEY: Final = "money"
PRICE: Final = "price"
QTY: Final = "qty"
COUNT: Final = "count"
NS: Final = "ns"
PPM: Final = "ppm"


@dataclass
class Meta:
    """One evidence key of a control: documentation and journal are made from it."""

    control: str
    key: str
    codes: tuple[str, ...]
    unit: str
    on_reduce: str


@dataclass(slots=True)
class Verdict:
    """Collected by the controls in list order."""

    adds: bool
    evidence: list[int] = field(default_factory=list)
    caps: list[str] = field(default_factory=list)  # codes that leave a smaller size
    refusals: list[str] = field(default_factory=list)
    first: str = ""  # the first code that spoke
    most: int = -1  # the largest quantity every cap lets through; -1 = no cap spoke

    def note(self, value: int, limit: int) -> None:
        """Evidence without judgement."""
        self.evidence += (value, limit)

    def cap(self, code: str, value: int, limit: int, room: int) -> None:
        """A size limit on what adds: equal passes, above it at most `room` would."""
        self.evidence += (value, limit)
        if not self.adds or limit == UNKNOWN or value <= limit:
            return
        self._say(code)
        self.caps.append(code)
        room = max(room, 0)
        self.most = room if self.most < 0 else min(self.most, room)

    def refuse(self, code: str, bad: bool, value: int, limit: int) -> None:
        """A refusal of what adds, whatever its size."""
        self.evidence += (value, limit)
        if bad and self.adds:
            self._say(code)
            self.refusals.append(code)

    def forbid(self, code: str, bad: bool, value: int = UNKNOWN, limit: int = UNKNOWN) -> None:
        """A refusal of anything, also of what reduces."""
        self.evidence += (value, limit)
        if bad:
            self._say(code)
            self.refusals.append(code)

    def _say(self, code: str) -> None:
        if not self.first:
            self.first = code

    def codes(self) -> tuple[str, ...]:
        """Every code that spoke, the first refusing control's first."""
        said = self.caps + self.refusals
        rest = [code for code in said if code != self.first]
        return tuple(dict.fromkeys([self.first, *rest])) if self.first else ()
