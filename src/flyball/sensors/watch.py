"""All sensors of one governor as sources of events: `Scheduled` works in any time, `Live` only where time is
real.

`Scheduled` (feed age, the broker's calendar) reads the governor's state and the injected clock alone, so a
backtest reports what the live run would. `Live` looks once a real second at what only a real machine has:
clock, disk, latency, silent bots, the age of the last comparison. Neither ever acts.
"""

from collections.abc import Sequence
from typing import Final

from flyball.kernel.events import Event
from flyball.kernel.state import State
from flyball.kernel.units import MINUTE, NS
from flyball.kernel.watching import WATCHED
from flyball.ports import BrokerClock, Clock, Gauges
from flyball.sensors.board import AGAIN, Board, Reading
from flyball.sensors.calendar import BOUND, EDGE, Agreement
from flyball.sensors.clock import ClockOffset
from flyball.sensors.disk import DiskRoom
from flyball.sensors.feed import FeedAge
from flyball.sensors.latency import Latency
from flyball.sensors.silence import EVERY, LONGEST, OLDEST, Answers, Compared, bot

LOOK: Final = NS
LATE: Final = 5 * NS
SELDOM: Final = 30 * NS  # without a machine there is less to see
CALENDAR_EVERY: Final = MINUTE


def held(state: State, what: str, scope: str) -> bool:
    """Whether the kernel holds a latch for this cause."""
    watched = WATCHED.get(what)
    latch = state.latches.get(f"{watched.latch} {scope}") if watched is not None else None
    return latch is not None and what in latch.causes


class Scheduled:
    """`ports.Source`: the sensors that need no machine. The calendar is compared once a session in virtual
    time, every minute else."""

    def __init__(
        self, state: State, clock: Clock, board: Board, feed: FeedAge, broker: object, agreement: Agreement
    ) -> None:
        self._s = state
        self._clock = clock
        self._board = board
        self._feed = feed
        self._broker = broker if isinstance(broker, BrokerClock) else None
        self._agreement = agreement
        self._compared = 0  # the day that was, in virtual time
        self._next = clock.now() + clock.stretch(LOOK)  # behind the session that is under way at a start

    def next_due(self) -> int | None:
        feed, calendar = self._feed.next_due(), self._calendar_due()
        if feed is None or calendar is None:
            return feed if calendar is None else calendar
        return min(feed, calendar)

    def take(self, now: int) -> list[Event]:
        out = self._feed.take(now)
        due = self._calendar_due()
        if due is not None and due <= now and self._broker is not None:
            self._compared = self._s.day.day
            self._next = now + self._clock.stretch(CALENDAR_EVERY)
            hours = self._broker.hours(now)
            bound = self._clock.stretch(BOUND)
            reading = self._agreement.read(hours, self._s.day, now, bound)
            report = self._board.see(reading, now, 0 if self._clock.virtual else self._clock.stretch(AGAIN))
            if report is not None:
                out.append(report)
        return out

    def _calendar_due(self) -> int | None:
        if self._broker is None:
            return None
        if not self._clock.virtual:
            return self._next
        day = self._s.day
        return day.open + EDGE + 1 if day.day != self._compared else None


class Live:
    """`ports.Source`: the sensors of a real machine. `gauges` None: it has none, as in the simulator."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        board: Board,
        *,
        gauges: Gauges | None,
        latency: Latency | None,
        bots: Sequence[Answers],
    ) -> None:
        self._s = state
        self._clock = clock
        self._board = board
        self._gauges = gauges
        self._latency = latency
        self._bots = bots
        self._offset = ClockOffset(clock.steady()[1])
        self._disk = DiskRoom()
        self._compared = Compared(clock.now())
        self._next = clock.now()

    def next_due(self) -> int | None:
        if self._gauges is None and not self._s.day.is_open(self._s.ts):
            return None  # nothing is expected of anybody
        return self._next

    def take(self, now: int) -> list[Event]:
        if now < self._next:
            return []
        stood_still = now - self._next > self._clock.stretch(
            LATE
        )  # what came meanwhile is read in this round
        self._next = now + self._clock.stretch(SELDOM if self._gauges is None else LOOK)
        if stood_still:
            return []
        again = self._clock.stretch(AGAIN)
        reports = [self._board.see(reading, now, again) for reading in self._readings(now)]
        reports.append(self._compared.ask(self._s, now, self._clock.stretch(EVERY)))
        return [report for report in reports if report is not None]

    def _readings(self, now: int) -> list[Reading]:
        out: list[Reading] = []
        if self._gauges is not None:
            steady = self._clock.steady()[1]
            vitals = self._gauges.latest()
            out.append(self._offset.read(vitals, steady))
            out.append(self._disk.read(vitals, steady))
        if self._latency is not None:
            out.append(self._latency.read(self._s.limits.latency_limit))
        longest = self._clock.stretch(LONGEST)
        out.extend(bot(one, now, longest) for one in self._bots)
        out.append(self._compared.read(self._s, now, self._clock.stretch(OLDEST)))
        return out


def view(board: Board, now: int) -> list[dict[str, object]]:
    """The sensors as the operator plane shows them, by name: times in UTC ns, ages in ns."""
    return [
        {
            "sensor": what,
            "scope": scope,
            "state": row.state,
            "value": row.reading.value,
            "limit": row.reading.limit,
            "unit": row.reading.unit,
            "age": max(0, now - row.seen),
            "since": row.since,
            "source": row.reading.source,
            "detail": row.reading.detail,
        }
        for (what, scope), row in sorted(board.rows.items())
    ]
