"""What a bot said, stamped, counted against its allowance, numbered, and handed out in order of time.

In virtual time a stamp follows from what was said and what it answers alone, never from how messages were
grouped or when anybody looked: one millisecond behind the later of the item it answers and what the bot said
before. A bot may lag by at most LAG: what it says beyond that is counted as dropped. In real time the stamp
is the host's clock.
"""

from collections import deque
from typing import Final

from flyball.kernel.events import BotDown, Ingress, Intent, Wake
from flyball.kernel.units import MS, NS

Arrival = Intent | Wake | Ingress | BotDown

ALLOWANCE: Final = 50  # intents a second (S1)
APART: Final = MS  # between two arrivals in virtual time
LAG: Final = NS  # how far arrivals may trail what caused them
SNOOZE: Final = 100 * MS  # the soonest an alarm rings after what was being answered
STORM: Final = 200  # pieces of rubbish in one second that end a bot


class Arrivals:
    """The queue between one bot and the journal. Holds at most some hundred events."""

    def __init__(self, strategy: str, *, virtual: bool) -> None:
        self.n = 0  # the last number handed out
        self._strategy = strategy
        self._virtual = virtual
        self._last = 0  # stamp of what arrived last
        self._second = 0  # of the allowance
        self._used = 0
        self._queue: deque[Intent] = deque()
        self._counts: dict[int, Ingress] = {}  # by second, rising
        self._reported = 0  # end of the last second that was reported
        self._alarm = -1
        self._down: BotDown | None = None

    def arrive(self, cause: int, now: int) -> int:
        """One thing has arrived in answer to an item of time `cause`: its stamp, or -1 when the bot lags too
        far.
        """
        if not self._virtual:
            self._last = max(now, self._last)
        elif self._last >= cause + LAG:
            return -1
        else:
            self._last = max(cause, self._last) + APART
        return self._last

    def admit(self, ts: int) -> bool:
        """Use one of the second's allowance; False, and counted, when it is used up. `ts` as `arrive` gave
        it, -1 included.
        """
        if ts >= 0 and ts // NS != self._second:
            self._second, self._used = ts // NS, 0
        if ts < 0 or self._used >= ALLOWANCE:
            self._count().dropped += 1
            return False
        self._used += 1
        return True

    def intent(self, intent: Intent) -> None:
        """Queue an admitted intent."""
        self._queue.append(intent)

    def dropped(self, cause: int, now: int, count: int) -> None:
        """Count what never came this far."""
        self._last = max(self._last, cause if self._virtual else now)
        self._count().dropped += count

    def rubbish(self) -> bool:
        """Count one thing that was no intent. True when that is a storm."""
        count = self._count()
        count.rubbish += 1
        return count.rubbish > STORM

    def wake(self, at: int, cause: int, now: int) -> None:
        """Set the bot's alarm; -1 takes it away."""
        self._alarm = max(at, (cause if self._virtual else max(cause, now)) + SNOOZE) if at >= 0 else -1

    def down(self, cause: int, now: int, why: str) -> None:
        """The bot is no more: its last event. What it said before still counts; its alarm does not."""
        self._last = max(cause, self._last) + APART if self._virtual else max(now, self._last)
        self._down = BotDown(self._last, self._strategy, why, 0)
        self._alarm = -1

    def next_due(self) -> int | None:
        """When the next event is due, None when there is none."""
        first = self._first()
        return first[0] if first else None

    def next(self, now: int) -> Arrival | None:
        """The next event due at or before `now`, numbered; None when there is none."""
        first = self._first()
        if first is None or first[0] > now:
            return None
        event = first[2]
        self.n += 1
        event.n = self.n
        if isinstance(event, Ingress):
            del self._counts[next(iter(self._counts))]
            self._reported = event.ts
        elif isinstance(event, Intent):
            self._queue.popleft()
            event.intent = event.intent or f"{self._strategy}-{self.n}"
        elif isinstance(event, Wake):
            self._alarm = -1
        else:
            self._down = None
        return event

    def end(self) -> None:
        """Nothing more comes of the bot but the reports of what was counted."""
        self._queue.clear()
        self._alarm = -1
        self._down = None

    def forget(self) -> None:
        """Drop everything not handed out."""
        self.end()
        self._counts.clear()

    def _first(self) -> tuple[int, int, Arrival] | None:
        """(ts, rank, event) of what is due first; of equals a second's report goes first, the end last."""
        due: list[tuple[int, int, Arrival]] = []
        if self._counts:
            count = next(iter(self._counts.values()))
            due.append((count.ts, 0, count))
        if self._queue:
            due.append((self._queue[0].ts, 1, self._queue[0]))
        if self._alarm >= 0:
            due.append((self._alarm, 2, Wake(self._alarm, self._strategy, 0)))
        if self._down:
            due.append((self._down.ts, 3, self._down))
        return min(due, key=lambda one: one[:2], default=None)

    def _count(self) -> Ingress:
        """The report of the second of the last stamp, which is told at the second's end."""
        end = max((self._last // NS + 1) * NS, self._reported + NS if self._reported > self._last else 0)
        if end not in self._counts:
            self._counts[end] = Ingress(end, self._strategy, 0, 0, 0)
        return self._counts[end]
