"""Who runs the process and with which environment variables: the one place that reads them."""

import os
import pwd


def environment() -> dict[str, str]:
    """Every variable by name, as it is now."""
    return dict(os.environ)


def user() -> str:
    """The user the system runs this process as, whatever LOGNAME says; "uid 1000" when he has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
