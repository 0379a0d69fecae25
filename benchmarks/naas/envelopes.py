"""Speed-up, energy and EDP inside each envelope, over its baseline with its own dataflow and with the optimal mapper.

    python benchmarks/naas/envelopes.py [--envelope NAME ...] [--trials 120] [--seed 0] [--out DIR] [--json]

For each envelope of ``envelopes.yaml`` and each convention of energy: the paper's (no DRAM, constants for L1 and L2)
and ours. A design is searched for the geometric mean of the networks' EDP: by a race with a joint bound under ours;
under the paper's by its own search (CMA-ES over accelerators, CMA-ES over mappings), whose best designs, the one that
was found under ours and the baseline itself are mapped by the optimal mapper. The baseline is a design inside its
envelope, so it is the answer where nothing beats it. Figures are baseline over found, geometric means over networks.
The joint gap is how far the EDP found may be above that of the best design of all (proven; by what every mapping pays
under the paper's), *at most* the baseline's EDP over that bound: what no design inside the envelope can exceed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from accel_models.description import to_dict as machine_to_dict
from accel_models.template import Template
from benchmarks.naas import nested
from benchmarks.naas.conventions import CONVENTIONS, OURS, PAPER, Convention
from benchmarks.naas.envelope import Envelope, to_dict
from benchmarks.naas.kept import kept
from benchmarks.naas.mapped import LOOK, Score, best, fixed, least_of_all
from benchmarks.naas.options import envelopes, executor, parser, run
from cosearch import CoSearch
from nets import Network
from nets.errors import InfeasibleError

TRIALS: Final = 120
POPULATION: Final = 12
MAPPINGS: Final = 100
"""Tried by the inner CMA-ES for each layer; the paper does not say its number."""
FINALISTS: Final = 6
"""Designs of the paper's search that the optimal mapper looks at."""

WAYS: Final = {"over_own_dataflow": "its own dataflow", "over_optimal_mapper": "the optimal mapper"}
"""How the baseline is mapped."""


def figures(baseline: Score, found: Score) -> dict[str, float]:
    """How many times less latency, energy and EDP was found than the baseline has."""
    return {
        "speedup": baseline.latency_s / found.latency_s,
        "energy": baseline.energy / found.energy,
        "edp": baseline.edp / found.edp,
    }


def searched_by_race(envelope: Envelope, args: argparse.Namespace) -> tuple[Template, Score, dict[str, Any]]:
    """The design of a joint search under our convention, and its joint bound.

    Raises:
        InfeasibleError: no design was found.
    """
    result = CoSearch(
        budget=envelope.budget, networks=envelope.networks, trials=args.trials, seed=args.seed, jobs=args.jobs,
        baselines=False,
    ).run()  # fmt: skip
    if result.winner is None or not isinstance(result.winner.machine, Template):
        raise InfeasibleError(f"envelope {envelope.name}: no design was found by {args.trials} trials")
    bound = None if result.joint is None else result.joint.lower_bound
    found = {"lower_bound": bound, "evaluations": result.evaluations, "seconds": result.wall_s}
    return result.winner.machine, Score.of(result.winner.costs, proven=True), found


def searched_as_in_paper(
    envelope: Envelope, networks: Sequence[Network], also: Sequence[Template], args: argparse.Namespace
) -> tuple[Template, Score, dict[str, Any]]:
    """The design of the paper's search under its convention, or one of some others."""
    began = time.perf_counter()
    price = nested.searched(networks, PAPER, MAPPINGS, args.seed)
    *_, history = nested.search(
        envelope.space, price, sampler="cmaes", trials=args.trials, population=POPULATION, seed=args.seed
    )
    with executor(args) as workers:
        designs = [*also, *(design for _, design in history.ranked()[:FINALISTS])]
        scores = [best(networks, design, PAPER, workers, LOOK) for design in designs]
        design = min(zip(designs, scores), key=lambda pair: pair[1].edp)[0]
        score = best(networks, design, PAPER, workers)
    bound = least_of_all(networks, envelope, PAPER)
    return design, score, {"lower_bound": bound, "seconds": time.perf_counter() - began}


