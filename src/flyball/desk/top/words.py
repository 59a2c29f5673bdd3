"""The few words and colours of the screen, each said in one place."""

from decimal import Decimal
from typing import Any, Final

from flyball.kernel.words import ACTIVE, HALTED, REDUCING

STATE_STYLE: Final = {
    ACTIVE: "bold black on green3",
    REDUCING: "bold black on yellow",
    HALTED: "bold white on red",
}
STATE_SAYS: Final = {
    ACTIVE: "trading",
    REDUCING: "only what reduces",
    HALTED: "stopped",
}
POSITIONS_SAY: Final = {
    "exits": "exits allowed",
    "flatten": "the governor gets flat",
    "cancel_only": "cancelled; positions stay",
    "page": "a person has to act",
}
HOUR: Final = 3_600


def dollars(text: Any, *, sign: bool = False) -> str:  # noqa: ANN401 - a decimal string of the protocol
    """A decimal string with thousands commas and two decimals; – for none."""
    if text in (None, ""):
        return "–"
    value = Decimal(str(text))
    return f"{value:+,.2f}" if sign else f"{value:,.2f}"


def mood(text: Any) -> str:  # noqa: ANN401 - a decimal string of the protocol
    """The colour of a profit or loss."""
    value = Decimal(str(text or 0))
    return "green" if value > 0 else "red" if value < 0 else "white"


def countdown(seconds: int) -> str:
    """5:21, or 1:05:21 from an hour on."""
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def used(value: Any, limit: Any) -> float | None:  # noqa: ANN401 - decimal strings of the protocol
    """How much of a limit is used, 0 to 1 and above; None without a limit."""
    if limit in (None, "") or Decimal(str(limit)) <= 0:
        return None
    return float(max(Decimal(0), Decimal(str(value))) / Decimal(str(limit)))
