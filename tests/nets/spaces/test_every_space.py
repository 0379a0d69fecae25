"""What every space of networks keeps: the graph of layers, the blocks and the two figures say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.consistency import check
from nets.errors import InputError
from nets.spaces import Space, list_spaces, load_space

IDS = st.sampled_from(list_spaces())
SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60)
@given(IDS, SEEDS)
def test_network_blocks_and_figures_agree(id: str, seed: int) -> None:
    """And the layers fit each other: what one writes is what the next one reads."""
    space = load_space(id)
    config = space.sample(np.random.default_rng(seed))
    network, blocks = space.network(config), space.blocks(config)
    check(network)
    assert (network.macs, network.params) == space.macs_params(config)
    assert [layer.shape_key for layer in network.layers] == [
        layer.shape_key for block in blocks for layer in block.layers
    ]
    assert (network.space, network.config, network.resolution) == (id, config, config["r"])


@pytest.mark.parametrize("id", list_spaces())
def test_the_extremes_are_architectures_and_a_batch_multiplies_macs_alone(id: str) -> None:
    space = load_space(id)
    for config in (space.min_config(), space.max_config()):
        assert space.canonical(config) == config
        assert space.decode(space.encode(config)) == config
    one, two = (space.network(space.min_config(), batch=batch) for batch in (1, 2))
    check(two)
    assert (two.macs, two.params) == (2 * one.macs, one.params)


@pytest.mark.parametrize("id", [id for id in list_spaces() if type(load_space(id)).all_blocks is not Space.all_blocks])
def test_the_table_of_blocks_holds_every_block(id: str) -> None:
    space = load_space(id)
    resolution = space.resolutions[-1]
    table = space.all_blocks(resolution)
    assert len(set(table)) == len(table)
    rng = np.random.default_rng(0)
    assert {block for _ in range(20) for block in space.blocks(space.sample(rng), resolution)} <= set(table)


def test_blocks_that_are_too_many_to_list_are_refused() -> None:
    with pytest.raises(InputError, match="nasnet: blocks: 224 are too many to list"):
        load_space("nasnet").all_blocks(224)


@pytest.mark.parametrize(
    ("id", "size"),
    [
        ("nasnet", "5.2e+36"),
        ("nasnet-notes", "3.2e+11"),
        ("auto-deeplab", "1.6e+19"),
        ("proxyless", "2.2e+17"),
        ("proxyless-24", "2.2e+17"),
        ("efficientnet", "1.6e+02"),
        ("hat-wmt", "4.2e+14"),
        ("gpt2-decode", "1.4e+19"),
        ("anycost-gan", "7.3e+10"),
        ("litepose", "6.6e+04"),
        ("spvnas", "1.0e+16"),
    ],
)
def test_the_sizes_that_the_documentation_prints(id: str, size: str) -> None:
    """Counted from the genes and, where strategies ask, from the decisions."""
    space = load_space(id)
    assert f"{space.size:.1e}" == size
    assert space._taken.total_size == space.total_size == space.size * len(space.resolutions)
