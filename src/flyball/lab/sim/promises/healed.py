"""P6: nothing automatic loosens without positive evidence. Every latch holds for 30 s; a reconciliation break
heals only by an account that is the ledger's, what a sensor tripped only by that sensor's own word, incidents
by half an hour in which nothing is in doubt."""

from typing import Final

from flyball.kernel.effects import LatchChange
from flyball.kernel.events import Account, Command
from flyball.lab.sim.promises.amounts import MICRO, NS
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.held import Latch
from flyball.lab.sim.promises.model import Model

DWELL: Final = 30 * NS
CENT: Final = 10_000  # micros
COOLDOWN: Final = 1_800 * NS
# latch: the words of the sensors that may hold it
SENSORS: Final[dict[str, tuple[str, ...]]] = {
    "L3m": ("margin",),
    "L7": ("clock", "calendar", "overlay", "broker", "reconcile", "feed"),
    "L8": ("disk", "latency"),
    "L9a": ("journal",),
    "L10": ("bot", "model"),
    "L11": ("event",),
    "L12": ("halt", "breaker"),
}


def on_evidence(m: Model, f: LatchChange) -> None:
    """A latch changes, before it is taken in."""
    held = m.latches.get((f.latch, f.scope))
    if f.action != "cleared" or held is None:
        return
    name, e = f"{f.latch} on {f.scope}", m.event
    if f.ts - held.record.ts < DWELL:
        raise Broken("P6", f"{name}: cleared {f.ts - held.record.ts} ns after it was set")
    if isinstance(e, Command):
        return
    by = e.KIND if e is not None else "nothing"
    if f.latch in SENSORS:
        _answered(m, f, held, name, by)
    if f.latch == "L6" and (f.ts - held.record.ts < COOLDOWN or any(x == "L7" for x, _ in m.latches)):
        raise Broken("P6", f"{name}: cleared {f.ts - held.record.ts} ns after it was set, or while L7 holds")
    if f.latch == "L7" and isinstance(e, Account):
        _same(m, e, name)


def _answered(m: Model, f: LatchChange, held: Latch, name: str, by: str) -> None:
    """Every sensor that held it has said ok since, and somebody has said so at all."""
    found = [m.words[what, f.scope] for what in SENSORS[f.latch] if (what, f.scope) in m.words]
    bad = [e.what for e in found if e.value != "ok"]
    if bad:
        raise Broken("P6", f"{name}: cleared by {by} although {bad[0]} is not ok")
    since = held.record.ts
    looked = f.latch == "L7" and m.account_at >= since
    if not looked and not any(e.ts >= since for e in found):
        raise Broken("P6", f"{name}: cleared by {by}, and nothing was ok since it was set")


def _same(m: Model, e: Account, name: str) -> None:
    theirs = dict(e.positions)
    for symbol in sorted({*theirs, *m.instruments}):
        ours = m.position(symbol)
        if ours != theirs.get(symbol, 0):
            said = f"the account says {theirs.get(symbol, 0)} {symbol}, the ledger {ours}"
            raise Broken("P6", f"{name}: cleared although {said}")
    if abs(m.cash - e.cash * MICRO) > m.rounding() + CENT * MICRO:
        raise Broken("P6", f"{name}: cleared although the account's cash is {e.cash}")
