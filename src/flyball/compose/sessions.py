"""The calendar of a flight as a source of events, and the file of its overlay."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flyball.kernel.state import State
from flyball.ports import Disk
from flyball.runtime.timers import Sessions
from flyball.tables.overlay import Overlay, OverlayError, read_overlay

if TYPE_CHECKING:
    from flyball.compose.assembly import Plan


def sessions_of(plan: "Plan", disk: Disk, virtual: bool, s: State) -> Sessions:
    """The source. In virtual time the overlay stays the one the plan was made with."""
    known = replace(s.day, day=max(s.day.day, s.cursors.get("session", 0)))
    path = plan.config.session.overlay
    look = overlay_file(disk, path) if path and not virtual else None
    return Sessions(plan.config.session.calendar, plan.table or plan.schedule, known, plan.overlay, look)


def overlay_file(disk: Disk, path: str) -> Callable[[], Overlay]:
    """What reads the overlay as it is now. OverlayError when it is not there or wrong."""

    def look() -> Overlay:
        try:
            data = disk.read(path)
        except OSError as why:
            raise OverlayError(f"{path}: {why.strerror or why}; put it back, or name none") from None
        return read_overlay(path, data)

    return look
