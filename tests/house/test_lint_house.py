"""Each rule of the house is shown to catch what it names, and to leave alone what it does not."""

import subprocess
import sys
from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest

from tools.lint_house import check, check_tree
from tools.shape import LINES
from tools.source import Source

ROOT = Path(__file__).parents[2]
PROMISE = '"""A promise."""\n'


def broken(code: str, place: str = "runtime/loop.py") -> list[tuple[int, str]]:
    """(line, what) of each finding in `code`, lines counted from 1 in `code` itself."""
    source = Source(PurePosixPath(place), f"src/flyball/{place}", PROMISE + dedent(code).lstrip("\n"))
    return sorted({(finding.line - 1, finding.what) for finding in check(source)})


AROUND_THE_PORTS = [
    # time
    ("import time", [(1, "time")]),
    ("from time import monotonic_ns as now", [(1, "time.monotonic_ns")]),
    ("def f():\n    import time\n", [(2, "time")]),
    ("import importlib\nimportlib.import_module('time')", [(2, "time")]),
    ("__import__('random')", [(1, "random")]),
    ("from datetime import datetime\ndatetime.now()", [(2, "datetime.now")]),
    ("from datetime import datetime as dt, UTC\ndt.now(UTC)", [(2, "datetime.now")]),
    ("import datetime\ndatetime.datetime.utcnow()", [(2, "datetime.utcnow")]),
    ("import datetime as d\nd.date.today()", [(2, "date.today")]),
    ("import asyncio\nasync def f():\n    await asyncio.sleep(1)", [(3, "asyncio.sleep")]),
    ("from asyncio import sleep", [(1, "asyncio.sleep")]),
    ("from asyncio.tasks import wait_for", [(1, "asyncio.tasks.wait_for")]),
    ("import asyncio\nasync def f(g):\n    await asyncio.wait_for(g(), 1)", [(3, "asyncio.wait_for")]),
    ("import asyncio\nasync def f():\n    async with asyncio.timeout(1): ...", [(3, "asyncio.timeout")]),
    ("import asyncio\ndef f(sleep=asyncio.sleep): ...", [(2, "asyncio.sleep")]),
    ("def f(loop):\n    loop.call_later(1, print)", [(2, ".call_later")]),
    ("import os\nos.times()", [(2, "os.times")]),
    # chance
    ("import random", [(1, "random")]),
    ("from random import Random", [(1, "random.Random")]),
    ("import uuid", [(1, "uuid")]),
    ("from secrets import token_bytes", [(1, "secrets.token_bytes")]),
    ("import os\nos.urandom(8)", [(2, "os.urandom")]),
    ("from os import urandom", [(1, "os.urandom")]),
    # disk
    ("with open('x') as f: ...", [(1, "open")]),
    ("opener = open", [(1, "open")]),
    ("import io\nio.open('x')", [(2, "io.open")]),
    ("import gzip\ngzip.open('x')", [(2, "gzip.open")]),
    ("import os\nos.fsync(3)", [(2, "os.fsync")]),
    ("import os\nos.fdatasync(3)", [(2, "os.fdatasync")]),
    ("import os\nos.replace('a', 'b')", [(2, "os.replace")]),
    ("import os\nos.open('a', os.O_RDONLY)", [(2, "os.open")]),
    ("from pathlib import Path\nPath('x').open()", [(2, "Path.open")]),
    ("from pathlib import Path\nPath('x').read_text()", [(2, ".read_text")]),
    ("def f(x):\n    return x.read_bytes()", [(2, ".read_bytes")]),
    ("def f(x):\n    x.write_text('')", [(2, ".write_text")]),
    ("def f(x):\n    x.write_bytes(b'')", [(2, ".write_bytes")]),
    ("from pathlib import Path\ndef f(p: Path):\n    p.open('rb')", [(3, "Path.open")]),
    ("from pathlib import Path\ndef f(p: Path | None):\n    (p / 'a').open('rb')", [(3, "Path.open")]),
    ("import pathlib\ndef f(p: 'pathlib.Path'):\n    p.parent.mkdir()", [(3, "Path.mkdir")]),
    (
        "from pathlib import Path\nclass A:\n    p: Path\n    def f(self):\n        self.p.open()",
        [(5, "Path.open")],
    ),
    ("from pathlib import Path\np = Path.home() / 'x'\np.with_suffix('.y').unlink()", [(3, "Path.unlink")]),
    ("from pathlib import Path\nread = map(Path.open, [])", [(2, "Path.open")]),
    ("import shutil", [(1, "shutil")]),
    ("import tempfile", [(1, "tempfile")]),
    # network
    ("import socket", [(1, "socket")]),
    ("import urllib.request", [(1, "urllib.request")]),
    ("from urllib import request", [(1, "urllib.request")]),
    ("from http.client import HTTPConnection", [(1, "http.client.HTTPConnection")]),
    ("import asyncio\nasyncio.open_connection('h', 1)", [(2, "asyncio.open_connection")]),
    ("import asyncio\nasyncio.start_unix_server(print, 'p')", [(2, "asyncio.start_unix_server")]),
    # threads
    ("import threading", [(1, "threading")]),
    ("from concurrent.futures import ThreadPoolExecutor", [(1, "concurrent.futures.ThreadPoolExecutor")]),
    ("from concurrent import futures", [(1, "concurrent.futures")]),
    ("import asyncio\nasyncio.to_thread(print)", [(2, "asyncio.to_thread")]),
    ("def f(loop):\n    loop.run_in_executor(None, print)", [(2, ".run_in_executor")]),
    # processes
    ("import subprocess", [(1, "subprocess")]),
    ("from multiprocessing import Process", [(1, "multiprocessing.Process")]),
    ("import os\nos.fork()", [(2, "os.fork")]),
    ("import os\nos.system('true')", [(2, "os.system")]),
    ("import asyncio\nasyncio.create_subprocess_exec('a')", [(2, "asyncio.create_subprocess_exec")]),
]


