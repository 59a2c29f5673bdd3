"""The broker's figures against ours: P9, and what a divergence says and heals."""

from collections.abc import Iterator

from tests.auditor.ledger import OUTSIDE
from tests.auditor.reading import Line, money, shown
from tests.auditor.world import World


class Truth:
    """What the broker said, and whether somebody noticed where it differs."""

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self.last = 0

    def check(self, world: World, line: Line) -> Iterator[str]:
        kind = line["kind"]
        if kind == "epoch":
            self.asked.add(0)
        elif kind == "report" and line["what"] == "ask_account":
            if line["ask"] != self.last + 1:
                yield f"ask: {line['ask']} behind {self.last}"
            self.last = line["ask"]
            self.asked.add(line["ask"])
        elif kind == "report" and line["what"] == "timeout" and line.get("call") == "account":
            yield from self.settled(line, line["attempt"])
        elif kind == "account":
            yield from self.settled(line, line["ask"])
            yield from self.account(world, line)
        elif kind == "divergence":
            yield from self.divergence(world, line)

    def settled(self, line: Line, ask: int) -> Iterator[str]:
        """A question is answered once, or not at all."""
        if ask not in self.asked:
            yield f"{line['kind']}: nobody asked {ask}"
        self.asked.discard(ask)

    def account(self, world: World, line: Line) -> Iterator[str]:
        theirs = {
            symbol: world.instruments[symbol].qty(qty)
            for symbol, qty in line["positions"].items()
            if symbol in world.instruments
        }
        if not line["positions"] and money(line["equity"]) != money(line["cash"]):
            yield f"account: equity {line['equity']} with nothing held and {line['cash']}"
        if not world.ledger.known:
            if "day_equity" in line and not line["positions"] and line["day_equity"] != line["equity"]:
                yield f"account: day_equity says {line['day_equity']} at the first look, is {line['equity']}"
            return
        flat = not theirs and not world.ledger.held()
        start = world.session.baseline if world.session else world.equity
        if flat and "day_equity" in line and not world.start_held and money(line["day_equity"]) != start:
            yield f"account: day_equity says {line['day_equity']}, is {shown(start)}"
        yield from self.compare(world, line, theirs)

    def compare(self, world: World, line: Line, theirs: dict[str, int]) -> Iterator[str]:
        """What may be under way explains a difference of positions, and of the cash that goes with them."""
        moving = False
        for symbol in sorted(set(theirs) | world.ledger.held()):
            gap = theirs.get(symbol, 0) - world.ledger.position(symbol)
            if gap == 0:
                continue
            side = "buy" if gap > 0 else "sell"
            may = sum(one.left for one in world.live.values() if one.symbol == symbol and one.side == side)
            moving = True
            if abs(gap) > may:
                yield from self.differs(world, f"position {symbol}", line)
        sides = {(one.symbol, one.side) for one in world.live.values() if one.sent}
        # positions are as they were: only what went there and back may still be told
        under_way = any((symbol, "sell") in sides for symbol, side in sides if side == "buy")
        gap = money(line["cash"]) - world.ledger.cash
        if gap and not moving and not under_way:
            yield from self.differs(world, "cash", line)

    def differs(self, world: World, what: str, line: Line) -> Iterator[str]:
        """A difference that nothing explains."""
        yield f"P9: {what} says {line['cash'] if what == 'cash' else line['positions']}, is " + (
            shown(world.ledger.cash)
            if what == "cash"
            else str(world.ledger.position(what.removeprefix("position ")))
        )

    def divergence(self, world: World, line: Line) -> Iterator[str]:
        what = line["what"]
        if what == "cash":
            if money(line["ours"]) != world.ledger.cash:
                yield f"divergence: our cash says {line['ours']}, is {shown(world.ledger.cash)}"
            if line["healed"]:
                world.ledger.move(OUTSIDE, "", 0, money(line["theirs"]) - world.ledger.cash)
        elif what.startswith("position "):
            symbol = what.removeprefix("position ")
            instrument = world.instruments.get(symbol)
            if instrument is None:
                return
            ours, theirs = instrument.qty(line["ours"]), instrument.qty(line["theirs"])
            if ours != world.ledger.position(symbol):
                yield f"divergence: our {what} says {line['ours']}, is {world.ledger.position(symbol)}"
            if line["healed"]:
                world.ledger.move(OUTSIDE, symbol, theirs - ours, 0)
