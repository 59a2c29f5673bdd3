"""Randomness from the operating system: bytes that nobody can guess."""

import secrets


class OsRandom:
    """`ports.Random` on the system's own generator."""

    def token(self, n: int) -> bytes:
        """`n` bytes that nobody can guess."""
        return secrets.token_bytes(n)