@pytest.mark.parametrize(("code", "found"), AROUND_THE_PORTS)
def test_what_goes_round_the_ports_is_found(code, found):
    assert broken(code) == found


@pytest.mark.parametrize("room", ["machine/clock.py", "machine.py", "lab/bench.py"])
@pytest.mark.parametrize("code", [code for code, _ in AROUND_THE_PORTS])
def test_the_machine_and_the_lab_may(code, room):
    assert broken(code, room) == []


@pytest.mark.parametrize(
    "room", ["kernel/step.py", "journal/disk.py", "main.py", "desk/cli.py", "bots/host.py", "ports.py"]
)
def test_no_other_room_may(room):
    assert (1, "os.urandom") in broken("from os import urandom", room)


@pytest.mark.parametrize("room", ["machine/files.py", "lab/sim.py", "journal/codec.py"])
@pytest.mark.parametrize("module", ["pickle", "marshal", "shelve", "dill"])
def test_pickle_is_forbidden_everywhere(module, room):
    assert broken(f"import {module}", room) == [(1, module)]
    assert broken(f"from {module} import load", room) == [(1, f"{module}.load")]


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import UTC, datetime, time\ndatetime.fromtimestamp(0, UTC), time(9, 30)",
        "import asyncio\nasyncio.Event(), asyncio.TaskGroup()",
        "import os\nos.environ.get('X'), os.path.join('a', 'b'), os.getuid()",
        "import urllib.parse, http\nhttp.HTTPStatus.OK",
        "def f(disk):\n    disk.open('a'); disk.mkdir('a'); disk.rename('a', 'b')",
        "def f(text: str):\n    return text.replace('a', 'b')",
        "from pathlib import Path\ndef f(p: Path):\n    return p.name, p.exists(), p / 'a'",
        "def f(clock, loop):\n    clock.now(); clock.sleep(1)",
        "def f(time: int, random: int):\n    return time + random",
        "def session(open: int, close: int):\n    return open < close",
        "class Session:\n    open: int\n    close: int",
        "import gzip\ngzip.decompress(b'')",
        "import pkgutil\npkgutil.get_data('flyball.config', 'profiles/demo.toml')",
        "from flyball.ports import Clock, Random",
        "from .time import now",
    ],
)
def test_what_only_looks_alike_is_left_alone(code):
    assert broken(code) == []


def test_a_session_that_opens_does_not_hide_a_file_that_does():
    code = """
        class Session:
            open: int
        def early(open: int):
            return open
        def read():
            return open('x')
    """
    assert broken(code) == [(6, "open")]


