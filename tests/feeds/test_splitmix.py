"""SplitMix64 against its published numbers, and keys that do not get in each other's way."""

from itertools import islice

import pytest

from flyball.feeds.splitmix import below, keyed, splitmix64


@pytest.mark.parametrize(
    ("state", "published"),
    [
        (
            1234567,
            [
                6457827717110365317,
                3203168211198807973,
                9817491932198370423,
                4593380528125082431,
                16408922859458223821,
            ],
        ),
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]),
    ],
)
def test_the_numbers_are_splitmix64s(state: int, published: list[int]) -> None:
    assert list(islice(splitmix64(state), len(published))) == published
    assert list(islice(splitmix64(state + 2**64), len(published))) == published


def test_every_key_has_numbers_of_its_own() -> None:
    keys: list[tuple[int | str, ...]] = [
        (),
        (0,),
        ("A",),
        ("A", 2),
        ("AB",),
        ("A", "B"),
        ("B", "A"),
        ("", "A"),
        ("A", ""),
    ]
    seen = {tuple(islice(keyed(1, *key), 3)) for key in keys}
    assert len(seen) == len(keys)
    assert next(keyed(1, "A")) != next(keyed(2, "A"))
    assert next(keyed(7, "MSFT", 20080915)) == next(keyed(7, "MSFT", 20080915))
    assert next(keyed(7 + 2**64, "MSFT", 20080915)) == next(keyed(7, "MSFT", 20080915))
    assert next(keyed(-1, "MSFT")) == next(keyed(2**64 - 1, "MSFT"))


@pytest.mark.parametrize("bound", [1, 2, 3, 10, 2**32])
def test_below_stays_below_and_reaches_every_part(bound: int) -> None:
    numbers = splitmix64(3)
    drawn = [below(numbers, bound) for _ in range(2_000)]
    assert min(drawn) >= 0
    assert max(drawn) < bound
    tenth = {number * 10 // bound for number in drawn}
    assert len(tenth) == min(bound, 10)
