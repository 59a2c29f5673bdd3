"""A process that is sealed: another of the same user does not read its memory (B11)."""

import os
import subprocess
import sys

import pytest

NOBODY = 65534
HOLD = """
import sys
from flyball.machine.private import seal
if sys.argv[1] == "sealed":
    assert seal()
print("ready", flush=True)
sys.stdin.read()
"""


def as_nobody() -> None:
    if os.geteuid() == 0:  # root may look anyway
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def may_look(pid: int) -> bool:
    words = ["head", "-c", "1", f"/proc/{pid}/environ"]
    run = subprocess.run(words, preexec_fn=as_nobody, cwd="/", capture_output=True, check=False)
    return run.returncode == 0


@pytest.mark.parametrize("kind", ["open", "sealed"])
def test_only_what_is_not_sealed_is_read(kind: str) -> None:
    hold = HOLD if os.geteuid() != 0 else _after_import(HOLD)
    words = [sys.executable, "-c", hold, kind]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        if kind == "sealed":
            assert not may_look(process.pid)
        else:
            assert may_look(process.pid)
    finally:
        process.communicate()


def _after_import(program: str) -> str:
    """Become nobody once everything is imported: he may not read this folder. That alone leaves a process
    that cannot be read, so it is opened again first, as it is for one that was nobody from the start."""
    drop = f"""
import ctypes, os
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
"""
    return program.replace("if sys.argv[1]", drop + "if sys.argv[1]")
