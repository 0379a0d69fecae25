"""Auto-DeepLab's space: its size, and paths as layers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nets import load_network
from nets.blocks.cell_operations import DEEPLAB_OPERATIONS
from nets.errors import InputError
from nets.spaces import Config, load_space
from nets.spaces.auto_deeplab import LAYERS, AutoDeepLabSpace
from nets.spaces.trellis import count_paths
from nets.zoo.auto_deeplab import CELL, PATH

SPACE = load_space("auto-deeplab")
CELLS = (2 * 3 * 4 * 5 * 6) ** 2 * 8**10


def test_the_published_sizes() -> None:
    """5.6e14 cells, 1.6e19 networks; the decisions count the same."""
    assert float(f"{CELLS:.3e}") == 5.566e14
    assert SPACE.size == CELLS * 28_657
    assert float(f"{SPACE.size:.1e}") == 1.6e19
    assert isinstance(SPACE, AutoDeepLabSpace)
    assert SPACE._taken.total_size == SPACE.total_size == 3 * SPACE.size


def test_paths_are_drawn_evenly() -> None:
    """The share of paths with a given second level is that of the enumeration."""
    rng = np.random.default_rng(0)
    draws = 600
    second = Counter(SPACE.sample(rng)["path"][0] for _ in range(draws))
    along = count_paths(LAYERS - 1) / count_paths(LAYERS)
    assert second[0] / draws == pytest.approx(along, abs=4 * (along * (1 - along) / draws) ** 0.5)
    assert set(second) == {0, 1}


def config(path: list[int]) -> Config:
    return SPACE.min_config() | {"path": path}


def test_a_path_decides_where_every_layer_works() -> None:
    """Output planes and channels of the cells follow the levels, however steep the path."""
    path = [1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3]
    network = SPACE.network(config(path))
    for layer, level in enumerate([0, *path], start=1):
        output = network.layer(f"layer{layer}.concat")
        shape = (output.P, output.Q, output.G)
        assert shape == (64 >> level, 64 >> level, 100 << level)
    assert (network.layer("head.enlarge").P, network.layer("head.enlarge").G) == (256, 19)


def test_the_network_that_was_found_is_in_the_space() -> None:
    """Layer by layer up to the head, which the paper's final networks have larger."""
    genes: Config = config(list(PATH[1:])) | {"ops": []}
    for number, step in enumerate(CELL.combinations, start=1):
        genes[f"in{number}"] = [step.left, step.right]
        genes["ops"] += [DEEPLAB_OPERATIONS.index(op) for op in (step.left_op, step.right_op)]
    network, reference = SPACE.network(genes), load_network("auto_deeplab_s", 256)
    shapes = [
        [layer.shape_key for layer in net.layers if layer.name.startswith(("stem", "layer"))]
        for net in (network, reference)
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 300


def test_a_path_that_jumps_is_refused() -> None:
    with pytest.raises(InputError, match=r"path\[2\]: 3 must be next to level 1"):
        SPACE.validate(config([0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3]))


def test_nothing_connected_costs_no_multiplication() -> None:
    """A cell of 'none' alone writes zeros; only 1x1 convolutions, stem and head are left."""
    nothing = SPACE.min_config() | {"ops": [7] * 10}
    everything = SPACE.min_config() | {"ops": [1] * 10}
    kernels = {layer.R for layer in SPACE.network(nothing).mac_layers if layer.name.startswith("layer")}
    assert kernels == {1}
    assert SPACE.macs_params(nothing)[0] < SPACE.macs_params(everything)[0]
