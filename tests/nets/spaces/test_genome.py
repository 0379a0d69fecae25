"""Genomes: every operator stays inside the space, and a small space is checked against enumeration."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.errors import InputError
from nets.spaces import Config, Depth, Genome, list_spaces, load_space

TINY = Genome(
    "tiny",
    depths=[Depth((0, 2), 0), Depth((1, 2), 2)],
    block_genes={"ks": (3, 5)},
    free_genes={"w": (1, (0, 1, 2))},
    resolutions=(32, 64),
)
SEEDS = st.integers(0, 2**32 - 1)
SPACES = st.sampled_from(list_spaces()).map(load_space)


def spellings() -> list[Config]:
    """Every way to write down a config of the tiny space at one resolution."""
    options = itertools.product((0, 2), (1, 2), (3, 5), (3, 5), (0, 1, 2))
    return [{"d": [s, d], "ks": [a, b], "w": [w], "r": 32} for s, d, a, b, w in options]


def test_size_is_the_number_of_different_canonical_forms() -> None:
    """Spellings that differ in skipped genes alone count once."""
    assert TINY.size == len({TINY.key(config) for config in spellings()}) == 2 * (2 + 4) * 3
    assert TINY.total_size == 2 * TINY.size


@pytest.mark.parametrize(
    "id, size",
    [
        ("ofa-mbv3-w1.0", 21_758_655_492_572_485_851),
        ("ofa-mbv3-w1.2", 7371**5),
        ("ofa-proxyless-w1.3", 7371**5 * 9),
        ("ofa-resnet50", 2 * 3**6 * 13**4 * 3**10),
    ],
)
def test_sizes(id: str, size: int) -> None:
    """Per resolution; the mobile stages have 9^2 + 9^3 + 9^4 = 7371 forms each."""
    space = load_space(id)
    assert space.size == size
    assert space.total_size == size * len(space.resolutions)


def test_the_count_of_the_lectures() -> None:
    """(9^2 + 9^3 + 9^4)^5 per resolution, 25 resolutions: 5.4e20. The notes print 5 * 4^20 * 3^20 * 5 = 9.6e22."""
    space = load_space("ofa-mbv3-w1.0")
    assert len(space.resolutions) == 25
    assert float(f"{space.size:.1e}") == 2.2e19
    assert float(f"{space.total_size:.1e}") == 5.4e20
    assert float(f"{5 * 4**20 * 3**20 * 5:.3g}") == 9.58e22


def test_depths_are_drawn_by_how_many_architectures_they_hold() -> None:
    """In proportion to 9^d, for 3 kernels times 3 expansions stand at every block: nine tenths are of full depth."""
    space, rng, draws = load_space("ofa-mbv3-w1.0"), np.random.default_rng(0), 600
    counts = Counter(depth for _ in range(draws) for depth in space.sample(rng)["d"])
    for depth in (2, 3, 4):
        share = 9**depth / 7371
        assert counts[depth] / (5 * draws) == pytest.approx(share, abs=4 * (share * (1 - share) / (5 * draws)) ** 0.5)


def test_sampling_is_uniform_over_architectures() -> None:
    """Every architecture equally often (chi-square far below its 0.1 % point), which uniform genes would not give."""
    rng = np.random.default_rng(1)
    draws = 7200
    counts = Counter(TINY.key(TINY.sample(rng)) for _ in range(draws))
    expected = draws / TINY.total_size
    assert len(counts) == TINY.total_size
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 120  # 71 degrees of freedom


@given(SPACES, SEEDS, st.floats(0, 1))
def test_operators_stay_inside_and_repeat(space: Genome, seed: int, prob: float) -> None:
    """Sample, mutate and crossover give canonical configs of the space, the same for the same seed."""

    def family() -> list[Config]:
        rng = np.random.default_rng(seed)
        a, b = space.sample(rng), space.sample(rng)
        return [a, b, space.mutate(a, rng, prob), space.crossover(a, b, rng)]

    members = family()
    assert members == family()
    for config in members:
        assert space.canonical(config) == config


@given(SPACES, SEEDS)
def test_a_child_has_every_gene_from_a_parent(space: Genome, seed: int) -> None:
    """Crossover invents nothing."""
    rng = np.random.default_rng(seed)
    a, b = space.sample(rng), space.sample(rng)
    child = space.crossover(a, b, rng)
    for gene in child:
        entries = zip(*([config[gene]] if gene == "r" else config[gene] for config in (child, a, b)))
        assert all(got in parents for got, *parents in entries)


@given(SPACES, SEEDS)
def test_mutation_at_probability_zero_changes_nothing(space: Genome, seed: int) -> None:
    """And at one it reaches every choice of a gene."""
    rng = np.random.default_rng(seed)
    config = space.sample(rng)
    assert space.mutate(config, rng, 0.0) == config


def test_mutation_at_probability_one_reaches_every_choice() -> None:
    """Of the tiny space, from one config."""
    rng = np.random.default_rng(0)
    start = TINY.sample(rng)
    assert len({TINY.key(TINY.mutate(start, rng, 1.0)) for _ in range(3000)}) == TINY.total_size


def test_canonical_reads_the_files_of_once_for_all() -> None:
    """Wid None, the resolution in a list or as image_size, anything in skipped blocks."""
    space = load_space("ofa-mbv3-w1.0")
    plain = {"d": [2] * 5, "ks": [3] * 20, "e": [6] * 20, "r": 224}
    spelled = {**plain, "wid": None, "r": [224]}
    sized = {"d": plain["d"], "ks": [3, 3, 7, 0] * 5, "e": [6, 6, 0, 3] * 5, "image_size": 224}
    assert space.key(plain) == space.key(spelled) == space.key(sized)
    assert space.canonical(plain)["ks"] == [3, 3, 0, 0] * 5
    assert isinstance(hash(space.key(plain)), int)


GOOD: dict[str, Any] = {"d": [2] * 5, "ks": [3] * 20, "e": [6] * 20, "r": 224}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"ks": [3] * 19 + [9]}, r"ks\[19\]: 9 must be one of 3, 5, 7"),
        ({"ks": [0] + [3] * 19}, r"ks\[0\]: 0 must be one of 3, 5, 7"),
        ({"ks": [3] * 21}, "has 21 entries and must have 20"),
        ({"ks": 3}, "must be a list"),
        ({"d": [2, 2, 2, 2, 5]}, r"d\[4\]: 5 must be one of 2, 3, 4"),
        ({"d": [2, 2, 2, 2, True]}, r"d\[4\]: True must be one of"),
        ({"r": 100}, "r: 100 must be one of 128"),
        ({"r": 224, "image_size": 128}, "contradicts r = 224"),
        ({"kz": [3] * 20}, "did you mean 'ks'"),
        ({"wid": 1}, "must be None"),
    ],
)
def test_a_config_outside_the_space_is_refused(change: dict[str, Any], message: str) -> None:
    """The message names field, value and what is allowed."""
    with pytest.raises(InputError, match=message):
        load_space("ofa-mbv3-w1.0").validate(GOOD | change)


@pytest.mark.parametrize("missing", ["d", "ks", "r"])
def test_a_missing_key_is_refused(missing: str) -> None:
    """Nothing has a default."""
    config = {key: value for key, value in GOOD.items() if key != missing}
    with pytest.raises(InputError, match=f"{missing} is missing"):
        load_space("ofa-mbv3-w1.0").validate(config)


def test_a_probability_beyond_one_is_refused() -> None:
    """Of a redraw."""
    with pytest.raises(InputError, match="between 0 and 1"):
        TINY.mutate(spellings()[0], np.random.default_rng(0), 1.5)


def test_features_are_one_hot_in_the_order_told() -> None:
    """Block genes slot by slot, free genes, then entries of d without blocks; skipped blocks are all zero."""
    config = {"d": [2, 1], "ks": [5, 3], "w": [2], "r": 32}
    assert TINY.features(config).tolist() == [0, 1, 0, 0, 0, 0, 1, 0, 1]


def test_an_unknown_space_names_the_nearest() -> None:
    """As every registry."""
    with pytest.raises(InputError, match="did you mean 'ofa-resnet50'"):
        load_space("ofa-resnet-50")
