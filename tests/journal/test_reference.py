"""docs/reference/journal.md is the contract: each kind and field it names is exported so, and nothing else
is.
"""

import json
import re
import struct
import zlib
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flyball.journal import errors, segment
from flyball.journal.codec import CLASSES
from flyball.journal.export import export, lines
from flyball.journal.log import Journal
from flyball.journal.note import NOTE
from flyball.kernel.controls import EVIDENCE
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from tests.journal.faulty import InlineSyncer
from tests.journal.records import TS, example
from tests.journal.story import day

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "journal.md").read_text()
EXPORT = PAGE.partition("## The export\n")[2].partition("\n## Recomputing it")[0]
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")

Line = dict[str, Any]


def decimal(value: object) -> bool:
    return isinstance(value, str) and DECIMAL.fullmatch(value) is not None


def integer(value: object) -> bool:
    return type(value) is int


TYPES: dict[str, Callable[[object], bool]] = {
    "time": lambda v: (
        (isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", v) is not None)
        or integer(v)
    ),
    "date": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", v) is not None,
    "money": decimal,
    "ratio": decimal,
    "price": lambda v: decimal(v) or integer(v),
    "qty": lambda v: decimal(v) or integer(v),
    "money or qty": lambda v: decimal(v) or integer(v) or v == "x",
    "side": lambda v: v in ("buy", "sell"),
    "integer": integer,
    "boolean": lambda v: isinstance(v, bool),
    "string": lambda v: isinstance(v, str),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
}


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in `text`."""
    found = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in found if not row[0].strip().startswith("---")]


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def documented() -> dict[str, dict[str, str]]:
    """Kind, or `report what`, -> field -> type. `report` alone is a sensor's."""
    kinds: dict[str, dict[str, str]] = {}
    for part in EXPORT.split("\n### ")[1:]:
        kind, _, text = part.partition("\n")
        fields: dict[str, str] = {}
        for row in rows(text):
            if len(row) == 3 and row[0].startswith("`") and kind != "report":
                fields.update(dict.fromkeys(names(row[0]), row[1]))
        kinds[kind] = fields
    what, own = kinds.pop("report"), {}
    assert not what
    for row in rows(EXPORT.partition("\n### report\n")[2]):
        if len(row) == 3 and row[1] in TYPES:
            own.update(dict.fromkeys(names(row[0]), row[1]))
        elif len(row) == 3 and row[0].startswith("`") and names(row[0]) != ["what"]:
            fields = {"what": "string"}
            waiting: list[str] = []
            for name, kind in re.findall(r"`(\w+)`|(\b[a-z]+\b)", row[1]):
                if name:
                    waiting.append(name)
                else:
                    assert kind in TYPES, (row, kind)
                    fields.update(dict.fromkeys(waiting, kind))
                    waiting = []
            assert not waiting, row
            kinds[f"report {row[0].strip('`')}"] = fields
    kinds["report"] = own
    return kinds


KINDS = documented()
COMMON = {"v": "integer", "seq": "integer", "ts": "time", "kind": "string"}


def kind_of(line: Line) -> str:
    own = f"report {line.get('what')}"
    sensed = line.get("what") == "feed" and "value" in line  # a sensor's word, not what a feed carries
    return own if line["kind"] == "report" and own in KINDS and not sensed else line["kind"]


@pytest.fixture(scope="module")
def exported() -> list[Line]:
    """A day through the real kernel, and every class once more with every field filled."""
    story = list(lines(day().records))
    filled = [line for record in CLASSES for line in list(lines([(1, example(record, TS))]))]
    return [json.loads(json.dumps(line)) for line in [*story, *filled]]


def test_the_page_says_what_every_line_has():
    table = {name: row[1] for row in rows(EXPORT.partition("Types used")[0]) for name in names(row[0])}
    assert table == COMMON


def test_every_line_is_documented_with_its_type(exported):
    for line in exported:
        assert kind_of(line) in KINDS, line
        fields = {**COMMON, **KINDS[kind_of(line)]}
        for name, value in line.items():
            assert name in fields, f"{kind_of(line)}.{name} is not documented"
            assert TYPES[fields[name]](value), (kind_of(line), name, fields[name], value)


def test_every_documented_field_is_exported(exported):
    seen: dict[str, set[str]] = {}
    for line in exported:
        seen.setdefault(kind_of(line), set()).update(line)
    for kind, fields in KINDS.items():
        assert set(fields) <= seen.get(kind, set()), kind


def test_every_class_of_record_is_in_the_story_and_so_in_the_examples():
    assert {type(record) for _, record in day().records} == set(CLASSES)


def shape(value: object) -> object:
    return type(value)


def examples() -> list[Line]:
    return [json.loads(text) for text in re.findall(r"```json\n(.*)\n```", EXPORT)]


def test_every_kind_has_an_example():
    assert {line["kind"] for line in examples()} == {kind.partition(" ")[0] for kind in KINDS}


@pytest.mark.parametrize("example", examples(), ids=lambda line: f"{line['kind']}-{line['seq']}")
def test_an_example_is_a_line_like_those_exported(example, exported):
    """The same fields of the same types; inside `controls` and `limits`, some of them."""
    for line in exported:
        if kind_of(line) == kind_of(example) and list(line) == list(example):
            assert {k: shape(v) for k, v in line.items()} == {k: shape(v) for k, v in example.items()}
            break
    else:
        pytest.fail(f"no exported line has these fields: {example}")
    assert set(example.get("controls", {})) <= set(EVIDENCE)
    for entry in example.get("limits", {}).values():
        assert {"value", "unit", "origin"} <= set(entry)


# -- what an outsider makes of it --------------------------------------------------------------------------


def outsider() -> Any:
    """The program on the page, as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    room: dict[str, Any] = {}
    exec(code, room)  # noqa: S102  the page's own program
    return room


def test_an_outsider_recomputes_cash_positions_turnover_and_worst_case():
    """After every event of the story: the same positions, and money the same but for rounding against us."""
    story = day()
    text = [line.decode() for line in export(story.records)]
    exponents = {"MSFT": 0, "BTC-USD": 9}
    them = outsider()["Outsider"]()
    read = fills = live = 0
    for figures in story.figures:
        for line in text[read : figures.seq]:
            them.read(json.loads(line))
        read = figures.seq
        fills, live = len(them.fills), len(them.orders)
        if not figures.known:
            continue
        micro = Decimal("0.000001")
        assert 0 <= them.cash - figures.cash * micro <= fills * micro
        assert 0 <= figures.traded * micro - them.traded <= fills * micro
        for symbol, qty in figures.positions.items():
            assert them.positions[symbol] == Decimal(qty).scaleb(-exponents[symbol])
            worst = figures.worst.get(symbol, 0) * micro
            assert 0 <= worst - them.worst(symbol) <= (live + 1) * micro, (symbol, figures.seq)
    assert fills >= 9
    assert any(figures.worst for figures in story.figures)
    assert them.positions["MSFT"] == 0
    assert outsider()["recompute"](text).cash == them.cash


# -- the files, read with nothing but the page -------------------------------------------------------------


def test_the_files_are_as_the_page_says(tmp_path):
    """A reader written from the tables alone: header page, blocks, checksums, chain, rows, note."""
    records = [record for _, record in day().records]
    journal = Journal.create(RealDisk(str(tmp_path)), InlineSyncer(), OsRandom(), segment_bytes=20_000)
    for record in records:
        journal.append([record])
        journal.request_sync()
    head = journal.head
    journal.close()
    kinds: list[str] = []
    previous = b""
    journal_id = b""
    names = sorted(file.name for file in (tmp_path / "segments").iterdir())
    assert names == [f"{n:08d}.fbj" for n in range(1, len(names) + 1)]
    for number, name in enumerate(names, 1):
        data = (tmp_path / "segments" / name).read_bytes()
        if not any(data):
            assert number == len(names)
            break
        page = data[:4096]
        assert page[:8] == bytes.fromhex("89 46 42 4A 0D 0A 1A 0A")
        version, crc, own_id, own_number, first, before = struct.unpack_from("<II16sQQ32s", page, 8)
        assert (version, own_number, first) == (1, number, len(kinds) + 1)
        assert crc == zlib.crc32(page[:12] + page[16:])
        assert before == (previous if number > 1 else bytes(32))
        journal_id = journal_id or own_id
        assert own_id == journal_id
        assert not any(page[80:])
        previous = previous or sha256(page).digest()
        at = 4096
        while data[at : at + 4] == b"FBJB":
            crc, length, count, first, ts, durable, before = struct.unpack_from("<IIIQqQ32s", data, at + 4)
            block = data[at : at + 72 + length]
            assert crc == zlib.crc32(journal_id + block[8:])
            assert (first, before) == (len(kinds) + 1, previous)
            assert durable < first
            rows = msgspec.msgpack.decode(block[72:])
            assert len(rows) == count
            assert rows[0][1] == ts
            kinds += [row[0] for row in rows]
            previous = sha256(block).digest()
            at += 72 + length
        assert not any(data[at:])
    assert kinds == [record.KIND for record in records]
    assert previous == head.hash
    note = f"flyball-journal-head 1 {journal_id.hex()} {head.seq} {head.hash.hex()}\n"
    assert (tmp_path / NOTE).read_text() == note
    assert (segment.PAGE, segment.BLOCK_HEADER) == (4096, 72)


def test_every_error_is_on_the_page():
    table = {names(row[0])[0] for row in rows(PAGE.partition("## Checking and opening")[2]) if names(row[0])}
    ours = {
        name
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, errors.JournalError) and cls is not errors.JournalError
    }
    assert table == ours
