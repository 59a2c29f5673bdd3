"""The direct panic: cancel everything and get flat with keys and an account, nothing else.

In rounds, each with a wider collar:
  1. cancel all; evidence: the broker's list of open orders;
  2. positions; against each a limit order, collared, in slices, at most the position less what working orders
     would already close: never through zero. For that time the account is told to open no shorts, so that not
     even somebody else's exit of the same position carries one of ours through;
  3. evidence: the positions themselves. Flat is confirmed by orders and positions empty twice, `APART` apart,
     with the right account answering in between. What is left is named, with the reason.

Nothing is kept. An order's client id is made of what the broker says (account, symbol, position, average
entry, hour) and a count, so that a second press, a crash or a lost answer meets its own order again: a broker
takes an id once. An id that was filled while the list still shows the position it closed means that the list
is old: the symbol waits a round.
"""

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from flyball.sentinel.exits import exact, limit_price, number, parts, price_of, remaining, told
from flyball.sentinel.wire import TRIES, Door, Gone, Json, Wrong

COLLARS: Final = tuple(map(Decimal, ("0.005", "0.01", "0.02", "0.05", "0.10")))  # off the last price, a round
APART: Final = 2.0  # seconds between two readings that both have to say "nothing"
CANCELLED_IN: Final = 10.0  # seconds until orders that will not go are left to their symbols
FILLED_IN: Final = 4.0
FRESH: Final = 1.0  # seconds after which positions are read again before the next exit
BOUND: Final = 180.0  # seconds after which what is left is named
MOST_IDS: Final = 40  # orders that ended unfilled over one position within the hour
OVER: Final = ("canceled", "expired", "rejected", "done_for_day", "filled", "replaced")
CLOSED: Final = "market closed"


@dataclass
class Press:
    """One press of the button."""

    door: Door
    cancelled: int = 0
    sent: dict[str, Json] = field(default_factory=dict)  # by client id
    why: dict[str, str] = field(default_factory=dict)  # symbol: why it is not flat
    used: dict[str, int] = field(default_factory=dict)  # part of a position: ids of it that are used up
    hour: str = ""
    opens: str = ""  # when the market opens, "" while it is open
    held: dict[str, Json] = field(default_factory=dict)
    working: list[Json] = field(default_factory=list)

    def cancel_all(self) -> None:
        """Cancel until the broker lists nothing open, or until it has had its time."""
        end, before = self.door.now() + CANCELLED_IN, set[str]()
        while True:
            self.working = self.door.orders()
            ids = {str(o.get("id")) for o in self.working}
            if ids - before:  # not again for those that are on their way
                self.door.say(f"cancelling {len(ids)} open orders")
                self.cancelled += len(ids - before)
                try:
                    self.door.ask("DELETE", "/v2/orders")
                except Gone as gone:  # one that could not be cancelled makes it fail: the list will tell
                    self.door.say(str(gone))
            before |= ids
            if not ids or self.door.now() >= end:
                return
            self.door.rest(0.5)

    def leave_all(self, collar: Decimal, dry: bool = False) -> None:
        """Send exits for every position."""
        self.why.clear()
        held, read = self.door.positions(), self.door.now()
        for symbol in list(held):
            short = number(held[symbol].get("qty")) < 0 if symbol in held else False
            if short or self.door.now() - read > FRESH:  # somebody else may be closing it too
                held, read = self.door.positions(), self.door.now()
            if symbol not in held:
                continue
            if self.opens and held[symbol].get("asset_class") != "crypto":
                self.why[symbol] = f"{CLOSED} until {self.opens}"
            else:
                self._leave(held[symbol], collar, dry)

    def _leave(self, p: Json, collar: Decimal, dry: bool) -> None:
        symbol, qty, price = str(p["symbol"]), exact(p.get("qty")), price_of(p)
        if qty is None:
            self.why[symbol] = "the broker does not tell its size"
            return
        side, crypto = "sell" if qty > 0 else "buy", p.get("asset_class") == "crypto"
        free = abs(number(p["qty_available"])) if p.get("qty_available") is not None else abs(qty)
        closing = [o for o in self.working if (o.get("symbol"), o.get("side")) == (symbol, side)]
        room = min(free, abs(qty) - sum((remaining(o) for o in closing), Decimal(0)))
        room = abs(qty) if dry else room
        if price is None or room <= 0:
            named = ", ".join(str(o.get("id")) for o in closing) or "the broker names none"
            self.why[symbol] = "no price" if price is None else f"held by working orders: {named}"
            return
        limit = limit_price(price, side, collar, self.door.increment(symbol) if crypto else None)
        self.why[symbol] = f"not filled at {limit:f}"
        for k, part in enumerate(parts(room, price)):
            order: Json = {"symbol": symbol, "qty": f"{part:f}", "side": side, "type": "limit"}
            order |= {"limit_price": f"{limit:f}", "time_in_force": "ioc" if crypto else "day"}
            what = f"{self.door.account}|{symbol}|{qty}|{p.get('avg_entry_price')}|{self.hour}|{k}"
            if dry:
                self.sent[what] = order
            elif not self._place(order, what):
                return

    def _place(self, order: Json, what: str) -> bool:
        """Have one order for this part of this position, and no second one. False: no more of it now."""
        symbol, tries = str(order["symbol"]), TRIES
        for n in range(self.used.get(what, 0), MOST_IDS):
            name = "fbx-" + hashlib.sha256(f"{what}|{n}".encode()).hexdigest()[:24]
            old, said = self.door.by_client_id(name) if name in self.sent else None, None
            while old is None:
                status, said = self.door.ask("POST", "/v2/orders", {**order, "client_order_id": name})
                if status in (200, 201):
                    self.sent[name] = order
                    self.door.say(f"{order['side']} {order['qty']} {symbol}, limit {order['limit_price']}")
                    return True
                if status in (0, 422):  # it may be there, from now or from before
                    old = self.door.by_client_id(name)
                tries -= 1
                if old is None and (status != 0 or tries <= 0):  # refused, or not to be known now
                    self.why[symbol] = told(said)
                    self.door.say(f"{symbol}: {told(said)}")
                    return False
            if old.get("status") not in OVER:
                return True  # alive, of this press or of another
            self.used[what] = n + 1
            if number(old.get("filled_qty")) > 0:
                self.why[symbol] = "its exit was filled; the position is read again"
                return False
        self.why[symbol] = f"{MOST_IDS} orders for it ended unfilled"
        return False

    def proof(self, exits: bool) -> bool:
        """Wait for the fills, then read what is held and open; whether "nothing" was said twice."""
        end = self.door.now() + FILLED_IN
        while True:
            self.held = self.door.positions() if exits else {}
            if not self.held or self.shut() or self.door.now() >= end:
                break
            self.door.rest(0.5)
        self.working = self.door.orders()
        if self.held or self.working:
            return False
        self.door.rest(APART)
        account = self.door.mine()
        self.held, self.working = self.door.positions() if exits else {}, self.door.orders()
        worth = [number(account.get(f"{side}_market_value")) for side in ("long", "short")]
        if exits and any(worth) and not self.held:
            self.why["account"] = f"no position is listed, and yet it holds {worth[0]} long, {worth[1]} short"
            return False
        return not self.held and not self.working

    def shut(self) -> bool:
        """Whether only the market's hours keep every position."""
        return all(self.why.get(symbol, "").startswith(CLOSED) for symbol in self.held)

    def residue(self) -> list[dict[str, str]]:
        """What is left and why."""
        left = [
            {"symbol": symbol, "qty": str(p.get("qty")), "why": self.why.get(symbol, "not filled")}
            for symbol, p in self.held.items()
        ]
        return left + [
            {"symbol": str(o.get("symbol")), "order": str(o.get("id")), "why": "not cancelled"}
            for o in self.working
        ]


