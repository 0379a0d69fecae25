"""ProxylessNAS's space: its size, and the network that was found in it."""

from __future__ import annotations

from nets import load_network
from nets.spaces import Config, load_space
from nets.spaces.proxyless import OPERATIONS
from nets.zoo.proxyless import MOBILE

SPACE = load_space("proxyless")


def test_the_published_size() -> None:
    """6 blocks change the shape and cannot be left out, 15 can: 2.2e17."""
    assert SPACE.size == 6**6 * 7**15
    assert float(f"{SPACE.size:.1e}") == 2.2e17


def mobile() -> Config:
    """ProxylessNAS mobile: what is missing in a stage is zero."""
    config: Config = {"d": [], "first_ops": [], "ops": [], "r": 224}
    for blocks in MOBILE[1:]:
        genes = [OPERATIONS.index(block) + 1 for block in blocks]
        config["first_ops"].append(genes[0])
        if len(MOBILE[1:]) - 1 >= len(config["first_ops"]):
            config["ops"] += [*genes[1:], 0, 0, 0][:3]
    return config


def test_the_network_found_is_in_the_space() -> None:
    """MACs and parameters to the last unit."""
    reference = load_network("proxyless_mobile")
    assert SPACE.macs_params(mobile()) == (reference.macs, reference.params) == (320_427_584, 4_080_512)


def test_zero_leaves_a_block_out() -> None:
    names = [name for name, _ in SPACE.named_blocks(SPACE.min_config())]
    assert names == ["stem", "stage0.block1", *(f"stage{stage}.block1" for stage in range(1, 7)), "head"]
    assert len(SPACE.blocks(SPACE.max_config())) == 3 + 21
