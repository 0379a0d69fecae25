"""Named dataflows: valid everywhere, and each keeps what its name says."""

from __future__ import annotations

import pytest

from accel_models import Mapping, evaluate, list_accelerators, load_accelerator
from mappings import search
from mappings.dataflows import dataflow_mapping, list_dataflows
from mappings.relevance import TENSOR_DIMS
from nets import Layer
from nets.errors import InputError

CONV = Layer(name="conv", K=64, C=48, P=14, Q=14, R=3, S=3)
DEPTHWISE = Layer(name="depthwise", G=96, P=14, Q=14, R=3, S=3)
MATMUL = Layer(name="matmul", kind="matmul", P=50, C=96, K=64)


@pytest.mark.parametrize("name", list_dataflows())
@pytest.mark.parametrize("machine", list_accelerators())
def test_valid_for_every_kind_of_layer_on_every_preset(name: str, machine: str) -> None:
    accelerator = load_accelerator(machine)
    for layer in (CONV, DEPTHWISE, MATMUL):
        cost = evaluate(layer, accelerator, dataflow_mapping(name, layer, accelerator))
        assert cost.valid, cost.error


def innermost_loops(mapping: Mapping, level: int) -> str:
    """The dims of a level's temporal loops, outermost first."""
    return "".join(loop.dim for loop in mapping.levels[level].temporal)


@pytest.mark.parametrize(
    ("name", "tensor"), [("weight_stationary", "W"), ("output_stationary", "O"), ("input_stationary", "I")]
)
def test_what_the_name_says_stays_in_the_elements(name: str, tensor: str) -> None:
    machine = load_accelerator("edgetpu_like")
    for layer in (CONV, MATMUL):
        mapping = dataflow_mapping(name, layer, machine)
        moves = [dim in TENSOR_DIMS[tensor] for dim in innermost_loops(mapping, 1)]
        assert moves == sorted(moves, reverse=True)  # loops that do not move it are innermost
        if tensor == "O" and not set(innermost_loops(mapping, 0)) & set("CRS"):
            assert evaluate(layer, machine, mapping).traffic["L1"]["O"].fills == 0  # no partial sum ever comes back


def test_row_stationary_holds_a_filter_row() -> None:
    machine = load_accelerator("eyeriss")
    mapping = dataflow_mapping("row_stationary", CONV, machine)
    tile = {loop.dim: loop.tile for at in mapping.levels[:2] for loop in (*at.temporal, *at.spatial)}
    assert tile.get("S", 3) == 3
    assert tile["R"] == 1
    assert tile["P"] == 1
    assert {loop.dim for loop in mapping.levels[1].spatial} == {"R", "P"}
    assert innermost_loops(mapping, 1)[-1] in "PQ"


def test_no_local_reuse_holds_single_elements() -> None:
    mapping = dataflow_mapping("no_local_reuse", MATMUL, load_accelerator("nvdla_256"))
    assert not mapping.levels[2].temporal


def test_a_search_that_starts_there_is_never_worse() -> None:
    machine = load_accelerator("eyeriss")
    start = dataflow_mapping("row_stationary", CONV, machine)
    result = search(CONV, machine, start=start, budget=40)
    assert result.cost.edp <= evaluate(CONV, machine, start).edp


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'weight_stationary'"):
        dataflow_mapping("weight-stationary", CONV, load_accelerator("eyeriss"))
