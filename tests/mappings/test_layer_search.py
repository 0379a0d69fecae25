"""One layer, many layers, many accelerators: the same answers, each found once."""

from __future__ import annotations

import numpy as np
import pytest

from accel_models import load_accelerator
from mappings import search, search_layers, search_many
from nets import Layer
from nets.errors import InfeasibleError, InputError

LAYER = Layer(name="a", K=32, C=16, P=14, Q=14, R=3, S=3)
OTHER = Layer(name="b", kind="matmul", K=40, C=24, P=50)
TWIN = Layer(name="c", K=32, C=16, P=14, Q=14, R=3, S=3, padding=(1, 1, 1, 1))


def test_the_answer_of_a_layer_does_not_depend_on_its_company() -> None:
    machines = [load_accelerator("nvdla_256"), load_accelerator("eyeriss")]
    together = search_many([OTHER, LAYER, TWIN], machines, budget=60, seed=5)
    alone = search(LAYER, machines[1], budget=60, seed=5)
    assert together.cycles[1, 1] == alone.cost.cycles
    assert together.energy_pj[1, 1] == alone.cost.energy_pj
    assert together.mapping(1, 1) == alone.mapping
    assert together.cost(1, 1).energy_pj == alone.cost.energy_pj


def test_equal_layers_are_searched_once() -> None:
    result = search_layers([LAYER, OTHER, TWIN], load_accelerator("nvdla_256"), budget=20)
    assert result.evaluations == 2 * 20
    assert result.cycles[0, 0] == result.cycles[0, 2]
    assert result.valid.all()


def test_nothing_found_beats_its_bound() -> None:
    result = search_layers([LAYER, OTHER], load_accelerator("gemmini"), budget=200)
    score = result.cycles * result.energy_pj
    assert (score >= result.lower_bound).all()
    assert (score <= 100 * result.lower_bound).all()


def test_a_layer_that_fits_nowhere_names_level_tensor_and_amount() -> None:
    wide = Layer(name="wide", K=8, C=8, psum_bits=64, weight_bits=64, input_bits=64)
    with pytest.raises(InfeasibleError, match=r"L1: tiles of W 1, I 1, O 1.*holds 16 words"):
        search(wide, load_accelerator("nvdla_256"), budget=10)
    assert np.isinf(search_layers([wide], load_accelerator("nvdla_256"), budget=10).cycles).all()


def test_bad_requests_are_named() -> None:
    machine = load_accelerator("nvdla_256")
    with pytest.raises(InputError, match="did you mean 'cmaes'"):
        search(LAYER, machine, mapper="cmaess")
    with pytest.raises(InputError, match="objective"):
        search(LAYER, machine, objective="edpp")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="budget"):
        search(LAYER, machine, budget=0)
    with pytest.raises(InputError, match="sigma"):
        search(LAYER, machine, settings={"sgima": 1})
