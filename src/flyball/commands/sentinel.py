"""`flyball sentinel`: a separate process that panics when the governor cannot.

Imports no kernel, journal, config or compose: it has to work when they do not.
"""

import json
import math
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import rich_click as click

from flyball.commands.panic import KEYS_FILE, KILL_FILE
from flyball.commands.words import DIR, JSON, fail
from flyball.sentinel.vigil import AFTER, GRACE, Seen, Vigil

EVERY: Final = 0.25  # seconds between two looks
AGAIN: Final = 15.0  # seconds until what did not end flat is tried again ...
LONGEST: Final = 300.0  # ... doubling up to this where the broker answers
DISK_S: Final = 0.5  # seconds a disk is waited for
SEEN_S: Final = 1.0  # seconds in which a kill file is seen
UNREACHED: Final = 3  # exit code of a panic that found no broker
NOTE: Final = "run/sentinel.json"
LOCK: Final = "run/sentinel.lock"


@click.command()
@DIR
@click.option(
    "--keys",
    type=click.Path(dir_okay=False),
    help=f"The broker's keys, mode 0600; DIR/{KEYS_FILE} otherwise.",
)
@click.option("--keys-fd", type=click.IntRange(0), help="The same from an open descriptor.")
@click.option(
    "--after",
    type=click.FloatRange(1, 3600),
    default=AFTER,
    show_default=True,
    help="Seconds of silence after which it acts.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 600),
    default=GRACE,
    show_default=True,
    help="Seconds a governor has to take up a kill file, and a new one to begin after a crash.",
)
@click.option(
    "--then",
    type=click.Choice(["flatten", "cancel"]),
    default="flatten",
    show_default=True,
    help="What it does: cancel everything and get flat, or cancel everything.",
)
@click.option(
    "--on-panic", metavar="COMMAND", help="Run this with one line of text when it acts and when done."
)
@click.option("--follow", is_flag=True, help="End when the governor has taken its leave, or after a panic.")
@JSON
def sentinel(
    folder: str,
    keys: str | None,
    keys_fd: int | None,
    after: float,
    grace: float,
    then: str,
    on_panic: str | None,
    follow: bool,
    as_json: bool,
) -> None:
    """Watch over a governor, and cancel everything and get flat without it when it is silent, when it is gone
    without a farewell, or when a kill file is not taken up. Runs until Ctrl-C or SIGTERM.

    Example: flyball sentinel --dir desk --keys desk/broker.keys
    """
    from flyball.machine.http_once import BadAddress, address
    from flyball.machine.private import read_descriptor, read_private, seal
    from flyball.sentinel.keys import read_keys
    from flyball.sentinel.wire import Wrong

    seal()
    place = Path(folder).resolve()
    file = keys or str(place / KEYS_FILE)
    where = file if keys_fd is None else f"descriptor {keys_fd}"
    try:
        raw = read_private(file) if keys_fd is None else read_descriptor(keys_fd)
        address(read_keys(raw, where)["url"])
    except (OSError, Wrong, BadAddress) as wrong:
        remedy = '{"url": ..., "key": ..., "secret": ..., "account": ...} in a file of mode 0600'
        fail(2, f"the keys cannot be read: {wrong}\nremedy: --keys FILE or --keys-fd N with {remedy}")
    file = "" if keys_fd is not None else file
    watch = Watch(str(place), raw, where, file, on_panic, as_json, exits=then == "flatten")
    signal.signal(signal.SIGTERM, watch.stop)
    signal.signal(signal.SIGINT, watch.stop)
    if not watch.alone():
        fail(1, f"{place}: another sentinel watches here already")
    sys.exit(watch.run(Vigil(after, grace), follow))


