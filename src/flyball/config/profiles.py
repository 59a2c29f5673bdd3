"""The profiles that ship with the program: limits for four kinds of account, read from the package itself."""

from functools import lru_cache
from pkgutil import get_data
from typing import Final

PROFILES: Final = ("demo", "micro", "standard", "crypto")


@lru_cache
def profile_text(name: str) -> str:
    """The TOML of a profile. KeyError when there is none of that name."""
    if name not in PROFILES:
        raise KeyError(name)
    data = get_data("flyball.config", f"profiles/{name}.toml")
    assert data is not None
    return data.decode()
