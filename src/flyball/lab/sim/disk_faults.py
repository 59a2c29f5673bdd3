"""How a simulated disk misbehaves. Each figure is off at 0; ratios are in millionths of the calls."""

from dataclasses import dataclass, fields

from flyball.kernel.units import MS, NS


@dataclass
class DiskFaults:
    """May be changed while the world goes on; `quiet` ends them all."""

    write_fails: int = 0  # a write is refused (EIO or ENOSPC), perhaps after a part of it was taken
    sync_fails: int = 0  # a sync fails: its pages are dropped and called clean (fsyncgate)
    sync_hangs: int = 0  # a sync does not return before the faults are over
    sync_slow: int = 0  # a sync takes up to `slow_ns`
    slow_ns: int = 3 * NS
    read_fails: int = 0  # EIO when reading
    quota: int = 0  # bytes on the disk; what goes beyond is refused (ENOSPC)
    quick_ns: int = 2 * MS  # the longest an ordinary sync takes; no fault

    def quiet(self) -> None:
        """A sound disk from now on. What hangs is free to return, what is lost stays lost."""
        for one in fields(self):
            if one.name not in ("slow_ns", "quick_ns"):
                setattr(self, one.name, 0)
