"""A single number off by one is found, wherever it stands in a line about money, orders, limits or latches.

What cannot be seen from outside is listed in UNSEEN, each with its reason. All else is: in the export
every figure either came from outside and moves a later one, or is recomputed.
"""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auditor.audit import Audit
from tests.auditor.reading import Line, shown

STRIDE = 40
EXAMPLES = 120
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
Path = tuple[str | int, ...]
Spot = tuple[int, Path]

# Kind and field (a prefix of the path), and why nobody outside can tell.
UNSEEN: dict[tuple[str | int, ...], str] = {
    ("epoch", "versions"): "which program wrote it; the journal's own replay tells",
    ("config", "approvers"): "said once, by the first start",
    ("config", "limits", "drawdown_restrict"): "the file's own value, and nothing came near it",
    (
        "config",
        "limits",
        "drawdown_caution",
    ): "the file's own value; found once a drawdown lies between the two",
    ("instrument", "price_exp"): "more places than are used",
    ("instrument", "qty_exp"): "more places than are used",
    ("intent", "notional"): "less than a lot more or less",
    ("mark", "last"): "replaced before anything was decided with it",
    ("intent", "qty"): "of what was clipped, while it stays above the smallest cap",
    ("mark", "low"): "moves the average true range when it is its bar's lowest",
    ("mark", "high"): "moves the average true range when it is its bar's highest",
    ("report", "flat", "attempts"): "what counts as an attempt is not told",
    (
        "update",
        "filled",
    ): "the broker's word; found when it is more than ever comes, or not the whole of FILLED",
    ("account", "equity"): "what is held is valued by the broker; found when nothing is",
    ("account", "day_equity"): "only that of the first start is used",
    ("command", "uid"): "of a process long gone",
    ("report", "ingress", "dropped"): "what never reached the journal",
    ("report", "ingress", "rubbish"): "what never reached the journal",
}


def numbers(value: Any, path: Path = ()) -> list[Path]:
    """Where numbers stand in a line."""
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for name, one in pairs for found in numbers(one, (*path, name))]
    if isinstance(value, bool):
        return []
    return [path] if isinstance(value, int) or (isinstance(value, str) and DECIMAL.fullmatch(value)) else []


def moved(value: int | str, step: int) -> int | str:
    """The next number of its last place."""
    if isinstance(value, int):
        return value + step
    whole, _, rest = value.partition(".")
    return shown(int(whole + rest) + step, len(rest)) if value != "-0" else value


def used(line: Line, behind: list[Line]) -> bool:
    """Whether anything is decided between a mark and the next of its symbol."""
    for one in behind:
        if one["kind"] == "mark" and one["symbol"] == line["symbol"]:
            return False
        if one["kind"] == "decision" and one["symbol"] == line["symbol"] and "reference" in one:
            return True
    return False


def unseen(line: Line, path: Path, behind: list[Line]) -> bool:
    words = (line["kind"], line["what"]) if line["kind"] == "report" else (line["kind"],)
    if (*words, *path) == ("mark", "last"):
        return not used(line, behind)
    if line["kind"] == "account" and path[0] in ("positions", "orders"):
        return bool(line["open_orders"]) or path[0] == "orders"  # what may be on its way; a list to act on
    if (*words, *path) == ("intent", "qty"):
        return bool(behind) and behind[0].get("verdict") == "clip"
    return any((*words, *path)[: len(known)] == known for known in UNSEEN)


class Rewound:
    """An honest journal that can be audited again from near any line."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.states: list[Audit] = []
        self.spots: dict[str, list[Spot]] = {}
        audit = Audit()
        read = [json.loads(text) for text in lines]
        for at, (text, line) in enumerate(zip(lines, read, strict=True)):
            if at % STRIDE == 0:
                self.states.append(copy.deepcopy(audit))
            for path in numbers(line):
                if not unseen(line, path, read[at + 1 : at + 400]):
                    self.spots.setdefault(line["kind"], []).append((at, path))
            audit.read(text)
        assert audit.findings == []

    def finding(self, at: int, text: str) -> str | None:
        """The first thing that is found when one line reads otherwise."""
        audit = copy.deepcopy(self.states[at // STRIDE])
        for number in range(at // STRIDE * STRIDE, len(self.lines)):
            audit.read(text if number == at else self.lines[number])
            if audit.findings:
                return audit.findings[0]
        return None


@pytest.fixture(scope="module")
def rewound(shopped: list[str]) -> Rewound:
    return Rewound(shopped)


def forged(text: str, path: Path, step: int) -> str:
    line = json.loads(text)
    inside = line
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = moved(inside[path[-1]], step)
    return json.dumps(line, separators=(",", ":"))


@settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_one_unit_more_or_less_is_found(rewound: Rewound, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(rewound.spots)))
    at, path = data.draw(st.sampled_from(rewound.spots[kind]))
    step = data.draw(st.sampled_from([1, -1]))
    found = rewound.finding(at, forged(rewound.lines[at], path, step))
    assert found, f"line {at + 1}: {'.'.join(map(str, path))} off by {step}: {rewound.lines[at]}"
