"""SplitMix64: numbers that look random, the same on every machine and Python, for any key of their own.

Not for secrets. What draws with a key (a symbol, a day) draws the same whatever else is drawn beside it.
"""

from collections.abc import Iterator
from typing import Final

MASK: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def splitmix64(state: int) -> Iterator[int]:
    """Numbers of 64 bits without end. `state` counts modulo 2**64."""
    while True:
        state = (state + _GOLDEN) & MASK
        mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & MASK
        yield mixed ^ (mixed >> 31)


def keyed(seed: int, *key: int | str) -> Iterator[int]:
    """The numbers that belong to `seed` and `key` alone."""
    state = seed
    for part in key:
        words = (len(part.encode()), *part.encode()) if isinstance(part, str) else (part,)
        for word in words:
            state = next(splitmix64(state ^ word))
    return splitmix64(state)


def below(numbers: Iterator[int], bound: int) -> int:
    """The next whole number from 0 up to, not including, `bound` (1 to 2**32)."""
    return next(numbers) * bound >> 64
