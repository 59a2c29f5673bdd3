"""How old the newest price is, of every symbol that matters: one that is held, worked in or was traded today.

Bad: the market is open and for a symbol no price was accepted for three times the oldest price that may be
traded on, and three bars of its feed where that is longer, so that neither a feed of one bar a minute nor a
minute without a trade is silence. Ok: the next price. Outside a session nothing is expected and nothing
judged; at an open the time counts from the open. When no symbol at all has a price that young, the feed
itself is silent: that is told too, held or not.

It works from the governor's own markets, in virtual time as in real time. A look that finds something late is
taken again one round later: after a standstill the prices that waited are stepped first.
"""

from collections.abc import Mapping
from typing import Final

from flyball.kernel.events import Event
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.sensors.board import BAD, OK, Board, Reading

TIMES: Final = 3
SHORTEST: Final = 30 * NS  # where no key says how old a price may be
FEED: Final = ""


class FeedAge:
    """`ports.Source` of the reports "feed" (a symbol each) and "feed_silent". `bars`: the length of a
    symbol's bars, ns; a symbol that is not in it has quotes. `begun`: no silence is counted from before."""

    def __init__(self, state: State, board: Board, bars: Mapping[str, int], begun: int = 0) -> None:
        self._s = state
        self._begun = begun
        self._board = board
        self._bars = bars
        self._day = 0
        self._check = 0  # when to look next; 0 = not before another session
        self._again = False
        self._late: dict[str, int] = {
            x.scope.removeprefix("symbol:"): x.since
            for x in state.latches.values()
            if x.scope.startswith("symbol:") and board.held("feed", x.scope)
        }  # symbol, or FEED -> since when

    def next_due(self) -> int | None:
        """When a price would be too old, or at once when one has come that was."""
        day = self._s.day
        if self._again or (self._late and self._back()):
            return self._s.ts
        if day.day != self._day:
            self._day = day.day
            self._check = day.open + min((self._limit(x) for x in self._s.markets), default=TIMES * SHORTEST)
        return self._check if 0 < self._check < day.close else None

    def take(self, now: int) -> list[Event]:
        """The reports there are by now."""
        out: list[Event] = []
        for symbol in self._back() if self._late else ():
            del self._late[symbol]
            self._see(out, symbol, OK, "a price has come", 0, now)
        due = self.next_due()
        if self._again:
            self._again = False
            self._judge(out, now)
        elif due is not None and due <= now:
            self._again = self._s.day.is_open(now)
            self._check = self._check if self._again else 0
        return out

    def _back(self) -> list[str]:
        """What was late and has a newer price."""
        markets = self._s.markets
        newest = max((m.seen_at for m in markets.values()), default=0)
        seen = {x: newest if x == FEED else markets[x].seen_at if x in markets else 0 for x in self._late}
        return [x for x, since in self._late.items() if seen[x] > since]

    def _judge(self, out: list[Event], now: int) -> None:
        """Every symbol that matters, then the whole feed; and when to look again."""
        s = self._s
        soonest = now + min((self._limit(x) for x in s.markets), default=TIMES * SHORTEST)
        for symbol in self._matter():
            limit = self._limit(symbol)
            since = max(s.markets[symbol].seen_at, s.day.open, self._begun)
            if now - since < limit:
                soonest = min(soonest, since + limit)
                self._see(out, symbol, OK, "prices come", now - since, now)
            elif symbol not in self._late:
                self._late[symbol] = since
                self._see(out, symbol, BAD, f"no price for {(now - since) // NS} s", now - since, now)
        self._whole(out, now)
        self._check = max(soonest, now + 1)

    def _whole(self, out: list[Event], now: int) -> None:
        markets = self._s.markets
        if not markets or FEED in self._late:
            return
        since = max(self._s.day.open, self._begun, *(m.seen_at for m in markets.values()))
        if now - since >= max(self._limit(x) for x in markets):
            self._late[FEED] = since
            what = f"no price of any symbol for {(now - since) // NS} s"
            self._see(out, FEED, BAD, what, now - since, now)

    def _matter(self) -> list[str]:
        """Held, worked in, or traded today, in order."""
        s = self._s
        traded = {o.symbol for o in s.closed.values() if o.filled}
        return [x for x in sorted(s.markets) if s.position(x) != 0 or x in traded or s.live.get(x)]

    def _limit(self, symbol: str) -> int:
        oldest = self._s.limits.of_symbol(symbol).max_quote_age
        return TIMES * max(oldest, self._bars.get(symbol, 0), SHORTEST if oldest < 0 else 0)

    def _see(self, out: list[Event], symbol: str, state: str, detail: str, age: int, now: int) -> None:
        if symbol == FEED:
            reading = Reading("feed_silent", state, "feed", detail, value=age)
        else:
            limit = self._limit(symbol)
            reading = Reading("feed", state, "feed", detail, f"symbol:{symbol}", age, limit)
        report = self._board.see(reading, now, again=0)
        if report is not None:
            out.append(report)
