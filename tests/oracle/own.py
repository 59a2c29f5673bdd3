"""What the governor itself does to orders, books and prices: ends it records, executions booked by hand, what
a corporate action leads to. Each has to have grounds in what came in before.
"""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle import wilder
from tests.oracle.facts import Fact
from tests.oracle.order import ZERO, Order
from tests.oracle.price import Price, middle

if TYPE_CHECKING:
    from tests.oracle.world import World

OUTSIDE = "_outside"
ONE = Fraction(1)
EFFECTS = (
    *(
        "decision",
        "order",
        "cancel",
        "cancel_all",
        "query",
        "ask_account",
        "latch",
        "day_start",
        "trip",
        "flat",
        "drift",
    ),
    *("divergence", "alert", "refused", "done", "effect", "ended", "booked", "moved", "restated"),
    *("in_force", "config"),
)


def ended(w: World, f: Fact) -> None:
    """The governor ends an order itself, or takes such an end back."""
    w.promised.discard((f.get("strategy", ""), f.get("intent", "")))
    order = w.orders.get(f["client_id"])
    if order is None:
        return  # it waited for another's end and never left
    if f["state"] == "IN_DOUBT":
        order.ended = ""
        return
    if order.grounds != f["state"] and not _resolved(w, order) and not _day_over(w, order):
        w.groundless.append(f"B1 {order.client_id}: ended as {f['state']} without evidence")
    order.ended, order.heard_at, order.stated = order.ended or f["state"], w.ts, order.filled


def _resolved(w: World, order: Order) -> bool:
    """By a named operator with the secret, just now."""
    e = w.event
    if e.get("kind") != "command" or e["authority"] != "secret" or not e["by"] or not e["reason"]:
        return False
    return e.get("command", e.get("what")) == "resolve" and dict(e["args"])["order"] == order.client_id


def _day_over(w: World, order: Order) -> bool:
    """Its session is over, and the broker's figures, just said, are ours without it."""
    if w.day is None or w.said is None or order.acknowledged:
        return False
    theirs = w.said["positions"]
    same = all(w.position(x) == theirs.get(x, ZERO) for x in {*theirs, *w.instruments})
    listed = w.said["open_ids"] if "open_ids" in w.said else w.said.get("open_orders") or ()
    over = order.day < w.today() or w.ts >= w.day["close"]
    return over and same and order.client_id not in listed and w.said["cash"] >= w.cash


def checked(w: World, f: Fact) -> None:
    """An execution is booked by hand on a named operator's word, and never more than may be left."""
    order = w.orders[f["client_id"]]
    if not _resolved(w, order) or f["qty"] > order.remaining():
        w.groundless.append(f"B21 {f['client_id']}: booked by nobody, or too much")


def booked(w: World, f: Fact) -> None:
    """It was booked as an execution; the broker's own will take its place."""
    order = w.orders[f["client_id"]]
    order.by_hand, order.hand_price, order.hand_fee = f["qty"], f["price"], f["fee"]


def replaced(w: World, order: Order, f: Fact) -> Fraction:
    """The part of an execution that was booked by hand; what had been booked for it is taken back."""
    part: Fraction = min(f["qty"], order.by_hand)
    if not part:
        return ZERO
    fee = order.hand_fee * part / order.by_hand
    order.by_hand -= part
    order.hand_fee -= fee
    book = w.books[(order.strategy, order.symbol)]
    worth = part * order.hand_price
    book.cash += f["side"] * worth
    book.fees -= fee
    w.cash += f["side"] * worth + fee
    w.traded -= worth
    w.fees -= fee
    return part


def introduced(w: World, f: Fact) -> None:
    """What was found as no instrument is one now."""
    for symbol in [x for x in w.foreign if x in w.instruments]:
        qty = f["positions"].get(symbol, ZERO)
        if qty and not w.position(symbol, OUTSIDE):
            del w.foreign[symbol]
            w.find(symbol, qty)


def moved(w: World, f: Fact) -> None:
    """A book changed without a trade."""
    w.cash += f["cash"]
    w.moves += 1
    if f["symbol"] in w.foreign:
        w.foreign[f["symbol"]] += f["change"]
        if not w.foreign[f["symbol"]]:
            del w.foreign[f["symbol"]]
        return
    book = w.book(f["strategy"], f["symbol"])
    book.qty += f["change"]
    if not book.found:
        book.cash += f["cash"]


def action(w: World, f: Fact) -> None:
    """What it does to books and prices is said by the lines that follow it."""
    w.acts[f["id"]] = f
    if f["action"] == "symbol_change" and f["symbol"] in w.instruments:
        w.instruments.setdefault(f["to"], {**w.instruments[f["symbol"]], "symbol": f["to"]})
        w.prices.setdefault(f["to"], Price())


def restated(w: World, f: Fact) -> None:
    """The prices behind a corporate action; earlier prints count in the same proportion."""
    price, act = w.prices[f["symbol"]], w.acts[f["why"]]
    if act["action"] == "symbol_change" and price.ts < 0:
        old = w.prices[act["symbol"]]
        price.prints, price.length, price.regime = list(old.prints), old.length, deepcopy(old.regime)
        price.ts = old.ts
    unit = w.instruments[f["symbol"]]["price_unit"]
    before = middle(price.bid, price.ask, price.last, unit)
    ratio = ONE
    if act["action"] == "split":
        ratio = Fraction(act["den"], act["num"])
    elif act["symbol"] == f["symbol"] and before:
        ratio = middle(f["bid"], f["ask"], f["last"], unit) / before
    price.bid, price.ask, price.last = f["bid"], f["ask"], f["last"]
    price.ts = f["ts"] if price.ts < 0 else price.ts
    price.fresh, price.suspect, price.agreed = True, ZERO, 0
    price.prints = [wilder.Print(p.bar, p.price * ratio, p.low * ratio, p.high * ratio) for p in price.prints]
    price.regime.restate(ratio, unit)
    price.acted = True
