"""The next segment, made in advance: filled with real zeros a slice at a time while the present one is
written.

So no append ever waits for sixteen megabytes, and a commit inside a finished segment changes nothing but
data. Nothing here syncs; a spare that a crash leaves half filled is simply used as far as it goes.
"""

from typing import Final

from flyball.ports import Disk, File

SLICE: Final = 1 << 16
AHEAD: Final = 2  # bytes of zeros for each byte appended: done when the present segment is half full
_ZEROS: Final = bytes(SLICE)


class Spare:
    """A segment file at `path`, on its way to `length` bytes of zeros."""

    def __init__(self, disk: Disk, path: str, length: int) -> None:
        self.failed = ""  # why it could not be made, "" as long as it can
        self._disk = disk
        self._path = path
        self._length = length
        self._file: File | None = None
        self._filled = 0
        self._owed = 0

    def fill(self, appended: int) -> None:
        """Go on in step with `appended` bytes. Never raises: a disk that fills shows in `failed`."""
        if self.failed or self._filled >= self._length:
            return
        self._owed += AHEAD * appended
        try:
            while self._owed >= SLICE and self._filled < self._length:
                self._owed -= SLICE
                file = self._opened()
                size = min(SLICE, self._length - self._filled)
                if size > 0:
                    file.write(self._filled, _ZEROS[:size])
                    self._filled += size
        except OSError as error:
            self.failed = f"{self._disk.root}/{self._path}: {error.strerror}"

    def take(self) -> File:
        """The file, as far as it is filled; writing behind that makes it longer. OSError when it cannot be
        had.
        """
        return self._opened()

    def close(self) -> None:
        """Leave it for the next writer."""
        if self._file is not None:
            self._file.close()

    def _opened(self) -> File:
        if self._file is None:
            self._file = self._disk.open(self._path, create=True)
            self._filled = self._file.size()
        return self._file
