"""The house rules no other tool knows: `python -m tools.lint_house` in the root. Exit 1: one is broken.

1. Outside machine/ (the implementations of ports) and lab/ (which drives real processes): time, chance, disk,
   network, threads and processes only through ports (ports_only.py). Nowhere: pickle.
2. In kernel/: integers only, no order taken from sets, no imports from outside (kernel_law.py).
3. In every file: its promise first, at most 400 lines, a name that says something (shape.py).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tools import kernel_law, ports_only, shape
from tools.source import Finding, Source

EXEMPT = ("machine", "lab")


def check(source: Source) -> Iterator[Finding]:
    """Every rule that applies to the module."""
    yield from shape.check(source)
    yield from ports_only.no_pickle(source)
    if source.room not in EXEMPT:
        yield from ports_only.check(source)
    if source.room == "kernel":
        yield from kernel_law.check(source)


def check_tree(root: Path) -> list[Finding]:
    """All of `root`/src/flyball, by place; a file that is not Python is a finding too."""
    package = root / "src" / "flyball"
    found: set[Finding] = set()
    for file in package.rglob("*.py"):
        source = Source.read(package, file, root)
        try:
            found.update(check(source))
        except SyntaxError as error:
            found.add(source.finding(error.lineno or 1, "not Python", str(error.msg)))
    return sorted(found)


def main(root: Path) -> int:
    """Print what is wrong below `root`; the exit code."""
    if not (root / "src" / "flyball").is_dir():
        print(f"{root}/src/flyball: no such folder: run this in the repository's root")
        return 1
    found = check_tree(root)
    for finding in found:
        print(finding)
    print(f"house: {len(found)} broken" if found else "house: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
