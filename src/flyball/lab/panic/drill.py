"""One panic, flown: ten positions and a hundred working orders at a broker that takes 200 calls a minute, the
button pressed at a drawn moment; how long until the broker's own figures say flat, in how many calls.

The real runtime on virtual time, every promise judged as in the simulator. `spent`: another program has used
up this minute's calls at the moment of the panic.
"""

from dataclasses import dataclass
from typing import Final

from flyball.broker.limited import Limited
from flyball.config.load import load
from flyball.feeds.series import Bar, Series
from flyball.kernel.effects import Flat
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.button import button
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import swarm
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.run import Run
from flyball.lab.sim.scenario import Scenario
from flyball.runtime.sequencer import Taken
from flyball.tables.calendar import session_on

PUBLISHED: Final = 200  # calls a minute
SYMBOLS: Final = tuple(f"AA{chr(ord('A') + n)}" for n in range(10))
WORKING: Final = 10  # orders a symbol
QUIET: Final = ("timeout_ratio", "late_ratio", "duplicate_ratio")
DAY: Final = 20240607
LASTS: Final = 4 * MINUTE


@dataclass
class Pressed:
    """What became of one panic. Times in ns; -1: never."""

    seed: int
    spent: bool
    held: int = 0  # symbols with a position when it was pressed
    working: int = 0
    took: int = -1  # until "flat confirmed"
    calls: int = 0  # taken by the broker by then
    refused: int = 0
    why: str = ""

    def ok(self) -> bool:
        return not self.why and self.took >= 0


def press(seed: int, *, spent: bool = False, faults: bool = False) -> Pressed:
    """Fly one drill. `faults`: with the paper broker's own (1% of calls without an answer, 1% of events late
    or twice)."""
    made = Pressed(seed, spent)
    run = Run(seed, swarm(seed, ()), made=loaded(seed, faults=faults))
    at = run.scenario.begin + Draw(seed, "button").between(70 * NS, 100 * NS)
    before = [0, 0]

    def outside() -> Limited:
        assert run.now is not None and run.now.cockpit is not None
        broker = run.now.cockpit.broker
        assert isinstance(broker, Limited)
        return broker

    def pressing(_: int) -> None:
        assert run.now is not None and run.now.cockpit is not None
        s = run.now.cockpit.governor.state
        made.held = len({b.symbol for b in s.books_held()})
        made.working = len(s.orders)
        if spent:
            outside().others(PUBLISHED)
            run.judge.prompt.shut_until = (run.world.now // MINUTE + 1) * MINUTE
        before[:] = outside().calls, outside().refused

    def watch(taken: Taken) -> None:
        run._taken(taken)
        for record in taken.records:
            if isinstance(record, Flat) and record.why == "L4" and record.confirmed and made.took < 0:
                made.took = record.ts - at
                made.calls = outside().calls - before[0]
                made.refused = outside().refused - before[1]

    run.people.careful.diligent = False  # nobody clears it meanwhile
    run.plan.operator = button((at,), pressing)
    run.plan.watch = watch
    try:
        run.fly()
    except Broken as broken:
        made.why = f"{broken.promise}: {broken.what}"
    if not made.why and made.took < 0:
        made.why = "never confirmed flat"
    elif not made.why and _held(run):
        made.why = f"confirmed flat, and the broker holds {_held(run)}"
    return made


def _held(run: Run) -> dict[str, int]:
    held: dict[str, int] = {}
    for fill in run.chaos.truth().fills:
        held[fill.symbol] = held.get(fill.symbol, 0) + fill.side * fill.qty
    return {symbol: qty for symbol, qty in held.items() if qty}


def loaded(
    seed: int,
    *,
    faults: bool = False,
    symbols: int = len(SYMBOLS),
    working: int = WORKING,
    stops: bool = False,
    bar: int = 1,
) -> Scenario:
    """A market in which the bot has `symbols` positions and `working` entries in each after `working` + 3
    bars of `bar` seconds; with `stops`, a stop behind every position."""
    session = session_on(DAY)
    assert session is not None
    begin = session.open + 60 * MINUTE
    end = begin + LASTS
    draw = Draw(seed, "prices")
    text = _config(seed, faults=faults, working=working, stops=stops)
    return Scenario(
        seed=seed,
        config=load(text, path=f"the configuration of drill {seed}"),
        text=text,
        series=[_series(draw, symbol, begin, end, bar) for symbol in SYMBOLS[:symbols]],
        schedule=[session],
        dated=[],
        begin=begin,
        calm=end,
        end=end,
    )


def _series(draw: Draw, symbol: str, begin: int, end: int, seconds: int) -> Series:
    price = draw.between(1_500, 30_000)  # cents
    bars = []
    for at in range(begin + seconds * NS, end + 1, seconds * NS):
        before = price
        price = max(50, price + price * draw.between(-60, 60) // 1_000_000)
        bars.append(Bar(at, before, max(price, before), min(price, before), price, 1_000))
    return Series(symbol, 2, seconds, bars)


def _config(seed: int, *, faults: bool, working: int, stops: bool) -> str:
    rows = [
        'profile = "demo"',
        '[account]\ntag = "sim"\nequity = "$1,000,000"',
        "[limits]",
        'max_order_notional = "$15,000"',
        'max_position_notional = "$60,000"',
        'max_gross = "$600,000"',
        'max_net = "$600,000"',
        "max_positions = 10",
        'max_daily_turnover = "$4,000,000"',
        'max_daily_cost = "$5,000"',
        'max_daily_loss = "$400,000"',
        'drawdown_caution = "20%"',
        'drawdown_restrict = "30%"',
        'drawdown_halt = "40%"',
        "order_rate = 100",
        "message_rate = 100",
        'min_spacing = "0 ms"',
        'duplicate_window = "0 s"',
        "[broker]",
        f"rate_limit = {PUBLISHED}",
        "[broker.paper]",
        f"seed = {seed % (1 << 62)}",
    ]
    rows += [] if faults else [f'{key} = "0%"' for key in QUIET]
    rows += [
        "[strategy.s]",
        'bot = "flyball.lab.panic.bots:Loaded"',
        "[strategy.s.settings]",
        f"working = {working}",
        f"stops = {str(stops).lower()}",
    ]
    return "\n".join(rows) + "\n"
