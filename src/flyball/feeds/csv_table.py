"""CSV as a table: comma, semicolon, tab or bar between cells, a header, `# key=value` lines before it."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from flyball.feeds.table import BarsError, Kind, Rows, Table

DELIMITERS: Final = ",;\t|"
_STATED: Final = re.compile(r"(\w+)\s*=\s*([^\s,;]+)")


def open_csv(path: str, data: bytes) -> Table:
    """The table in `data`, the bytes of the file `path`. Raises BarsError when it has no header line."""
    stated: dict[str, str] = {}
    header = ""
    above = 0  # lines before the header
    with _text(data) as text:
        try:
            for line in text:
                if line.strip() and not line.startswith("#"):
                    header = line
                    break
                stated.update(_STATED.findall(line))
                above += 1
        except UnicodeDecodeError:
            raise _not_text(path) from None
    delimiter = max(DELIMITERS, key=header.count)
    names = tuple(name.strip() for name in next(csv.reader([header], delimiter=delimiter), []))
    if not any(names):
        raise BarsError(f"{path}: empty; a header line naming the columns and rows of bars are needed")
    if all(_is_number(name) for name in names if name):
        raise BarsError(
            f"{path}: line {above + 1} holds numbers; put a line before it that names the columns"
        )

    def rows(columns: Sequence[int]) -> Rows:
        with _text(data) as text:
            reader = csv.reader(text, delimiter=delimiter)
            try:
                for _ in range(above):
                    text.readline()
                next(reader)
                for row in reader:
                    if len(row) == len(names):
                        yield reader.line_num + above, [row[column] for column in columns]
                    elif row:
                        yield reader.line_num + above, ()
            except UnicodeDecodeError:
                raise _not_text(path) from None
            except csv.Error as error:
                raise BarsError(f"{path}: line {reader.line_num + above}: {error}") from None

    kinds: list[Kind] = ["plain"] * len(names)
    return Table(path, names, kinds, stated, data.count(b"\n") - above, "line", rows)


def _text(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")


def _not_text(path: str) -> BarsError:
    return BarsError(f"{path}: not UTF-8 text; bars are read from CSV and from Parquet (.parquet)")


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text, re.IGNORECASE))