AGAINST_THE_LAW = [
    # integers
    ("x = 1.5", [(1, "the literal 1.5")]),
    ("x = 1e9", [(1, "the literal 1000000000.0")]),
    ("x = 2j", [(1, "the literal 2j")]),
    ("x = float(1)", [(1, "float")]),
    ("def f(x: float): ...", [(1, "float")]),
    ("x = complex(1)", [(1, "complex")]),
    ("def f(a, b):\n    return a / b", [(2, "/")]),
    ("def f(a):\n    a /= 2", [(2, "/")]),
    ("x = 10 ** -2", [(1, "** with a negative exponent")]),
    ("def f(xs):\n    return sum(xs, [])", [(2, "sum with a start that is no integer literal")]),
    ("def f(xs):\n    return sum(xs, start=())", [(2, "sum with a start that is no integer literal")]),
    ("def f(xs):\n    return sum(x / 2 for x in xs)", [(2, "/")]),
    # hash
    ("x = hash('a')", [(1, "hash")]),
    ("def f(xs):\n    return sorted(xs, key=hash)", [(2, "hash")]),
    # order
    ("for x in {1, 2}: ...", [(1, "a loop over a set")]),
    ("def f(xs):\n    for x in set(xs): ...", [(2, "a loop over a set")]),
    ("def f(xs):\n    for x in frozenset(xs): ...", [(2, "a loop over a set")]),
    ("def f(xs):\n    return [x for x in {y for y in xs}]", [(2, "a comprehension over a set")]),
    ("def f(xs: set[int]):\n    for x in xs: ...", [(2, "a loop over a set")]),
    ("def f(xs: 'frozenset[int] | None'):\n    return [x for x in xs]", [(2, "a comprehension over a set")]),
    ("from collections.abc import Set\ndef f(*, xs: Set[int]):\n    return (*xs,)", [(3, "a set unpacked")]),
    ("from typing import Final\nXS: Final[set[int]] = set()\nYS = tuple(XS)", [(3, "tuple of a set")]),
    ("XS = {1, 2}\ndef f():\n    return list(XS)", [(3, "list of a set")]),
    ("def f():\n    a = {1}\n    b = a\n    for x in b: ...", [(4, "a loop over a set")]),
    ("def f(a, b):\n    for x in a.keys() & b.keys(): ...", [(2, "a loop over a set")]),
    ("def f(a: set[int], b):\n    for x in a - b: ...", [(2, "a loop over a set")]),
    ("def f(a: set[int], b):\n    for x in a.union(b): ...", [(2, "a loop over a set")]),
    (
        "class A:\n    xs: set[int]\n    def f(self):\n        for x in self.xs: ...",
        [(4, "a loop over a set")],
    ),
    (
        "class A:\n    def f(self):\n        self.xs: set[int] = set()\n        return next(iter(self.xs))",
        [(4, "iter of a set")],
    ),
    ("def g() -> set[int]: ...\ndef f():\n    return enumerate(g())", [(3, "enumerate of a set")]),
    ("def f(a: set[int]):\n    return a.pop()", [(2, "pop from a set")]),
    ("def f(a: set[str]):\n    return ','.join(a)", [(2, "join of a set")]),
    ("def f(a: set[str]):\n    return dict.fromkeys(a)", [(2, "fromkeys of a set")]),
    ("def f(a: set[int]):\n    yield from a", [(2, "yield from a set")]),
    ("def f(a: set[int]):\n    b, c = a", [(2, "a set unpacked")]),
    ("def f(a: set[int]):\n    return map(str, a)", [(2, "map of a set")]),
    # outside
    ("import json", [(1, "import of json")]),
    ("import collections", [(1, "import of collections")]),
    ("from decimal import Decimal", [(1, "import of decimal.Decimal")]),
    ("import msgspec", [(1, "import of msgspec")]),
    ("from flyball.ports import Clock", [(1, "import of flyball.ports.Clock")]),
    ("from ..ports import Clock", [(1, "import of flyball.ports.Clock")]),
    ("import os", [(1, "import of os")]),
]


@pytest.mark.parametrize(("code", "found"), AGAINST_THE_LAW)
def test_what_breaks_the_kernels_law_is_found(code, found):
    assert broken(code, "kernel/step.py") == found


def test_the_law_binds_the_kernel_only():
    assert broken("import json\nx = 1.5 / 2\nfor y in {1}: hash(y)") == []


