"""P6: nothing automatic loosens without positive evidence. Every latch holds for 30 s; a reconciliation break
heals only by an account that is the ledger's, an unwritable journal only by the journal's own report."""

from typing import Final

from flyball.kernel.effects import LatchChange
from flyball.kernel.events import Account, Command, Report
from flyball.lab.sim.promises.amounts import MICRO, NS
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model

DWELL: Final = 30 * NS
CENT: Final = 10_000  # micros


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
    if f.latch == "L7":
        if not isinstance(e, Account):
            raise Broken("P6", f"{name}: cleared by {by}")
        _same(m, e, name)
    elif f.latch == "L9a" and not (isinstance(e, Report) and (e.what, e.value) == ("journal", "ok")):
        raise Broken("P6", f"{name}: cleared by {by}")


def _same(m: Model, e: Account, name: str) -> None:
    theirs = dict(e.positions)
    for symbol in sorted({*theirs, *m.instruments}):
        ours = m.position(symbol)
        if ours != theirs.get(symbol, 0):
            said = f"the account says {theirs.get(symbol, 0)} {symbol}, the ledger {ours}"
            raise Broken("P6", f"{name}: cleared although {said}")
    if abs(m.cash - e.cash * MICRO) > m.rounding() + CENT * MICRO:
        raise Broken("P6", f"{name}: cleared although the account's cash is {e.cash}")
