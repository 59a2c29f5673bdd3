"""What is the case outside, whatever the governor was told: for whoever checks the governor against it."""

from dataclasses import dataclass

from flyball.broker.paper_account import Execution, Standing
from flyball.kernel.events import Fill, Update


@dataclass(frozen=True)
class Reached:
    """One submit that arrived at the broker. `ts` is true time."""

    ts: int
    client_id: str
    attempt: int
    fate: str  # the misbehaviour it met on the way, "" when none


@dataclass(frozen=True)
class Outside:
    """Positions, cash, orders and executions at the broker by `ts` (true time), and what nobody was told.

    `submits` and `untold` only grow and are shared, not copied.
    """

    ts: int
    cash: int
    fees: int
    positions: dict[str, int]  # signed, no zeros
    orders: dict[str, Standing]  # by client id, foreign ones too
    fills: tuple[Execution, ...]  # rising in time
    submits: list[Reached]
    on_the_way: dict[str, int]  # client ids that left and have not arrived yet -> when they will
    refused: dict[str, str]  # client ids the broker rejected before it had an order -> why
    untold: list[Update | Fill]  # what happened and is never told
