"""Orders: none without its decision, one id a leg, no adding under a latch, no fill beyond its order.

P1, P3, P4 and P5 of SPEC.md, as far as they can be seen from outside.
"""

import re
from collections.abc import Iterator

from tests.auditor.question import Question
from tests.auditor.reading import Line
from tests.auditor.verdicts import collars, reducible, sliced
from tests.auditor.world import World

ID = re.compile(
    r"fb(?P<account>[A-Za-z0-9]+)-(?P<epoch>\d+)-(?P<number>\d+)-(?P<strategy>[A-Za-z0-9-]+)-(?P<leg>\d+)"
)
AUTHORS = re.compile(r"L\d+[a-z]?|ladder|flatten|panic")
SAME = ("intent", "strategy", "symbol", "side", "adds")
ONE_ORDER = (
    "decision",
    "author",
    "intent",
    "strategy",
    "symbol",
    "side",
    "qty",
    "type",
    "limit",
    "stop",
    "tif",
    "adds",
    "leg",
)


class Conduct:
    """What orders owe to earlier lines."""

    def __init__(self) -> None:
        self.before: Line = {}
        self.decisions: dict[int, Line] = {}
        self.intents: dict[int, Line] = {}
        self.carried: dict[int, str] = {}
        self.numbers: set[tuple[int, int]] = set()
        self.counts: dict[tuple[str, str], int] = {}  # cancels and queries of each order
        self.asked: set[tuple[str, str, int]] = set()
        self.shown: dict[str, int] = {}  # positions as the broker said them last
        self.lacking: set[str] = set()  # where it showed less than ours, and has not agreed since

    def check(self, world: World, line: Line) -> Iterator[str]:
        """What is wrong with a line, in the world before it."""
        kind = line["kind"]
        before, self.before = self.before, line
        if before.get("kind") == "intent" and kind != "decision":
            yield f"P1: no decision behind intent {before['intent']}"
        if kind == "account":
            of = world.instruments
            self.shown = {x: of[x].qty(line["positions"].get(x, "0")) for x in of}
            for x, shown in self.shown.items():
                held = world.ledger.position(x)
                if shown == held:
                    self.lacking.discard(x)
                elif abs(shown) < abs(held):
                    self.lacking.add(x)
        if kind == "decision":
            yield from self.decision(before, line)
        elif kind == "order":
            yield from self.order(world, line)
        elif kind == "update":
            yield from self.update(world, line)
        elif kind == "fill":
            yield from self.fill(world, line)
        elif kind == "report" and line["what"] == "timeout":
            yield from self.answered(line)
        elif kind == "report" and line["what"] == "cancel_all":
            yield from self.counted({"client_order_id": "", **line}, "attempt")
        elif kind == "report" and line["what"] in ("cancel", "query") and "broker_order_id" not in line:
            yield from self.counted(line, "attempt" if line["what"] == "cancel" else "ask")
            if line["client_order_id"] not in world.orders:
                yield f"P1: {line['what']} of {line['client_order_id']}, which is no order"

    def counted(self, line: Line, field: str) -> Iterator[str]:
        """Cancels and queries of one order count 1, 2, 3; a start asks with 0."""
        name, number = (line["what"], line["client_order_id"]), line[field]
        self.asked.add((*name, number))
        if number == 0 and line["what"] == "query":
            return
        self.counts[name] = self.counts.get(name, 0) + 1
        if number != self.counts[name]:
            yield f"{line['what']}: {field} {number} of {name[1]}, {self.counts[name]} comes next"

    def answered(self, line: Line) -> Iterator[str]:
        """An answer, or its absence, is to something that was asked, and comes once."""
        name, number = line.get("client_order_id", ""), line.get("attempt", 0)
        call = line.get("call", "")
        if "found" in line:
            call, number = "query", line.get("ask", 0)
        if call not in ("cancel", "query"):
            return
        if (call, name, number) not in self.asked:
            yield f"{line['kind']}: {call} {number} of {name} was not asked"
        if call == "query":
            self.asked.discard((call, name, number))

    def decision(self, before: Line, line: Line) -> Iterator[str]:
        if before.get("kind") != "intent" or any(
            before.get(name) != line.get(name) for name in ("intent", "strategy", "symbol", "side")
        ):
            yield f"P1: decision on {line['intent']} does not stand behind its intent"
        if line["verdict"] == "reject" and line["qty"] not in ("0", 0):
            yield f"verdict: refuses and lets {line['qty']} through"
        if line["verdict"] == "reject" and not line["codes"]:
            yield "codes: refused without a reason"
        self.decisions[line["seq"]], self.intents[line["seq"]] = line, before

    def order(self, world: World, line: Line) -> Iterator[str]:
        name = line["client_order_id"]
        known = world.orders.get(name)
        if known:
            if any(known.line.get(field) != line.get(field) for field in ONE_ORDER):
                yield f"P4: {name} comes again as another order"
            if line["attempt"] != known.attempts[-1] + (0 if line.get("again") else 1):
                yield f"P4: attempt {line['attempt']} of {name} behind {known.attempts[-1]}"
            if known.over:
                yield f"P4: {name} is sent again after its end"
        else:
            yield from self.name(world, line)
            if line["attempt"] != 1:
                yield f"P4: {name} begins with attempt {line['attempt']}"
        if "decision" in line:
            yield from self.carries_out(world, line, known is None)
        elif not AUTHORS.fullmatch(line.get("author", "")):
            yield f"P1: order {name} has no decision and no author"
        elif line["adds"]:
            yield f"P1: {line['author']} adds with {name}"
        elif known is None:
            if line["author"].startswith("L") and line["author"] not in {latch for latch, _ in world.latches}:
                yield f"P1: {name} by {line['author']}, which is not set"
            yield from self.room(world, line)
        if line["adds"]:
            yield from self.forbidden(world, line, name)

    def name(self, world: World, line: Line) -> Iterator[str]:
        """P4, B2: fb<account>-<epoch>-<seq>-<strategy>-<leg>, never issued twice."""
        name = line["client_order_id"]
        match = ID.fullmatch(name)
        if not match or len(name) > 48:
            yield f"P4: {name} is no client order id"
            return
        epoch, number = int(match["epoch"]), int(match["number"])
        said = (match["account"], epoch, match["strategy"], int(match["leg"]))
        if said != (world.epoch.get("account"), world.epoch.get("epoch"), line["strategy"], line["leg"]):
            yield f"P4: {name} does not say its account, epoch, strategy and leg"
        if (epoch, number) in self.numbers:
            yield f"P4: number {number} of {name} was issued before"
        self.numbers.add((epoch, number))

    def carries_out(self, world: World, line: Line, new: bool) -> Iterator[str]:
        name, seq = line["client_order_id"], line["decision"]
        decision = self.decisions.get(seq)
        if decision is None or decision["verdict"] == "reject":
            yield f"P1: order {name} without a decision that lets it through"
            return
        if self.carried.setdefault(seq, name) != name:
            yield f"P4: decision {seq} is carried out as {self.carried[seq]} and as {name}"
        wrong = [field for field in (*SAME, "qty", "limit", "stop") if decision.get(field) != line.get(field)]
        intent = self.intents[seq]
        if intent.get("type") == "close" and wrong == ["qty"]:
            # what it took back was executed in part before its end
            wrong = [] if float(line["qty"]) < float(decision["qty"]) else wrong
        wrong += [] if intent.get("tif") == line["tif"] else ["tif"]
        wrong += [] if line["type"] == ("stop" if "stop" in line else "limit") else ["type"]
        if wrong:
            yield f"P1: order {name} is not what was decided: {', '.join(wrong)}"
        if not line["adds"] and new:
            yield from self.room(world, line)

    def room(self, world: World, line: Line) -> Iterator[str]:
        """P3 once more, where an exit leaves."""
        if waiting := world.waiting.get(line.get("decision", 0)):
            world.live.pop(waiting.name, None)
        shell: Line = {
            "symbol": line["symbol"],
            "strategy": line["strategy"],
            "side": line["side"],
            "adds": False,
            "ts": line["ts"],
            **{field: line[field] for field in ("limit", "stop") if field in line},
        }
        asked = Question(world, {}, shell, 0)
        room = reducible(asked)
        if waiting:
            world.live[waiting.name] = waiting
        qty = world.instruments[line["symbol"]].qty(line["qty"])
        if "author" in line and "stop" not in line:
            if asked.limit not in collars(asked):
                yield f"limit: {line['client_order_id']} leaves with {line['limit']}, which is no collar"
            slice_ = sliced(asked)
            shown = self.shown.get(line["symbol"])
            less = shown is not None and abs(shown) < abs(world.ledger.position(line["symbol"]))
            less = less or line["symbol"] in self.lacking
            if qty > min(room, slice_) or (qty < min(room, slice_) and not less):
                yield f"qty: {line['client_order_id']} takes {qty}, {room} in slices of {slice_} were due"
        if qty > room:
            yield f"P3: {line['client_order_id']} reduces by {qty}, {room} can be"

    def forbidden(self, world: World, line: Line, name: str) -> Iterator[str]:
        for latch in world.forbids(line["strategy"], line["symbol"]):
            yield f"P5: {name} adds under {latch['latch']}"

    def update(self, world: World, line: Line) -> Iterator[str]:
        name = line["client_order_id"]
        order = world.orders.get(name)
        if order is None:
            if not line.get("ended"):
                yield f"P1: update of {name}, which is no order"
            return
        yield from self.answered(line)
        state = line.get("state")
        if (
            state in ("IN_DOUBT", "NOT_SENT")
            and line.get("attempt", order.attempts[-1]) not in order.attempts
        ):
            yield f"P4: attempt {line['attempt']} of {name} is {state} and was never ordered"
        if state == "SENT":
            if line.get("attempt") != order.attempts[-1]:
                yield f"P1: attempt {line.get('attempt')} of {name} was sent and never ordered"
            if order.adds:
                yield from self.forbidden(world, order.line, name)
            if len(order.sent) >= len(order.attempts):
                yield f"P4: {name} was sent twice"
        if line.get("filled") and (qty := world.instruments[order.symbol].qty(line["filled"])) > order.qty:
            yield f"update: {name} has {qty} filled of {order.qty}"
        if state == "FILLED" and "filled" in line and qty != order.qty:
            yield f"update: {name} is FILLED with {qty} of {order.qty}"

    def fill(self, world: World, line: Line) -> Iterator[str]:
        name, order = line["client_order_id"], world.orders.get(line["client_order_id"])
        told = world.fills.get((name, line["fill_id"]))
        if told:
            if any(told.get(field) != line.get(field) for field in ("symbol", "side", "qty", "price", "fee")):
                yield f"fill {line['fill_id']} comes again as another"
            return
        if order is None:
            if "by" not in line:
                yield f"fill {line['fill_id']} of {name}, which is no order"
            return
        if (order.symbol, order.side) != (line["symbol"], line["side"]):
            yield f"fill {line['fill_id']} is not of order {name}"
            return
        instrument = world.instruments[order.symbol]
        qty, price = instrument.qty(line["qty"]), instrument.price(line["price"])
        open_ = order.qty - order.filled + (order.hand.qty if order.hand else 0)
        if qty <= 0 or qty > open_:
            yield f"fill {line['fill_id']} of {qty}, {open_} of {name} are open"
        if order.limit and (price > order.limit if order.side == "buy" else price < order.limit):
            yield f"fill {line['fill_id']} at {line['price']} is beyond the limit of {name}"
        if price <= 0 or price % instrument.tick:
            yield f"fill {line['fill_id']} at {line['price']} is off the tick"
        if not order.sent and not order.found:
            yield f"P1: fill {line['fill_id']} of {name}, which never left"


def owed(world: World, owing: set[str]) -> Iterator[str]:
    """What a day leaves open: approved and never ordered, ended with more than was told."""
    for seq, order in world.waiting.items():
        yield f"P1: decision {seq} on {order.line['intent']} was let through and never ordered"
    for name, order in world.orders.items():
        if order.stated > order.filled:
            yield f"P9: {name} has {order.stated} executed, {order.filled} were told"
        elif order.left and order.line["tif"] == "day" and name not in owing:
            owing.add(name)
            yield f"P9: {name} is open after its session"
