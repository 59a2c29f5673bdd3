"""P3: what reduces brings the position nearer to zero and not past it, under every outcome, in the book and
in the account; whether it reduces is found, never said; and only a few facts refuse it."""

from collections.abc import Container
from typing import Final

from flyball.kernel.effects import Decision
from flyball.kernel.effects import Order as Emitted
from flyball.kernel.events import Intent
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model

# What may refuse an exit: a latch row that forbids exits (looked up), a market fact, its own rate, doubt, own
# orders in the way, its own shape and age.
MAY_REFUSE: Final = (
    *("MARKET_CLOSED", "RULE_UNKNOWN_TYPE", "RULE_UNKNOWN_TIF", "RULE_UNKNOWN_SYMBOL", "RATE_REDUCE"),
    *("REDUCE_IN_DOUBT", "REDUCE_HELD", "REDUCE_THROUGH_ZERO", "INTENT_EXPIRED", "DUPLICATE_INTENT"),
    *("FORMAT_QTY", "FORMAT_LOT", "FORMAT_PRICE", "FORMAT_FIELD", "FORMAT_RANGE"),
    *("CAPACITY_ORDERS", "CONTROL_FAILED"),
)
NO_EXITS: Final = ("flatten", "page")  # what a HALTED row does to positions when it leaves them to itself


def nearer_to_zero(m: Model, f: Emitted, left: Container[str] | None = None) -> None:
    """An order that reduces, when it is decided and whenever it leaves. `left`: the client ids of those that
    did; what has not left yet will be held to it in its turn. None: all count.
    """
    for whose, where in ((f.strategy, "its book"), (None, "the account")):
        held = -f.side * m.position(f.symbol, whose)
        busy = sum(
            o.remaining()
            for o in m.live[f.symbol].values()
            if o.first.side == f.side
            and o.first.client_id != f.client_id
            and whose in (None, o.first.strategy)
            and (left is None or o.first.client_id in left)
        )
        known = m.orders.get(f.client_id)
        rest = f.qty - (known.filled if known is not None else 0)
        if f.qty <= 0 or rest > held - busy:
            raise Broken(
                "P3",
                f"{f.client_id}: reduces {rest} {f.symbol} of {held} in {where}, {busy} already on the way",
            )


def still_fits(m: Model) -> None:
    """After a step: the stops that nobody has asked back reduce, all of them together, no more than is held,
    in the book and in the account.
    """
    for symbol, live in m.live.items():
        stops = [o for o in live.values() if o.first.stop and not (o.cancels or o.ended)]
        for o in stops:
            for whose in (o.first.strategy, None):
                held = -o.first.side * m.position(symbol, whose)
                all_of_it = sum(
                    x.remaining()
                    for x in stops
                    if x.first.side == o.first.side and whose in (None, x.first.strategy)
                )
                if all_of_it > held:
                    raise Broken("P3", f"{o.first.client_id}: stops over {all_of_it} {symbol} of {held} held")


def found_by_us(m: Model, i: Intent, d: Decision) -> None:
    """Whether an intent adds is what the position says; what reduces is not refused for anything else."""
    if i.flaw or i.symbol not in m.instruments or i.side not in (1, -1):
        return
    book, account = m.position(i.symbol, i.strategy) * i.side, m.position(i.symbol) * i.side
    reduces = book < 0 and account < 0
    name = f"{i.strategy} {i.intent}"
    if d.codes == ("CONTROL_FAILED",):
        return
    if d.adds == reduces:
        held = f"{m.position(i.symbol, i.strategy)} in its book, {m.position(i.symbol)} in the account"
        raise Broken("P3", f"{name}: decided as {'adds' if d.adds else 'reduces'} with {held}")
    if reduces and d.verdict == "reject":
        for code in d.codes:
            if not _may_refuse(m, i, code):
                raise Broken("P3", f"{name}: an exit refused for {code}")


def _may_refuse(m: Model, i: Intent, code: str) -> bool:
    if code in MAY_REFUSE:
        return True
    return any(
        code == f"LATCH_{latch.record.latch}"
        and latch.record.state == "HALTED"
        and latch.record.positions in NO_EXITS
        and latch.covers(i.strategy, i.symbol)
        for latch in m.latches.values()
    )