@pytest.mark.parametrize(
    "code",
    [
        "from dataclasses import dataclass, field\nfrom enum import Enum\nimport hashlib, typing",
        "from __future__ import annotations\nfrom collections.abc import Iterator\nimport collections.abc",
        "from mypy_extensions import i64, mypyc_attr",
        "from flyball.kernel.units import mul_div\nfrom . import units\nfrom .units import notional",
        "def f(a, b, xs):\n    return a // b, 10 ** 6, sum(xs), sum(xs, 0), sum(1 for x in xs)",
        "def f(xs: set[int]):\n    return len(xs), 3 in xs, xs | {1}, sorted(xs), min(xs), sum(xs), not xs",
        "def f(xs: set[int]):\n    for x in sorted(xs): ...",
        "def f(xs: dict[int, int]):\n    for x in xs: ...\n    for y in xs.items(): ...\n    xs.pop(1)",
        "def f():\n    xs = {1}\n    return xs\ndef g(xs: list[int]):\n    for x in xs: ...",
        "XS = {1}\ndef g(XS: tuple[int, ...]):\n    return list(XS)",
        "class A:\n    def __hash__(self) -> int:\n        return 1",
    ],
)
def test_what_the_law_allows_is_left_alone(code):
    assert broken(code, "kernel/step.py") == []


def test_a_nested_room_of_the_kernel_is_the_kernel():
    assert broken("x = 1.5", "kernel/controls/spread.py") == [(1, "the literal 1.5")]
    assert broken("from ..units import notional\nfrom ... import ports", "kernel/controls/spread.py") == [
        (2, "import of flyball.ports")
    ]


def test_a_file_is_at_most_400_lines():
    assert LINES == 400
    assert broken("x = 1\n" * (LINES - 1)) == []
    assert broken("x = 1\n" * LINES) == [(LINES, "401 lines")]


@pytest.mark.parametrize("text", ["", "x = 1\n", "# a comment\n", '"""  """\n', "import os\n'''late'''\n"])
def test_a_module_opens_with_what_it_promises(text):
    source = Source(PurePosixPath("api/view.py"), "src/flyball/api/view.py", text)
    assert [finding.what for finding in check(source)] == ["no docstring"]


@pytest.mark.parametrize(
    "place", ["api/utils.py", "api/helper.py", "manager.py", "journal/base/codec.py", "desk/common.py"]
)
def test_a_module_is_named_after_what_it_is(place):
    assert [what.rpartition(" ")[0] for _, what in broken("", place)] == ["a module called"]


@pytest.mark.parametrize(
    "name", ["OrderManager", "Manager", "TimeUtils", "RiskHelper", "BaseBroker", "BrokerBase"]
)
def test_a_class_is_named_after_what_it_is(name):
    assert broken(f"class {name}: ...") == [(1, f"a class called {name}")]


@pytest.mark.parametrize("name", ["Database", "Baseline", "Order", "Management", "CostBasis"])
def test_plain_nouns_are_left_alone(name):
    assert broken(f"class {name}: ...", "api/baseline.py") == []


@pytest.fixture
def tree(tmp_path):
    """A checkout with one good and one bad module, and one that is not Python."""
    for name, text in {
        "__init__.py": PROMISE,
        "good.py": PROMISE,
        "late.py": PROMISE + "x = 1\nimport time\n",
        "half.py": PROMISE + "def (\n",
    }.items():
        file = tmp_path / "src" / "flyball" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_a_tree_is_read_whole_and_reported_by_place(tree):
    assert [(found.path, found.line, found.what) for found in check_tree(tree)] == [
        ("src/flyball/half.py", 2, "not Python"),
        ("src/flyball/late.py", 3, "time"),
    ]


def run_lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The lint as make runs it, over the checkout in `folder`."""
    command = [sys.executable, "-m", "tools.lint_house"]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_the_command_names_the_place_the_mistake_and_the_port(tree):
    found = run_lint(tree)
    assert found.returncode == 1
    assert "src/flyball/late.py:3: time: take a ports.Clock\n" in found.stdout
    (tree / "src/flyball/late.py").write_text(PROMISE)
    (tree / "src/flyball/half.py").write_text(PROMISE)
    kept = run_lint(tree)
    assert (kept.returncode, kept.stdout) == (0, "house: kept\n")


def test_a_folder_without_the_package_is_no_success(tmp_path):
    lost = run_lint(tmp_path)
    assert lost.returncode == 1
    assert lost.stdout == f"{tmp_path}/src/flyball: no such folder: run this in the repository's root\n"
