"""What the sentinel does without waiting for it: programs, and work on a disk that may hang."""

import shlex
import subprocess
import threading
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 10.0
PATH: Final = "/usr/local/bin:/usr/bin:/bin"


def run_hook(command: str, told: str) -> str:
    """Run a person's command, no shell, with `told` as its last word; why it failed, "" when it did not."""
    try:
        done = subprocess.run(
            [*shlex.split(command), told],
            stdin=subprocess.DEVNULL,
            env={"PATH": PATH},
            timeout=PATIENCE_S,
            check=False,
            capture_output=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if done.returncode == 0 else f"exit {done.returncode}"


def aside(work: Callable[[], object], wait_s: float) -> bool:
    """Do it on a thread of its own, and wait no longer than this; whether it has ended by then."""
    thread = threading.Thread(target=work, name="flyball-aside", daemon=True)
    thread.start()
    thread.join(wait_s)
    return not thread.is_alive()
