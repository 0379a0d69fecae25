"""Splits: parts make every output once, need what sets of positions say, and words cross links as they are walked."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from accel_models.systems import load_system
from accel_models.systems.routes import Routes
from accel_models.systems.system import System
from mappings.cores.moves import Mover
from mappings.cores.splits import Boxes, Plane, Split, made, needed, shares, splits, weight_parts
from nets import Layer


def drawn_layer(draw: random.Random) -> Layer:
    kernel, stride = draw.choice([1, 2, 3]), draw.choice([1, 2])
    groups = draw.choice([1, 1, 4])
    return Layer(
        name="conv", N=draw.randint(1, 2), G=groups, K=draw.randint(1, 5), C=draw.randint(1, 3), P=draw.randint(2, 7),
        Q=draw.randint(2, 4), R=kernel, S=kernel, stride=(stride, stride), padding=(kernel // 2,) * 2 + (0, 0),
    )  # fmt: skip


def positions(boxes: Boxes) -> list[set[tuple[int, int, int]]]:
    """The positions in each box."""
    return [
        {(n, p, c) for n in range(*box[0]) for p in range(*box[1]) for c in range(*box[2])} for box in boxes.tolist()
    ]


@pytest.mark.parametrize("seed", range(60))
def test_parts_make_everything_once_and_need_their_windows(seed: int) -> None:
    draw = random.Random(seed)
    layer = drawn_layer(draw)
    source = Plane(layer.N, layer.input_height, layer.G * layer.C, layer.input_width, 8)
    for split in splits(layer, draw.choice([1, 2, 3, 4, 6])):
        outputs = positions(made(layer, split))
        assert sum(map(len, outputs)) == len(set().union(*outputs)) == layer.N * layer.P * layer.G * layer.K
        needs = positions(needed(layer, split, source, windowed=True))
        for own, need in zip(outputs, needs):
            read = {
                (n, row, group * layer.C + c)
                for n, p, k in own
                for group in [k // layer.K]
                for row in (p * layer.stride[0] - layer.padding[0] + r for r in range(layer.R))
                if 0 <= row < layer.input_height
                for c in range(layer.C)
            }
            # a box holds the rows that a stride steps over, too
            assert read <= need
            assert layer.stride[0] > layer.R or layer.G > 1 or read == need
        parts, which = shares(layer, split)
        assert sum(parts[number].macs for number in which if number >= 0) == layer.macs
        words, of = weight_parts(layer, split)
        assert words[np.unique(of[of >= 0])].sum() == pytest.approx(layer.weight_words)


@pytest.fixture(scope="module")
def mesh() -> System:
    small = load_system("simba_package")
    return replace(
        small,
        kinds=(replace(small.kinds[0], count=6),),
        links=tuple(
            replace(small.links[0], source=a, target=b)
            for one, other in [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
            for a, b in ((one, other), (other, one))
        ),
        ports=(0,),
    )


@pytest.mark.parametrize("seed", range(30))
def test_words_that_cross_links_are_those_of_a_walk(seed: int, mesh: System) -> None:
    """Word by word: each goes from the core that holds it, along a tree, to all cores of each need that has it."""
    draw = random.Random(100 + seed)
    first, second = drawn_layer(draw), drawn_layer(draw)
    first = replace(first, N=2, G=1, K=second.G * second.C, P=second.input_height, Q=second.input_width)
    second = replace(second, N=2)
    plane = Plane.made_by(first)
    routes = Routes(mesh)
    mover = Mover(mesh, mesh.kinds[0], routes, tuple(range(6)))
    one, other = draw.choice(splits(first, 6)), draw.choice(splits(second, 6))
    held, needs = made(first, one), needed(second, other, plane, windowed=True)
    move = mover.between(plane, held, needs)
    links, arrived, received = np.zeros(len(mesh.links)), np.zeros(6), 0
    groups = {}
    for core, box in enumerate(needs.tolist()):
        groups.setdefault(str(box), (box, []))[1].append(core)
    for core, own in enumerate(positions(held)):
        for box, takers in groups.values():
            for n, p, c in own:
                if box[0][0] <= n < box[0][1] and box[1][0] <= p < box[1][1] and box[2][0] <= c < box[2][1]:
                    links += routes.trees(tuple(takers))[core] * plane.columns
                    for taker in takers:
                        arrived[taker] += plane.columns * (taker != core)
                        received += plane.columns * (taker != core)
    assert move.links == pytest.approx(links)
    assert move.room == pytest.approx(arrived)
    assert move.dram == 0
    assert move.energy_pj >= received * mesh.kinds[0].accelerator.levels[1].write_pj
    from_dram = mover.from_dram(plane, needs)
    assert from_dram.dram == len(set().union(*positions(needs))) * plane.columns
    assert mover.to_dram(plane, held).dram == 2 * first.P * first.K * first.Q


def test_splits_leave_few_cores_idle() -> None:
    layer = Layer(name="fc", K=1000, C=64)
    assert splits(layer, 64) == [Split(1, 1, 64)]
    assert str(Split(1, 2, 3)) == "2 rows x 3 channels"
    assert str(Split(1, 1, 1)) == "whole"
