"""Subnets of a space that reach an accuracy: the best on a design, and designs priced by theirs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.template import Template
from accel_models.vector import vector_cost
from benchmarks.naas.conventions import PAPER, Convention
from benchmarks.naas.nested import Floats, Priced, by_dataflow_alone
from cosearch.problem.objective import OBJECTIVES, Objective
from cosearch.strategies.shortest_path import ChainProblem
from cosearch.strategies.subnets import SubnetSearch
from mappings import search_many
from nets import Network
from nets.accuracy import Accuracy, load_predictor


class Subnets:
    """The subnets of a space that reach an accuracy, by what ships for the space.

    Args:
        space: its id. floor: percent top-1. resolutions: allowed.

    Raises:
        InputError: no such space, or a resolution of which no accuracies are known.
        InfeasibleError: no subnet reaches the accuracy.
    """

    def __init__(self, space: str, floor: float, resolutions: Sequence[int]) -> None:
        self._predictor = load_predictor(space)
        search = SubnetSearch(self._predictor.space, self._predictor, floor, resolutions)
        self._layers = search.layers
        self._problem = ChainProblem(search.table, self._predictor, floor)

    def priced(self, convention: Convention, *, budget: int, seed: int, dataflow: str = "") -> Priced:
        """Designs priced by the EDP of their best subnet; its layers mapped by CMA-ES, or by a fixed dataflow."""

        def price(designs: Sequence[Template]) -> list[float]:
            machines = [convention.priced(design) for design in designs]
            energy_pj, latency_s = self._costs(machines, convention, budget, seed, dataflow)
            found = [self._problem.best(*costs) for costs in zip(energy_pj, latency_s)]
            return [math.inf if one is None else one.energy_pj * one.latency_s for one in found]

        return price

    def best(
        self, design: Template, convention: Convention, *, budget: int, seed: int, dataflow: str = "",
        objective: Objective = OBJECTIVES["edp"],
    ) -> tuple[Network, Accuracy] | None:  # fmt: skip
        """The best subnet on a design, and its predicted accuracy; none where a layer fits in no way."""
        energy_pj, latency_s = self._costs([convention.priced(design)], convention, budget, seed, dataflow)
        found = self._problem.best(energy_pj[0], latency_s[0], objective)
        if found is None:
            return None
        return self._predictor.space.network(found.config), self._predictor.predict(found.config)

    def _costs(
        self, machines: Sequence[Accelerator], convention: Convention, budget: int, seed: int, dataflow: str
    ) -> tuple[Floats, Floats]:
        """(machines, layers) energy and latency; layers that do not multiply take nothing by the paper's convention."""
        energy_pj = np.zeros((len(machines), len(self._layers)))
        latency_s = np.zeros_like(energy_pj)
        mac = [place for place, layer in enumerate(self._layers) if layer.is_mac]
        layers = [self._layers[place] for place in mac]
        if dataflow:
            energy, cycles = by_dataflow_alone(layers, machines, dataflow)
        else:
            found = search_many(layers, machines, mapper="cmaes", budget=budget, seed=seed)
            energy, cycles = found.energy_pj, found.cycles
        clocks = np.array([[machine.clock_hz] for machine in machines])
        energy_pj[:, mac], latency_s[:, mac] = energy, cycles / clocks
        for place, layer in enumerate(self._layers):
            if not layer.is_mac and convention is not PAPER:
                for row, machine in enumerate(machines):
                    moved = vector_cost(layer, machine)
                    energy_pj[row, place], latency_s[row, place] = moved.energy_pj, moved.latency_s
        return energy_pj, latency_s
