"""What every test may ask for: the shared data, or an honest account of doing without.

Shared data are too big for the repository. They lie where FLYBALL_SHARED says, by default in ../shared beside
the checkout. A test that misses them is skipped, and the run counts those skips in one line; with
FLYBALL_REQUIRE_SHARED set, as in CI, it fails.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

MISSING = "shared data missing"

# The same examples every time, so that a red run is red again; `--hypothesis-profile=explore` looks for new
# ones. No deadline: two workers on two cores make times meaningless.
settings.register_profile("house", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2_000)
settings.load_profile("house")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Where a shared data set lies, or a file of one: `shared_data("halts/README.md")`, in a test."""
    shared = Path(os.environ.get("FLYBALL_SHARED") or Path(__file__).parents[2] / "shared").resolve()

    def find(name: str) -> Path:
        path = shared / "data" / name
        if not path.exists():
            why = f"{MISSING}: {path} (set FLYBALL_SHARED to the folder that holds data/)"
            if os.environ.get("FLYBALL_REQUIRE_SHARED"):
                pytest.fail(why, pytrace=False)
            pytest.skip(why)
        return path

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that a green run cannot hide: how many tests went without their data."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(MISSING in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"{count} skipped: {MISSING}; FLYBALL_SHARED says where they are", yellow=True
        )
