"""A small world round one host: prices by their times, a decision for every intent, a journal to be cut."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flyball.bots.host import Host, Patience
from flyball.bots.told import Item, Recorded
from flyball.bots.wire import moment
from flyball.kernel.events import BotDown, Instrument, Intent, Wake
from flyball.ports import Spawn

NS = 1_000_000_000
T0 = 1_222_000_000 * NS
HERE = Path(__file__).parent / "strategies.py"
INSTRUMENTS = {
    "AAPL": Instrument(0, "AAPL", "USD", "us_equity", 4, 0, 100, 1, True),
    "BTC/USD": Instrument(0, "BTC/USD", "USD", "crypto", 8, 9, 1, 1, True),
}
QUICK = Patience(start=20 * NS, answer=NS // 2)

Entry = Item | Recorded


def host_of(
    spawn: Spawn, bot: str, *, lockstep: bool = True, log: Path | None = None, **settings: object
) -> Host:
    """A host of one bot of strategies.py, or of a whole target with a colon in it."""
    return Host(
        "s1",
        spawn,
        bot if ":" in bot else f"{HERE}:{bot}",
        instruments=INSTRUMENTS,
        lockstep=lockstep,
        settings=settings,
        seed=7,
        log=str(log) if log else None,
        patience=QUICK,
    )


def mark(ts: int, symbol: str = "AAPL", last: float = 100.0) -> Item:
    """A price as a bot is told it."""
    return {
        "kind": "mark",
        "ts": ts,
        "symbol": symbol,
        "bid": None,
        "ask": None,
        "last": last,
        "low": last,
        "high": last,
    }


def minutes(count: int, step: int = 20 * NS) -> list[Item]:
    """A session and its prices."""
    return [
        {"kind": "session", "ts": T0},
        *(mark(T0 + k * step, last=100.0 + k % 7) for k in range(1, count)),
    ]


def answer(intent: Intent) -> Item:
    """The decision on it, at the same moment."""
    verdict = "approve" if intent.n % 3 else "reject"
    return {
        "kind": "decision",
        "ts": intent.ts,
        "intent": intent.intent,
        "verdict": verdict,
        "qty": intent.qty,
    }


def run(
    host: Host, world: Sequence[Item], journal: list[Entry], chunks: Iterator[int] | None = None
) -> list[Entry]:
    """Live through `world` from where `journal` ends, writing on in it; tells are cut into `chunks`."""
    done = sum(1 for entry in journal if isinstance(entry, dict) and entry["kind"] in ("session", "mark"))
    left = list(world[done:])
    while True:
        due = host.next_due()
        times = [moment(left[0])] if left else []
        if due is not None:
            times.append(due)
        if not times:
            return journal
        now = min(times)
        if now > moment(world[-1]) + 2 * NS:
            return journal  # an alarm may set the next one for ever
        told: list[Item] = []
        while left and left[0]["ts"] == now:
            told.append(left.pop(0))
        journal.extend(told)
        for event in host.take(now):
            assert event.ts <= now
            assert isinstance(event, Recorded)
            journal.append(replace(event))
            if isinstance(event, Intent):
                told.append(answer(event))
                journal.append(told[-1])
            elif isinstance(event, Wake):
                told.append({"kind": "wake", "ts": event.ts})
                journal.append(told[-1])
        while told:
            size = next(chunks) if chunks else len(told)
            host.tell(told[:size], now)
            del told[:size]


def handed_out(journal: Sequence[Entry]) -> list[Recorded]:
    """The host's own part of a journal."""
    return [entry for entry in journal if not isinstance(entry, dict)]


def blocks(journal: Sequence[Entry]) -> list[int]:
    """Where a journal may end: never between an event and what followed from it."""
    return [
        at
        for at, entry in enumerate(journal)
        if not (isinstance(entry, dict) and entry["kind"] in ("decision", "wake"))
    ]


def downs(events: Sequence[object]) -> list[BotDown]:
    return [event for event in events if isinstance(event, BotDown)]
