"""Configuration: one TOML file to the limits in force, each with its origin, all faults at once.

load(text, path=...)   -> Effective, or ConfigError with every fault
init_text(profile)     -> the commented file that `flyball init` writes
"""

from flyball.config.effective import Effective, path_of
from flyball.config.load import load
from flyball.config.problems import ConfigError, Problem
from flyball.config.profiles import PROFILES
from flyball.config.template import init_text

__all__ = ["PROFILES", "ConfigError", "Effective", "Problem", "init_text", "load", "path_of"]
