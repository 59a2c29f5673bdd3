"""What `panic --direct` and the sentinel need: few lines, the standard library, none of the other rooms."""

import ast
import io
import json
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "flyball"
DIRECT = [SRC / "sentinel" / name for name in ("direct.py", "wire.py", "exits.py", "keys.py")]
MOST = 300
OURS = {"flyball.sentinel", "flyball.machine", "flyball.commands", "flyball.main"}


def lines_of_code(file: Path) -> set[int]:
    """The lines that do something: neither empty nor comment nor docstring."""
    text = file.read_text()
    words = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type
        not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        and token.string
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            words -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return words


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_process_is_short_enough_to_be_read_in_a_night() -> None:
    assert len(DIRECT[0].read_text().splitlines()) < MOST
    code = {file.name: len(lines_of_code(file)) for file in [*DIRECT, SRC / "machine" / "http_once.py"]}
    assert sum(code.values()) < 450, code


@pytest.mark.parametrize("file", sorted((SRC / "sentinel").glob("*.py")), ids=lambda file: file.name)
def test_the_room_imports_the_standard_library_and_itself(file: Path) -> None:
    for name in imports(file):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names or name.startswith("flyball.sentinel"), name


COMMANDS = {
    "panic": ["panic", "--direct", "--keys", "KEYS"],
    "sentinel": ["sentinel", "--dir", "FOLDER", "--follow"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_of_the_other_rooms_is_loaded(tmp_path: Path, name: str) -> None:
    """Against an address where nobody is; a sentinel with a kill file and no governor presses at once."""
    keys = tmp_path / "broker.keys"
    keys.write_text(json.dumps({"url": "http://127.0.0.1:1", "key": "k", "secret": "s", "account": "a"}))
    keys.chmod(0o600)
    (tmp_path / "PANIC").touch()
    words = [word.replace("KEYS", str(keys)).replace("FOLDER", str(tmp_path)) for word in COMMANDS[name]]
    program = f"""
import signal, sys, threading
from flyball.main import cli
if {words[0] == "sentinel"}:
    threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGTERM)).start()
try:
    cli({words!r})
except SystemExit as end:
    code = end.code
print(code, *sorted(sys.modules))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    code, *loaded = run.stdout.splitlines()[-1].split()
    assert code == "3", run.stdout + run.stderr
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("flyball.")}
    assert rooms <= OURS, rooms - OURS
    assert "msgspec" not in loaded
