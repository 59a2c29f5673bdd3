"""What goes wrong in a run: a handful of kinds drawn by the seed, so that one does not hide another (a
swarm), each as strong as the seed says.

Kinds are named `room.kind`. The same seed with fewer kinds allowed draws the rest exactly as before.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.broker.chaos_kinds import CLOCK
from flyball.broker.chaos_kinds import KINDS as BROKER_KINDS
from flyball.kernel.units import MS, NS
from flyball.lab.sim.disk_faults import DiskFaults
from flyball.lab.sim.draw import Draw

ROOMS: Final = ("crash", "disk", "clock", "bot", "people", "broker", "market", "feed")
OURS: Final = (
    "crash.process",
    "crash.power",
    "crash.starting",
    "disk.write_fails",
    "disk.sync_fails",
    "disk.sync_hangs",
    "disk.sync_slow",
    "disk.full",
    "clock.drift",
    "clock.step",
    "clock.pause",
    "bot.dies",
    "bot.hangs",
    "bot.garbage",
    "bot.slow",
    "people.tighten",
    "people.loosen",
    "people.panic",
)
LATER: Final = (  # drawn last, so that a seed keeps the kinds it had
    "crash.poison",
    "people.edit",
    "people.night",
    "market.acts",
    "market.halts",
    "feed.silent",
    "broker.at_close",
    "people.kill_file",
)
KINDS: Final = (*OURS, *(f"broker.{name}" for name in BROKER_KINDS), *LATER)
MANY: Final = ("lost", "hand_untold")  # what leaves a difference that only a person can settle: kept rare
ALWAYS: Final = ("duplicate_id",)  # brokers that refuse a repeated id refuse every one
OFTEN: Final = {  # in millionths of the seeds that have faults at all: what much depends on
    "crash.process": 300_000,
    "crash.power": 300_000,
    "crash.starting": 150_000,
    "crash.poison": 120_000,
    "people.panic": 250_000,
    "people.edit": 300_000,
    "people.night": 500_000,
    "market.acts": 250_000,
}


@dataclass
class Faults:
    """The kinds of one run, and their strengths."""

    kinds: tuple[str, ...]
    disk: DiskFaults = field(default_factory=DiskFaults)
    broker: dict[str, int] = field(default_factory=dict)

    def has(self, kind: str) -> bool:
        return kind in self.kinds


def swarm(seed: int, allowed: tuple[str, ...] | None) -> Faults:
    """The faults of a seed; those not in `allowed` left out (None: all are allowed)."""
    draw = Draw(seed, "swarm")
    density = draw.pick((0, 60_000, 120_000, 120_000, 250_000, 400_000))
    kinds = [kind for kind in KINDS if draw.happens(_likely(kind, density))]
    chosen = tuple(kind for kind in kinds if allowed is None or kind in allowed)
    if allowed is not None:
        chosen += tuple(kind for kind in allowed if kind not in kinds)
    return Faults(chosen, _disk(seed, chosen), _broker(seed, chosen))


def _likely(kind: str, density: int) -> int:
    if kind.partition(".")[2] in MANY:
        return density // 8
    return max(density, OFTEN.get(kind, 0)) if density else 0


def _disk(seed: int, kinds: tuple[str, ...]) -> DiskFaults:
    draw = Draw(seed, "strength", "disk")
    strength = {
        "write_fails": draw.pick((500, 3_000)),
        "sync_fails": draw.pick((500, 3_000)),
        "sync_hangs": draw.pick((500, 3_000)),
        "sync_slow": draw.pick((5_000, 50_000, 300_000)),
    }
    made = DiskFaults(slow_ns=draw.pick((300 * MS, 3 * NS, 20 * NS)))
    for name, ppm in strength.items():
        if f"disk.{name}" in kinds:
            setattr(made, name, ppm)
    if "disk.full" in kinds:
        made.quota = draw.between(60, 600) << 10
    return made


def _broker(seed: int, kinds: tuple[str, ...]) -> dict[str, int]:
    made = {}
    for name, kind in BROKER_KINDS.items():
        draw = Draw(seed, "strength", "broker", name)
        strength = draw.pick((1, 4, 12)) if kind.hits == (CLOCK,) else draw.pick((10_000, 50_000, 250_000))
        if f"broker.{name}" in kinds:
            made[name] = strength if name not in MANY else min(strength, 10_000)
        if name in ALWAYS and name in made:
            made[name] = 1_000_000
    return made
