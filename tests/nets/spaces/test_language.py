"""Elastic language models: the largest is the published one, and what each gene costs."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.spaces import load_space
from nets.spaces.language import LanguageSpace


@pytest.mark.parametrize(
    ("id", "reference"),
    [
        ("gpt2-prefill", "gpt2"),
        ("gpt2-decode", "gpt2_decode"),
        ("llama-prefill", "llama3_2_1b"),
        ("llama-decode", "llama3_2_1b_decode"),
    ],
)
def test_the_largest_is_the_published_model(id: str, reference: str) -> None:
    """Layer by layer."""
    space, network = load_space(id), load_network(reference, 1024)
    largest = space.network(space.max_config())
    assert (largest.macs, largest.params) == (network.macs, network.params)
    assert [layer.shape_key for layer in largest.layers] == [layer.shape_key for layer in network.layers]


def test_decoding_reads_as_much_as_it_stores() -> None:
    """One token multiplies every stored matrix once (and the tied table once): that is why it waits for memory."""
    space = load_space("gpt2-decode")
    network = space.network(space.min_config(), 128)
    stored = sum(layer.weight_words for layer in network.layers if not layer.dynamic_weights)
    assert sum(layer.macs for layer in network.layers if not layer.dynamic_weights) == stored


def test_shared_keys_shrink_the_cache_and_nothing_else_of_attention() -> None:
    space = load_space("gpt2-decode")
    assert isinstance(space, LanguageSpace)
    shared = space.max_config() | {"share": [4] * 12}
    caches = []
    for config in (space.max_config(), shared):
        layers = space.network(config).layers
        caches.append(sum(layer.weight_words for layer in layers if layer.name.endswith((".qk", ".av"))))
    assert caches == [space.model.cache_words(1024), space.model.cache_words(1024) // 4]


def test_more_context_costs_decoding_in_proportion() -> None:
    """Only the two products of attention grow."""
    space = load_space("llama-decode")
    macs = [space.macs_params(space.max_config(), context)[0] for context in (256, 512, 1024)]
    assert macs[2] - macs[1] == 2 * (macs[1] - macs[0])
