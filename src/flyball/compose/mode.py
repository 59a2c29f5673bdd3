"""What a mode asks of a configuration before anything starts. Live trading does not begin with a limit in the
file that nothing reads (C36): its owner would think himself guarded.
"""

from typing import Final

from flyball.config.effective import Effective, path_of
from flyball.config.problems import ConfigError, Problem
from flyball.config.values import UNREAD

PAPER: Final = "paper"
LIVE: Final = "live"


def fit_for(mode: str, config: Effective) -> None:
    """ConfigError with every configured key that nothing in this version reads, when the mode is live."""
    if mode != LIVE:
        return
    problems = [
        _problem(path_of(scope, key), text, origin)
        for scope, key, kind, _, text, origin in config.values
        if kind == UNREAD
    ]
    if problems:
        raise ConfigError(problems)


def _problem(key: str, value: str, origin: str) -> Problem:
    file, _, line = origin.rpartition(":")
    what = "nothing in this version reads it, and mode = live does not start with such a limit"
    if file and line.isdigit():
        return Problem(file, int(line), key, value, what, "take it out, or stay on paper")
    return Problem(origin, 0, key, value, what, "use a profile without it, or stay on paper")
