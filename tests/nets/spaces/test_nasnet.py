"""The cell space: its size by two formulas, and cells as layers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.blocks import FeatureMap
from nets.blocks.cell import Cell, Combination, cell, cell_network
from nets.blocks.cell_operations import OPERATIONS
from nets.errors import InputError
from nets.network import Network
from nets.spaces import load_space
from nets.spaces.nasnet import CellSpace, cell_space_size


def test_the_size_that_lecture_notes_give() -> None:
    """4^B M^2B N^B = 3.2e11 at B = 5, M = 5, N = 2: by formula and by counting the genes."""
    assert cell_space_size(5, 5, 2) == 4**5 * 5**10 * 2**5 == 320_000_000_000
    assert load_space("nasnet-notes").size == 320_000_000_000


def test_the_size_of_the_papers_space() -> None:
    """Combination b picks twice from b + 1 states and 13 operations; two cells."""
    assert load_space("nasnet").size == math.prod((b + 1) ** 2 * 13**2 * 2 for b in range(1, 6)) ** 2


@settings(max_examples=20)
@given(st.sampled_from(["nasnet", "nasnet-notes"]), st.integers(0, 2**32 - 1))
def test_the_graph_of_blocks_is_the_network_of_its_cells(id: str, seed: int) -> None:
    """Wired by the space, and built in one go as the reference networks are."""
    space = load_space(id)
    assert isinstance(space, CellSpace)
    config = space.sample(np.random.default_rng(seed))
    network = space.network(config)
    normal, reduction = space.cell(config, space.cells[0]), space.cell(config, space.cells[-1])
    net = Network("cells")
    image = FeatureMap.image(config["r"])
    cell_network(net, image, normal=normal, reduction=reduction, filters=44, repeats=4, stem_filters=32)
    assert [layer.shape_key for layer in network.layers] == [layer.shape_key for layer in net.layers]
    edges = [tuple(name.replace("head.", "") for name in edge) for edge in network.graph.edges]
    assert edges == list(net.graph.edges)


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("stride", [1, 2])
def test_an_operation_gives_the_channels_and_plane_asked_for(op: str, stride: int) -> None:
    """Whatever its input has; an operation that keeps the shape may be no layer at all."""
    for channels in (24, 40):
        out = OPERATIONS[op](Network("op"), "op", FeatureMap.image(17, channels=channels), 24, stride)
        assert (out.channels, out.plane) == (24, (17, 17) if stride == 1 else (9, 9))


def test_the_output_joins_what_nothing_reads() -> None:
    """Matched to the plane and channels of the last state: here an input of a reduction cell and a concatenation."""
    design = Cell((Combination(0, "conv_3x3", 0, "conv_3x3", "concat"), Combination(0, "identity", 0, "identity")))
    assert design.output == (1, 2, 3)
    net = Network("cell")
    out = cell(
        net, "cell", FeatureMap.image(16, channels=8), FeatureMap.image(16, channels=8), design, filters=8, stride=2
    )
    assert (out.channels, out.plane) == (24, (8, 8))


@pytest.mark.parametrize(
    ("steps", "output", "message"),
    [
        ((Combination(0, "conv_4x4", 1, "identity"),), (), "combination 1: operation: 'conv_4x4'.*did you mean 'conv_"),
        ((Combination(0, "conv_1x1", 2, "identity"),), (), "combination 1: state: 2 must be 0 to 1"),
        ((Combination(0, "conv_1x1", 1, "identity"),), (3,), "output.*must hold states 0 to 2"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(
    steps: tuple[Combination, ...], output: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Cell(steps, output)
