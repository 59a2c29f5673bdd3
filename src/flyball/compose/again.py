"""What bots in real time are told again after a restart: the present risk day, read once for all of them.
And what a person is told of the snapshots that make the restart short."""

from collections.abc import Sequence
from itertools import islice

from flyball.bots.host import Host
from flyball.bots.told import Teller
from flyball.journal.log import Journal
from flyball.kernel.bounds import MAX_TEXT
from flyball.kernel.events import Report
from flyball.kernel.state import State

PIECE = 10_000  # records read ahead


def snapshot_failed(ts: int, why: str) -> Report:
    """An alert for people; trading goes on, only the next start takes longer."""
    return Report(ts, "snapshot", "failed", "journal", why[:MAX_TEXT])


def retell_today(bots: Sequence[Host], tellers: Sequence[Teller], journal: Journal, s: State) -> None:
    """Tell each bot what it had been told since the day began; orders of the day before are known by name, so
    that what the broker still says of them is passed on. `s`: the state at the journal's head."""
    pairs = list(zip(bots, tellers, strict=True))
    for _, teller in pairs:
        teller.remember(s)
    begun = s.day.open
    today = (one for _, one in journal.records(journal.places.before(begun)) if one.ts >= begun)
    while piece := list(islice(today, PIECE)):
        for bot, teller in pairs:
            bot.replay(teller.retell(piece), s.cursors.get(f"bot:{bot.strategy}", 0))
    for _, teller in pairs:
        teller.remember(s, fills=True)
