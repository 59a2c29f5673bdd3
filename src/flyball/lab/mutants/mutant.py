"""One planted bug: where it goes, what it replaces, and who must notice: tests, the simulator, or both."""

from dataclasses import dataclass
from pathlib import Path


class Rotten(Exception):  # noqa: N818 - it says what is the case
    """A planted bug no longer fits the source it was written for."""


@dataclass
class Mutant:
    """`old` occurs exactly once in `file` (below src/flyball) and becomes `new`. One of `tests` must fail;
    where there is a `seed`, a promise must break in the simulator too: that seed flies first, then 1 to 300.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()  # pytest's paths and node ids, from the checkout's root
    seed: int = 0  # the one that found it last; 0 = it is for the tests alone


def path_of(root: Path, m: Mutant) -> Path:
    """The file a bug goes into, below a checkout."""
    return root / "src" / "flyball" / m.file


def planted(m: Mutant, source: str) -> str:
    """The source with the bug in it. Rotten when the old text is not there exactly once."""
    found = source.count(m.old)
    if found != 1:
        raise Rotten(
            f"src/flyball/{m.file}: the old text of mutant {m.name!r} occurs {found} times, not once\n"
            "remedy: bring its row in src/flyball/lab/mutants/ up to the source"
        )
    return source.replace(m.old, m.new)
