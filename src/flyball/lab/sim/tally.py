"""What many seeds came to: counts, the table of rare things that must have happened, and the time a
seed takes."""

from dataclasses import dataclass, field
from typing import Final

from flyball.lab.sim.outcome import Outcome

LEAST_EVENTS: Final = 500  # a shorter seed is flown, and not counted as one
PER_1000: Final = 3
ENOUGH: Final = 1_000  # seeds before a goal's absence is a failure


@dataclass
class Tally:
    """The sum of outcomes."""

    goals: tuple[str, ...]
    seeds: int = 0
    counted: int = 0  # of at least LEAST_EVENTS events
    events: int = 0
    days: int = 0
    starts: int = 0
    kills: int = 0
    refused: int = 0
    failed: list[Outcome] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)  # goal -> seeds that reached it
    times: list[float] = field(default_factory=list)

    def take(self, o: Outcome) -> None:
        """One more."""
        self.seeds += 1
        self.counted += o.events >= LEAST_EVENTS
        self.events += o.events
        self.days += o.days
        self.starts += o.starts
        self.kills += o.kills
        self.refused += o.refused
        self.times.append(o.seconds)
        if o.broken:
            self.failed.append(o)
        for goal, times in o.goals.items():
            if times:
                self.reached[goal] = self.reached.get(goal, 0) + 1

    def missed(self) -> list[str]:
        """Goals that too few seeds reached, once there are enough of them to tell."""
        if self.seeds < ENOUGH:
            return []
        return [g for g in self.goals if self.reached.get(g, 0) * 1_000 < PER_1000 * self.seeds]

    def p95(self) -> float:
        """Real seconds that 95 of 100 seeds stay below."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] if ordered else 0.0

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "seeds": self.seeds,
            "counted": self.counted,
            "events": self.events,
            "virtual_days": self.days,
            "starts": self.starts,
            "kills": self.kills,
            "starts_refused": self.refused,
            "failed": [o.command() for o in self.failed],
            "goals": {goal: self.reached.get(goal, 0) for goal in self.goals},
            "goals_missed": self.missed(),
            "seed_p95_s": round(self.p95(), 3),
        }
