"""Latches and the account's own state: what adds is refused while any latch in scope forbids it, or while
the account is unknown."""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.bounds import MAX_LOTS, MAX_OPEN_ORDERS
from flyball.kernel.latches import forbids_adding, forbids_exits
from flyball.kernel.state import State
from flyball.kernel.verdict import COUNT, OWN, SKIP, Meta, Verdict

METAS: Final = (
    Meta("L", "latches", (), COUNT, OWN),
    Meta("B14", "account", ("ACCOUNT_UNKNOWN", "ACCOUNT_ADOPTION"), COUNT, SKIP),
    Meta("P3", "opposite_side", ("ACCOUNT_OPPOSITE_SIDE",), COUNT, SKIP),
    Meta("K", "open_orders", ("CAPACITY_ORDERS",), COUNT, SKIP),
    Meta("K", "lots", ("CAPACITY_LOTS",), COUNT, SKIP),
)


def latch(s: State, a: Ask, v: Verdict) -> None:
    i = a.intent
    code = forbids_adding(s, i.strategy, i.symbol) if a.adds else forbids_exits(s, i.strategy, i.symbol)
    v.forbid(code, code != "", len(s.latches), 0)
    if s.known and not s.unsure:
        v.refuse("ACCOUNT_ADOPTION", s.adoption, int(s.adoption), 0)
    else:
        v.refuse("ACCOUNT_UNKNOWN", True, 1, 0)
    v.refuse("ACCOUNT_OPPOSITE_SIDE", a.opposite, int(a.opposite), 0)
    v.refuse("CAPACITY_ORDERS", len(s.orders) >= MAX_OPEN_ORDERS, len(s.orders), MAX_OPEN_ORDERS)
    book = s.books.get(i.symbol, {}).get(i.strategy)
    lots = 0 if book is None else len(book.lots)
    v.refuse("CAPACITY_LOTS", lots >= MAX_LOTS, lots, MAX_LOTS)
