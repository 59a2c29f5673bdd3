"""Corporate actions: what each book and price becomes is worked out from the action itself (actions.md)."""

from collections.abc import Iterator
from fractions import Fraction

from tests.auditor.market import Quote
from tests.auditor.reading import Line, money, shown
from tests.auditor.world import World


class Actions:
    """The lines that follow an `action`, against the state before it."""

    def __init__(self) -> None:
        self.action: Line = {}
        self.price: Quote | None = None
        self.held: dict[str, int] = {}
        self.seen: set[str] = set()

    def check(self, world: World, line: Line) -> Iterator[str]:
        if line["kind"] == "action":
            self.action = line
            self.price = world.quotes.get(line["symbol"])
            self.held = {
                owner: book.qty
                for (owner, symbol), book in world.ledger.books.items()
                if symbol == line["symbol"] and book.qty
            }
        elif line["kind"] == "mark" and line.get("restated"):
            yield from self.mark(world, line)
        elif line["kind"] == "report" and line["what"] == "moved" and line["why"] == self.action.get("id"):
            yield from self.moved(world, line)

    def mark(self, world: World, line: Line) -> Iterator[str]:
        action = self.action
        if line["source"] != action.get("id"):
            yield f"action: {line['symbol']} is restated by {line['source']}, which is no action"
        if line["symbol"] != action["symbol"] or self.price is None or "last" not in line:
            return
        instrument = world.instruments[line["symbol"]]
        if action["action"] == "split":
            want = (2 * self.price.last * action["den"] + action["num"]) // (2 * action["num"])  # the nearest
        elif action["action"] == "cash_dividend":
            want = self.price.last - money(action["cash"]) * 10**instrument.price_places // 1_000_000
        else:
            return
        if instrument.price(line["last"]) != want:
            mine = shown(want, instrument.price_places)
            yield f"action: {action['action']} makes {line['last']}, is {mine}"

    def moved(self, world: World, line: Line) -> Iterator[str]:
        action, held = self.action, self.held.get(line["strategy"], 0)
        if line["symbol"] != action["symbol"]:
            return
        instrument = world.instruments[line["symbol"]]
        if action["action"] == "cash_dividend":
            want = money(action["cash"]) * held // 10**instrument.qty_places
            if money(line["cash"]) != want or line["change"] != "0":
                yield f"action: {line['strategy']} gets {line['cash']}, is {shown(want)}"
        elif action["action"] == "split" and len(self.held) == 1:
            after = Fraction(held * action["num"], action["den"])
            if instrument.qty(line["change"]) != int(after) - held:
                yield f"action: {line['strategy']} changes by {line['change']}, is {int(after) - held}"
