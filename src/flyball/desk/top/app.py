"""The live view: asks the governor every second, never waits for it, and has one button, panic.

Panic takes two keys, so that a cat on the keyboard does not press it; it needs no secret, since it only
tightens.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from flyball.desk.top.screen import screen

Answer = dict[str, Any]
EVERY_S: Final = 1.0
SILENT_S: Final = 3.0  # from which the screen says that it is old

Ask = Callable[[str], Answer]  # a view's answer; raises OSError, or what a client raises, when nobody answers
Press = Callable[[], str]  # panic; what became of it, in a sentence


class Top(App[None]):
    """`ask`: status and limits; `press`: panic; `steady`: a clock in ns that never goes back; `remedy`: what
    to do when the governor is silent; `silence`: exceptions that mean that nobody answered."""

    CSS = "Screen { background: $background; } #said { height: auto; } VerticalScroll { padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "arm", "panic"),
        Binding("y", "confirm", "yes, panic", show=False),
        Binding("escape", "disarm", "no", show=False),
        Binding("q", "quit", "quit"),
    ]
    ENABLE_COMMAND_PALETTE = False
    TITLE = "Flyball"

    def __init__(
        self,
        ask: Ask,
        press: Press,
        steady: Callable[[], float],
        remedy: str,
        silence: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        super().__init__()
        self.ask = ask
        self.press = press
        self.steady = steady
        self.remedy = remedy
        self.silence = silence
        self.status: Answer | None = None
        self.limits: Answer | None = None
        self.answered = steady()
        self.asking = False
        self.armed = False
        self.trouble = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="said")
        with VerticalScroll():
            yield Static("asking the governor ...", id="screen")
        yield Footer()

    def on_mount(self) -> None:
        self.refresh_all()
        self.set_interval(EVERY_S, self.refresh_all)

    def refresh_all(self) -> None:
        """Ask anew unless a question is open, and draw what is known."""
        if not self.asking:
            self.asking = True
            self.question()
        self.draw()

    @work(thread=True, group="ask")
    def question(self) -> None:
        """Both answers, on a thread of their own: a governor that hangs holds up nothing here."""
        try:
            status, limits = self.ask("status"), self.ask("limits")
        except self.silence as gone:
            self.call_from_thread(self.heard, None, None, str(gone))
        else:
            self.call_from_thread(self.heard, status, limits, "")

    def heard(self, status: Answer | None, limits: Answer | None, trouble: str) -> None:
        """An answer, or that there is none."""
        self.asking = False
        self.trouble = trouble
        if status is not None and limits is not None:
            self.status, self.limits = status, limits
            self.answered = self.steady()
        self.draw()

    def draw(self) -> None:
        silent = self.steady() - self.answered
        silent = silent if silent > SILENT_S or self.trouble else 0.0
        found = self.query_one("#screen", Static)
        if self.status is None or self.limits is None:
            found.update(Text(f"{self.trouble or 'asking the governor ...'}\n\n{self.remedy}", "bold"))
        else:
            found.update(screen(self.status, self.limits, silent, self.remedy))

    def action_arm(self) -> None:
        """The first of two keys."""
        self.armed = True
        ask = " PANIC: halt, cancel everything, get flat?  y = yes, Esc = no "
        self.say(Text(ask, "bold white on red"))

    def action_disarm(self) -> None:
        self.armed = False
        self.say(Text(""))

    def action_confirm(self) -> None:
        """The second."""
        if self.armed:
            self.armed = False
            self.say(Text(" panic: being said ... ", "bold white on red"))
            self.pressing()

    @work(thread=True, group="press")
    def pressing(self) -> None:
        said = self.press()
        self.call_from_thread(self.say, Text(f" {said} ", "bold reverse"))

    def say(self, text: Text) -> None:
        self.query_one("#said", Static).update(text)
