"""The end of one process, at a chosen pass through a chosen point, or when somebody outside says so.

Every port object of an incarnation holds its Doom and says at each call which point it passes. At the chosen
pass `Killed` goes up through everything; from then on each further call raises it again, so that the clean-up
code on the way out can touch nothing: a killed process does not clean up. Disks, broker and schedule live on.

The points: `write` (before a write), `tear` (half of it done), `written` (after it), `sync` and `synced`
(before and after a sync that somebody waits for), `request` (a sync asked of the syncing thread), `name` and
`named` (before and after a change of a folder, not yet durable), `read`, `await` (the clock begins to wait),
`send` and `sent`, `cancel`, `resume` and whatever else a port object cares to name.
"""

from collections.abc import Callable


class Killed(BaseException):
    """The process has ended here. Nothing that catches errors catches this."""


class Doom:
    """Where one incarnation dies: at any of `points`, each "point:N", its N-th pass (1, 2, ...).

    ValueError for what is no such point. Without points it lives until `die`.
    """

    def __init__(self, *points: str) -> None:
        self.alive = True
        self.why = ""  # the point it died at
        self.seen: dict[str, int] = {}  # passes so far, for enumerating
        self.stall: Callable[[str], None] | None = None  # a pause of the process may begin at any point
        self._at: dict[str, int] = {}
        for text in points:
            point, _, number = text.partition(":")
            if not point or not number.isdigit() or int(number) < 1:
                raise ValueError(f"{text!r}: a point, a colon, the number of the pass from 1 on")
            self._at[point] = int(number)

    def meet(self, point: str) -> None:
        """Pass a point. Killed when it is the one, or when the process is dead already."""
        if self.due(point):
            self.die(f"{point}:{self.seen[point]}")
        if not self.alive:
            raise Killed(self.why)
        if self.stall is not None:
            self.stall(point)
            if not self.alive:  # it was killed while it stood still
                raise Killed(self.why)

    def due(self, point: str) -> bool:
        """Count a pass; True when it is the last one. For a point that is left half done; the caller ends it
        with `die`.
        """
        count = self.seen.get(point, 0) + 1
        self.seen[point] = count
        return self.alive and self._at.get(point) == count

    def die(self, why: str = "killed") -> None:
        """The process is dead from now on; whoever runs it next finds out by `check` or `meet`."""
        if self.alive:
            self.alive = False
            self.why = why

    def check(self) -> None:
        """Killed when the process is dead. No pass of a point."""
        if not self.alive:
            raise Killed(self.why)
