"""What a search would do and how long it would take, without doing it: ``cosearch search --dry-run``."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.executors.serial import Serial
from cosearch.problem.options import CoSearchOptions
from cosearch.search.resolutions import specify_workload
from cosearch.strategies.accelerators import AcceleratorStrategy


@dataclass(frozen=True, slots=True)
class Plan:
    """A search in figures.

    Attributes:
        trials: accelerators to evaluate, in that many generations.
        mapped_shapes: different layers that are mapped on each accelerator.
        mappings: evaluated in the outer loop; the design found and the baselines take more.
        accelerators_at_most: points of the space; the budget leaves fewer.
        subnets: of the space at one resolution; ``None`` when networks are given.
        expected_s: of the outer loop, from the time that one generation took here.
    """

    trials: int
    generations: int
    mapped_shapes: int
    mappings: int
    accelerators_at_most: float
    subnets: float | None
    expected_s: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def plan(options: CoSearchOptions) -> Plan:
    """Measure one generation, once what compiles is compiled, and multiply."""
    hardware = options.hardware
    hardware.require_feasible()
    workload = specify_workload(options, Serial()).make()
    proposals = AcceleratorStrategy(hardware, "random", options.seed, options.population).ask(options.population)
    accelerators = [proposal.template.accelerator() for proposal in proposals]
    map_shapes(workload.layers, accelerators[:1], options.mapper_options, options.mapper_budget)
    began = time.perf_counter()
    table = map_shapes(workload.layers, accelerators, options.mapper_options, options.mapper_budget)
    for row in range(len(accelerators)):
        workload.evaluate(table.energy_pj[row], table.latency_s[row], row)
    seconds = time.perf_counter() - began
    each = table.evaluations // len(accelerators)
    return Plan(
        trials=options.trials,
        generations=math.ceil(options.trials / options.population),
        mapped_shapes=each // options.mapper_budget,
        mappings=each * options.trials,
        accelerators_at_most=hardware.size,
        subnets=float(workload.space.size) if isinstance(workload, BestSubnet) else None,
        expected_s=seconds * options.trials / len(accelerators),
    )


def describe(found: Plan) -> str:
    """The plan for a person."""
    subnets = "" if found.subnets is None else f", {found.subnets:.2g} subnets"
    return (
        f"space: at most {found.accelerators_at_most:.2g} accelerators{subnets}\n"
        f"plan: {found.trials} accelerators in {found.generations} generations, {found.mapped_shapes} layer shapes "
        f"mapped on each, {found.mappings:,} mappings evaluated\n"
        f"time: about {found.expected_s:.0f} s on this machine, and the longer mapping of what is found\n"
    )
