"""Where each key of a TOML text stands. The standard reader keeps no lines, and a message needs one.

`locate` reads only what it needs to find keys and skips values; the text has already been accepted by
tomllib, so nothing is checked twice.
"""

import re
import tomllib
from bisect import bisect_right
from typing import Final

Path = tuple[str, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
_SPACE: Final = re.compile(r"[ \t]*+")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]++")
_TEXT: Final = re.compile(
    r'"""(?:[^\\"]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_CLOCK: Final = re.compile(r" \d\d:[^\s,\]}#]++")
_SCALAR: Final = re.compile(r"[^\s,\]}#]++")


def locate(text: str) -> dict[Path, int]:
    """The line (from 1) of every key and table of a TOML text, by path; its first where it has two."""
    return _Scan(text).document()


class _Scan:
    """One pass over the text; `_at` is the next character to look at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while self._past(_BLANK) < len(self._text):
            if self._text[self._at] == "[":
                brackets = 2 if self._text.startswith("[[", self._at) else 1
                self._at += brackets
                table = self._key(())
                self._at += brackets
            else:
                self._pair(table)
        return self._lines

    def _past(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return self._at

    def _key(self, table: Path) -> Path:
        """A key with its dots; notes the line of every part."""
        path = table
        while True:
            self._past(_SPACE)
            start = self._at
            if self._text[start] in "\"'":
                self._past(_TEXT)
                part = tomllib.loads("k = " + self._text[start : self._at])["k"]
            else:
                self._past(_BARE)
                part = self._text[start : self._at]
            path = (*path, part)
            self._lines.setdefault(path, bisect_right(self._starts, start))
            self._past(_SPACE)
            if self._text[self._at] != ".":
                return path
            self._at += 1

    def _pair(self, table: Path) -> None:
        path = self._key(table)
        self._at += 1  # "="
        self._value(path)

    def _value(self, path: Path) -> None:
        self._past(_BLANK)
        first = self._text[self._at]
        if first in "\"'":
            self._past(_TEXT)
        elif first == "[":
            self._at += 1
            while self._next_item() != "]":
                self._value(path)
            self._at += 1
        elif first == "{":
            self._at += 1
            while self._next_item() != "}":
                self._pair(path)
            self._at += 1
        else:
            self._past(_SCALAR)
            # a date and a time may be parted by one space
            clock = _CLOCK.match(self._text, self._at)
            if clock is not None:
                self._at = clock.end()

    def _next_item(self) -> str:
        while self._text[self._past(_BLANK)] == ",":
            self._at += 1
        return self._text[self._at]
