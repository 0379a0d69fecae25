"""How well bounds say what a design costs, before any layer is mapped: what the race of wirings goes by.

    python benchmarks/design_bounds.py [--network NAME] [--area MM2] [--designs N] [--json]

The first designs that a race tries are mapped by the last mapper, and those within twice the best of them held against
what is known of them before: a short search of mappings, an estimate, and bounds with longer and longer searches of
tilings. *mean* is how far each lies from what the last mapper finds, in percent, *spread* the standard deviation of
that: what is left where all are off alike. *rank* is Spearman's correlation, *ms* the time for a design.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget, CoSearch
from cosearch.bounds.design import bound_design
from cosearch.bounds.grid import HI
from cosearch.bounds.spec import BoundSpec
from cosearch.evaluation.design import Design
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.serial import Serial
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import Candidate, CandidateTask, Evaluated, evaluate_candidates
from cosearch.search.proposals import outcome_of
from cosearch.search.race import begin_race
from cosearch.search.race.strategy import Race
from cosearch.strategies.accelerators import Look, Proposal
from cosearch.strategies.points import Outcome

SHORT: int = 200
TWICE: float = 2.0
LEVELS = {"bound, no search": 0, "bound, 60 cuts": 1, "bound, 600 cuts": 2}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="mobilenet_v2")
    parser.add_argument("--area", type=float, default=2.0, metavar="MM2")
    parser.add_argument("--designs", type=int, default=64, metavar="N")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    budget = Budget.parse(f"area={given.area:g}mm2")
    options = CoSearch(budget=budget, networks=(given.network,), trials=4 * given.designs).options
    rows = measured(options, given.designs)
    if given.json:
        print(json.dumps({"network": given.network, "area_mm2": given.area, "designs": given.designs, "rows": rows}))
        return
    count = rows[0]["designs"]
    print(f"{count} of the first {given.designs} designs of {given.area:g} mm2 for {given.network}")
    print(f"{'':24s} {'mean %':>8s} {'spread %':>9s} {'rank':>6s} {'ms':>7s}")
    for row in rows:
        print(f"{row['of']:24s} {row['mean']:8.1f} {row['spread']:9.1f} {row['rank']:6.3f} {row['ms']:7.1f}")


def measured(options: CoSearchOptions, count: int) -> list[dict[str, Any]]:
    """A row for each way to know what a design costs."""
    spec, race = begin_race(options, Serial())
    spec.make()
    search = BoundSpec(options, None, race.lanes[0].terms.direction or (1.0, 1.0)).load()

    def mapped(proposal: Proposal, look: Look | None) -> float:
        candidate = Candidate(0, proposal.machine, budget=SHORT, look=look)
        found = evaluate_candidates(CandidateTask(workload=spec, candidates=(candidate,))).each[0]
        return options.goal.of(found.costs[0].energy_pj, found.costs[0].latency_s)

    proposals = designs_of(options, spec, race, count)
    truth = [mapped(proposal, Look(None, float("inf"), SHORT)) for proposal, _ in proposals]
    near = [at for at, value in enumerate(truth) if value <= TWICE * min(truth)]
    proposals, truth = [proposals[at] for at in near], [truth[at] for at in near]
    ways: dict[str, Callable[[int], float]] = {f"{SHORT} mappings a layer": lambda at: mapped(proposals[at][0], None)}
    ways["estimate"] = lambda at: float(np.exp(proposals[at][1]))
    for name, level in LEVELS.items():
        points = [search.boxes.point(proposal.machine)[:, HI] for proposal, _ in proposals]
        ways[name] = lambda at, level=level, points=points: bound_design(search, points[at], level=level)  # type: ignore[misc]
    return [row_of(name, way, truth) for name, way in ways.items()]


def designs_of(options: CoSearchOptions, spec: WorkloadSpec, race: Race, count: int) -> list[tuple[Proposal, float]]:
    """The first designs that a race tries, and what it estimates of them."""
    asked: list[tuple[Proposal, float]] = []
    while len(asked) < count:
        proposals = race.ask(options.population)
        asked += [(proposal, race.estimate(proposal)) for proposal in proposals]
        candidates = [Candidate(p.number, p.machine, near=p.near, budget=p.budget, look=p.look) for p in proposals]
        found = evaluate_candidates(CandidateTask(workload=spec, candidates=tuple(candidates))).each
        race.tell(proposals, [heard(options, proposal, one) for proposal, one in zip(proposals, found)])
    return asked[:count]


def heard(options: CoSearchOptions, proposal: Proposal, one: Evaluated) -> Outcome:
    """What a race hears of a design."""
    design = Design.evaluated(
        proposal.number, proposal.machine, one.costs, options.goal, options.budget, one.bound, one.precise
    )
    return outcome_of(options, design)


def row_of(name: str, way: Callable[[int], float], truth: list[float]) -> dict[str, Any]:
    """How far one way lies from the truth."""
    way(0)
    began = time.perf_counter()
    found = [way(at) for at in range(len(truth))]
    ms = 1e3 * (time.perf_counter() - began) / len(truth)
    apart = np.log(np.array(found) / np.array(truth))
    rank = float(spearmanr(found, truth).statistic)
    return {
        "of": name,
        "designs": len(truth),
        "mean": 100 * apart.mean(),
        "spread": 100 * apart.std(),
        "rank": rank,
        "ms": ms,
    }


if __name__ == "__main__":
    main()
