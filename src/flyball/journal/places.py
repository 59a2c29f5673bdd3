"""Where reading may begin without reading what is before: noted on the one walk that checks everything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flyball.journal.chain import Chain, Place
from flyball.journal.left_out import note
from flyball.journal.segment import PAGE, Block


@dataclass
class Places:
    """The blocks that end with one of the records `wanted`, and where each segment begins. All of them lie on
    a chain that was walked from its first byte.
    """

    wanted: Sequence[int] = ()
    behind: dict[int, Place] = field(default_factory=dict)  # record -> the place behind its block
    segments: list[tuple[int, Place]] = field(default_factory=list)  # time of the first block, and before it
    left_out: dict[int, int] = field(default_factory=dict)  # as journal.left_out has it

    def note(self, chain: Chain, block: Block) -> None:
        """`chain` has just come to `block`."""
        if block.offset == PAGE:
            before = Place(chain.id, chain.number, PAGE, block.first - 1, block.prev)
            self.segments.append((block.ts, before))
        note(self.left_out, chain, block)
        if block.last in self.wanted:
            self.behind[block.last] = chain.place

    def before(self, ts: int) -> Place | None:
        """A place before every record of time `ts` or later, as late as is known; None = the beginning."""
        found: Place | None = None
        for first, place in self.segments:
            if first >= ts:
                break
            found = place
        return found
