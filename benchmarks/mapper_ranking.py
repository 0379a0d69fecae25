"""Whether a quick mapper ranks accelerators as a thorough one does: how cheap mapping may be inside a co-search.

    python benchmarks/mapper_ranking.py [--json] [--accelerators N] [--area MM2]

Random designs of the template within an area, each with the EDP of MobileNetV2 and of ResNet-50 (geometric mean) under
CMA-ES at several budgets. The yardstick is CMA-ES at the largest budget. Prints, for each budget, Kendall's tau between
the two rankings, whether both choose the same accelerator, and how much worse the one chosen is by the yardstick.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.template import Template
from cosearch.problem.budget import Budget
from cosearch.problem.template_space import KNOBS, TemplateSpace
from mappings import search_many
from nets import load_network

NETWORKS = ("mobilenet_v2", "resnet50")
BUDGETS = (20, 40, 100, 300)
THOROUGH = 3000


def draw_designs(count: int, area_mm2: float, rng: np.random.Generator) -> list[Template]:
    """Random designs of at least 64 elements inside the area."""
    space = TemplateSpace(Budget(area_mm2=area_mm2))
    designs: list[Template] = []
    while len(designs) < count:
        design = space.decode(dict(zip(KNOBS, rng.random(len(KNOBS)))))
        if design is not None and design.pes >= 64:
            designs.append(design)
    return designs


def edps(designs: list[Template], budget: int) -> np.ndarray:
    """Geometric mean of the networks' EDP (energy times cycles) on every design, MAC layers only."""
    machines = [design.accelerator() for design in designs]
    logs = np.zeros(len(designs))
    for name in NETWORKS:
        pairs = [(layer, count) for layer, count in load_network(name).unique_layers() if layer.is_mac]
        found = search_many([layer for layer, _ in pairs], machines, mapper="cmaes", budget=budget)
        counts = np.array([count for _, count in pairs])
        logs += np.log((found.energy_pj * counts).sum(axis=1)) + np.log((found.cycles * counts).sum(axis=1))
    return np.exp(logs / len(NETWORKS))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--accelerators", type=int, default=32, help="designs to rank (default 32)")
    parser.add_argument("--area", type=float, default=5.0, help="area of the designs in mm2 (default 5)")
    options = parser.parse_args()
    designs = draw_designs(options.accelerators, options.area, np.random.default_rng(0))
    truth = edps(designs, THOROUGH)
    rows = []
    for budget in BUDGETS:
        quick = edps(designs, budget)
        chosen = int(quick.argmin())
        rows.append(
            {
                "evaluations_per_layer": budget,
                "kendall_tau": float(kendalltau(quick, truth).statistic),
                "same_best": bool(chosen == int(truth.argmin())),
                "loss_of_the_chosen": float(truth[chosen] / truth.min() - 1),
                "median_excess": float(np.median(quick / truth) - 1),
            }
        )
    if options.json:
        print(json.dumps({"accelerators": len(designs), "thorough": THOROUGH, "budgets": rows}))
        return
    print(f"{len(designs)} designs, against {THOROUGH} evaluations a layer")
    print("evaluations   tau   same best   loss of the chosen   median excess of EDP")
    for row in rows:
        print(
            f"{row['evaluations_per_layer']:11d} {row['kendall_tau']:5.3f}   {row['same_best']!s:9s}"
            f" {row['loss_of_the_chosen']:19.2%} {row['median_excess']:22.2%}"
        )


if __name__ == "__main__":
    main()
