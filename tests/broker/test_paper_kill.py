"""kill -9 at a client that has the broker inside: what was recorded exists, and the stream goes on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.broker.paper_file import Placed
from flyball.kernel.events import Fill, Update
from tests.broker.life_of_a_client import ORDERS, start
from tests.broker.world import OPEN, Story, disk_at, lines

ROOT = Path(__file__).parents[2]


def killed(folder: Path, when: str, at: int) -> list[str]:
    """Run the client until it kills itself; what it had said by then."""
    args = [sys.executable, "-m", "tests.broker.life_of_a_client", str(folder), when, str(at)]
    done = subprocess.run(args, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if when == "never" else -signal.SIGKILL), done.stderr
    return done.stdout.splitlines()


def numbered(story: Story) -> list[str]:
    return [f"{e.n} {e}" for e in story.heard if isinstance(e, Update | Fill)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    story = Story(ORDERS)
    story.go(start(str(tmp_path_factory.mktemp("whole"))), OPEN + 10**15, [one.ts for one in ORDERS])
    return numbered(story)


@pytest.mark.parametrize(
    ("when", "at"), [("sent", 0), ("sent", 11), ("sent", 29), ("heard", 1), ("heard", 20), ("heard", 45)]
)
def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path, uninterrupted, when, at):
    said = killed(tmp_path, when, at)
    assert said == uninterrupted[: len(said)]
    recorded = [line.split(b" ", 1)[1] for line in lines(disk_at(tmp_path))]
    there = {one.client_id for one in ORDERS if any(f'"{one.client_id}"'.encode() in r for r in recorded)}
    assert {line.split("client_id='")[1].split("'")[0] for line in said} <= there
    # started anew, the client sends again what the broker does not know, and goes on with the rest
    paper = start(str(tmp_path))
    paper.resume(len(said), OPEN)
    story = Story([one for one in ORDERS if one.client_id not in paper.truth().orders])
    story.go(paper, OPEN + 10**15, [one.ts for one in ORDERS])
    assert said + numbered(story) == uninterrupted
    ids = [r.client_id for r in paper._file.records if isinstance(r, Placed)]
    assert len(ids) == len(set(ids)) == len(there)


def test_the_client_that_is_not_killed_says_the_same(tmp_path, uninterrupted):
    said = killed(tmp_path, "never", 0)
    assert len(said) > 40
    assert said == uninterrupted[: len(said)]