def press(door: Door, *, exits: bool = True, lock: bool = False) -> Json:
    """Do it; the report. Wrong: keys or account. Gone: the broker could not be reached at all."""
    begun = door.now()
    door.until = begun + BOUND
    door.mine()
    p = Press(door)
    p.hour, p.opens = door.clock()
    shorts_off = door.switch("no_shorting") if exits else None
    guarded = shorts_off is False and door.turn("no_shorting", True)
    confirmed, silent, rounds = False, "", 0
    while not confirmed and rounds < len(COLLARS) and door.now() < door.until:
        try:
            silent = ""
            p.cancel_all()
            if exits:
                p.leave_all(COLLARS[rounds])
            confirmed = p.proof(exits)
            rounds = len(COLLARS) if p.held and p.shut() else rounds + 1
        except (Gone, Wrong) as gone:  # the round is begun again; the keys were right at the beginning
            silent = str(gone)
            door.say(f"{silent}; going on with it")
            door.rest(2.0)
    if guarded:
        door.turn("no_shorting", False)
    residue = [] if confirmed else p.residue()
    if not confirmed and not residue:
        why = silent or p.why.get("account", 'the time was over before "nothing" was said twice')
        residue = [{"symbol": "account", "why": why}]
    return {
        "outcome": "residue" if not confirmed else "flat confirmed" if exits else "cancel confirmed",
        "account": door.account,
        "residue": residue,
        "cancelled": p.cancelled,
        "exits": list(p.sent.values()),
        "locked": door.turn("suspend_trade", True) if lock and confirmed else None,
        "shorts_off": bool(shorts_off),  # as it was before: an earlier press may have ended in between
        "calls": door.calls,
        "seconds": f"{door.now() - begun:.1f}",
        "silent": silent,
    }


def rehearse(door: Door, *, exits: bool = True) -> Json:
    """What a press would do now; nothing is changed."""
    door.until = door.now() + BOUND
    door.mine()
    p = Press(door)
    p.hour, p.opens = door.clock()
    p.working = door.orders()
    if exits:
        p.leave_all(COLLARS[0], dry=True)
    return {
        "outcome": "dry run",
        "account": door.account,
        "would_cancel": len(p.working),
        "would_send": list(p.sent.values()),
        "residue": [{"symbol": s, "why": w} for s, w in p.why.items() if not w.startswith("not filled")],
        "calls": door.calls,
    }
