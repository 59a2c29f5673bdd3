"""Where a row of the limits says `profile X` or `default`, it is what the table in config.md says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.auditor.reading import MICRO, SECOND, Line, shown

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "config.md"
UNITS = {
    "ms": SECOND // 1000,
    "s": SECOND,
    "m": 60 * SECOND,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86_400 * SECOND,
}
DURATION = re.compile(r"(\d+) ?(ms|min|s|m|h|d)")
NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")


def table() -> dict[str, dict[str, str]]:
    """The cells of "Profiles", by profile and key."""
    text = PAGE.read_text(encoding="utf-8").split("## Profiles", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in row.strip("| \n").split("|")]
        for row in text.splitlines()
        if row.startswith("|")
    ]
    names = rows[0][1:]
    return {name: {row[0].strip("`"): row[at + 1] for row in rows[2:]} for at, name in enumerate(names)}


def micros(text: str, factor: int = 1) -> int:
    """A decimal in millionths; `factor` millionths of it for a percent or a basis point."""
    match = NUMBER.fullmatch(text.replace(",", ""))
    assert match, text
    rest = (match[2] or "").ljust(6, "0")
    return (int(match[1]) * MICRO + int(rest)) // factor


def meant(cell: str, unit: str) -> Any:
    """A cell as the value of a row of that unit; None where the page sets nothing or says it otherwise."""
    cell = cell.removesuffix(" (default)")
    if cell == "-":
        return None
    if unit == "ns":
        match = DURATION.fullmatch(cell)
        return int(match[1]) * UNITS[match[2]] if match else None
    if unit == "count":
        return int(cell.replace(",", ""))
    if unit == "text":
        return cell
    if cell.endswith("%"):
        return shown(micros(cell[:-1], 100))
    if cell.endswith("bps"):
        return shown(micros(cell.removesuffix(" bps"), 10_000))
    return shown(micros(cell.removeprefix("$")))


def check_origins(line: Line, cells: dict[str, dict[str, str]]) -> Iterator[str]:
    """A row that claims to come from the profile or from a default, and is something else."""
    own = cells.get(line.get("profile", ""), {})
    for name, row in line["limits"].items():
        origin = row.get("origin", "")
        if origin not in (f"profile {line.get('profile')}", "default") or row.get("enforced", True) is False:
            continue
        if (cell := own.get(name)) is None:
            continue
        value = meant(cell, row["unit"])
        if value != row["value"]:
            yield f"P11: {name} says {row['value']} by {origin}, which is {cell}"
        if (row["unit"] == "share of equity") != (cell.endswith("%") and row["unit"] != "ratio"):
            yield f"P11: {name} is a {row['unit']} by {origin}, which is {cell}"
