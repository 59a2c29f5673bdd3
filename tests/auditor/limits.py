"""The limits in force: the last `config` line, row by row."""

from typing import Any

from tests.auditor.reading import MICRO, Line, UnreadableError, money

NUMBERS = ("count", "ns")
MONEY = ("money", "ratio", "share of equity")


class Limits:
    """Rows by name, their numbers in millionths or whole."""

    def __init__(self, line: Line | None = None) -> None:
        self.rows: dict[str, tuple[str, Any]] = {}
        for name, row in (line or {}).get("limits", {}).items():
            unit, value = row["unit"], row["value"]
            if row.get("enforced", True) is False:
                continue
            if unit in MONEY:
                value = money(value)
            elif unit in NUMBERS and type(value) is not int:
                raise UnreadableError(f"limit {name}: {value!r} is no whole number")
            self.rows[name] = (unit, value)

    def of(self, key: str, symbol: str = "") -> Any:
        """A symbol's own row, else the account's; None when neither is there."""
        found = self.rows.get(f"symbol.{symbol}.{key}") or self.rows.get(key)
        return found[1] if found else None

    def cap(self, key: str, equity: int, symbol: str = "") -> int | None:
        """The same of a cap on money, worked out of equity where it is a share, rounded down."""
        return self.worked(self.rows.get(f"symbol.{symbol}.{key}") or self.rows.get(key), equity)

    def own(self, row: str, equity: int) -> int | None:
        """A row by its whole name: what holds for one symbol or strategy alone."""
        return self.worked(self.rows.get(row), equity)

    def choice(self, key: str, strategy: str) -> Any:
        """A strategy's own row, else the account's."""
        found = self.rows.get(f"strategy.{strategy}.{key}") or self.rows.get(key)
        return found[1] if found else None

    @staticmethod
    def worked(found: tuple[str, Any] | None, equity: int) -> int | None:
        if found is None:
            return None
        unit, value = found
        return int(value * equity // MICRO if unit == "share of equity" else value)
