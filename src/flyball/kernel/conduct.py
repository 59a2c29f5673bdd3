"""What is remembered of how strategies behave: for the incident kill switch (L6), the runaway latch (L13) and
the clearing by two persons. Bounded: one record a strategy, and of incidents at most as many as trip."""

from dataclasses import dataclass, field


@dataclass
class Incident:
    """An error, a reject or a divergence. `strategy` "" = of nobody in particular."""

    ts: int
    strategy: str


@dataclass
class Conduct:
    """One strategy's. `review` and the clearing of L13 set the counts back, but for `executions`."""

    executions: int = 0  # entries that were executed at all, ever
    unreviewed: int = 0  # ... since a person last looked
    rejects: int = 0  # in a row, by the broker
    dropped: int = 0  # intents today above its allowance, or that were none
    children: dict[str, int] = field(default_factory=dict)  # parent -> orders today that named it


@dataclass
class Clearing:
    """A clear that waits for a second person (P6)."""

    by: str
    reason: str
    ts: int
    rebase: bool


@dataclass
class Brakes:
    """All of it, for one account."""

    incidents: list[Incident] = field(default_factory=list)  # of the last incident_window, oldest first
    incident_at: int = 0  # the newest; 0 = none yet
    rearms: int = 0  # times L6 cleared by itself this risk day
    conduct: dict[str, Conduct] = field(default_factory=dict)  # by strategy
    clearing: dict[str, Clearing] = field(default_factory=dict)  # "L4 account" -> who asked for it
