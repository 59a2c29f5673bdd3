"""How the latches that sensors, incidents and a runaway strategy set are tripped; the keys of `[latches]`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.desk.drill_scratch import Scratch
from flyball.desk.drill_try import Drill, Tried, said, spoke
from flyball.kernel.events import Ingress, Report, Timeout
from flyball.kernel.latches import ACCOUNT_SCOPE, DWELL, key_of
from flyball.kernel.limits import Limits
from flyball.kernel.units import NS, PPM, UNKNOWN, mul_div
from flyball.kernel.words import BUY, REJECTED, SELL, SUBMIT

ACCOUNT: Final = "account"
STRATEGY: Final = "strategy"
SYMBOL: Final = "symbol"


@dataclass
class Sensed:
    """A latch, what trips it, and how."""

    latch: str
    what: str
    run: Callable[[Scratch], str]  # the scope it has to be set on
    needs: Callable[[Limits], str] = lambda _: ""


def _scope(sc: Scratch, kind: str) -> str:
    return {ACCOUNT: ACCOUNT_SCOPE, STRATEGY: f"strategy:{sc.strategy}", SYMBOL: f"symbol:{sc.symbol}"}[kind]


def _report(sc: Scratch, what: str, value: str, kind: str) -> str:
    scope = _scope(sc, kind)
    sc.feed(Report(sc.now, what, value, "drill", "drill", scope))
    return scope


def _says(what: str, kind: str = ACCOUNT) -> Callable[[Scratch], str]:
    return lambda sc: _report(sc, what, "drill", kind)


def _set(key: str) -> Callable[[Limits], str]:
    return lambda limits: "" if getattr(limits, key) != UNKNOWN else f"{key} is not set"


def _errors(sc: Scratch, gap: int = 0) -> str:
    """As many calls without an answer as halt, so far apart."""
    for n in range(sc.s.limits.incident_errors):
        sc.wait(gap if n else 0)
        sc.feed(Timeout(sc.now, f"drill-{n}", SUBMIT, 1, "drill"))
    return ACCOUNT_SCOPE


def _rejects(sc: Scratch) -> str:
    most = sc.s.limits.reject_streak
    sc.s.limits.incident_errors = UNKNOWN  # that they are incidents as well is another drill
    sc.hold(sc.m.lot * most)
    for _ in range(most):
        sc.wait(NS)
        sc.mark(sc.m.mid())
        sc.update(sc.order(SELL, sc.m.lot, works=False), REJECTED)
    return f"strategy:{sc.strategy}"


def _flood(sc: Scratch) -> str:
    sc.feed(Ingress(sc.now, sc.strategy, sc.s.limits.ingress_flood, 0, 0))
    return f"strategy:{sc.strategy}"


def _entries(sc: Scratch, most: int, parent: str = "") -> str:
    """Entries, each executed and closed again."""
    sc.free()
    if parent:
        sc.s.limits.max_executions_unreviewed = UNKNOWN  # the other count has a drill of its own
    for _ in range(most):
        sc.wait(60 * NS)
        sc.mark(sc.m.mid())
        client_id = sc.order(BUY, sc.m.lot, parent=parent)
        sc.executed(client_id)
    return f"strategy:{sc.strategy}"


SENSED: Final[tuple[Sensed, ...]] = (
    Sensed("L3m", "a margin deficit", _says("margin")),
    Sensed("L6", "as many errors as incident_errors", _errors, _set("incident_errors")),
    Sensed("L6", "figures that stop trading", _says("performance", STRATEGY)),
    Sensed("L7", "the clock is off", _says("clock")),
    Sensed("L7", "the calendar is in doubt", _says("calendar")),
    Sensed("L7", "the broker is out of reach", _says("broker")),
    Sensed("L7", "a symbol's price is stale", _says("feed", SYMBOL)),
    Sensed("L8", "decisions are too slow", _says("latency")),
    Sensed("L8", "the disk is too slow", _says("disk")),
    Sensed("L10", "a bot is silent", _says("bot", STRATEGY)),
    Sensed("L10", "a model is unhealthy", _says("model", STRATEGY)),
    Sensed("L11", "an economic event", _says("event")),
    Sensed("L12", "a symbol is halted", _says("halt", SYMBOL)),
    Sensed("L12", "a market-wide breaker", _says("breaker")),
    Sensed("L13", "rejects in a row", _rejects, _set("reject_streak")),
    Sensed("L13", "a flood of intents", _flood, _set("ingress_flood")),
    Sensed(
        "L13",
        "orders of one parent",
        lambda sc: _entries(sc, sc.s.limits.max_child_orders, "drill"),
        _set("max_child_orders"),
    ),
    Sensed(
        "L13",
        "executions without review",
        lambda sc: _entries(sc, sc.s.limits.max_executions_unreviewed),
        _set("max_executions_unreviewed"),
    ),
)


# -- the keys


def sets(latch: str, what: str) -> Drill:
    """The drill of the key that sets a latch."""
    one = next(x for x in SENSED if (x.latch, x.what) == (latch, what))

    def run(sc: Scratch) -> Tried:
        scope = one.run(sc)
        return said(one.what, ", ".join(sorted(sc.s.latches)), key_of(latch, scope) in sc.s.latches)

    return Drill(f"LATCH_{latch}", run)


def window(sc: Scratch) -> Tried:
    """The same errors, each a window apart, are no incident."""
    _errors(sc, sc.s.limits.incident_window)
    held = key_of("L6", ACCOUNT_SCOPE) in sc.s.latches
    return said("errors further apart than the window", "L6" if held else "no L6", not held)


def scaled_down(sc: Scratch) -> Tried:
    before = sc.would(BUY, sc.m.lot).scale
    _report(sc, "event", "drill", ACCOUNT)
    after, scale = sc.would(BUY, sc.m.lot).scale, sc.s.limits.event_scale
    return said("an economic event", f"scale {after} ppm", after == mul_div(before, min(scale, PPM), PPM))


def exempt(sc: Scratch) -> Tried:
    sc.strategy = sc.s.limits.event_exempt[0]
    before = sc.would(BUY, sc.m.lot).scale
    _report(sc, "event", "drill", ACCOUNT)
    after = sc.would(BUY, sc.m.lot).scale
    return said(f"an economic event, strategy {sc.strategy}", f"scale {after} ppm", after == before)


def settles(sc: Scratch) -> Tried:
    _report(sc, "halt", "drill", SYMBOL)
    sc.wait(DWELL)
    _report(sc, "halt", "ok", SYMBOL)
    sc.until(sc.now + sc.s.limits.settle_after_halt - 1)
    sc.mark(sc.m.mid())
    d = sc.would(BUY, sc.m.lot)
    sc.until(sc.now + 1)
    over = key_of("L12", f"symbol:{sc.symbol}") not in sc.s.latches
    tried = spoke("LATCH_L12", "trading resumed a moment ago", d)
    return said(
        tried.what, tried.came + ("; then cleared" if over else "; and never cleared"), tried.ok and over
    )


def flattens(sc: Scratch) -> Tried:
    sc.hold(sc.m.lot)
    scope = _report(sc, "bot", "drill", STRATEGY)
    sc.until(sc.now + sc.s.limits.deadman_flatten_after)
    begun = key_of("L10", scope) in sc.s.flattenings
    return said("a bot stays silent", "it is flattened" if begun else "its position stays", begun)


def two_persons(sc: Scratch) -> Tried:
    sc.say("freeze")
    sc.wait(DWELL)
    sc.say("clear", latch="L5")
    held = key_of("L5", ACCOUNT_SCOPE) in sc.s.latches
    return said("one person clears an account-wide halt", "it stays" if held else "it is cleared", held)
