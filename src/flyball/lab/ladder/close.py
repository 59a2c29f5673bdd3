"""One session's last half hour, flown: positions long and short, orders working, faults drawn by the seed;
flat at the exchange's own close, or latched and a person paged.

The governor flies by its calendar table, the exchange closes by its rules (`law`): a close that the table has
an hour off is found as what it would be, a position that nobody was called for. What counts as held is what
the broker executed, not what anybody was told.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from flyball.broker.chaos_kinds import Stroke
from flyball.broker.paper_account import Execution
from flyball.config.load import load
from flyball.feeds.series import Bar, Series
from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel.effects import Alert, LatchChange
from flyball.kernel.events import Session
from flyball.kernel.units import MINUTE, NS
from flyball.kernel.words import CRITICAL, SET
from flyball.lab.ladder.law import Hours, hours
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import Faults, swarm
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.run import Run
from flyball.lab.sim.scenario import Scenario
from flyball.lab.sim.view import SimView
from flyball.tables.calendar import Session as Scheduled
from flyball.tables.calendar import session_on

BEFORE: Final = 30 * MINUTE
BEHIND: Final = 12 * MINUTE  # the end of a run: what was down at the close is up again and has reported
AT_ONCE: Final = 2 * MINUTE  # behind the close a person is paged, unless the governor itself was down
FLATTENING: Final = 5 * MINUTE
SYMBOLS: Final = ("AAA", "BBB", "CCC", "DDD")
EARLIER: Final = "closed early on short notice"
SOONER: Final = 7 * MINUTE  # than the rules say
NOTICE: Final = 15 * MINUTE  # before such a close
LOOKED: Final = 30 * NS  # between two looks at the overlay, the next start's included
FLAT, LATCHED, FAILED = "flat", "latched", "failed"

# What changes the positions or the limits by other hands than the governor's is another test's affair.
ELSEWHERE: Final = (
    "broker.hand",
    "broker.hand_order",
    "broker.hand_untold",
    "broker.lost",  # only a person settles what is never told, and nobody has the time here
    "market.acts",
    "market.halts",
    "crash.poison",
)
ROOMS: Final = ("people.", "feed.")
DELAYS: Final = ("crash.", "disk.", "clock.", "broker.")  # rooms whose faults may delay a page
DRAWN: Final = ("", "", "broker down", "broker mute", "one symbol halted", "all symbols halted", EARLIER)


@dataclass
class Close:
    """What became of one session's close. `held`: symbols with a position as the flattening began."""

    day: int
    early: bool
    seed: int
    outcome: str = ""
    why: str = ""
    held: int = 0
    left: int = 0  # symbols with a position at the close
    drawn: str = ""
    faults: tuple[str, ...] = ()
    events: int = 0
    starts: int = 0
    seconds: float = 0.0

    def command(self) -> str:
        """The line that flies it again."""
        return f"flyball lab ladder --day {self.day} --seed {self.seed}"


