"""Networks: the proven optimum against the join of complete fronts, and what any mapper's search must keep to."""

from __future__ import annotations

from typing import Any

import pytest

from accel_models import Accelerator, Axis, Level, evaluate
from accel_models.vector import vector_cost
from mappings import join_network, layer_front, search_network
from mappings.network_search import CLOSE
from nets import Layer
from nets.errors import InfeasibleError, InputError
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, FREE, MATMUL

TIGHT = Accelerator(
    name="tight array",
    levels=(
        Level(name="DRAM", word_bits=None, shared_bandwidth=2.0, read_pj=1.0, write_pj=1.0),
        Level(
            name="L2", word_bits=None, capacity_words=40, read_bandwidth=4.0, write_bandwidth=4.0, read_pj=2.0,
            write_pj=2.0, network_pj=2.0, fanout=(Axis("X", 3),),
        ),
        Level(name="L1", word_bits=None, capacity_words=6, read_pj=0.3, write_pj=0.3),
    ),
    mac_pj=0.2,
)  # fmt: skip
SMALL = (
    (Layer(name="wide", K=6, C=2, P=4), 2),
    (Layer(name="deep", C=12, P=2), 1),
    (Layer(name="window", P=8, R=3), 3),
)
NETWORK = ((CONV, 2), (DEPTHWISE, 1), (MATMUL, 3), (Layer(name="add", kind="eltwise", K=24, P=9, Q=9), 2))


def test_a_proven_network_is_the_best_of_all() -> None:
    fronts = [
        layer_front(layer, TIGHT, mapper="exhaustive", tiles="perfect", budget=5_000_000, objectives=["edp"])
        for layer, _ in SMALL
    ]
    counts = [count for _, count in SMALL]
    truth, alone = join_network(fronts, counts), join_network(fronts, counts, aggregate="layers")
    assert truth.edp < alone.energy_pj * alone.cycles
    found = search_network(SMALL, TIGHT, mapper="optimal", tiles="perfect")
    assert found.proven
    assert found.choice.edp == pytest.approx(truth.edp, rel=1e-12)
    assert found.choice.lower_bound == pytest.approx(truth.edp, rel=1e-9)


@pytest.mark.parametrize("mapper", ["cmaes", "random", "optimal"])
def test_a_search_is_never_worse_than_the_layer_optima_it_saw_and_never_below_its_bound(mapper: str) -> None:
    tiles: Any = "perfect" if mapper == "optimal" else "ragged"
    found = search_network(NETWORK, FREE, mapper=mapper, budget=160, tiles=tiles)
    assert 0 < found.choice.lower_bound <= found.choice.edp <= found.layer_optima.edp
    assert [bound for _, _, bound in found.rounds] == sorted(bound for _, _, bound in found.rounds)
    assert [edp for _, edp, _ in found.rounds] == sorted((edp for _, edp, _ in found.rounds), reverse=True)
    assert found.rounds[-1][1:] == (found.choice.edp, found.choice.lower_bound)
    assert mapper == "optimal" or found.evaluations <= 160 * 3
    energy = cycles = 0.0
    for i, (layer, count) in enumerate(NETWORK):
        mapping = found.mapping(i)
        cost = vector_cost(layer, FREE) if mapping is None else evaluate(layer, FREE, mapping)
        assert (mapping is None) == (not layer.is_mac)
        energy += count * cost.energy_pj
        cycles += count * cost.cycles
    assert found.choice.energy_pj == pytest.approx(energy, rel=1e-12)
    assert found.choice.cycles == pytest.approx(cycles, rel=1e-12)


def test_the_sum_of_layer_edps_is_what_layer_searches_find() -> None:
    found = search_network(NETWORK[:3], FREE, mapper="optimal", tiles="perfect", aggregate="layers")
    assert found.choice.points == found.layer_optima.points
    assert len(found.rounds) == 1
    assert found.choice.gap <= CLOSE


def test_same_seed_same_network() -> None:
    one, two = (search_network(NETWORK, FREE, budget=120, seed=7, threads=n) for n in (1, 2))
    assert (one.choice, one.rounds[1:]) == (two.choice, two.rounds[1:])


def test_vector_layers_alone_have_one_answer() -> None:
    found = search_network(NETWORK[3:], FREE)
    assert found.proven
    assert found.evaluations == 0


def test_what_cannot_be_searched_is_refused() -> None:
    with pytest.raises(InputError, match="must have a layer"):
        search_network([], FREE)
    with pytest.raises(InputError, match="rounds"):
        search_network(NETWORK, FREE, rounds=0)
    with pytest.raises(InputError, match="'layers'"):
        search_network(NETWORK, FREE, aggregate="layer")  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError, match="'conv'"):
        search_network(NETWORK[:1], FREE, constraints=["L1.tile.K >= 20", "L1.tile.C >= 10"])
