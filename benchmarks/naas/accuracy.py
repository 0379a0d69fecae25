"""Once-for-All's ResNet-50 inside Eyeriss's envelope, against ResNet-50 on Eyeriss (the paper's figure 10).

    python benchmarks/naas/accuracy.py [--envelope eyeriss] [--min-accuracy 78.8] [--resolution 160] [--trials 144]
                                       [--convention paper|ours] [--seed 0] [--json]

The paper: 4.88 times less EDP (4.4 in its abstract) with 2.7 points more top-1 than ResNet-50's published 76.13;
accelerators alone for ResNet-50 3.01 times less than NHAS. Here, under both conventions:

    accelerator     the design searched for ResNet-50 itself
    joint           design, subnet and mappings (a race under ours; the paper's nested search under its own)
    nhas-like       subnets with sizes alone: the preset's dims and dataflow
    nasaic-like     subnets with the best of fixed templates: each preset's dims and dataflow, sized inside the envelope

Accuracies are predicted, with a standard error, from Once-for-All's published figures after fine-tuning.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from accel_models.description import to_dict as machine_to_dict
from accel_models.presets import list_accelerators, load_machine
from accel_models.template import Template
from benchmarks.naas import nested
from benchmarks.naas.conventions import CONVENTIONS, OURS, Convention
from benchmarks.naas.envelope import Envelope, to_dict
from benchmarks.naas.kept import kept
from benchmarks.naas.mapped import Score, best, fixed
from benchmarks.naas.options import executor, one_envelope, parser, run
from benchmarks.naas.spaces import SizesAlone
from benchmarks.naas.subnets import Subnets
from cosearch import CoSearch
from cosearch.problem.hardware import HardwareSpace
from nets import Network, load_network
from nets.accuracy import Accuracy
from nets.errors import InfeasibleError

SPACE: Final = "ofa-resnet50"
BASELINE: Final = "resnet50"
POPULATION: Final = 12
MAPPINGS: Final = 60
METHODS: Final = ("accelerator", "joint", "nhas-like", "nasaic-like")


@dataclass(frozen=True)
class Found:
    """A design, what runs on it, how accurate that is, and by which dataflow; none where mappings are searched."""

    design: Template
    network: Network
    accuracy: Accuracy | None
    dataflow: str = ""


def templates(envelope: Envelope) -> list[Template]:
    """The presets whose connectivity is fixed."""
    found = [machine for name in list_accelerators() if isinstance(machine := load_machine(name), Template)]
    return [replace(envelope.baseline, array=one.array, parallel=one.parallel, dataflow=one.dataflow) for one in found]


def searched(
    space: HardwareSpace[Template], subnets: Subnets, convention: Convention, trials: int, seed: int, dataflow: str = ""
) -> Found:
    """The best design of a nested search with its best subnet.

    Raises:
        InfeasibleError: nothing was found.
    """
    settings: dict[str, Any] = {"budget": MAPPINGS, "seed": seed, "dataflow": dataflow}
    *_, history = nested.search(
        space, subnets.priced(convention, **settings), sampler="cmaes", trials=trials, population=POPULATION, seed=seed
    )
    ranked = history.ranked()
    chosen = subnets.best(ranked[0][1], convention, **settings) if ranked else None
    if chosen is None:
        raise InfeasibleError(f"no subnet runs on any of {trials} designs")
    return Found(ranked[0][1], *chosen, dataflow)


def by_race(envelope: Envelope, args: argparse.Namespace, **what: Any) -> Found:
    """The joint search's answer.

    Raises:
        InfeasibleError: it found none.
    """
    result = CoSearch(
        budget=envelope.budget, trials=args.trials, seed=args.seed, jobs=args.jobs, baselines=False, **what
    ).run()
    if result.winner is None or not isinstance(result.winner.machine, Template):
        raise InfeasibleError(f"envelope {envelope.name}: no design was found by {args.trials} trials")
    accuracy = result.winner.accuracies[0] if result.winner.floor else None
    return Found(result.winner.machine, result.winner.costs[0].network, accuracy)


def found_by(method: str, envelope: Envelope, convention: Convention, args: argparse.Namespace) -> Found:
    """What a method finds under a convention."""
    floor = args.min_accuracy
    if method == "accelerator":
        if convention is OURS:
            return by_race(envelope, args, networks=(BASELINE,))
        network = load_network(BASELINE)
        price = nested.searched([network], convention, MAPPINGS, args.seed)
        *_, history = nested.search(
            envelope.space, price, sampler="cmaes", trials=args.trials, population=POPULATION, seed=args.seed
        )
        return Found(history.ranked()[0][1], network, None)
    if method == "joint" and convention is OURS:
        return by_race(envelope, args, space=SPACE, min_accuracy=floor, resolution=args.resolution)
    subnets = Subnets(SPACE, floor, [args.resolution])
    if method == "joint":
        return searched(envelope.space, subnets, convention, args.trials, args.seed)
    presets = [envelope.baseline] if method == "nhas-like" else templates(envelope)
    trials = max(1, args.trials // len(presets))
    found = [
        searched(SizesAlone(envelope.budget, preset=one), subnets, convention, trials, args.seed, one.dataflow)
        for one in presets
    ]
    return min(found, key=lambda one: fixed([one.network], one.design, convention, one.dataflow).edp)


def row(method: str, envelope: Envelope, convention: Convention, args: argparse.Namespace) -> dict[str, Any]:
    """A method's answer, mapped at the end by the optimal mapper unless its dataflow is fixed."""
    found = found_by(method, envelope, convention, args)
    with executor(args) as workers:
        score = (
            fixed([found.network], found.design, convention, found.dataflow)
            if found.dataflow
            else best([found.network], found.design, convention, workers)
        )
    accuracy = None if found.accuracy is None else asdict(found.accuracy)
    return {
        "score": asdict(score),
        "accuracy": accuracy,
        "design": machine_to_dict(found.design),
        "subnet": found.network.config,
        "resolution": found.network.resolution,
    }


