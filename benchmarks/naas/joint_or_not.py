"""Joint or not: network, accelerator and mappings together, one after the other, or half apart, at equal cost.

    python benchmarks/naas/joint_or_not.py [--envelope eyeriss] [--trials 96 | --seconds S] [--seeds 10]
                                           [--method NAME ...] [--min-accuracy 78.8] [--resolution 160] [--json]

Subnets of Once-for-All's ResNet-50 that reach an accuracy, inside an envelope, least EDP under our convention:

    joint           the race, with the best subnet of each design found exactly, and its bound
    nested          the paper's: CMA-ES over accelerators, CMA-ES over mappings, the subnet likewise exact
    network first   the best subnet on the baseline, then an accelerator for it
    hardware first  an accelerator for ResNet-50, then the best subnet on it
    semi-decoupled  the best subnets on the baseline for EDP, latency and energy, then an accelerator for each

Every design that is mapped counts as an evaluation, those on the baseline too; with ``--seconds`` all have as long.
What each ends with is mapped by the optimal mapper, alike. The bound is the best that any joint run proved.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from accel_models.template import Template
from benchmarks.naas.accuracy import BASELINE, MAPPINGS, SPACE
from benchmarks.naas.conventions import OURS
from benchmarks.naas.envelope import Envelope, to_dict
from benchmarks.naas.kept import kept
from benchmarks.naas.mapped import best
from benchmarks.naas.options import executor, one_envelope, parser, run
from benchmarks.naas.subnets import Subnets
from cosearch import CoSearch
from cosearch.problem.objective import OBJECTIVES
from cosearch.search.result import CoSearchResult
from nets import Network
from nets.errors import InfeasibleError

Answer = tuple[Template, Network, int, float | None]
"""A design, its network, designs that were mapped, and a bound where one is proven."""


class Problem:
    """What all methods are asked.

    Args:
        envelope: limits of the design.
        seed: of every draw.
    """

    def __init__(self, envelope: Envelope, seed: int, args: argparse.Namespace) -> None:
        self.envelope, self.seed, self._args = envelope, seed, args
        self.subnets = Subnets(SPACE, args.min_accuracy, [args.resolution])
        self.asked = {"space": SPACE, "min_accuracy": args.min_accuracy, "resolution": args.resolution}

    def search(self, *, used: int = 0, share: int = 1, **what: Any) -> CoSearchResult:
        """A search with what is left of the designs, or its share of the time.

        Raises:
            InfeasibleError: it found nothing.
        """
        trials, seconds = self._args.trials, self._args.seconds
        cost = {"trials": max(1, (trials - used) // share)} if seconds is None else {
            "trials": 100_000, "time_limit_s": seconds / share,
        }  # fmt: skip
        result = CoSearch(
            budget=self.envelope.budget, seed=self.seed, jobs=self._args.jobs, baselines=False, **cost, **what
        ).run()
        if result.winner is None:
            raise InfeasibleError(f"envelope {self.envelope.name}: no design was found with seed {self.seed}")
        return result

    def best_subnet(self, design: Template, objective: str = "edp") -> Network:
        """The best subnet on a design.

        Raises:
            InfeasibleError: none fits.
        """
        found = self.subnets.best(
            design,
            OURS,
            budget=MAPPINGS,
            seed=self.seed,
            objective=OBJECTIVES[objective],  # type: ignore[index]
        )
        if found is None:
            raise InfeasibleError(f"no subnet of {SPACE} runs on {design.name}")
        return found[0]


def _answer(result: CoSearchResult, used: int = 0, *, joint: bool = False) -> Answer:
    """What a search ended with; its bound holds for all only where the search was over all."""
    assert result.winner is not None
    assert isinstance(result.winner.machine, Template)
    bound = result.joint.lower_bound if joint and result.joint is not None else None
    return result.winner.machine, result.winner.costs[0].network, used + len(result.designs), bound


def joint(problem: Problem) -> Answer:
    """All at once."""
    return _answer(problem.search(**problem.asked), joint=True)


def nested(problem: Problem) -> Answer:
    """The paper's."""
    return _answer(problem.search(**problem.asked, sampler="cmaes", last_mapper="cmaes"))


