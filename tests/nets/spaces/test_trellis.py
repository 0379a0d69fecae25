"""Paths of the trellis: counted, enumerated, and decoded by Viterbi against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.errors import InputError
from nets.spaces.trellis import count_paths, decode_path, path_probability, transition_probabilities


def all_paths(layers: int, levels: int = 4) -> list[tuple[int, ...]]:
    """By trying every sequence of levels."""
    tries = itertools.product(range(levels), repeat=layers)
    return [path for path in tries if path[0] == 0 and all(abs(a - b) <= 1 for a, b in itertools.pairwise(path))]


def test_the_published_number_of_paths() -> None:
    """12 layers, four levels: 2.9e4 in the paper."""
    assert count_paths(12) == 28_657


@pytest.mark.parametrize("layers", range(1, 8))
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_the_count_is_that_of_the_enumeration(layers: int, levels: int) -> None:
    assert count_paths(layers, levels) == len(all_paths(layers, levels))


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_decoding_finds_the_most_probable_path(layers: int, seed: int) -> None:
    """Of all paths, whose probabilities add up to one."""
    scores = np.random.default_rng(seed).normal(scale=2.0, size=(layers - 1, 4, 3))
    probabilities = transition_probabilities(scores)
    weights = {path: path_probability(probabilities, path) for path in all_paths(layers)}
    assert sum(weights.values()) == pytest.approx(1.0)
    assert decode_path(probabilities) == max(weights, key=lambda path: weights[path])


def test_decoding_does_not_take_the_best_move_first() -> None:
    """Down is the likelier first move, but what follows it is spread over three."""
    probabilities = np.zeros((2, 4, 3))
    probabilities[0, 0] = [0.0, 0.45, 0.55]
    probabilities[1, 0] = [0.0, 0.9, 0.1]
    probabilities[1, 1] = [0.4, 0.3, 0.3]
    assert decode_path(probabilities) == (0, 0, 0)


def test_a_thousand_layers_do_not_underflow() -> None:
    probabilities = transition_probabilities(np.zeros((1000, 4, 3)))
    assert decode_path(probabilities) == (0,) * 1001  # out of level 0 lead two moves, out of the others mostly three


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ((0, 0), "must have 3 levels"),
        ((1, 1, 1), "the first of them 0"),
        ((0, 2, 2), "layer 2: 2 must be next to level"),
    ],
)
def test_what_is_no_path_is_refused(path: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        path_probability(transition_probabilities(np.zeros((2, 4, 3))), path)
