"""Spaces of generators, pose estimation and sparse 3D networks: published networks are in them, parts cost their
share."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.spaces import load_space
from nets.spaces.litepose import found

GAN, POSE, SPARSE = load_space("anycost-gan"), load_space("litepose"), load_space("spvnas")


@pytest.mark.parametrize(("doublings", "pixels"), [(5, 128), (6, 256), (7, 512), (8, 1024)])
def test_all_channels_make_stylegan2_of_every_resolution(doublings: int, pixels: int) -> None:
    """Layer by layer."""
    full = GAN.max_config() | {"d": [doublings]}
    network, reference = GAN.network(full), load_network("stylegan2", pixels)
    assert [layer.shape_key for layer in network.layers] == [layer.shape_key for layer in reference.layers]
    assert network.params == reference.params
    last = network.layers[-1]
    assert (pixels, pixels, 3) == (last.P, last.Q, last.G)


def test_the_size_of_the_gan_space() -> None:
    """Two shares for each doubling, two at the start, four choices each."""
    assert GAN.size == sum(4 ** (2 * doublings) for doublings in (5, 6, 7, 8)) * 4**2


def test_half_the_channels_cost_a_quarter_of_the_convolutions() -> None:
    """As in the paper: width counts twice, which is why elastic channels matter."""
    full = GAN.max_config()
    half = full | {"base": [0.5] * 2, "c1": [0.5] * 8, "c2": [0.5] * 8}
    macs = []
    for config in (full, half):
        layers = [layer for layer in GAN.network(config).mac_layers if ".conv" in layer.name and layer.K > 3]
        macs.append(sum(layer.macs for layer in layers if layer.kind == "conv"))
    assert macs[0] == 4 * macs[1]


@pytest.mark.parametrize("size", ["xs", "s", "m", "l"])
def test_the_networks_that_litepose_found_are_in_its_space(size: str) -> None:
    """Layer by layer, edge by edge."""
    network, reference = POSE.network(found(size)), load_network(f"litepose_{size}")
    assert [layer.shape_key for layer in network.layers] == [layer.shape_key for layer in reference.layers]
    assert network.params == reference.params
    assert list(network.graph.edges) == list(reference.graph.edges)


def test_the_size_of_the_pose_space() -> None:
    """Eight widths of four, five images."""
    assert POSE.total_size == 4**8 * 5


@pytest.mark.parametrize("voxel_mm", [50, 100])
def test_spvcnn_is_in_the_sparse_space(voxel_mm: int) -> None:
    """Layer by layer, edge by edge."""
    config = {"w": [0.67] * 6 + [0.75] * 2, "d": [2] * 8, "inside": [1.0] * 16, "r": voxel_mm}
    network, reference = SPARSE.network(config), load_network("spvcnn", voxel_mm)
    assert [layer.shape_key for layer in network.layers] == [layer.shape_key for layer in reference.layers]
    assert network.params == reference.params
    assert list(network.graph.edges) == list(reference.graph.edges)


def test_spvnas_is_as_narrow_as_published() -> None:
    """Channels of the authors' smallest network, down and up (mit-han-lab/spvnas)."""
    network = SPARSE.network(SPARSE.min_config())
    widths = [layer.K for layer in network.layers if layer.name.endswith(".block1.conv2.offsets")]
    assert widths == [16, 32, 64, 128, 128, 64, 48, 48]