def exhibit(args: argparse.Namespace) -> dict[str, Any]:
    """Every method under both conventions inside one envelope, kept as they are finished."""
    envelope = one_envelope(args)
    settings = to_dict(envelope) | {
        name: getattr(args, name) for name in ("trials", "seed", "min_accuracy", "resolution")
    }
    network, rows = load_network(BASELINE), []
    for name in args.convention or CONVENTIONS:
        convention = CONVENTIONS[name]
        own = fixed([network], envelope.baseline, convention, envelope.baseline.dataflow)
        for method in METHODS:
            found = kept(
                args.out / "accuracy",
                f"{envelope.name}-{name}-{method}",
                settings,
                lambda method=method, convention=convention: row(method, envelope, convention, args),
            )
            edp = Score(**found["score"]).edp
            rows.append({"convention": name, "method": method, "edp_reduction": own.edp / edp, **found})
    return {"envelope": envelope.name, "baseline": BASELINE, "rows": rows}


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print(f"EDP of ResNet-50 on {found['envelope']}, by its own dataflow, over that found")
    print(f"{'convention':10} {'method':12} {'times less EDP':>15}   predicted top-1")
    for one in found["rows"]:
        accuracy = one["accuracy"]
        shown = "76.13 (published)" if accuracy is None else (
            f"{accuracy['top1_percent']:.2f} ± {accuracy['standard_error']:.2f} % at {one['resolution']}"
        )  # fmt: skip
        print(f"{one['convention']:10} {one['method']:12} {one['edp_reduction']:15.2f}   {shown}")


def main() -> int:
    """Search and print."""
    made = parser(__doc__, trials=144)
    made.add_argument("--convention", action="append", choices=list(CONVENTIONS), help="one of them (default: both)")
    made.add_argument("--min-accuracy", type=float, default=78.8, metavar="PERCENT", help="top-1 (default: 78.8)")
    made.add_argument("--resolution", type=int, default=160, metavar="R", help="of the images (default: 160)")
    args = made.parse_args()
    args.envelope = args.envelope or ["eyeriss"]
    return run(exhibit, say, args)


if __name__ == "__main__":
    raise SystemExit(main())
