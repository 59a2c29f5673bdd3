"""The facts of `why` on one screen: what was asked, what was answered, which limit was how near, what came of
it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from flyball.desk.shown import DASH, NEW_YORK_VENUES, clock_name, share
from flyball.kernel.latches import TABLE
from flyball.kernel.words import APPROVE, CLIP
from flyball.tables.calendar import NEW_YORK

Facts = dict[str, Any]
SAID: Final = {APPROVE: "passed", CLIP: "cut back", "reject": "refused"}
STATES: Final = {
    "spoke": "said no",
    "clear": "clear",
    "noted": "noted",
    "unknown": "no value",
    "off": "off",
    "not set": "not set",
}
STEPS: Final = 12  # of one order
WIDTH: Final = 100


def why_text(found: Facts) -> str:
    """One screen of at most 100 columns."""
    parts = [_decision(found), _controls(found), _latches(found), _orders(found)]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def _decision(found: Facts) -> Iterator[str]:
    d = found.get("decision")
    if d is None:
        yield f"record {found['seq']:,}: the governor's own order; nobody asked for it"
        return
    name = f"{d['strategy']}/{d['intent']}"
    yield f"{name}: {SAID[d['verdict']]}, {_when(found, d['ts'])}, record {found['seq']:,}"
    yield f"asked      {d['asked']}" + ("  (reduces)" if found["controls"] and not d["adds"] else "")
    for i, code in enumerate(d["codes"]):
        yield f"{'because' if i == 0 else '':<11}{code['code']}: {code['means']}"
    if d.get("qty"):
        yield (
            f"passed     {d['qty']} {d['symbol']}"
            + (f", limit {d['limit']}" if "limit" in d else "")
            + (f", stop {d['stop']}" if "stop" in d else "")
        )
    for i, name in enumerate(d.get("held_by", ())):
        yield f"{'held by' if i == 0 else '':<11}{name}"
    if d.get("would_pass"):
        yield f"would pass {d['would_pass']} {d['symbol']}"
    facts = [f"{name} {d[name]}" for name in ("reference", "scale", "regime") if name in d]
    if facts:
        yield f"judged at  {', '.join(facts)}"
    for other in found["same_id"]:
        yield f"also       record {other['seq']:,}, the same id: {SAID.get(other['verdict'], '')}"


def _controls(found: Facts) -> Iterator[str]:
    if "decision" not in found:
        return
    rows: list[Facts] = found["controls"]
    if not rows:
        yield "The door had refused it: no control was asked."
        return
    measured = [x for x in rows if "holds" in x and x["state"] in ("clear", "spoke", "noted")]
    measured.sort(key=lambda x: ("used" not in x, -x.get("used", 0.0), x["control"]))
    first = found["bound_first"]
    closest = found["closest"]
    if first:
        yield f"Bound first: {first}"
    elif closest:
        yield f"Nothing bound. Closest: {closest['control']} at {share(closest['used'])} of its limit"
    yield f"  {'control':<26}{'value':>16}  {'':<8} {'limit':<16} {'room':<18} used"
    for x in measured:
        used = share(x["used"]) if "used" in x else DASH
        mark = {"spoke": "◀", "noted": "·"}.get(x["state"], "")
        yield (
            f"  {x['control']:<26}{x['value']:>16}  {x['holds']:<8} {x['limit']:<16}"
            f" {x.get('headroom', ''):<18} {used:>8} {mark}"
        ).rstrip()
    if any(x["state"] == "noted" for x in measured):
        yield "  · is noted, and never held against an exit"
    others = [x for x in rows if x not in measured]
    for state, said in STATES.items():
        names = [x["control"] for x in others if x["state"] == state]
        yield from _wrapped(said, names)


def _wrapped(title: str, names: list[str]) -> Iterator[str]:
    line = f"  {title:<9}"
    for i, name in enumerate(names):
        piece = name + ("," if i + 1 < len(names) else "")
        if len(line) + 1 + len(piece) > WIDTH:
            yield line
            line = " " * 11
        line += " " + piece
    if names:
        yield line


def _latches(found: Facts) -> Iterator[str]:
    held = found["latches"]
    if not held:
        yield "No latch held."
    for x in held:
        title = f" {TABLE[x['latch']].title}" if x["latch"] in TABLE else ""
        scope = "" if x["scope"] == "account" else f" on {x['scope']}"
        yield f"{x['latch']}{title}{scope} held since {_when(found, x['since'])}, by {x['by']}: {x['reason']}"


def _orders(found: Facts) -> Iterator[str]:
    if not found["orders"] and "decision" in found:
        yield "No order came of it."
    for o in found["orders"]:
        average = f" at {o['average_price']} on average" if "average_price" in o else ""
        why = f" ({o['reason']})" if o["reason"] else ""
        yield f"{o['client_order_id']}: {o['order']}, by {o['author']}, {'adds' if o['adds'] else 'reduces'}"
        yield f"  {o['state']}{why}, filled {o['filled']}{average}"
        steps = [(x["ts"], x["what"]) for x in o["steps"]]
        steps += [
            (x["ts"], f"filled {x['qty']} at {x['price']}, fee {x['fee']}, record {x['seq']:,}")
            for x in o["fills"]
        ]
        steps.sort(key=lambda x: str(x[0]))
        for ts, said in steps[:STEPS]:
            yield f"  {_clock(found, ts)}  {said}"
        if len(steps) > STEPS:
            yield f"  and {len(steps) - STEPS} more"


def _when(found: Facts, at: str) -> str:
    moment = _moment(found, at)
    return f"{moment:%a} {moment.day} {moment:%b %Y %H:%M:%S} {clock_name(found['venue'])}"


def _clock(found: Facts, at: str) -> str:
    return f"{_moment(found, at):%H:%M:%S.%f}"[:-3]


def _moment(found: Facts, at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return moment.astimezone(NEW_YORK) if found["venue"] in NEW_YORK_VENUES else moment
