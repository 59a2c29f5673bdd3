"""Where things lie in a run's folder. Imports nothing, so that a command that only asks starts at once."""

from typing import Final

SOCKET: Final = "run/governor.sock"  # in a folder of its own that only its owner may enter
SECRET_FILE: Final = "operator.secret"
APPROVERS: Final = "approvers"  # a folder of its own: NAME.secret for each approver
PAPER_SOCKET: Final = "run/paper.sock"  # the paper broker in a process of its own: the governor's line to it
PAPER_HTTP: Final = "run/paper.http"  # where its HTTP door listens, host:port
PAPER_LOCK: Final = "run/paper.lock"  # held by whichever process has the paper account open
PAPER_TIME: Final = "run/paper.time"  # what time it was there last, UTC ns of the data
BROKER_KEYS: Final = "broker.keys"  # JSON: url, key, secret, account
KILL_FILE: Final = "PANIC"  # its existence alone is a panic
SENTINEL_NOTE: Final = "run/sentinel.json"  # what the sentinel saw and did last
SENTINEL_LOCK: Final = "run/sentinel.lock"
SENTINEL_LOG: Final = "run/sentinel.log"
PAGER_SOCKET: Final = "run/pager.sock"
PAGER_LOCK: Final = "run/pager.lock"
PAGER_LOG: Final = "run/pager.log"
PAGER_PULSE: Final = "run/pager"  # names its heartbeat, which is in memory


def approver_file(name: str) -> str:
    return f"{APPROVERS}/{name}.secret"
