"""What became of one seed, in plain values that travel between processes."""

from dataclasses import dataclass, field

NO_END = "no end"


@dataclass
class Outcome:
    """`broken`: the promise that did not hold, "" when all did; `what` says how, `where` in the run."""

    seed: int
    faults: tuple[str, ...] = ()
    until: int = 0  # events the run was cut off after, 0 = not
    events: int = 0
    records: int = 0
    days: int = 0  # risk days
    starts: int = 0
    kills: int = 0
    refused: int = 0  # starts that were refused with a clear word
    broken: str = ""
    what: str = ""
    where: str = ""
    goals: dict[str, int] = field(default_factory=dict)
    digest: str = ""  # of the journal: the same seed gives the same
    seconds: float = 0.0  # real time
    struck: tuple[str, ...] = ()  # the faults that came to pass

    def command(self) -> str:
        """The line that runs it again."""
        line = f"flyball lab sim --seed {self.seed}"
        if self.broken and self.faults:
            line += f" --faults {','.join(self.faults)}"
        elif self.broken:
            line += " --faults none"
        if self.until:
            line += f" --until {self.until}"
        return line
