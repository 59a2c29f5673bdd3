"""P13: every number about money, orders, limits and latches shown to a person comes from the ledger or the
journal: what `status` says against the judge's own books."""

from collections.abc import Mapping
from typing import Any

from flyball.kernel.units import MONEY_EXP, parse, show
from flyball.lab.sim.promises.amounts import MICRO
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model


def figures(m: Model, view: Mapping[str, Any]) -> None:
    """`view`: the answer to `status`, between batches."""
    if view["seq"] != m.seq:
        raise Broken("P13", f"status shows record {view['seq']}, the journal is at {m.seq}")
    for name, ours in (("cash", m.cash), ("equity", m.equity()), ("high_water", m.high_water)):
        if abs(parse(view[name], MONEY_EXP) * MICRO - ours) > m.rounding():
            raise Broken("P13", f"status shows {name} {view[name]}, the journal says {ours} attos")
    held = {(x["strategy"], x["symbol"]): x["qty"] for x in view["positions"]}
    own = {(who, what): show(b.qty, m.instruments[what].qty_exp) for who, what, b in m.all_books() if b.qty}
    if held != own:
        raise Broken("P13", f"status shows {held}, the journal says {own}")
    shown = {(x["latch"], x["scope"]) for x in view["latches"]}
    if shown != set(m.latches):
        raise Broken("P13", f"status shows latches {sorted(shown)}, the journal has {sorted(m.latches)}")
    orders = {x["order"] for x in view["orders"]}
    missing = [o.first.client_id for o in m.all_live() if o.first.client_id not in orders]
    if missing:
        raise Broken("P13", f"status does not show {missing[0]}, of which something may come")
