"""What one seed flies: a market, a configuration, bots, and when the faults end."""

from dataclasses import dataclass
from typing import Final

from flyball.broker.chaos_kinds import Stroke
from flyball.config.effective import Effective
from flyball.config.load import load
from flyball.feeds.actions import Dated
from flyball.feeds.series import Series
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim import calendar, market
from flyball.lab.sim.draw import Draw
from flyball.tables.calendar import Session

SESSIONS: Final = 3
BEFORE_OPEN: Final = MINUTE
AFTER_CLOSE: Final = 12 * MINUTE
ENOUGH: Final = 800  # events: what a seed is made long enough for
BOTS: Final = {"Honest": 0, "Wild": 15, "Adversary": 26}  # and events of each at ten prices, above 15


@dataclass(frozen=True)
class Scenario:
    """Everything of a run but its faults."""

    seed: int
    config: Effective
    text: str  # of the configuration
    series: list[Series]
    schedule: list[Session]
    dated: list[Dated]  # corporate actions and flows
    begin: int
    calm: int  # true time from which nothing fails any more
    end: int
    script: tuple[Stroke, ...] = ()  # what the broker does for sure; `at` counts from the beginning


def scenario(seed: int, *, acts: bool = False, halts: bool = False, events: int = ENOUGH) -> Scenario:
    """The scenario of a seed; always the same. `acts`: with corporate actions and flows; `halts`: trading
    ends before the close now and then; `events`: about as many as it is made long enough for."""
    schedule = market.sessions(Draw(seed, "sessions"), SESSIONS)
    made = Draw(seed, "market")
    symbols = market.symbols(made)
    bots = _bots(Draw(seed, "strategies"), least=3 - len(symbols))
    series = market.series(made, symbols, schedule, events * 10 // (15 + sum(BOTS[bot] for bot in bots)))
    dated = calendar.dated(Draw(seed, "dated"), series, schedule) if acts else []
    series = calendar.acted(series, dated)
    if halts:
        series = calendar.halted(Draw(seed, "halts"), series, schedule)
    draw = Draw(seed, "scenario")
    text = config_text(draw, seed, bots, 2 * series[0].seconds + 20)
    last = schedule[-1]
    return Scenario(
        seed=seed,
        config=load(text, path=f"the configuration of seed {seed}"),
        text=text,
        series=series,
        schedule=schedule,
        dated=dated,
        begin=schedule[0].open - BEFORE_OPEN,
        calm=last.open + draw.between(0, (last.close - last.open) // MINUTE - 20) * MINUTE,
        end=last.close + AFTER_CLOSE,
    )


def _bots(draw: Draw, least: int) -> list[str]:
    """One to three, at least `least`."""
    return [draw.pick(tuple(BOTS)) for _ in range(max(least, draw.pick((1, 1, 2, 3))))]


def config_text(draw: Draw, seed: int, bots: list[str], quote_age: int) -> str:
    """A configuration as a user would write it: the demo's with limits of its own. `quote_age` in seconds."""
    order = draw.pick((1_000, 4_000, 10_000))
    position = order * draw.between(1, 3)
    gross = position * draw.between(1, 2)
    loss = draw.pick((60, 200, 400, 2_000))
    caution = draw.between(2, 10)
    rows = [
        'profile = "demo"',
        '[account]\ntag = "sim"\nequity = "$100,000"',
        "[limits]",
        f'max_order_notional = "${order}"',
        f'max_position_notional = "${position}"',
        f'max_gross = "${gross}"',
        f'max_net = "${draw.pick((gross, max(position, gross // 2)))}"',
        f"max_positions = {draw.between(1, 3)}",
        f'max_daily_turnover = "${gross * draw.between(2, 30)}"',
        f'max_daily_cost = "${draw.pick((3, 22, 200))}"',
        f'max_daily_loss = "${loss}"',
        f'drawdown_caution = "{caution / 10}%"',
        f'drawdown_restrict = "{(caution + draw.between(1, 5)) / 10}%"',
        f'drawdown_halt = "{(caution + draw.between(6, 12)) / 10}%"',
        f'on_excess = "{draw.pick(("clip", "clip", "refuse"))}"',
        f'max_quote_age = "{quote_age} s"',
        f"order_rate = {draw.between(2, 10)}",
        f"max_orders_per_day = {draw.pick((30, 200, 2_000))}",
        "[broker.paper]",
        f"seed = {seed % (1 << 62)}",
        f'timeout = "{draw.pick((2, 5, 10))} s"',
    ]
    for i, bot in enumerate(bots):
        name = f"s{i + 1}"
        rows += [
            f"[strategy.{name}]",
            f'bot = "flyball.lab.sim.bots:{bot}"',
            f"[strategy.{name}.settings]",
            f"seed = {draw.below(1 << 30)}",
        ]
    return "\n".join(rows) + "\n"


def seconds(ns: int) -> float:
    """For people."""
    return ns / NS