class Watch:
    """One sentinel at work. It waits for no disk: what looks or writes there has threads of its own."""

    def __init__(
        self, folder: str, raw: bytes, where: str, file: str, hook: str | None, as_json: bool, *, exits: bool
    ) -> None:
        """`raw`: the keys from `where`; `file`: read again before a panic, as they may have been changed."""
        from flyball.machine.killfile import KillFileWatch
        from flyball.machine.pulse import Listener

        self.folder, self.raw, self.where, self.file = folder, raw, where, file
        self.hook, self.as_json, self.exits = hook, as_json, exits
        self.stopped = False
        self.pressed = 0
        self.laid = False  # the kill file of this panic is there
        self.last = ""  # what the last panic ended with, as it was told
        self.kill_file = KillFileWatch(f"{folder}/{KILL_FILE}")
        self.listener = Listener(folder)

    def stop(self, number: int, frame: object) -> None:
        """Not in the middle of a panic, but then."""
        self.stopped = True

    def alone(self) -> bool:
        """Whether no other sentinel watches this desk. Where that cannot be told (a full disk) it is."""
        from flyball.machine.killfile import only_one

        return only_one(f"{self.folder}/{LOCK}")

    def run(self, vigil: Vigil, follow: bool) -> int:
        """Look until stopped; the exit code: 0, or that of the last panic. One that did not end flat is begun
        again, until it does, a governor has taken the panic up or somebody takes the kill file away.
        """
        from flyball.machine.files import rest, steady
        from flyball.machine.hook import aside

        self.tell("watching", f"{self.folder}: silence of {vigil.after:g} s, grace of {vigil.grace:g} s")
        aside(self.try_keys, 0.0)
        code, again, pause, was_gone, laid = 0, 0.0, AGAIN, False, False
        while not self.stopped:
            seen = self.look()
            if laid and not seen.kill and code:
                self.page("left", "somebody took the kill file away: what is left is left to him")
                again = math.inf
            laid = seen.kill
            why = vigil.look(steady(), seen)
            if vigil.gone_at is not None and not was_gone:
                self.page("gone", "the governor is gone without a farewell; waiting for another to begin")
            was_gone = vigil.gone_at is not None
            if why or (code and vigil.done and not vigil.taken_up and steady() >= again):
                pause = AGAIN if why or code == UNREACHED else min(2 * pause, LONGEST)
                code = self.press(why)
                if why and self.laid:
                    self.see_ours()
                    vigil.kill_before = True  # ours: it is no new word of anybody's
                again = steady() + pause
            elif code and not vigil.done:
                code = 0  # a governor beats again
            over = (seen.count > 0 and not seen.flying and not seen.kill) or self.pressed > 0
            if follow and over and (not code or again == math.inf):
                break
            rest(EVERY)
        self.tell("ended", f"panics pressed: {self.pressed}")
        return code

    def look(self) -> Seen:
        """What there is to see now."""
        from flyball.machine.pulse import PANICKED, STARTING, STOPPED, alive

        kill, beat = self.kill_file.there(), self.listener.read()
        if beat is None:
            return Seen(kill)
        state = beat.state
        return Seen(
            kill, beat.count, state != STOPPED, state == PANICKED, alive(beat), starting=state == STARTING
        )

    def lay(self) -> None:
        """Put the kill file down."""
        from flyball.machine.killfile import lay

        self.laid = lay(f"{self.folder}/{KILL_FILE}")

    def see_ours(self) -> None:
        """Until the look-out has seen it too; somebody may have taken it away by now."""
        from flyball.machine.files import rest, steady

        end = steady() + SEEN_S
        while not self.kill_file.there() and steady() < end:
            rest(0.05)

    def try_keys(self) -> None:
        """Whether the keys open the account: keys that do not are better known before they are needed."""
        from flyball.commands.panic_direct import open_now

        code, said = open_now(self.raw, self.where, say=lambda text: None)
        if code == UNREACHED:
            self.tell("unchecked", f"{said}; the keys are not tried yet")
        elif code:
            self.page("keys", f"{said}; mend it while nothing has happened")

    def keys_now(self) -> bytes:
        """The keys as they are in their file, or as they were when it cannot be read in time."""
        from flyball.machine.hook import aside
        from flyball.machine.private import read_private
        from flyball.sentinel.keys import read_keys
        from flyball.sentinel.wire import Wrong

        def read() -> None:
            with suppress(OSError, Wrong):
                raw = read_private(self.file)
                read_keys(raw, self.where)
                self.raw = raw

        if self.file:
            aside(read, DISK_S)
        return self.raw

    def press(self, why: str) -> int:
        """The direct panic, `why` "" for once more. A kill file is put down first, so that a governor that
        comes back panics too; a second one is not.
        """
        from flyball.commands.panic_direct import press_now, report_text
        from flyball.machine.hook import aside

        self.pressed += 1
        if why:
            self.laid = False
            aside(self.lay, DISK_S)
            self.last = ""
            self.page("panic", f"{why}: direct panic")
        else:
            self.tell("again", "not flat yet: direct panic, once more")
        try:
            code, report = press_now(
                self.keys_now(),
                self.where,
                exits=self.exits,
                lock=False,
                dry=False,
                say=lambda text: self.tell("step", text),
            )
        except Exception as error:  # noqa: BLE001  whatever the broker said, the watch goes on
            code, report = UNREACHED, {"outcome": "failed", "why": f"{type(error).__name__}: {error}"}
        text = report_text(report)
        told = repr((report["outcome"], report.get("why"), report.get("residue")))
        (self.page if told != self.last else self.tell)(
            "done", f"{why or 'once more'}: {text}", {"code": code, "report": report}
        )
        self.last = told
        return code

    def page(self, what: str, text: str, more: dict[str, object] | None = None) -> None:
        """Tell a person by every way that there is, and wait for none."""
        from flyball.machine.hook import aside, run_hook

        self.tell(what, text, more)
        hook = self.hook
        if hook is not None:

            def call() -> None:
                if wrong := run_hook(hook, f"flyball sentinel {self.folder}: {text}"):
                    self.tell("hook", f"{hook}: {wrong}")

            aside(call, 0.0)

    def tell(self, what: str, text: str, more: dict[str, object] | None = None) -> None:
        """To stderr, and what happened last into the desk's folder if its disk takes it."""
        from flyball.machine.hook import aside
        from flyball.machine.killfile import put_note

        line = {"what": what, "pid": os.getpid(), "pressed": self.pressed, "text": text, **(more or {})}
        said = json.dumps(line, default=str)
        with suppress(OSError):
            click.echo(said if self.as_json else f"sentinel: {text}", err=True)
        if what not in ("step", "hook"):
            aside(lambda: put_note(f"{self.folder}/{NOTE}", said), DISK_S)
