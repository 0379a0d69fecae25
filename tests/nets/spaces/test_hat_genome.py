"""HAT's transformers as genes: the same networks, counted the same, in either's words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.spaces import load_space
from nets.spaces.hat_genome import HatGenome

IDS = st.sampled_from(["hat-wmt", "hat-iwslt"])


def space_of(id: str) -> HatGenome:
    space = load_space(id)
    assert isinstance(space, HatGenome)
    return space


@pytest.mark.parametrize("id", ["hat-wmt", "hat-iwslt"])
def test_both_count_the_same_architectures(id: str) -> None:
    """Choices of decoder layers that do not run mean nothing."""
    assert space_of(id).total_size == space_of(id).hat.total_size


@settings(max_examples=20)
@given(IDS, st.integers(0, 2**32 - 1))
def test_a_configuration_is_the_same_network_in_either_words(id: str, seed: int) -> None:
    space = space_of(id)
    config = space.sample(np.random.default_rng(seed))
    words = space.hat_config(config)
    assert space.hat.canonical(words) == words
    assert space.canonical(words) == config
    ours, theirs = space.network(config), space.hat.network(words)
    assert [(layer.name, layer.shape_key) for layer in ours.layers] == [
        (layer.name, layer.shape_key) for layer in theirs.layers
    ]
    assert list(ours.graph.edges) == list(theirs.graph.edges)
    assert ours.params == theirs.params
