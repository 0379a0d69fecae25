"""Divisors and tiles in few steps, against all numbers tried."""

import math
import time

import pytest

from mappings.decode_kernel.arrays import largest_divisor
from mappings.divisors import divisors, ragged_tiles
from mappings.mappers.optimal.ragged import _smooth

plain = getattr(largest_divisor, "py_func", largest_divisor)


@pytest.mark.parametrize("n", [*range(1, 130), 5040, 7919])
def test_as_trying_every_number(n: int) -> None:
    every = [m for m in range(1, n + 1) if n % m == 0]
    assert list(divisors(n)) == every
    assert ragged_tiles(n) == sorted({math.ceil(n / trips) for trips in range(1, n + 1)})
    for most in range(1, min(n, 200) + 1):
        assert plain(n, most) == max(m for m in every if m <= most)


@pytest.mark.parametrize("bound", range(4, 300))
def test_the_next_number_without_other_primes(bound: int) -> None:
    powers = [2**a * 3**b for a in range(12) for b in range(8)]
    least = min(number for number in powers if number >= bound)
    assert _smooth(bound) == ([least] if 6 * least <= 7 * bound else [])


def test_the_longest_bound_takes_no_time() -> None:
    prime = 2**31 - 1
    began = time.perf_counter()
    assert divisors(prime) == (1, prime)
    assert len(ragged_tiles(prime)) < 100_000
    assert plain(prime, prime - 1) == 1
    assert time.perf_counter() - began < 2.0
