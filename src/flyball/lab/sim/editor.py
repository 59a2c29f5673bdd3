"""Whoever edits the configuration between two starts: a row tighter, a row looser, or both, as people do."""

import re
from typing import Final

from flyball.config.effective import Effective
from flyball.config.load import load
from flyball.kernel.units import show
from flyball.lab.sim.draw import Draw

ROWS: Final = (
    "max_order_notional",
    "max_position_notional",
    "max_gross",
    "max_net",
    "max_positions",
    "max_daily_turnover",
    "max_daily_cost",
    "max_daily_loss",
    "max_orders_per_day",
)
TIMES: Final = (40, 75, 90, 110, 150, 300)  # of a hundred
MOSTLY: Final = 600_000  # millionths of the starts
_ROW: Final = re.compile(r'^(\w+) = "?(\$?)(\d+)"?$', re.MULTILINE)


class Editor:
    """Outlives the governor; has the file open."""

    def __init__(self, seed: int, text: str) -> None:
        self._draw = Draw(seed, "editor")
        self._first = self.text = text

    def edit(self) -> Effective | None:
        """The configuration of the next start, None when nobody has touched it."""
        draw = self._draw
        if not draw.happens(MOSTLY):
            return None
        text = self._first if draw.happens(150_000) else self.text
        for row in [draw.pick(ROWS) for _ in range(draw.between(1, 2))]:
            text = _changed(text, row, draw.pick(TIMES))
        self.text = text
        return load(text, path="the edited configuration")


def _changed(text: str, row: str, percent: int) -> str:
    """The text with the number of a row scaled, a whole number and at least 1 still."""

    def scaled(found: re.Match[str]) -> str:
        if found[1] != row:
            return found[0]
        number = show(max(1, int(found[3]) * percent // 100), 0)
        return f'{row} = "${number}"' if found[2] else f"{row} = {number}"

    return _ROW.sub(scaled, text)
