"""The limits in force, as the newest `config` record has them. `None` is not set."""

from typing import Final

from flyball.lab.sim.promises.amounts import MICRO, NS, PPM

Row = tuple[str, str, str, int, str, str]

FLAT_BEFORE: Final = 300 * NS  # M2: flattening begins this long before the close
OWN_LOSS: Final = "max_daily_loss"  # of a symbol or strategy: only when given for it


class Limits:
    """Rows of one `config` record: (scope, key) -> (kind, amount, text)."""

    def __init__(self, values: tuple[Row, ...] = ()) -> None:
        self.rows = {
            (scope, key): (kind, amount, text)
            for scope, key, kind, amount, text, _ in values
            if kind != "unread"
        }
        self._found: dict[tuple[str, str, str], tuple[str, int, str] | None] = {}

    def row(self, key: str, symbol: str = "", strategy: str = "") -> tuple[str, int, str] | None:
        """The row that applies: the symbol's, the strategy's, the account's."""
        asked = (key, symbol, strategy)
        if asked not in self._found:
            self._found[asked] = self._look(key, symbol, strategy)
        return self._found[asked]

    def _look(self, key: str, symbol: str, strategy: str) -> tuple[str, int, str] | None:
        scopes = [f"symbol:{symbol}"] if symbol else []
        scopes += [f"strategy:{strategy}"] if strategy else []
        if key != OWN_LOSS or not scopes:
            scopes.append("")
        for scope in scopes:
            if (scope, key) in self.rows:
                return self.rows[scope, key]
        return None

    def number(self, key: str, symbol: str = "") -> int | None:
        """A plain integer: ppm, count, nanoseconds, micros."""
        row = self.row(key, symbol)
        return None if row is None else row[1]

    def cap(self, key: str, base: int, symbol: str = "", strategy: str = "") -> int | None:
        """A limit of money in attos, rounded down, when percentages are of `base` attos."""
        row = self.row(key, symbol, strategy)
        if row is None:
            return None
        kind, amount, _ = row
        return amount * MICRO if kind == "money_abs" else max(base, 0) * amount // PPM

    def text(self, key: str, default: str) -> str:
        row = self.row(key)
        return default if row is None else row[2]

    def restricted(self) -> frozenset[str]:
        return frozenset(part for part in self.text("restricted", "").split(",") if part)

    def flat_at_close(self) -> bool:
        return self.text("flat_by", "close") == "close"
