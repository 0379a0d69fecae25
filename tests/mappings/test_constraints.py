"""Constraints: what is written is what is kept, and what cannot be kept names the constraint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accel_models import Accelerator, Axis, Level, Mapping, load_accelerator
from mappings import search, search_layers
from mappings.mapspace import CONSTRAINT, MapSpace, smallest_tiles
from mappings.relevance import TENSOR_DIMS
from nets import Layer
from nets.errors import InfeasibleError, InputError

LAYER = Layer(name="conv", K=48, C=20, P=14, Q=14, R=3, S=3)
FREE = Accelerator(
    name="free",
    levels=(
        Level(name="DRAM", shared_bandwidth=8.0, read_pj=64.0, write_pj=64.0),
        Level(
            name="L2", capacity_words=8192, read_pj=3.0, write_pj=3.0, fanout=(Axis("X", 8), Axis("Y", 4, ("K", "P")))
        ),
        Level(name="L1", capacity_words=128, read_pj=0.5, write_pj=0.5),
    ),
    mac_pj=0.3,
)


def held(mapping: Mapping, level: str, dim: str) -> int:
    """The tile of a dim that a level holds."""
    extent: int = getattr(LAYER, dim)
    for at in mapping.levels:
        if at.level == level:
            return extent
        for loop in (*at.temporal, *at.spatial):
            if loop.dim == dim:
                extent = loop.tile
    raise AssertionError(level)


def loops(mapping: Mapping, level: int) -> str:
    return "".join(loop.dim for loop in mapping.levels[level].temporal)


@pytest.mark.parametrize("mapper", ["random", "cmaes"])
@pytest.mark.parametrize("encoding", ["importance", "index"])
def test_what_is_asked_for_is_kept(mapper: str, encoding: str) -> None:
    asked = (
        "L2.tile.K = 20", "L2.tile.C >= 5", "L1.tile.Q <= 2", "DRAM.order = P*KC", "L2.stationary = W",
        "L2.X.parallel = C", "L2.X.width <= 5", "L2.keeps = W,I",
    )  # fmt: skip
    result = search(
        LAYER, FREE, mapper=mapper, budget=60, constraints=asked, bypass=True, settings={"encoding": encoding}
    )
    mapping = result.mapping
    assert held(mapping, "L2", "K") == 20
    assert held(mapping, "L2", "C") >= 5
    assert held(mapping, "L1", "Q") <= 2
    order = loops(mapping, 0)
    assert order == "".join(sorted(order, key=lambda dim: {"P": 0, "K": 2, "C": 3}.get(dim, 1)))
    moves = [dim in TENSOR_DIMS["W"] for dim in loops(mapping, 1)]
    assert moves == sorted(moves, reverse=True)
    for loop in mapping.levels[1].spatial:
        assert loop.axis == "Y" or (loop.dim == "C" and result.cost.valid)
    assert mapping.levels[1].keeps == ("W", "I")


def test_nearly_all_candidates_meet_them() -> None:
    space = MapSpace.of(
        [LAYER], [FREE], constraints=["L2.tile.K = 20", "L1.tile.C = 3", "L2.order = KC*", "L2.Y.parallel = P"]
    )
    from mappings.encoding import Encoding

    encoding = Encoding.of(space)
    problem_of = np.zeros(500, dtype=np.int64)
    status = space.evaluate(
        encoding.decode(np.random.default_rng(0).random((500, encoding.longest)), problem_of), problem_of
    ).status
    assert (status == 0).mean() > 0.95


def test_a_mapping_that_breaks_one_costs_infinity() -> None:
    space = MapSpace.of([LAYER], [FREE], constraints=["L1.tile.K >= 2"])
    mappings = smallest_tiles(MapSpace.of([LAYER], [FREE]))
    cost = space.evaluate(mappings, np.zeros(1, dtype=np.int64))
    assert cost.status[0] == CONSTRAINT
    assert np.isinf(cost.cycles[0])


def test_constraints_can_only_cost() -> None:
    """Of optima this holds exactly; what a search of few evaluations finds may be better by luck."""
    free = search(LAYER, FREE, mapper="optimal", tiles="perfect")
    assert free.proven
    for text in ("L2.stationary = O", "L1.tile.C = 1", "L2.X.parallel = none"):
        found = search(LAYER, FREE, mapper="optimal", tiles="perfect", constraints=[text])
        assert found.proven
        assert found.score >= free.score


def test_a_fixed_dataflow_for_a_whole_network() -> None:
    result = search_layers([LAYER], load_accelerator("nvdla_256"), budget=40, constraints=["L2.stationary = W"])
    assert result.valid.all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["L2.tile.K <= 4", "L2.tile.K >= 8"], "'L2.tile.K >= 8' contradicts 'L2.tile.K <= 4'"),
        (["L2.tile.K <= 4", "L1.tile.K >= 8"], "'L1.tile.K >= 8' contradicts 'L2.tile.K <= 4'"),
        (["L2.order = KC", "L2.stationary = O"], "'L2.stationary = O' contradicts 'L2.order = KC'"),
        (["L2.X.parallel = K", "L2.X.parallel = C"], "'L2.X.parallel = C' contradicts 'L2.X.parallel = K'"),
        (["L2.Y.parallel = C"], "runs only K, P"),
        (["L1.tile.K >= 100"], "its K is 48"),
        (["DRAM.tile.K = 4"], "holds the whole layer"),
        (["DRAM.keeps = W"], "holds every tensor"),
        (["L2.keeps = W", "L2.keeps = I"], "'L2.keeps = I' contradicts 'L2.keeps = W'"),
        (["L3.tile.K = 4"], "did you mean 'L1'|did you mean 'L2'"),
        (["L2.tile.T = 4"], "known: C, G, K"),
        (["L2.tiles.K = 4"], "did you mean"),
        (["L2.tile.K = four"], "whole number"),
        (["L2.order <= KC"], "must use '='"),
        (["L2.order = KK"], "names a dim twice"),
        (["L2.X.width = 3"], "must use '<='"),
        (["nonsense"], "must be level.subject = value"),
    ],
)
def test_what_cannot_be_names_the_constraint(asked: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MapSpace.of([LAYER], [FREE], constraints=asked)


def test_tiles_too_large_for_a_level_say_by_how_much() -> None:
    asked: Any = ["L1.tile.K = 40", "L1.tile.C = 20"]
    with pytest.raises(InfeasibleError, match=r"L1.tile.K = 40, L1.tile.C = 20.*W 800.*holds 128 words"):
        search(LAYER, FREE, constraints=asked)
