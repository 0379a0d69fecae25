"""Sparse 3D networks: published parameters, the occupancy they are sized by, and the work that follows from it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nets import load_network
from nets.blocks import FeatureMap
from nets.blocks.sparse import strided_conv, strided_deconv, submanifold_conv
from nets.errors import InputError
from nets.network import Network
from nets.zoo.lidar import POINTS, VOXEL_MM, count, grids, scan

SCAN = scan()


def test_the_counts_are_those_of_the_simulated_scan() -> None:
    """All that is shipped, made anew."""
    assert len(SCAN) == POINTS
    for size in VOXEL_MM:
        assert tuple(count(SCAN, size / 1000)) == grids(size)


def test_neighbours_are_counted_as_by_looking_at_every_pair() -> None:
    points = np.random.default_rng(0).uniform(-0.2, 0.3, size=(300, 3))
    (grid, coarse) = count(points, 0.05, strides=2)
    cells = {tuple(cell) for cell in np.floor(points / 0.05).astype(int).tolist()}
    pairs = sum(max(abs(a - b) for a, b in zip(one, other)) == 1 for one, other in itertools.permutations(cells, 2))
    assert (grid.voxels, grid.neighbours) == (len(cells), pairs)
    assert coarse.voxels == len({tuple(value // 2 for value in cell) for cell in cells})


@pytest.mark.parametrize(("name", "published", "gmacs"), [("minkunet", 21.7e6, 114.0), ("spvcnn", 21.8e6, 118.6)])
def test_parameters_as_published_and_work_near_it(name: str, published: float, gmacs: float) -> None:
    """Tang et al. 2020, table 1. Their scans are recorded, ours is simulated, and nothing was fitted: within a
    fifth."""
    network = load_network(name)
    assert network.params == pytest.approx(published, abs=0.05e6)
    assert network.macs / 1e9 == pytest.approx(gmacs, rel=0.2)


def test_a_convolution_works_once_per_pair_of_neighbours() -> None:
    """And once per voxel for itself, but for the last row of the mean."""
    net = Network("conv")
    submanifold_conv(net, "conv", FeatureMap.sequence(1000, channels=16), 32, neighbours=5201)
    pairs, rounding = 1000 + 5201, 25
    assert 16 * 32 * pairs <= sum(layer.macs for layer in net.layers) <= 16 * 32 * (pairs + rounding)
    assert sum(layer.params for layer in net.layers) == 27 * 16 * 32 + 2 * 32


def test_strided_convolutions_touch_every_fine_voxel_once() -> None:
    fine, coarse = FeatureMap.sequence(800, channels=16), FeatureMap.sequence(120, channels=16)
    down, up = Network("down"), Network("up")
    assert strided_conv(down, "conv", fine, 32, voxels=120).height == 120
    assert strided_deconv(up, "conv", coarse, 32, voxels=800).height == 800
    assert down.macs == up.macs == 800 * 16 * 32
    assert down.params == up.params == 8 * 16 * 32 + 2 * 32


def test_larger_voxels_are_fewer() -> None:
    macs = [load_network("minkunet", size).macs for size in VOXEL_MM]
    assert macs == sorted(macs, reverse=True)


def test_other_voxels_are_refused() -> None:
    with pytest.raises(InputError, match="voxel size in mm: 60 must be one of 50, 100, 200"):
        load_network("minkunet", 60)
    with pytest.raises(InputError, match="neighbours: 0 must be at least 1"):
        submanifold_conv(Network("n"), "conv", FeatureMap.sequence(10, channels=4), 8, neighbours=0)
