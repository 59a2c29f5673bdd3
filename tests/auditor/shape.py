"""The form of a line: its kind, its fields, their types; the running numbers; time that never goes back."""

from collections.abc import Iterator
from typing import Any

from tests.auditor.reading import Line, UnreadableError, money, nanos, scaled

# Types of journal.md; `?` behind a name: it may be absent. Kinds and fields may be added.
FIELDS = {
    "epoch": "epoch:int versions:dict account:str broker:str mode:str environment:str config_hash:str "
    "state_hash?:str",
    "config": "by?:str approver?:str why?:str profile?:str approvers?:int limits:dict",
    "approval": "what:str proposal:int by:str reason?:str earliest?:time expires?:time args?:dict",
    "session": "venue:str open:time close:time day:date baseline:money high_water:money "
    "week?:date week_baseline?:money week_flows?:money",
    "instrument": "symbol:str currency:str asset_class:str tick:decimal lot:decimal tradable:bool tags:list "
    "price_exp:int qty_exp:int",
    "mark": "symbol:str bid?:price ask?:price last?:price low?:price high?:price source:str "
    "restated?:bool n?:int",
    "flow": "amount:money why?:str n:int",
    "action": "action:str symbol:str num?:int den?:int to?:str cash?:money cost?:money id:str n:int",
    "intent": "intent:str created_at?:time strategy:str symbol?:str side?:side qty?:qty notional?:money "
    "type?:str tif?:str"
    " limit?:price stop?:price parent?:str flaw?:str n:int",
    "decision": "intent:str strategy:str symbol?:str side?:side verdict:str qty?:qty would_pass?:qty "
    "limit?:price stop?:price codes:list"
    " adds:bool reference?:price scale:money controls:dict held?:list",
    "order": "client_order_id:str decision?:int author?:str intent?:str strategy:str symbol:str "
    "side:side qty:qty type:str"
    " tif:str limit?:price stop?:price adds:bool attempt:int leg:int again?:bool",
    "update": "client_order_id:str state?:str broker_order_id?:str filled?:qty reason?:str attempt?:int "
    "found?:bool ask?:int"
    " ended?:bool strategy?:str intent?:str n?:int",
    "fill": "client_order_id:str fill_id:str symbol:str side:side qty:qty price:price fee:money "
    "by?:str strategy?:str n?:int",
    "latch": "latch:str action:str scope:str state:str positions:str by:str reason?:str clears?:str",
    "command": "command:str by:str args?:dict reason?:str authority:str uid?:int n:int",
    "account": "ask:int cash:money equity:money day_equity?:money positions:dict open_orders:list "
    "as_of?:time orders?:list",
    "divergence": "what:str ours?:str theirs?:str healed:bool",
    "alert": "alert:str severity:str text?:str record?:int outcome?:str channel?:str delivered?:bool "
    "acknowledged?:str detail?:str took?:int n?:int",
    "quarantined": "record:int event:str source?:str n?:int digest:str why?:str",
    "report": "what:str",
}
REPORTS = {
    "trip": "trigger:str scope:str symbol?:str value:money limit:money overshoot:money worst_book:money",
    "flat": "scope:str why:str confirmed:bool residue:list pnl:money attempts:int reasons?:list",
    "moved": "why:str strategy:str symbol:str change:qty cash:money",
    "drift": "control:str symbol?:str value:money limit:money",
    "cancel": "client_order_id?:str broker_order_id?:str why?:str attempt:int",
    "cancel_all": "why?:str attempt:int",
    "query": "client_order_id:str ask:int",
    "ask_account": "ask:int why?:str",
    "session": "venue:str day:date open:time close:time",
    "feed": "source:str carries:list",
    "ingress": "strategy:str dropped:int rubbish:int n:int",
    "shut": "since:time until:time",
    "wake": "strategy:str n:int",
    "bot_down": "strategy:str n:int",
    "done": "command:str by:str",
    "refused": "command:str by:str",
}
WORDS = {
    "verdict": ("approve", "clip", "reject"),
    "severity": ("info", "warning", "critical"),
    "action of latch": ("set", "cleared"),
    "state of latch": ("ACTIVE", "REDUCING", "HALTED"),
    "mode": ("read_only", "shadow", "paper", "live"),
    "state of update": (
        "SENT NOT_SENT IN_DOUBT PENDING ACCEPTED PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED".split()
    ),
}
PLAIN = {"int": int, "str": str, "bool": bool, "dict": dict, "list": list}
SOURCES = {
    "mark": "feed",
    "update": "broker",
    "fill": "broker",
    "command": "operators",
    "flow": "flows",
    "action": "actions",
}


