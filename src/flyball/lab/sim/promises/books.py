"""One strategy's holding of one symbol, in exact money."""

from dataclasses import dataclass
from typing import Final

OUTSIDE: Final = "_outside"


@dataclass(slots=True)
class Book:
    """Attos, and the instrument's quantity steps. `value` is at the conservative side of the mark."""

    qty: int = 0
    cash: int = 0
    fees: int = 0
    base: int = 0  # profit when the risk day began
    found: bool = False  # with the account, and not priced yet
    value: int = 0

    def profit(self) -> int:
        return self.cash + self.value - self.fees


def owner_of(account: str, client_id: str) -> str:
    """Whose an order was that the journal has lost: its id says so (B2,
    `fb<account>-<epoch>-<number>-<strategy>-<leg>`). `_outside` when it is none of ours.
    """
    parts = client_id.split("-")
    if len(parts) < 5 or parts[0] != f"fb{account}":
        return OUTSIDE
    name = "-".join(parts[3:-1])
    return OUTSIDE if name == OUTSIDE.replace("_", "-") else name
