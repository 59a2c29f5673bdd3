"""When a disk that was slow is believed again (L9a): after a minute without a late sync, and after each
relapse within an hour twice as long, up to eight minutes.

A disk that is slow now and then would else latch and clear every half minute, and call a person each time.
Times are the governor's, as the latch's own dwell is. A start remembers nothing: it begins with a minute.
"""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.units import MINUTE, NS

CLEAN: Final = 60 * NS
LONGEST: Final = 8 * CLEAN
FORGIVEN: Final = 60 * MINUTE  # a relapse after so long is none


@dataclass
class SlowDisk:
    """Its late syncs, as far as they count."""

    window: int = CLEAN  # what has to pass without one
    last: int = 0  # the newest; 0 = none was seen

    def latch(self, now: int) -> None:
        """A late sync sets the latch."""
        relapse = self.last != 0 and now - self.last < FORGIVEN
        self.window = min(2 * self.window, LONGEST) if relapse else CLEAN
        self.last = now

    def late(self, now: int) -> None:
        """A late sync while it holds, or the start of one that found it set: the minute begins anew."""
        self.last = now

    def believed(self) -> int:
        """When the disk is believed again, if no sync is late until then."""
        return self.last + self.window