def fly(day: int, seed: int) -> Close | None:
    """Fly the close of a date (yyyymmdd); None when neither the table nor the exchange has a session."""
    begun = time.perf_counter()
    when = date(day // 10_000, day // 100 % 100, day % 100)
    law, table = hours(when), session_on(day)
    if law is None and table is None:
        return None
    made = Close(day, law is not None and law.early, seed)
    if law is None or table is None:
        has, lacks = ("the exchange", "the table") if table is None else ("the table", "the exchange")
        made.outcome, made.why = FAILED, f"a session that {has} has and {lacks} has not"
        return made
    _fly(made, law, table)
    made.seconds = round(time.perf_counter() - begun, 3)
    return made


def _fly(made: Close, law: Hours, table: Scheduled) -> None:
    mixed = made.seed * 100_000_000 + made.day
    draw = Draw(mixed, "close")
    made.drawn = draw.pick(DRAWN)
    faults = _faults(mixed)
    made.faults = faults.kinds
    run = Run(mixed, faults, made=_scenario(mixed, made.drawn, law, table))
    if made.drawn == EARLIER:
        law = replace(law, close=law.close - SOONER)
        news = Session(law.close - NOTICE, "XNYS", made.day, law.open, law.close)
        for at in range(news.ts, news.ts + NOTICE, LOOKED):  # an overlay is looked at again and again
            run.world.at(at, lambda: _tell(run, news))
    run.people.careful.diligent = False  # nobody settles an order by hand in these minutes
    try:
        run.fly()
    except Broken as broken:
        made.outcome, made.why = FAILED, f"{broken.promise}: {broken.what}"
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what the sweep looks for
        made.outcome, made.why = FAILED, f"{type(fault).__name__}: {fault}"
    made.events, made.starts = run.events, run.starts
    if made.outcome:
        return
    fills = run.chaos.truth().fills
    made.held = len(_positions(fills, law.close - FLATTENING))
    left = _positions(fills, law.close)
    made.left = len(left)
    late = BEHIND if any(kind.startswith(DELAYS) for kind in faults.kinds) or made.drawn else AT_ONCE
    records = [record for _, record in read(SimView(run.journal, Doom()))]
    if not left:
        made.outcome = FLAT
    elif _called(records, law.close, law.close + late):
        made.outcome = LATCHED
    else:
        made.outcome = FAILED
        made.why = (
            f"{left} at the close ({law.close // NS} s), no latch or nobody paged within {late // NS} s"
        )


def _tell(run: Run, news: Session) -> None:
    """The calendar says so, when there is a governor to hear it that does not know yet."""
    under = run.now
    if under is not None and under.cockpit is not None and under.doom.alive:
        s = under.cockpit.governor.state
        if s.day.close != news.close:
            under.cockpit.flight.submit(replace(news, ts=s.ts))


def _faults(mixed: int) -> Faults:
    """The seed's own, without those that are another test's."""
    drawn = swarm(mixed, None).kinds
    kinds = [kind for kind in drawn if kind not in ELSEWHERE and not kind.startswith(ROOMS)]
    return swarm(mixed, tuple(kinds))


def _positions(fills: Sequence[Execution], until: int) -> dict[str, int]:
    """What was held at a moment, by symbol, no zeros."""
    sums: Counter[str] = Counter()
    for fill in fills:
        if fill.ts <= until:
            sums[fill.symbol] += fill.side * fill.qty
    return {symbol: qty for symbol, qty in sorted(sums.items()) if qty}


def _called(records: Sequence[Record], close: int, until: int) -> bool:
    """Whether a latch holds what is left, and a person was called, by then."""
    latched = paged = False
    for record in records:
        if isinstance(record, LatchChange) and record.action == SET and record.ts <= until:
            latched = True
        if isinstance(record, Alert) and record.severity == CRITICAL and close - BEFORE <= record.ts <= until:
            paged = True
    return latched and paged


def _scenario(mixed: int, drawn: str, law: Hours, table: Scheduled) -> Scenario:
    text = _config(mixed, auction=drawn != EARLIER)  # the exchange's auction would be at the old close
    begin = law.close - BEFORE
    minutes = Draw(mixed, "when")
    script: tuple[Stroke, ...] = ()
    if drawn == "broker down":  # from close - 6 min to close - 2 min
        script = (Stroke("down", at=24 * MINUTE, lasts=4 * MINUTE),)
    elif drawn == "broker mute":
        script = (Stroke("mute", at=minutes.between(20, 27) * MINUTE, lasts=minutes.between(1, 5) * MINUTE),)
    shut = {"one symbol halted": SYMBOLS[:1], "all symbols halted": SYMBOLS}.get(drawn, ())
    last = law.close - minutes.between(3, 8) * MINUTE
    draw = Draw(mixed, "prices")
    series = [_series(draw, symbol, begin, last if symbol in shut else law.close) for symbol in SYMBOLS]
    return Scenario(
        seed=mixed,
        config=load(text, path=f"the configuration of the close {mixed}"),
        text=text,
        series=series,
        schedule=[table],
        dated=[],
        begin=begin,
        calm=law.close + AT_ONCE,
        end=law.close + BEHIND,
        script=script,
    )


def _series(draw: Draw, symbol: str, begin: int, end: int) -> Series:
    """A minute's bar each, fat-tailed now and then."""
    price = draw.between(1_500, 30_000)  # cents
    restless = draw.pick((200, 500, 1_500))  # ppm a bar
    bars = []
    for at in range(begin + MINUTE, end + 1, MINUTE):
        before = price
        step = draw.between(-restless, restless) * (6 if draw.happens(15_000) else 1)
        price = max(50, price + price * step // 1_000_000)
        wide = price * draw.below(restless) // 1_000_000
        bars.append(
            Bar(at, before, max(price, before) + wide, max(1, min(price, before) - wide), price, 1_000)
        )
    return Series(symbol, 2, 60, bars)


def _config(mixed: int, *, auction: bool) -> str:
    draw = Draw(mixed, "config")
    order = draw.pick((2_000, 4_000))
    rows = [
        'profile = "demo"',
        '[account]\ntag = "sim"\nequity = "$100,000"',
        "[limits]",
        f'max_order_notional = "${order}"',
        'max_position_notional = "$25,000"',
        'max_gross = "$90,000"',
        'max_net = "$60,000"',
        "max_positions = 4",
        'max_daily_turnover = "$900,000"',
        'max_daily_cost = "$500"',
        'max_daily_loss = "$40,000"',
        'drawdown_caution = "20%"',
        'drawdown_restrict = "30%"',
        'drawdown_halt = "40%"',
        'on_excess = "clip"',
        'max_quote_age = "140 s"',
        "[broker.paper]",
        f"seed = {mixed % (1 << 62)}",
        f'timeout = "{draw.pick((2, 5, 10))} s"',
        "[session]",
        f'on_close = "{draw.pick(("no", "no", "yes")) if auction else "no"}"',
    ]
    for n, (side, symbols) in enumerate((("buy", ("AAA", "CCC")), ("sell", ("BBB", "DDD"))), start=1):
        rows += [
            f"[strategy.s{n}]",
            'bot = "flyball.lab.ladder.bots:Holder"',
            f"[strategy.s{n}.settings]",
            f"seed = {draw.below(1 << 30)}",
            f"dollars = {order * 3 // 4}",
            f'side = "{side}"',
            f"symbols = {list(symbols)}".replace("'", '"'),
        ]
    return "\n".join(rows) + "\n"
