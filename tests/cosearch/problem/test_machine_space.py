"""Machines of a person's own as a space: every design can be written down and found again, inside the budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accel_models.families import list_families, load_family
from accel_models.presets import load_machine
from accel_models.structure import Structure
from cosearch import Budget, CoSearch
from cosearch.problem.hardware import Extent
from cosearch.problem.machine_space import MachineSpace
from nets.errors import InfeasibleError, InputError


def space_of(name: str, budget: str = "area=5mm2") -> MachineSpace:
    return MachineSpace(Budget.parse(budget), *load_family(name))


@pytest.mark.parametrize("name", list_families())
def test_a_design_is_found_again_by_its_parameters(name: str) -> None:
    space, rng = space_of(name), np.random.default_rng(0)
    space.require_feasible()
    drawn = [space.decode(dict(zip(space.knobs, rng.random(len(space.knobs)).tolist()))) for _ in range(200)]
    designs = [design for design in drawn if design is not None]
    assert designs
    for design in designs:
        parameters = space.parameters(design)
        assert space.described(parameters) == design
        assert not space.violations(design)
        for parameter, value in parameters.items():
            domain = space.domain(parameter)
            assert domain.low <= float(value) <= domain.high if isinstance(domain, Extent) else value in domain


def test_a_budget_without_room_names_the_limit_of_the_smallest() -> None:
    with pytest.raises(InfeasibleError, match=r"the smallest has area .* exceeds the limit of 100000 um2"):
        space_of("simba_like", "area=0.1mm2").require_feasible()


@pytest.mark.parametrize(
    "given, said",
    [
        ({"vary": ("GLB.capacity=1KB..2KB",)}, "vary.*is of a machine"),
        ({"machine": "eyeriss_like", "vary": ()}, "says nothing of what varies"),
        ({"machine": "eyeriss_like", "vary": ("L7.capacity=1KB..2KB",)}, "is not known"),
        ({"machine": "eyeriss_like", "node_nm": 7}, "node.*is that of the machine"),
        ({"machine": "eyeriss_chip", "vary": ("GLB.X=4..8",), "networks": ()}, "accurate subnets are is known"),
    ],
)  # fmt: skip
def test_what_a_search_of_a_machine_cannot_do_is_refused(given: dict[str, object], said: str) -> None:
    name = given.get("machine")
    if name == "eyeriss_chip":
        given = {**given, "machine": load_machine("eyeriss_chip")}
    elif name is not None:
        machine, vary = load_family(str(name))
        given = {"vary": vary, **given, "machine": machine}
    with pytest.raises(InputError, match=said):
        CoSearch(**{"budget": Budget.parse("area=5mm2"), "networks": ("squeezenet1_1",), **given})


def test_what_varies_is_refused_where_it_has_no_figures() -> None:
    structure, _ = load_family("eyeriss_like")
    counted, low = replace(structure, standing_costs=True), replace(structure, voltage=1.2)
    for machine, vary, said in (
        (counted, "DRAM=lpddr4|hbm3", "there are those of lpddr4"),
        (low, "node=45|22", "where figures of 22 nm can be carried"),
    ):
        with pytest.raises(InputError, match=said):
            MachineSpace(Budget(), machine, (vary,))
    assert MachineSpace(Budget(), counted, ("DRAM=lpddr4|hbm2",)).size == 2


def test_only_a_structure_has_sizes_that_vary() -> None:
    with pytest.raises(InputError, match="kind structure"):
        CoSearch(budget=Budget(), machine=load_machine("nvdla_256"), vary=("L2.X=4..8",))  # type: ignore[arg-type]


def test_networks_are_taken_at_the_precision_of_the_machine() -> None:
    machine = load_machine("eyeriss_chip")
    assert isinstance(machine, Structure)
    options = CoSearch(budget=Budget(), machine=machine, vary=("GLB.X=4..8",), networks=("squeezenet1_1",))
    (network,) = options.load_networks()
    assert {(layer.weight_bits, layer.psum_bits) for layer in network.mac_layers} == {(16, 16)}
    narrow = CoSearch(
        budget=Budget(), machine=machine, vary=("GLB.X=4..8",), networks=("squeezenet1_1",), precision="w8a8"
    )
    assert narrow.hardware.precision.weight == 8
