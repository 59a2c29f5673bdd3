"""The paper broker of one plan, put together: for the governor's own process, or for one of its own. Only one
process at a time has an account open."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flyball.broker.paper import Paper, PaperSettings
from flyball.broker.paper_desk import Market
from flyball.broker.paper_life import Unit
from flyball.broker.prices import BarPrices
from flyball.compose.places import BROKER_KEYS, PAPER_LOCK
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.kernel.events import Instrument
from flyball.ports import Disk, Lock, Random

if TYPE_CHECKING:
    from flyball.compose.assembly import Plan

BROKER_FILE: Final = "paper.broker"


class PaperTaken(Exception):  # noqa: N818 - it says what is the case
    """Another process has this desk's paper account open."""


def paper_of(plan: "Plan", instruments: Sequence[Instrument], disk: Disk, now: int) -> tuple[Paper, Market]:
    """The broker of a plan and the market it knows. `now`: where its time begins. PaperFileError when its
    file does not fit."""
    p = plan.config.broker.paper
    settings = PaperSettings(
        half_spread_ppm=p.half_spread,
        slippage_ppm=p.slippage,
        fee_per_unit=p.fee_per_unit,
        latency_min=p.latency_min,
        latency_max=p.latency_max,
        partial_ppm=p.partial_ratio,
        pieces_min=p.partial_pieces_min,
        pieces_max=p.partial_pieces_max,
        timeout_ppm=p.timeout_ratio,
        timeout_applied_ppm=p.timeout_applied_ratio,
        late_ppm=p.late_ratio,
        duplicate_ppm=p.duplicate_ratio,
        timeout=p.timeout,
    )
    ordered = [x.open for x in plan.schedule]
    closes = {x.open: x.close for x in plan.schedule}

    def session(ts: int) -> tuple[int, int] | None:
        at = bisect_right(ordered, ts) - 1
        if at < 0 or ts > closes[ordered[at]]:
            return None
        return ordered[at], closes[ordered[at]]

    units = {x.symbol: (x.price_exp, x.qty_exp, x.tick) for x in instruments}
    prices = BarPrices(plan.series, plan.seed, session)
    paper = Paper(
        disk,
        BROKER_FILE,
        prices=prices,
        settings=settings,
        seed=plan.seed,
        start_cash=plan.config.account.equity,
        sessions=session,
        instruments=units,
        now=now,
        dated=plan.dated,
    )
    market = Market(
        units={symbol: Unit(*unit) for symbol, unit in units.items()},
        prices=prices,
        sessions=session,
        schedule=[(x.open, x.close) for x in plan.schedule],
        crypto=plan.config.session.calendar == AROUND_THE_CLOCK,
        currency=plan.config.account.currency,
        dated=plan.dated,
    )
    return paper, market


def only_here(disk: Disk) -> Lock:
    """What keeps every other process from this desk's paper account while it is held. PaperTaken."""
    disk.mkdir("run")
    try:
        return disk.lock(PAPER_LOCK)
    except BlockingIOError:
        holder = disk.read(PAPER_LOCK).decode(errors="replace").strip()
        raise PaperTaken(
            f"{disk.root}/paper.broker: process {holder or '?'} has this paper account open\n"
            f"remedy: a governor that runs here answers `flyball status --dir {disk.root}`; to govern the"
            ' account of a running `flyball paper` write process = "own" under [broker.paper]; else end it'
        ) from None


def keys_of(disk: Disk, chance: Random, tag: str, url: str) -> dict[str, str]:
    """The account's keys: made once, the address renewed at every start. Readable by their owner alone."""
    made = {
        "url": url,
        "key": f"PK{chance.token(9).hex().upper()}",
        "secret": chance.token(24).hex(),
        "account": f"PA-{tag}",
    }
    if disk.exists(BROKER_KEYS):
        with suppress(ValueError):
            there = json.loads(disk.read(BROKER_KEYS))
            made |= {name: str(there[name]) for name in ("key", "secret") if there.get(name)}
    disk.replace(BROKER_KEYS, (json.dumps(made) + "\n").encode(), private=True)
    return made
