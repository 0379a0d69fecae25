"""Arrays of every length near the best one, where layers have few shapes: which there are, and what fits them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch import Budget, CoSearch
from cosearch.bounds.arrays import upright
from cosearch.bounds.grid import L1, L2, NOC, SIZES, DesignGrid, Ints
from cosearch.problem.template_space import WIRED
from cosearch.search.race.field import TemplateField, template_field
from cosearch.search.race.moves import REACH, lengths_of, refitted
from nets import load_network
from nets.layer import DIMS

TRANSFORMERS = ["bert_base", "vit_b_16"]


def field(network: str, budget: str = "area=8mm2") -> TemplateField:
    options = CoSearch(budget=Budget.parse(budget), networks=(network,)).options
    found = load_network(network)
    return template_field(options, [found], found.layers, any_of=False)


def design(grid: DesignGrid, **sizes: int) -> Ints:
    """A design with those lanes and words, 256 bytes an element and the largest L2."""
    found = np.ones(len(SIZES), dtype=np.int64)
    for dim, size in sizes.items():
        found[NOC if dim == "words" else WIRED.index(dim)] = size
    found[L1] = int(np.searchsorted(grid.l1.size, 256))
    found[L2] = 0
    found[L2] = grid.last_l2(found[None])[0]
    assert found[L2] >= 0
    return found


@pytest.mark.parametrize("network", TRANSFORMERS)
def test_every_length_saves_some_layer_a_step_and_no_other_one_does(network: str) -> None:
    on = field(network)
    layers = [layer for layer in load_network(network).layers if layer.is_mac]
    for place, (dim, lengths) in enumerate(zip(WIRED, lengths_of(on.grid, layers))):
        extents = {layer.bounds[DIMS.index(dim)] for layer in layers}
        steps = {lanes: [math.ceil(extent / lanes) for extent in extents] for lanes in on.grid.lanes.tolist()}
        saving = [
            lanes
            for lanes in steps
            if lanes <= on.grid.most_lanes[place]
            and (lanes - 2 not in steps or any(a < b for a, b in zip(steps[lanes], steps[lanes - 2])))
        ]
        assert lengths.tolist() == saving


@pytest.mark.parametrize("sizes", [{"K": 48, "P": 32, "words": 65}, {"K": 64, "words": 90}])
def test_arrays_of_other_lengths_fit_the_area_with_the_old_l2_or_the_largest(sizes: dict[str, int]) -> None:
    on = field("bert_base")
    grid, start = on.grid, design(on.grid, **sizes)
    found = refitted(grid, start, on.lengths, square=True)
    assert len(found) == len(np.unique(found, axis=0))
    assert not any(grid.space.violations(grid.machine(one)) for one in found)
    assert (found != start).any(axis=1).all()
    assert (upright(found) == found).all()
    wired = np.flatnonzero(start[:L1] > 1)
    assert (found[:, L1] == start[L1]).all()
    assert ((found[:, :L1] > 1) == (start[:L1] > 1)).all()
    for place in wired:
        assert set(found[:, place].tolist()) <= {*on.lengths[place].tolist()}
        assert (found[:, place] <= start[place] * REACH).all()
        assert (found[:, place] * REACH >= start[place]).all()
    largest = grid.last_l2(found)
    assert ((found[:, L2] == largest) | (found[:, L2] == start[L2])).all()
    same = (found[:, :L1] == start[:L1]).all(axis=1)
    assert set(range(int(start[NOC]) // 2 + 1, int(start[NOC]) + 1)) - {int(start[NOC])} <= set(
        found[same, NOC].tolist()
    )
    found = found[~same]
    wide = np.round(start[NOC] * found[:, wired].sum(axis=1) / start[wired].sum())
    assert ((found[:, NOC] == start[NOC]) | (np.abs(found[:, NOC] - wide) <= 1)).all()


def test_three_axes_change_two_at_a_time() -> None:
    on = field("bert_base")
    start = design(on.grid, K=8, C=8, P=8, words=64)
    found = refitted(on.grid, start, on.lengths, square=True)
    assert len(found) > 100
    assert ((found[:, :L1] != start[:L1]).sum(axis=1) <= 2).all()


@pytest.mark.parametrize("network, few", [("bert_base", True), ("gpt2", True), ("alexnet", False), ("vgg16", False)])
def test_all_lengths_are_tried_where_layers_have_few_shapes(network: str, few: bool) -> None:
    on = field(network)
    assert bool(on.lengths) == few
    start = design(on.grid, K=32, C=16, words=64)
    around = on.ground.around(start)
    changed = np.delete(around != start, L2, axis=1).sum(axis=1)
    assert (changed.max() == 3) == few  # both axes and words a cycle
    assert len(np.unique(around, axis=0)) == len(around)
