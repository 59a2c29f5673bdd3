"""The kernel's flight, judged by the simulator's Judge instead of the oracle."""

from collections.abc import Sequence
from typing import Any, Self

from flyball.journal.codec import Record
from flyball.kernel.effects import Effect, Order
from flyball.kernel.events import Event, Tick
from flyball.lab.sim.promises.books import Book
from flyball.lab.sim.promises.held import Latch
from flyball.lab.sim.promises.judge import Judge
from flyball.lab.sim.promises.prompt import Prompt
from flyball.lab.sim.promises.socket import Socket
from tests.kernel.flight import Flight

TICKS = 200  # in one go; a long wait has many


class World:
    """What the machine asks the oracle's world for, from the judge's model."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    @property
    def books(self) -> dict[tuple[str, str], Book]:
        return {(who, what): book for who, what, book in self.judge.model.all_books()}

    def forbidden(self, strategy: str, symbol: str) -> list[Latch]:
        found = self.judge.model.forbids(strategy, symbol)
        return [] if found is None else [found]


class Patient(Prompt):
    """Here nothing leaves by itself: exits wait until the test delivers them."""

    def batch(self, records: Sequence[Record], socket: Socket, now: int, *, written: bool) -> None:
        return


class JudgedFlight(Flight):
    """Every `feed` is a batch that the Judge sees, and the states are compared behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge()
        self.judge.prompt = Patient()
        self.world: Any = World(self.judge)

    def take(self, event: Event) -> list[Effect]:
        effects = super().take(event)
        written, theirs = self.journal[-1]
        self.judge.taken(self.judge.model.seq + 1, [written, *theirs], self.now)
        return effects

    def judged(self, start: int) -> None:
        assert not self.g.fault or self.faulty, self.g.fault
        self.judge.state(self.g)

    def later(self, ns: int) -> Self:
        """Time goes on, and every timer is served when it is due, as the runtime does."""
        end = self.now + ns
        for _ in range(TICKS):
            due = self.g.next_due()
            if due == 0 or due > end:
                break
            self.now = max(self.now, due)
            self.feed(Tick(self.now))
        self.now = end
        return self

    def config(self, **limits: Any) -> list[Effect]:
        """Limits at will, as at a first start."""
        self.judge.loosened.before = None
        return super().config(**limits)

    def forgotten(self, order: Order) -> bool:
        """What the governor no longer knows is over."""
        if self.g.state.order(order.client_id) is not None:
            return False
        assert not self.judge.model.orders[order.client_id].live()
        return True

    def sent(self, order: Order) -> list[Effect]:
        if order.adds:  # what reduces leaves at once where there is a runtime, here much later
            self.judge.sending(order, self.judge.model.seq, self.now)
        return super().sent(order)

    def epoch(self, number: int = 1, mode: str = "paper", *, compared: bool = True) -> list[Effect]:
        if number > 1:
            self.judge.socket.started()
        return super().epoch(number, mode, compared=compared)
