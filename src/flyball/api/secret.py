"""The operator secret: what loosening needs. A person can read it out; only a salted scrypt hash is kept.

    K7QFM-2ZD8T-RX0VA-9GHJN          20 of 32 letters and digits without I, L, O, U: 100 bits
    scrypt:16384:8:1:<salt>:<hash>   one line, hexadecimal

Slowing down those who guess is the server's business.
"""

import hashlib
import hmac
import re
from typing import Final

from flyball.ports import Random

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS: Final = 4
GROUP: Final = 5
_N, _R, _P = 1 << 14, 8, 1
_SALT: Final = 16
_HASH: Final = 32
_FORM: Final = re.compile(rf"scrypt:{_N}:{_R}:{_P}:([0-9a-f]{{{2 * _SALT}}}):([0-9a-f]{{{2 * _HASH}}})\n?")
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class SecretFileDamaged(ValueError):  # noqa: N818 - it says what is the case
    """The stored hash is not one of ours."""


def generate(random: Random) -> str:
    """A new secret, in groups that a person can copy."""
    length = GROUPS * GROUP
    bits = int.from_bytes(random.token((length * 5 + 7) // 8), "big")
    letters = "".join(ALPHABET[bits >> 5 * i & 31] for i in range(length))
    return "-".join(letters[i : i + GROUP] for i in range(0, length, GROUP))


def hashed(secret: str, random: Random) -> str:
    """The line to keep of a secret."""
    salt = random.token(_SALT)
    return f"scrypt:{_N}:{_R}:{_P}:{salt.hex()}:{_scrypt(secret, salt).hex()}"


def verify(line: str, secret: str) -> bool:
    """Whether this is the secret of which `line` was kept, compared in constant time; some 50 ms of work.

    Hyphens, spaces and small letters do not matter, nor O for 0, I and L for 1. Raises SecretFileDamaged.
    """
    found = _FORM.fullmatch(line)
    if found is None:
        raise SecretFileDamaged("not the hash of an operator secret; `flyball init` sets a new one")
    return hmac.compare_digest(_scrypt(secret, bytes.fromhex(found[1])), bytes.fromhex(found[2]))


def _scrypt(secret: str, salt: bytes) -> bytes:
    plain = secret.strip().upper().translate(_READ_AS).encode("utf-8", "replace")
    return hashlib.scrypt(plain, salt=salt, n=_N, r=_R, p=_P, dklen=_HASH)
