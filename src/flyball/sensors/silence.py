"""What should have been heard and was not: a bot's answer, a clean comparison with the broker (B6, L10, D9).

A bot is silent when it has left a message unanswered for LONGEST: it sleeps, spins or hangs, alive as it may
be. One that is told nothing owes no answer; one that has ended has said so itself. The account is compared
every minute while the market is open; one that nobody found the same for OLDEST is doubted."""

from typing import Final, Protocol

from flyball.kernel.events import Report
from flyball.kernel.state import State
from flyball.kernel.units import MINUTE, NS
from flyball.sensors.board import BAD, OK, WAITING, Reading

LONGEST: Final = 30 * NS
OLDEST: Final = 10 * MINUTE
EVERY: Final = MINUTE


class Answers(Protocol):
    """What a bot's host knows of it."""

    strategy: str
    started: bool  # it has answered something
    ended: str  # why it is down, "" while it runs

    def waits_since(self) -> int | None: ...


def bot(host: Answers, now: int, longest: int = LONGEST) -> Reading:
    """Sensor "bot". Until it has answered its first message it is neither silent nor well, unless that takes
    too long as well."""
    waits_since = host.waits_since()
    age = 0 if waits_since is None else max(0, now - waits_since)
    late = age > longest
    state = BAD if late else OK if host.started and not host.ended else WAITING
    detail = f"alive, and has not answered a message for {age // NS} s" if late else host.ended or "answers"
    return Reading("bot", state, "host", detail, f"strategy:{host.strategy}", age, longest)


class Compared:
    """Sensor "reconcile", and the question that keeps it answered. Times are the governor's clock; `begun`:
    when this start began."""

    def __init__(self, begun: int) -> None:
        self._begun = begun
        self._asked = begun

    def read(self, s: State, now: int, oldest: int = OLDEST) -> Reading:
        """How old the newest clean comparison is while the market is open."""
        age = max(0, now - max(s.agreed, s.day.open, self._begun)) if s.day.is_open(now) else 0
        late = age > oldest
        fresh = s.agreed >= self._begun and now - s.agreed <= oldest
        state = BAD if late else OK if fresh else WAITING
        detail = f"no clean comparison with the broker for {age // NS} s" if late else "compared"
        return Reading("reconcile", state, "governor", detail, value=age, limit=oldest)

    def ask(self, s: State, now: int, every: int = EVERY) -> Report | None:
        """The word that it is time to compare again: the kernel asks."""
        idle = s.account_asked == 0 and "account" not in s.timers
        if not idle or not s.day.is_open(now) or now - max(s.agreed, self._asked) < every:
            return None
        self._asked = now
        return Report(now, "compare", "due", "governor", f"{every // NS} s since the last comparison")
