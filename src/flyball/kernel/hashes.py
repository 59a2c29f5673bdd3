"""The two fingerprints: the state hash (everything) and the book hash (what a user would call the same
result).

The book hash holds positions, lots, cash, fees, flows, baselines, the high-water mark, latches and per
intent the verdict, quantity and fills; no sequence numbers, epochs, ids or times, so a run that was killed
and recovered has the one of a run that was not (P8).
"""

from flyball.kernel.canon import digest
from flyball.kernel.state import State


def state_hash(s: State) -> str:
    """sha256 over every leaf of the state."""
    return digest(s)


def fold_day(s: State) -> str:
    """The chained digest of all intents up to and including the present day."""
    return digest([s.chain, s.day.day, s.day.intents])


def book_hash(s: State) -> str:
    books = [
        [
            b.strategy,
            symbol,
            b.qty,
            [[lot.qty, lot.cost] for lot in b.lots],
            b.cash,
            b.fees,
            b.realised,
            b.day_base,
        ]
        for symbol, of_symbol in sorted(s.books.items())
        for _, b in sorted(of_symbol.items())
    ]
    latches = [[x.id, x.scope, x.state, x.positions, x.day] for _, x in sorted(s.latches.items())]
    day = s.day
    return digest(
        [
            books,
            s.cash,
            s.flows,
            s.high_water,
            [day.day, day.baseline, day.flows, day.traded, day.fees, day.orders],
            latches,
            fold_day(s),
            [s.week.monday, s.week.baseline, s.week.flows],
        ]
    )
