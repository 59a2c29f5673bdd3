"""The operator secret: readable, forgiving to people, unforgiving to everybody else."""

import re

import pytest

from flyball.api.secret import ALPHABET, SecretFileDamaged, generate, hashed, verify
from flyball.machine.chance import OsRandom


class Fixed:
    """Chance that is always the same byte."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def token(self, n: int) -> bytes:
        return bytes([self.byte]) * n


SECRET = "K7QFM-2ZD8T-RX0VA-9GH1N"


def test_a_secret_is_four_groups_of_five_without_letters_that_look_alike():
    found = {generate(OsRandom()) for _ in range(200)}
    assert len(found) == 200
    assert all(re.fullmatch(f"([{ALPHABET}]{{5}}-){{3}}[{ALPHABET}]{{5}}", secret) for secret in found)
    assert not set("ILOU") & set(ALPHABET)
    assert set("".join(found)) - {"-"} == set(ALPHABET)  # 4,000 letters leave none of 32 out
    assert generate(Fixed(0)) == "00000-00000-00000-00000"
    assert generate(Fixed(255)) == "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ"


@pytest.mark.parametrize(
    "said",
    [
        SECRET,
        SECRET.lower(),
        SECRET.replace("-", ""),
        SECRET.replace("-", " "),
        f" {SECRET}\n",
        "k7qfm2zd8trxova9ghin",
    ],
)
def test_it_is_known_however_a_person_writes_it(said):
    assert verify(hashed(SECRET, OsRandom()), said)


@pytest.mark.parametrize(
    "said",
    ["", " ", SECRET[:-1], SECRET + "0", SECRET.replace("K", "J"), SECRET[::-1], "\ud800", "x" * 60_000],
)
def test_any_other_is_refused(said):
    assert not verify(hashed(SECRET, OsRandom()), said)


def test_the_same_secret_is_kept_differently_each_time_and_never_in_clear():
    one, two = (hashed(SECRET, OsRandom()) for _ in range(2))
    assert one != two
    assert re.fullmatch(r"scrypt:16384:8:1:[0-9a-f]{32}:[0-9a-f]{64}", one)
    assert SECRET.replace("-", "") not in one


def test_the_format_stays_readable():
    kept = (
        "scrypt:16384:8:1:00000000000000000000000000000000:"
        "35fbfb61196a0218a55c51ee7429d3024addcc618c1a73facd57766afc2e337a"
    )
    assert verify(kept, SECRET)
    assert verify(kept + "\n", SECRET)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "\n",
        "plain",
        "scrypt:1:8:1:" + "0" * 32 + ":" + "0" * 64,  # weaker than ours
        "scrypt:1073741824:8:1:" + "0" * 32 + ":" + "0" * 64,  # would take all memory
        "scrypt:16384:8:1:" + "0" * 30 + ":" + "0" * 64,
        "scrypt:16384:8:1:" + "0" * 32 + ":" + "0" * 64 + "\n\n",
    ],
)
def test_a_damaged_file_opens_for_nobody(kept):
    with pytest.raises(SecretFileDamaged, match="flyball init"):
        verify(kept, SECRET)