def compared(
    envelope: Envelope, networks: Sequence[Network], convention: Convention, design: Template, score: Score,
    extra: dict[str, Any], args: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    """A design beside the baseline, under one convention."""
    own = fixed(networks, envelope.baseline, convention, envelope.baseline.dataflow)
    with executor(args) as workers:
        mapped = best(networks, envelope.baseline, convention, workers, dataflow=envelope.baseline.dataflow)
    if mapped.edp <= score.edp:
        design, score = envelope.baseline, mapped
    return {
        "over_own_dataflow": figures(own, score),
        "over_optimal_mapper": figures(mapped, score),
        "design": machine_to_dict(design),
        "found": asdict(score),
        "baseline_own_dataflow": asdict(own),
        "baseline_optimal_mapper": asdict(mapped),
        "search": extra,
    }


def with_bound(found: dict[str, Any], convention: Convention) -> dict[str, Any]:
    """What was found, and how far from it the best design of all may be; nothing of that where nothing is proven.

    ``speedup``, ``energy`` and ``edp`` alone are over the baseline by its own dataflow, as the paper has them.
    """
    found = found["over_own_dataflow"] | found
    bound = found["search"]["lower_bound"]
    if not bound:
        return found | {"joint_gap": None, "at_most": None}
    bound = bound * 1e12 if convention is OURS else bound  # of J s in pJ s
    return found | {
        "joint_gap": max(found["found"]["edp"] / bound - 1, 0.0),
        "at_most": {
            "over_own_dataflow": found["baseline_own_dataflow"]["edp"] / bound,
            "over_optimal_mapper": found["baseline_optimal_mapper"]["edp"] / bound,
        },
    }


def envelope_row(envelope: Envelope, args: argparse.Namespace) -> dict[str, Any]:
    """One envelope under both conventions, each kept as it is finished."""
    networks = envelope.load()
    settings = to_dict(envelope) | {"trials": args.trials, "seed": args.seed}

    def ours() -> dict[str, Any]:
        return compared(envelope, networks, OURS, *searched_by_race(envelope, args), args)

    row = to_dict(envelope)
    row[OURS.name] = with_bound(kept(args.out / "envelopes", f"{envelope.name}-ours", settings, ours), OURS)

    def paper() -> dict[str, Any]:
        also = [envelope.baseline, described(row[OURS.name]["design"])]
        return compared(envelope, networks, PAPER, *searched_as_in_paper(envelope, networks, also, args), args)

    row[PAPER.name] = with_bound(kept(args.out / "envelopes", f"{envelope.name}-paper", settings, paper), PAPER)
    return row


def described(machine: dict[str, Any]) -> Template:
    """A design that was kept."""
    from accel_models.description import from_document
    from nets.documents import Document

    design = from_document(Document(machine, "design"))
    assert isinstance(design, Template)
    return design


def exhibit(args: argparse.Namespace) -> dict[str, Any]:
    """Every envelope that is asked for."""
    return {"envelopes": {envelope.name: envelope_row(envelope, args) for envelope in envelopes(args)}}


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    heads = "".join(f"{head:>9}" for head in ("speedup", "energy", "EDP", "at most"))
    print(f"{'envelope':12}{'convention':12}{'over the baseline with':24}{heads}  joint gap  searched")
    for envelope, row in found["envelopes"].items():
        claim = row["claimed"]
        shown = f"{claim['speedup']:9.2f}{claim['energy']:9.2f}{claim['speedup'] * claim['energy']:9.2f}"
        print(f"{envelope:12}{'the paper says':36}{shown}")
        for name in CONVENTIONS:
            of, gap = row[name], row[name]["joint_gap"]
            for key, words in WAYS.items():
                shown = "".join(f"{of[key][figure]:9.2f}" for figure in ("speedup", "energy", "edp"))
                most = f"{of['at_most'][key]:9.2f}  {gap:9.1%}" if of["at_most"] else f"{'':20}"
                print(f"{'':12}{name:12}{words:24}{shown}{most}  {of['search']['seconds']:6.0f} s")


def main() -> int:
    """Search and print."""
    return run(exhibit, say, parser(__doc__, trials=TRIALS).parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