class Form:
    """What the form of earlier lines lets one expect of the next."""

    def __init__(self) -> None:
        self.seq = 0
        self.ts = 0
        self.places: dict[str, tuple[int, int]] = {}
        self.symbols: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def check(self, line: Line) -> Iterator[str]:
        yield from self.frame(line)
        kind = line.get("kind", "")
        if kind not in FIELDS:
            return
        sensed = line.get("what") == "feed" and "value" in line  # a sensor's word for it, not what it carries
        own = REPORTS.get(line.get("what", ""), "") if kind == "report" and not sensed else ""
        fields = f"{FIELDS[kind]} {own}"
        for field in fields.split():
            yield from self.field(line, *field.split(":"))
        for name, words in WORDS.items():
            field, _, of = name.partition(" of ")
            if field in line and of in ("", kind) and line[field] not in words:
                yield f"{field}: {line[field]!r} is no word of the contract"
        if kind == "mark" and {"low", "high", "last"} <= line.keys():
            low, last, high = (scaled(line[name], 18) for name in ("low", "last", "high"))
            if not low <= last <= high:
                yield f"mark: {line['last']} is not between {line['low']} and {line['high']}"
        if kind == "instrument":
            self.places[line["symbol"]] = (line["price_exp"], line["qty_exp"])
        if kind == "order":
            self.symbols[line["client_order_id"]] = line["symbol"]
        yield from self.number(line, kind)

    def frame(self, line: Line) -> Iterator[str]:
        if line.get("v") != 1 or type(line.get("v")) is not int:
            yield f"v: {line.get('v')!r} is not 1"
        if line.get("seq") != self.seq + 1:
            yield f"seq: {line.get('seq')} behind {self.seq}"
        self.seq = line["seq"] if type(line.get("seq")) is int else self.seq + 1
        ts = nanos(line.get("ts", ""))
        if ts < self.ts:
            yield f"time goes back: {line['ts']}"
        self.ts = max(ts, self.ts)

    def field(self, line: Line, name: str, kind: str) -> Iterator[str]:
        optional, name = name.endswith("?"), name.removesuffix("?")
        if name not in line:
            if not optional:
                yield f"{name}: absent"
            return
        try:
            self.value(line, line[name], kind)
        except UnreadableError as error:
            yield f"{name}: {error}"

    def value(self, line: Line, value: Any, kind: str) -> None:
        """Raise UnreadableError when a value is not of its type."""
        if kind in PLAIN:
            if type(value) is not PLAIN[kind]:
                raise UnreadableError(f"{value!r} is no {kind}")
        elif kind == "time":
            nanos(value)
        elif kind == "date":
            nanos(f"{value}T00:00:00.000000000Z")
        elif kind == "side":
            if value not in ("buy", "sell"):
                raise UnreadableError(f"{value!r} is no side")
        elif kind == "money":
            money(value)
        elif kind == "decimal":
            scaled(value, 18)
        else:
            symbol = line.get("symbol") or self.symbols.get(line.get("client_order_id", ""), "")
            places = self.places.get(symbol)
            if places is None and type(value) is int:
                return  # nobody knows the units of a symbol that nobody has introduced
            price, qty = places or (18, 18)
            scaled(value, price if kind == "price" else qty)

    def number(self, line: Line, kind: str) -> Iterator[str]:
        """`n` counts 1, 2, 3 for each source, over all starts."""
        if "n" not in line:
            return
        if kind == "quarantined":
            self.passed_over(line)
            return
        source = SOURCES.get(kind) or f"bot {line.get('strategy')}"
        expected = self.counts.get(source, 0) + 1
        if line["n"] != expected:
            yield f"n: {line['n']} of the {source}, {expected} comes next"
        self.counts[source] = line["n"]

    def passed_over(self, line: Line) -> None:
        """An event that was never recorded, but counted by its source."""
        if line["record"] != line["seq"]:
            return
        said = line.get("source", "")
        plural = {"operator": "operators", "flow": "flows", "action": "actions"}
        self.counts[plural.get(said, said.replace("bot:", "bot "))] = line["n"]
