"""The demo's plan: sample prices or anybody's own bars, the demo profile, the wild bot, the scripted
operator."""

from collections.abc import Callable
from dataclasses import dataclass

from flyball.compose.assembly import Plan
from flyball.compose.schedule import cut, first_sessions
from flyball.config.load import load
from flyball.feeds.bars import load as load_bars
from flyball.feeds.drawn import DRAWN_LABEL, FIRST_DAY, SESSIONS, SYMBOLS, drawn_sessions
from flyball.feeds.series import Series
from flyball.feeds.table import BarsError
from flyball.kernel.governor import Governor
from flyball.kernel.units import NS
from flyball.lab.demo.operator import DemoOperator
from flyball.ports import Progress, Source
from flyball.runtime.sequencer import Taken

STRATEGY = "demo"
BEFORE = 60 * NS  # the governor is up this long before the first open


@dataclass
class Wanted:
    """What was asked for on the command line."""

    data: str | None = None
    stamp: str | None = None
    tz: str | None = None
    symbols: tuple[str, ...] = ()
    seconds: int | None = None
    seed: int = 1
    profile: str = "demo"
    sessions: int = 0  # 0 = all of the data, or 21 sample sessions
    first_day: int = FIRST_DAY
    folder: str = "flyball-demo"


def config_text(wanted: Wanted) -> str:
    """The configuration of the demo as a user would write it."""
    return f"""profile = "{wanted.profile}"

[account]
tag = "demo"
equity = "$100,000"

[broker.paper]
seed = {wanted.seed}

[strategy.{STRATEGY}]
bot = "flyball.lab.demo.bot:Demo"

[strategy.{STRATEGY}.settings]
seed = {wanted.seed}
"""


def prices(
    wanted: Wanted, read_bytes: Callable[[str], bytes], progress: Progress | None
) -> tuple[list[Series], str, str, list[str]]:
    """(series, source, label, notes): the file that was named, or sample sessions drawn from real days."""
    if wanted.data is None:
        symbols = wanted.symbols or SYMBOLS
        drawn = drawn_sessions(symbols, wanted.first_day, wanted.sessions or SESSIONS, wanted.seed)
        return drawn, "drawn", DRAWN_LABEL, []
    loaded = load_bars(
        wanted.data,
        read_bytes=read_bytes,
        stamp=wanted.stamp,
        tz=wanted.tz,
        symbols=wanted.symbols or None,
        seconds=wanted.seconds,
        progress=progress,
    )
    name = wanted.data.rsplit("/", 1)[-1]
    return loaded.series, name, f"bars of {name}", loaded.notes


def plan(
    wanted: Wanted,
    read_bytes: Callable[[str], bytes],
    watch: Callable[[Taken], None] | None,
    progress: Progress | None = None,
) -> tuple[Plan, list[str]]:
    """The plan and what a person should know of how the prices were read."""
    config = load(config_text(wanted), path="the demo's configuration")
    series, source, label, notes = prices(wanted, read_bytes, progress)
    series, schedule, left_out = cut(series, config.session.calendar)
    if wanted.sessions:
        series, schedule = first_sessions(series, schedule, wanted.sessions)
    if not schedule:
        raise BarsError(f"{wanted.data}: no bar lies in a session of {config.session.calendar}")

    def operator(governor: Governor, known_ts: int) -> Source:
        return DemoOperator(governor, schedule, known_ts)

    made = Plan(
        config=config,
        series=series,
        schedule=schedule,
        source=source,
        label=label,
        begin=schedule[0].open - BEFORE,
        seed=wanted.seed,
        stop_at=schedule[-1].close + 10 * 60 * NS,
        bot_folder=wanted.folder,
        bot_logs=f"{wanted.folder}/bots",
        operator=operator,
        watch=watch,
    )
    return made, [*notes, *left_out]
