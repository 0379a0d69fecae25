"""The paths of a space are its architectures: as many, of the same blocks and genes."""

from __future__ import annotations

import numpy as np
import pytest

from nets.spaces import Space, list_spaces, load_space
from nets.spaces.paths import SOURCE, Arc, PathGraph

PATHS = [id for id in list_spaces() if isinstance(load_space(id), Space) and load_space(id).paths(64) is not None]


def drawn(graph: PathGraph, rng: np.random.Generator) -> list[Arc]:
    """A path, each arc drawn from those that leave the node."""
    node, path = SOURCE, []
    while node < graph.nodes - 1:
        leaving = [arc for arc in graph.arcs if arc.source == node]
        path.append(leaving[int(rng.integers(len(leaving)))])
        node = path[-1].target
    return path


def test_spaces_of_measured_accuracy_have_paths() -> None:
    assert {"ofa-mbv3-w1.0", "ofa-mbv3-w1.2", "ofa-proxyless-w1.3", "ofa-resnet50", "ofa-digits"} <= set(PATHS)


@pytest.mark.parametrize("id", PATHS)
def test_there_are_as_many_paths_as_architectures(id: str) -> None:
    space = load_space(id)
    graph = space.paths(space.resolutions[0])
    assert graph is not None
    ways = [1] + [0] * (graph.nodes - 1)
    for arc in graph.arcs:
        assert arc.source < arc.target
        ways[arc.target] += ways[arc.source]
    assert [arc.target for arc in graph.arcs] == sorted(arc.target for arc in graph.arcs)
    assert ways[-1] == space.size


@pytest.mark.parametrize("id", PATHS)
def test_a_path_is_an_architecture_of_its_blocks_and_genes(id: str) -> None:
    space, rng = load_space(id), np.random.default_rng(7)
    graph = space.paths(space.resolutions[-1])
    assert graph is not None
    worth = rng.normal(size=len(space.features(space.max_config())))
    seen = set()
    for _ in range(60):
        path = drawn(graph, rng)
        genes = [gene for arc in path for gene in arc.genes]
        config = space.assembled(genes, space.resolutions[-1])
        assert config == space.canonical(config)
        assert tuple(arc.block for arc in path if arc.block is not None) == space.blocks(config)
        gain = sum(worth[space.columns[gene]] for gene in genes if gene in space.columns)
        assert gain == pytest.approx(float(space.features(config) @ worth))
        seen.add(space.key(config))
    assert len(seen) > 50


@pytest.mark.parametrize("id", PATHS)
def test_an_architecture_is_one_path(id: str) -> None:
    space, rng = load_space(id), np.random.default_rng(8)
    for _ in range(10):
        config = space.sample(rng)
        graph = space.paths(config["r"])
        assert graph is not None
        ways = [1] + [0] * (graph.nodes - 1)
        for arc in graph.arcs:
            if all(config[gene][place] == value for gene, place, value in arc.genes):
                ways[arc.target] += ways[arc.source]
        assert ways[-1] == 1


@pytest.mark.parametrize("id", ["nasnet", "tinynas", "litepose"])
def test_others_do_not_say(id: str) -> None:
    space = load_space(id)
    assert id not in PATHS
    assert space.paths(space.resolutions[0]) is None
