"""Journal records as plain facts: every price, quantity and amount an exact Fraction of its natural unit.
Imports nothing of flyball.

A record is anything with a `KIND` and the fields docs/reference/journal.md names. Prices are in the
currency, quantities in units of the product, amounts in the currency; times stay integer nanoseconds.
`None` is an absent value.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

Fact = dict[str, Any]

MICRO = Fraction(1, 10**6)
PRICES = ("bid", "ask", "last", "low", "high", "price", "limit", "stop", "reference", "tick")
QUANTITIES = ("qty", "filled", "would_pass", "lot", "change")
AMOUNTS = ("amount", "fee", "notional", "cash", "equity", "day_equity", "baseline", "high_water")
BY_ORDER = ("update", "answer", "fill", "sent", "not_sent", "timeout", "cancel", "query")


class Units:
    """Which symbol an order belongs to and what one integer step of its price and quantity is worth."""

    def __init__(self) -> None:
        self.price: dict[str, Fraction] = {}
        self.qty: dict[str, Fraction] = {}
        self.symbol_of: dict[str, str] = {}

    def learn(self, raw: Fact) -> None:
        if raw["kind"] == "action" and raw["what"] == "symbol_change" and raw["symbol"] in self.price:
            self.price.setdefault(raw["to"], self.price[raw["symbol"]])
            self.qty.setdefault(raw["to"], self.qty[raw["symbol"]])
        if raw["kind"] == "instrument":
            self.price[raw["symbol"]] = Fraction(1, 10 ** raw["price_exp"])
            self.qty[raw["symbol"]] = Fraction(1, 10 ** raw["qty_exp"])
        elif raw["kind"] == "order":
            self.symbol_of[raw["client_id"]] = raw["symbol"]


def fact_of(record: object, units: Units) -> Fact:
    """One record as a fact. Units have to have learned the records before it."""
    raw: Fact = {"kind": record.KIND, **vars(record)}  # type: ignore[attr-defined]
    units.learn(raw)
    fact = dict(raw)
    symbol = raw.get("symbol") or units.symbol_of.get(raw.get("client_id", ""), "")
    price, qty = units.price.get(symbol, Fraction(1)), units.qty.get(symbol, Fraction(1))
    for name, value in raw.items():
        if name in PRICES and raw["kind"] not in ("trip", "drift"):
            fact[name] = value * price
        elif name in QUANTITIES:
            fact[name] = None if value < 0 and name == "filled" else value * qty
        elif name in AMOUNTS:
            fact[name] = value * MICRO
    if raw["kind"] == "action":
        fact["action"], fact["cash"], fact["cost"] = raw["what"], raw["cash"] * MICRO, raw["cost"] * MICRO
    if raw["kind"] == "instrument":
        fact["price_unit"], fact["qty_unit"] = price, qty
    elif raw["kind"] == "account":
        fact["positions"] = {s: q * units.qty.get(s, Fraction(1)) for s, q in raw["positions"]}
    elif raw["kind"] in ("config", "in_force"):
        fact["kind"] = "config"  # what is in force from here on
        fact["limits"] = {
            (scope, key): limit_of(kind, amount, text) for scope, key, kind, amount, text, _ in raw["values"]
        }
    return fact


def limit_of(kind: str, amount: int, text: str) -> Any:
    """One configured value: ("amount", currency) or ("share", of equity) for caps of money, else the plain
    value.
    """
    if kind == "money_abs":
        return ("amount", amount * MICRO)
    if kind == "money_ppm":
        return ("share", amount * MICRO)
    if kind in ("ppm", "micros"):
        return amount * MICRO
    if kind == "list":
        return tuple(part for part in text.split(",") if part)
    return text if kind == "text" else amount


def facts_of(records: Iterable[object]) -> list[Fact]:
    """A whole journal, in order."""
    units = Units()
    return [fact_of(record, units) for record in records]
