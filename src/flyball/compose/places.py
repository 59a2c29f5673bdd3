"""Where things lie in a run's folder. Imports nothing, so that a command that only asks starts at once."""

from typing import Final

SOCKET: Final = "run/governor.sock"  # in a folder of its own that only its owner may enter
SECRET_FILE: Final = "operator.secret"
APPROVERS: Final = "approvers"  # a folder of its own: NAME.secret for each approver


def approver_file(name: str) -> str:
    return f"{APPROVERS}/{name}.secret"
