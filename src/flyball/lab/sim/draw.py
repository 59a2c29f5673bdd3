"""Chance from a seed and a name: what one part of the world draws does not change what another does."""

import random
from collections.abc import Sequence
from typing import TypeVar

from flyball.kernel.units import PPM

T = TypeVar("T")


class Draw:
    """A stream of numbers of its own."""

    def __init__(self, seed: int, *name: int | str) -> None:
        self._random = random.Random("/".join(map(str, (seed, *name)))).random

    def below(self, bound: int) -> int:
        """A whole number from 0 up to, not including, `bound`."""
        return int(self._random() * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def happens(self, ppm: int) -> bool:
        """True in `ppm` of a million cases."""
        return self._random() * PPM < ppm

    def pick(self, things: Sequence[T]) -> T:
        """One of them, each as likely. ValueError when there is none."""
        if not things:
            raise ValueError("nothing to pick from")
        return things[int(self._random() * len(things))]

    def some(self, things: Sequence[T], ppm: int) -> list[T]:
        """Those that a draw for each lets in."""
        return [thing for thing in things if self.happens(ppm)]

    def token(self, n: int) -> bytes:
        """`ports.Random` of a simulated machine: bytes that can be had again."""
        return bytes(self.below(256) for _ in range(n))
