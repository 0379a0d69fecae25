"""The joint bound against designs: drawn ones of many budgets, networks and objectives, and the trials of given runs.

    python benchmarks/joint_bound.py [RUN ...] [--designs N]

Each design, mapped in a hurry, is held against the bound of its own point; no value may be below.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

from cosearch.bounds.joint import JointProof
from cosearch.bounds.spec import BoundSpec, direction_of
from cosearch.co_search import CoSearch
from cosearch.evaluation.design import Design
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.template_space import KNOBS
from cosearch.search.joint import searched_resolutions
from cosearch.studies.resume import resumed
from cosearch.studies.run_folder import STUDY
from cosearch.studies.storage import open_journal
from cosearch.studies.study import StudyFile

BUDGETS = ("area=2mm2", "area=5mm2", "area=12mm2", "pes=256,area=8mm2", "sram=64KiB,area=5mm2", "area=5mm2,power=1W")
NETWORKS = (("mobilenet_v2",), ("resnet18",), ("vit_b_16",), ("alexnet", "squeezenet1_1"), ())
OBJECTIVES = ("edp", "energy", "latency")
BATCH = 64


def main() -> None:
    """Count designs and print the worst ratio of bound over value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=1000, help="drawn in all (default: 1000)")
    parser.add_argument("--evaluations", type=int, default=40, help="mappings tried for each layer (default: 40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("runs", nargs="*", type=Path, help="folders of runs whose trials are checked too")
    args = parser.parse_args()
    rng, began, checked, worst = np.random.default_rng(args.seed), time.perf_counter(), 0, 0.0
    for run in args.runs:
        count, ratio = _check_run(run)
        checked, worst = checked + count, max(worst, ratio)
        print(f"{run}: {count} trials, worst bound / value {ratio:.4f}")
    problems = [(b, n, o) for b in BUDGETS for n in NETWORKS for o in OBJECTIVES]
    drawn = 0
    while drawn < args.designs:
        budget, networks, objective = problems[int(rng.integers(len(problems)))]
        options = CoSearchOptions(
            budget=Budget.parse(budget), networks=networks, objective=objective, resolution=None if networks else 192,
            seed=int(rng.integers(1 << 30)),
        )  # fmt: skip
        count, ratio = _check_drawn(options, rng, min(BATCH, args.designs - drawn), args.evaluations)
        drawn, checked, worst = drawn + BATCH, checked + count, max(worst, ratio)
        if sys.stderr.isatty():
            print(f"\r{checked} designs, worst {worst:.4f}", end="", file=sys.stderr)
    seconds = time.perf_counter() - began
    print(
        f"{checked} designs held against their bounds in {seconds:.0f} s: worst bound / value {worst:.4f}, none above 1"
    )


def _check_run(folder: Path) -> tuple[int, float]:
    search = resumed(folder, {}, {}, CoSearch)
    options = search.options
    records = StudyFile(open_journal(folder / STUDY), options.axes, options.hardware).records()
    designs = []
    for record in records:
        template = options.hardware.decode(record.knobs)
        if template is not None:
            designs.append(Design.evaluated(record.number, template, record.costs, options.goal, options.budget))
    return _check(options, designs)


def _check_drawn(options: CoSearchOptions, rng: np.random.Generator, count: int, evaluations: int) -> tuple[int, float]:
    workload = WorkloadSpec(options, searched_resolutions(options)).load()
    templates = [options.hardware.decode(dict(zip(KNOBS, row))) for row in rng.random((4 * count, len(KNOBS))).tolist()]
    kept = [template for template in templates if template is not None][:count]
    if not kept:
        return 0, 0.0
    machines = [template.accelerator() for template in kept]
    table = map_shapes(workload.layers, machines, options.mapper_options, evaluations)
    designs = [
        Design.evaluated(
            row, template, workload.evaluate(table.energy_pj[row], table.latency_s[row], row),
            options.goal, options.budget,
        )
        for row, template in enumerate(kept)
    ]  # fmt: skip
    return _check(options, designs)


def _check(options: CoSearchOptions, designs: list[Design]) -> tuple[int, float]:
    """How many designs keep all limits, and the largest bound over value; raises where one is above 1."""
    feasible = [design for design in designs if design.feasible]
    if not feasible:
        return 0, 0.0
    best = min(feasible, key=lambda design: design.value).workloads[0]
    spec = BoundSpec(options, searched_resolutions(options), direction_of(options, best.energy_pj, best.latency_s))
    proof = JointProof(spec, math.inf)
    return len(feasible), max(proof.check(design.machine, design.value) for design in feasible)


if __name__ == "__main__":
    main()
