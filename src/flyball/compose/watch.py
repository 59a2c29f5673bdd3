"""The sensors of one governor, put together: what works in any time, and where time is real what needs a
machine."""

from collections.abc import Sequence
from typing import Final

from flyball.bots.host import Host
from flyball.config.settings import AROUND_THE_CLOCK
from flyball.feeds.series import Series
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.ports import Clock, Gauges, Source
from flyball.runtime.standstill import LONGEST, Standstill
from flyball.sensors.board import OK, Board
from flyball.sensors.calendar import Agreement
from flyball.sensors.feed import FeedAge
from flyball.sensors.latency import Latency
from flyball.sensors.watch import Live, Scheduled, held, view
from flyball.tables.calendar import Session

LIVE: Final = "live"


class Watch:
    """`sources` in the order of equal times, behind the feed and the timers; `board` what people see;
    `latency` is fed by the loop, None in virtual time."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        mode: str,
        calendar: str,
        schedule: Sequence[Session],
        series: Sequence[Series],
        broker: object,
        bots: Sequence[Host],
        gauges: Gauges | None,
    ) -> None:
        self.board = Board(lambda what, scope: held(state, what, scope), trips_unknown=mode == LIVE)
        begun = clock.now()
        feed = FeedAge(state, self.board, {s.symbol: s.seconds * NS for s in series}, _live(clock, begun))
        agreement = Agreement([x.open for x in schedule], begun, closes=calendar != AROUND_THE_CLOCK)
        self.sources: list[Source] = [Scheduled(state, clock, self.board, feed, broker, agreement)]
        self.latency: Latency | None = None
        if clock.virtual:
            return
        self.latency = Latency()
        self.sources.append(Live(state, clock, self.board, gauges=gauges, latency=self.latency, bots=bots))

    def shown(self, now: int, still: Standstill) -> list[dict[str, object]]:
        """Every sensor as the operator plane shows it; the loop is watched where time is real."""
        rows = view(self.board, now)
        if self.latency is not None:
            last = (
                f"{still.last}, {still.count} times since the start" if still.last else "it never stood still"
            )
            rows.append(
                {
                    "sensor": "loop",
                    "scope": "account",
                    "state": OK,
                    "value": still.last.ns if still.last else 0,
                    "limit": LONGEST,
                    "unit": "ns",
                    "age": 0,
                    "since": still.last_at,
                    "source": "loop",
                    "detail": last,
                }
            )
        return rows


def _live(clock: Clock, begun: int) -> int:
    """Prices that came while nobody listened are no silence; in virtual time there is no such while."""
    return 0 if clock.virtual else begun
