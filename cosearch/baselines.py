"""Published designs beside the searched one: same area, technology, DRAM and precision, same networks, same mapper."""

from __future__ import annotations

import math
from dataclasses import replace

from accel_models.presets import list_accelerators, load_machine
from accel_models.template import Template, scale_to_area
from cosearch.mapped_networks import map_networks
from cosearch.mapping_table import MapperOptions
from cosearch.objective import Objective, geometric_mean
from cosearch.result import Baseline, Winner
from cosearch.strategies.template_space import TemplateSpace
from nets.errors import InfeasibleError
from nets.network import Network


def compare_baselines(
    winner: Winner, space: TemplateSpace, objective: Objective, options: MapperOptions, budget: int
) -> tuple[Baseline, ...]:
    """Every preset that is a design of the template, scaled to the area that the searched one was given.

    Args:
        winner: the searched design.
        space: its design space; presets take its technology, precision and DRAM.
        objective: what is compared.
        options, budget: how every layer is mapped: as for the winner.
    """
    networks = [cost.network for cost in winner.costs]
    value = winner.value(objective)
    area_mm2 = space.budget.area_mm2 or winner.accelerator.area_mm2
    baselines = []
    for name in list_accelerators():
        preset = load_machine(name)
        if not isinstance(preset, Template):
            continue  # what the template cannot express has no proportions to scale
        try:
            baselines.append(
                _compared(name, _fitted(preset, space, area_mm2), networks, objective, options, budget, value)
            )
        except InfeasibleError as error:
            baselines.append(Baseline(name, None, math.inf, math.inf, math.inf, math.inf, str(error)))
    return tuple(baselines)


def _fitted(preset: Template, space: TemplateSpace, area_mm2: float) -> Template:
    """The preset with all that is given alike, at the area."""
    alike = replace(
        preset,
        precision=space.precision,
        node_nm=space.node_nm,
        clock_hz=None,
        overhead=space.overhead,
        dram="lpddr4",
        dram_bandwidth=space.dram_gb_s,
        strict_strides=False,
    )
    return scale_to_area(alike, area_mm2)


def _compared(
    name: str,
    template: Template,
    networks: list[Network],
    objective: Objective,
    options: MapperOptions,
    budget: int,
    value: float,
) -> Baseline:
    costs = map_networks(networks, template, options, budget).costs
    own = geometric_mean(objective.of(cost.energy_pj, cost.latency_s) for cost in costs)
    return Baseline(
        name,
        template,
        own,
        geometric_mean(cost.energy_pj for cost in costs),
        geometric_mean(cost.latency_s for cost in costs),
        own / value,
    )
