"""The paper broker's habits and faults, as numbers (SPEC section 13). 0 turns a fault off, 1,000,000 forces
it.

Times are nanoseconds, ratios and spreads parts per million, money micros.
"""

from dataclasses import dataclass, fields

from flyball.kernel.units import MS, NS, PPM


@dataclass(frozen=True)
class PaperSettings:
    """ValueError when a number cannot be what it says."""

    half_spread_ppm: int = 100  # where the feed has no quotes
    slippage_ppm: int = 100  # how much worse than the quote a fill is
    fee_per_unit: int = 3_500  # micros a share or coin, no minimum
    latency_min: int = 50 * MS  # one way
    latency_max: int = 250 * MS
    partial_ppm: int = 200_000  # orders that fill in pieces
    pieces_min: int = 2
    pieces_max: int = 4
    timeout_ppm: int = 10_000  # calls that get no answer: submits, cancels, queries, the account
    timeout_applied_ppm: int = 500_000  # of unanswered submits and cancels: what the broker did all the same
    late_ppm: int = 10_000  # events that come late
    duplicate_ppm: int = 10_000  # events that come twice
    timeout: int = 10 * NS  # how long an answer is waited for
    late_min: int = 1 * NS
    late_max: int = 5 * NS

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 0:
                raise ValueError(f"{field.name} = {value}: is negative")
            if field.name.endswith("_ppm") and value > PPM:
                raise ValueError(f"{field.name} = {value}: more than all of them ({PPM} ppm)")
        if self.latency_min < 1:
            raise ValueError("latency_min = 0: no answer comes at the moment of the question")
        if self.pieces_min < 1:
            raise ValueError("pieces_min = 0: an order fills in at least one piece")
        for less, more in (
            ("latency_min", "latency_max"),
            ("pieces_min", "pieces_max"),
            ("late_min", "late_max"),
        ):
            if getattr(self, less) > getattr(self, more):
                raise ValueError(f"{less} = {getattr(self, less)}: is above {more} = {getattr(self, more)}")
