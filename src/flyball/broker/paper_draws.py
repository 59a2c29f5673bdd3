"""Chance from a key: the same key gives the same numbers on every machine, whatever else was drawn and when.

The paper broker draws everything so, from its seed and from what an order is for (never from ids, epochs or
the time of a restart): a run that was killed and went on meets the same luck as one that was not.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from flyball.kernel.units import PPM

Key = tuple[int | str, ...]

_MASK: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def numbers(seed: int, *key: int | str) -> Iterator[int]:
    """Numbers of 64 bits without end that belong to `seed` and `key` alone (SplitMix64 from a SHA-256)."""
    parts = (f"s{len(part)}:{part}" if isinstance(part, str) else f"i{part};" for part in (seed, *key))
    state = int.from_bytes(sha256("".join(parts).encode()).digest()[:8])
    while True:
        state = (state + _GOLDEN) & _MASK
        mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _MASK
        yield mixed ^ (mixed >> 31)


def between(draws: Iterator[int], low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + (next(draws) * (high - low + 1) >> 64)


def happens(draws: Iterator[int], ppm: int) -> bool:
    """True in `ppm` of a million cases; takes one number whatever comes of it."""
    return between(draws, 1, PPM) <= ppm
