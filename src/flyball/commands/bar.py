"""A progress bar for what takes long, on stderr and only for people."""

import sys
from types import TracebackType

LONG = 20_000  # records from which a bar is worth its line


class Bar:
    """`advance` with how much is done; nothing is drawn where no terminal is, or for less than `least`."""

    def __init__(self, what: str, total: int, *, least: int = LONG) -> None:
        from rich.console import Console
        from rich.progress import Progress

        off = total < least or not sys.stderr.isatty()
        self._progress = Progress(console=Console(stderr=True), transient=True, disable=off)
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)