def network_first(problem: Problem) -> Answer:
    """The network for the baseline, then hardware for the network."""
    network = problem.best_subnet(problem.envelope.baseline)
    return _answer(problem.search(used=1, networks=(network,)), 1)


def hardware_first(problem: Problem) -> Answer:
    """Hardware for the usual network, then the network for the hardware."""
    design, _, used, _ = _answer(problem.search(used=1, networks=(BASELINE,)), 1)
    return design, problem.best_subnet(design), used, None


def semi_decoupled(problem: Problem) -> Answer:
    """Networks once on the baseline, then hardware for each of them."""
    networks = {}
    for objective in OBJECTIVES:
        network = problem.best_subnet(problem.envelope.baseline, objective)
        networks[str(network.config)] = network
    found = [problem.search(used=1, share=len(networks), networks=(network,)) for network in networks.values()]
    best_of = min(found, key=lambda result: result.value)
    others = sum(len(result.designs) for result in found if result is not best_of)
    return _answer(best_of, 1 + others)


METHODS: Final[dict[str, Callable[[Problem], Answer]]] = {
    "joint": joint,
    "nested": nested,
    "network first": network_first,
    "hardware first": hardware_first,
    "semi-decoupled": semi_decoupled,
}


def one(method: str, envelope: Envelope, seed: int, args: argparse.Namespace) -> dict[str, Any]:
    """One search by a method."""
    problem, began = Problem(envelope, seed, args), time.perf_counter()
    design, network, designs, bound = METHODS[method](problem)
    seconds = time.perf_counter() - began
    with executor(args) as workers:
        score = best([network], design, OURS, workers)
    return {"edp_js": score.edp * 1e-12, "designs": designs, "seconds": seconds, "lower_bound": bound}


def exhibit(args: argparse.Namespace) -> dict[str, Any]:
    """Every method and seed, kept as they are finished."""
    envelope = one_envelope(args)
    asked = ("trials", "seconds", "min_accuracy", "resolution")
    settings = to_dict(envelope) | {name: getattr(args, name) for name in asked}
    cost = f"{args.trials}" if args.seconds is None else f"{args.seconds:g}s"
    runs = {
        method: [
            kept(
                args.out / "joint_or_not",
                f"{envelope.name}-{cost}-{method.replace(' ', '-')}-{seed}",
                settings | {"seed": seed},
                lambda method=method, seed=seed: one(method, envelope, seed, args),
            )
            for seed in range(args.seed, args.seed + args.seeds)
        ]
        for method in args.method or METHODS
    }
    bound = max((run["lower_bound"] or 0.0 for searches in runs.values() for run in searches), default=0.0)
    return {"envelope": envelope.name, "lower_bound_js": bound, "runs": runs}


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    bound = found["lower_bound_js"]
    print(f"no design inside {found['envelope']} is below {bound:.4g} J s (proven)")
    heads = ("median EDP", "least", "most", "over bound", "designs", "seconds")
    print(f"{'method':15}" + "".join(f"{head:>11}" for head in heads))
    for method, runs in found["runs"].items():
        values = [run["edp_js"] for run in runs]
        middle = statistics.median(values)
        designs, seconds = (statistics.median(run[name] for run in runs) for name in ("designs", "seconds"))
        above = f"{middle / bound - 1:.1%}" if bound else ""
        ends = f"{middle:11.4g}{min(values):11.4g}{max(values):11.4g}"
        print(f"{method:15}{ends}{above:>11}{designs:11g}{seconds:11.0f}")


def main() -> int:
    """Search and print."""
    made = parser(__doc__, trials=96, seeds=10)
    made.add_argument("--seconds", type=float, metavar="S", help="of each search, in place of --trials")
    made.add_argument("--method", action="append", choices=list(METHODS), help="one of them (default: all)")
    made.add_argument("--min-accuracy", type=float, default=78.8, metavar="PERCENT", help="top-1 (default: 78.8)")
    made.add_argument("--resolution", type=int, default=160, metavar="R", help="of the images (default: 160)")
    args = made.parse_args()
    args.envelope = args.envelope or ["eyeriss"]
    return run(exhibit, say, args)


if __name__ == "__main__":
    raise SystemExit(main())
