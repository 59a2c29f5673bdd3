"""The journal's export, read as a stranger would: JSON lines into the same facts that the records themselves
give.
"""

import calendar
import json
import time
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.oracle.facts import Fact

SIDES = {"buy": 1, "sell": -1}
FIGURES = {
    *("bid", "ask", "last", "low", "high", "price", "limit", "stop", "reference", "tick"),
    *(
        "qty",
        "would_pass",
        "lot",
        "notional",
        "amount",
        "fee",
        "cash",
        "equity",
        "day_equity",
        "baseline",
        "high_water",
        "change",
    ),
}
ABSENT: dict[str, dict[str, Any]] = {
    "mark": dict.fromkeys(("bid", "ask", "last", "low", "high"), Fraction(0)),
    "intent": {
        "qty": Fraction(0),
        "notional": Fraction(0),
        "limit": Fraction(0),
        "stop": Fraction(0),
        "flaw": "",
        "side": 0,
        "symbol": "",
    },
    "decision": dict.fromkeys(("limit", "stop", "would_pass", "reference"), Fraction(0)),
    "order": {"limit": Fraction(0), "stop": Fraction(0), "intent": "", "author": "", "again": False},
    "command": {"by": "", "reason": ""},
    "update": {"filled": None, "broker_id": "", "reason": ""},
    "answer": {"filled": None, "state": ""},
    "ended": {"strategy": "", "intent": "", "reason": ""},
    "restated": dict.fromkeys(("bid", "ask", "last"), Fraction(0)),
    "action": {"to": "", "num": 0, "den": 0},
}
# what the journal tells as a `report`, and the kind of its record
REPORTS = (
    "session",
    "feed",
    "cancel",
    "cancel_all",
    "query",
    "ask_account",
    "tick",
    "shut",
    "wake",
    "ingress",
    "bot_down",
    "timeout",
    "moved",
)
EFFECTS = (
    *("decision", "order", "cancel", "cancel_all", "query", "ask_account", "latch", "day_start", "effect"),
    *("ended", "booked", "moved", "restated"),
)


def nanoseconds(text: str) -> int:
    """2008-09-15T13:29:00.000000000Z"""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction)


def kind_of(line: dict[str, Any]) -> str:
    """The record's kind: the export folds some into `update` and `report`."""
    kind: str = line["kind"]
    if kind == "session":
        return "day_start"
    if kind == "report":
        return line["what"] if line["what"] in REPORTS else "effect"
    if kind == "update" and "ended" in line:
        return "ended"
    if kind == "fill" and "by" in line:
        return "booked"
    if kind == "mark" and line.get("restated"):
        return "restated"
    if kind == "update" and "ask" in line:
        return "answer"
    if kind == "update" and line["state"] in ("SENT", "NOT_SENT"):
        return {"SENT": "sent", "NOT_SENT": "not_sent"}[line["state"]]
    if kind == "update" and line["state"] == "IN_DOUBT" and "n" not in line:
        return "timeout"
    if kind == "alert" and "outcome" in line:
        return "delivery"
    return "effect" if kind in ("alert", "divergence") else kind


def fact_of(line: dict[str, Any]) -> Fact:
    """One line as a fact."""
    kind = kind_of(line)
    fact: Fact = {**ABSENT.get(kind, {}), **line, "kind": kind, "ts": nanoseconds(line["ts"])}
    for name in FIGURES & set(line):
        fact[name] = Fraction(line[name])
    if kind in ("update", "answer") and "filled" in line:
        fact["filled"] = Fraction(line["filled"])
    if line.get("side") in SIDES:
        fact["side"] = SIDES[line["side"]]
    if "client_order_id" in line:
        fact["client_id"] = line["client_order_id"]
    if kind == "instrument":
        fact["price_unit"] = Fraction(1, 10 ** line["price_exp"])
        fact["qty_unit"] = Fraction(1, 10 ** line["qty_exp"])
    elif kind in ("session", "day_start"):
        fact["open"], fact["close"] = nanoseconds(line["open"]), nanoseconds(line["close"])
        fact["day"] = int(line["day"].replace("-", ""))
    elif kind == "decision":
        fact["scale"] = round(Fraction(line["scale"]) * 10**6)
    elif kind == "account":
        fact["positions"] = {symbol: Fraction(qty) for symbol, qty in line["positions"].items()}
    elif kind == "restated":
        fact["why"] = line["source"]
    elif kind == "timeout":
        fact["call"] = line.get("call", "submit")
    elif kind == "config":
        fact["limits"] = dict(
            limit_of(path, given) for path, given in line["limits"].items() if given.get("enforced", True)
        )
    return fact


def limit_of(path: str, given: dict[str, Any]) -> tuple[tuple[str, str], Any]:
    """A key's path and its value, as `facts.limit_of` has it. Amounts of caps and plain amounts look alike
    here.
    """
    scope, _, key = path.rpartition(".")
    value, unit = given["value"], given["unit"]
    if unit == "share of equity":
        value = ("share", Fraction(value))
    elif unit == "money":
        plain = key in ("fee_per_unit", "min_notional")
        value = Fraction(value) if plain else ("amount", Fraction(value))
    elif unit == "ratio":
        value = Fraction(value)
    elif unit == "list":
        value = tuple(value)
    return (scope.replace(".", ":", 1), key), value


def facts_of_export(lines: Iterable[str]) -> list[Fact]:
    """A whole export, in order."""
    return [fact_of(json.loads(line)) for line in lines]
