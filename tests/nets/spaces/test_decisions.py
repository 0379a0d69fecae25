"""Spaces of decisions: one architecture has one spelling, sampling is uniform, operators stay inside; genomes too."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.errors import InputError
from nets.spaces import Decision, DecisionSpace, SearchSpace, all_codes, list_spaces, load_space
from nets.spaces.decisions import HIDDEN, legal, nearest_legal
from tests.nets.spaces.test_genome import SEEDS, TINY
from tests.nets.spaces.walk import Walk

STAGE = DecisionSpace(
    "stage",
    [
        Decision("width", (8, 16)),
        Decision("depth", (1, 2, 3)),
        Decision("kernel 2", (3, 5), parent=1, when=frozenset({1, 2})),
        Decision("kernel 3", (3, 5, 7), parent=1, when=frozenset({2})),
        Decision("dilation 3", (1, 2), parent=3, when=frozenset({0})),
    ],
)
"""2 widths x (1 + 2 + 2 x (2 + 1 + 1)) stages."""

SMALL: list[SearchSpace] = [STAGE, Walk(), TINY]
ANY = st.sampled_from([*SMALL, *map(load_space, list_spaces())])


def codes_of(space: SearchSpace, seed: int) -> tuple[int, ...]:
    return space.encode(space.sample(np.random.default_rng(seed)))


def test_counts() -> None:
    assert STAGE.total_size == 2 * (1 + 2 + 2 * 4)
    steps = np.linalg.matrix_power(np.eye(4, dtype=int) + np.eye(4, k=1, dtype=int) + np.eye(4, k=-1, dtype=int), 6)
    assert Walk().total_size == steps[0].sum()


@pytest.mark.parametrize("space", SMALL, ids=lambda space: space.id)
def test_enumeration_holds_every_architecture_once(space: SearchSpace) -> None:
    found = list(all_codes(space))
    assert len(found) == len(set(found)) == space.total_size
    assert found == sorted(found)
    assert all(space.encode(space.decode(codes)) == codes for codes in found)


@pytest.mark.parametrize("space", SMALL, ids=lambda space: space.id)
def test_sampling_is_uniform_over_architectures(space: SearchSpace) -> None:
    """Chi-square below its 0.1 % point; drawing each choice evenly is far above it."""
    rng = np.random.default_rng(3)
    expected = 40
    draws = expected * space.total_size
    counts = Counter(space.encode(space.sample(rng)) for _ in range(draws))
    assert len(counts) == space.total_size
    chi = sum((count - expected) ** 2 / expected for count in counts.values())
    freedom = space.total_size - 1
    assert chi < freedom + 3.1 * (2 * freedom) ** 0.5 + 7


@given(ANY, SEEDS, st.floats(0, 1))
def test_mutants_and_crossings_are_architectures(space: SearchSpace, seed: int, prob: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = space.sample(rng), space.sample(rng)
    for child in (space.mutate(a, rng, prob), space.crossover(a, b, rng)):
        codes = space.encode(child)
        assert all(code in space.options(codes[:number]) for number, code in enumerate(codes))
        assert space.decode(codes) == child
    assert space.mutate(a, rng, 0.0) == a
    assert space.crossover(a, a, rng) == a


@given(ANY, SEEDS)
def test_what_is_legal_is_left_alone(space: SearchSpace, seed: int) -> None:
    codes = codes_of(space, seed)
    assert legal(space, codes, np.random.default_rng(0)) == codes
    assert nearest_legal(space, codes) == codes


@given(ANY, st.data())
def test_wishes_become_architectures(space: SearchSpace, data: st.DataObject) -> None:
    wishes = [data.draw(st.integers(0, len(decision.choices) - 1)) for decision in space.decisions]
    for codes in (legal(space, wishes, np.random.default_rng(0)), nearest_legal(space, wishes)):
        assert all(code in space.options(codes[:number]) for number, code in enumerate(codes))


@given(st.sampled_from(list_spaces()).map(load_space), SEEDS)
def test_codes_tell_architectures_apart_as_keys_do(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = space.sample(rng), space.sample(rng)
    near = space.mutate(one, rng, 0.01)
    for config in (other, near):
        assert (space.encode(one) == space.encode(config)) == (space.key(one) == space.key(config))


def test_a_decision_that_means_nothing_has_one_option() -> None:
    assert STAGE.options((1, 0)) == HIDDEN
    assert STAGE.options((1, 2, 0, 1)) == HIDDEN
    assert STAGE.options((1, 2, 0, 0)) == (0, 1)


def test_some_resolutions_of_a_space() -> None:
    full = load_space("ofa-mbv3-w1.0")
    some = full.at([192, 160])
    assert some.total_size == 2 * full.size
    assert some.decisions[0].choices == (160, 192)
    assert full.decisions[0].choices == full.resolutions
    with pytest.raises(InputError, match="150"):
        full.at([150])


@pytest.mark.parametrize(
    "config, rule",
    [
        ({"width": 8, "depth": 1, "kernel 2": 3}, "kernel 2.*means nothing"),
        ({"width": 8, "depth": 2}, "kernel 2.*is missing"),
        ({"width": 9, "depth": 1}, "must be one of 8, 16"),
        ({"width": 8, "depth": 1, "height": 1}, "height.*not known"),
    ],
)
def test_other_configs_are_refused(config: dict[str, int], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        STAGE.encode(config)
