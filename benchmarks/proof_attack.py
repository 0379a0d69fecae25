"""The attack on proofs at the size of real layers: every other mapper against every answer that ``optimal`` proves.

    python benchmarks/proof_attack.py [--machines M ...] [--networks N ...] [--objectives energy latency edp]
                                      [--mappers cmaes annealing genetic random] [--evaluations 20000] [--seeds 5]
                                      [--skip N] [--minutes N] [--every E] [--tiles perfect|uneven] [--time-limit S]
                                      [--json]

A problem is a distinct layer of the networks on a machine under an objective. ``optimal`` answers it with a lower
bound, which is the score of its answer where that is proven and ``inf`` where no mapping exists; an attack is one
search of another mapper with one seed, and beats the claim when it finds less than the bound. Machines are all presets
and the two that ``mapping_quality.py`` describes. Problems come in batches, shuffled with a fixed seed: all machines
and objectives have had a batch before any has a second, so that ``--minutes`` takes a fair sample, and ``--skip`` goes
on where an earlier run with the same machines, networks, objectives and ``--every`` has stopped. Columns:

    proofs      problems that are proven; the bounds of the others are attacked too
    beaten      attacks that find less than a bound
    nearest     the least gap of an attack to a proven optimum; ``inf`` where no attack finds a valid mapping
    at optimum  share of the attacks on proofs that reach the optimum

What beats a claim is printed as command lines. Exit status 1 when any is beaten.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.presets import list_accelerators
from benchmarks.mapping_quality import NETWORKS, NODE_NM, OWN_MACHINES, SMALL, WITH_BUDGET, machine
from mappings import search_layers
from mappings.mappers.mapper import OBJECTIVES
from nets import Layer, load_network

ALL_NETWORKS: Final = (*NETWORKS, "bert_base")
MAPPERS: Final = ("cmaes", "annealing", "genetic", "random")
TOLERANCE: Final = 1e-9
"""How far below a bound, relatively, a score must lie to beat it, or above an optimum to reach it."""
BATCH: Final = 16
"""Layers that are searched in lockstep."""
SEED: Final = 0
"""Of the order of the problems."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Layers, by the names that a command line takes, on one machine under one objective."""

    machine: str
    objective: str
    layers: tuple[tuple[str, Layer], ...]


@dataclass(frozen=True, slots=True)
class Beaten:
    """A claim, and the attack that found less."""

    layer: str
    machine: str
    objective: str
    tiles: str
    claimed: float
    found: float
    mapper: str
    evaluations: int
    seed: int

    @property
    def commands(self) -> str:
        """The two searches as command lines."""
        on = f"--accelerator {self.machine} --node {NODE_NM}"
        base = f"cosearch map --layer {self.layer} {on} --objective {self.objective} --tiles {self.tiles}"
        where = f" ({self.machine}: see benchmarks/mapping_quality.py)" if self.machine in OWN_MACHINES else ""
        return "\n".join(
            (
                f"# {self.found!r} is less than {self.claimed!r}{where}",
                f"{base} --mapper optimal",
                f"{base} --mapper {self.mapper} --evaluations {self.evaluations} --seed {self.seed}",
            )
        )


@dataclass(slots=True)
class Tally:
    """What came of the attacks on one machine."""

    problems: int = 0
    proofs: int = 0
    attacks: int = 0
    evaluations: int = 0
    beaten: int = 0
    nearest: float = math.inf
    reached: int = 0
    on_optima: int = field(default=0, repr=False)
    """Attacks on proven optima that exist."""

    def add(self, other: Tally) -> None:
        """Count another's too."""
        for name in ("problems", "proofs", "attacks", "evaluations", "beaten", "reached", "on_optima"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.nearest = min(self.nearest, other.nearest)

    @property
    def share(self) -> float:
        """Of the attacks on optima, those that reach them."""
        return self.reached / self.on_optima if self.on_optima else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, which has no infinity."""
        figures = {**asdict(self), "share_at_optimum": self.share}
        return {name: value if math.isfinite(value) else None for name, value in figures.items()}


def named_layers(networks: Iterable[str]) -> list[tuple[str, Layer]]:
    """Layers of the networks that run on the array, each shape once, as ``NETWORK:LAYER``."""
    layers: dict[Any, tuple[str, Layer]] = {}
    for network in networks:
        for layer, _ in load_network(network).unique_layers():
            if layer.is_mac:
                layers.setdefault(layer.shape_key, (f"{network}:{layer.name}", layer))
    return list(layers.values())


def batches(layers: Sequence[tuple[str, Layer]], machines: Sequence[str], objectives: Sequence[str]) -> list[Batch]:
    """All problems, shuffled: the first batch of every machine and objective, then the second of each, and so on."""
    rng = random.Random(SEED)
    drawn = []
    for on, objective in product(machines, objectives):
        shuffled = rng.sample(layers, len(layers))
        for first in range(0, len(layers), BATCH):
            drawn.append((first, rng.random(), Batch(on, objective, tuple(shuffled[first : first + BATCH]))))
    return [batch for *_, batch in sorted(drawn, key=lambda entry: entry[:2])]


def after(drawn: Iterable[Batch], skip: int) -> Iterator[Batch]:
    """What is left of the batches without the first ``skip`` problems."""
    for batch in drawn:
        if skip < len(batch.layers):
            yield replace(batch, layers=batch.layers[skip:])
        skip = max(0, skip - len(batch.layers))


def attack(batch: Batch, options: argparse.Namespace) -> tuple[Tally, list[Beaten]]:
    """Let ``optimal`` answer a batch, and every mapper attack what it claims."""
    names, layers = zip(*batch.layers)
    on = machine(batch.machine)
    asked = {"objective": batch.objective, "tiles": options.tiles}
    claim = search_layers(layers, on, mapper="optimal", time_limit_s=options.time_limit * len(layers), **asked)
    scores, bounds = claim.found.score[claim.problem_of[0]], claim.lower_bound[0]
    proven = scores <= bounds * (1 + 1e-12)
    optima = np.where(proven & np.isfinite(scores), scores, np.nan)
    tally = Tally(problems=len(layers), proofs=int(proven.sum()))
    beaten = []
    for mapper, seed in product(options.mappers, range(options.seeds)):
        run = search_layers(layers, on, mapper=mapper, budget=options.evaluations, seed=seed, **asked)
        found = run.found.score[run.problem_of[0]]
        gaps = found / optima - 1
        less = np.flatnonzero(found < bounds * (1 - TOLERANCE))
        tally.attacks += len(layers)
        tally.evaluations += run.evaluations
        tally.beaten += len(less)
        tally.on_optima += int(np.isfinite(optima).sum())
        tally.reached += int((gaps <= TOLERANCE).sum())
        tally.nearest = float(np.fmin.reduce(gaps, initial=tally.nearest))
        beaten += [
            Beaten(
                names[i], batch.machine, batch.objective, options.tiles, float(bounds[i]), float(found[i]), mapper,
                options.evaluations, seed,
            )
            for i in less
        ]  # fmt: skip
    return tally, beaten


def attack_all(options: argparse.Namespace) -> tuple[dict[str, Tally], list[Beaten], int]:
    """Attack batch after batch until time is over: (tally by machine, what was beaten, problems there are)."""
    layers = named_layers(options.networks)[:: options.every]
    for name in options.machines:  # compile
        for mapper in ("optimal", *options.mappers):
            search_layers([SMALL], machine(name), mapper=mapper, budget=30, tiles=options.tiles)
    tallies = {name: Tally() for name in options.machines}
    beaten: list[Beaten] = []
    began = time.perf_counter()
    for batch in after(batches(layers, options.machines, options.objectives), options.skip):
        if time.perf_counter() - began >= 60 * options.minutes:
            break
        tally, won = attack(batch, options)
        tallies[batch.machine].add(tally)
        beaten += won
        done = sum(one.problems for one in tallies.values())
        print(f"{done:,} problems, {time.perf_counter() - began:,.0f} s, {len(beaten)} beaten", file=sys.stderr)
    return tallies, beaten, len(layers) * len(options.machines) * len(options.objectives)


def total(tallies: Iterable[Tally]) -> Tally:
    """All machines together."""
    out = Tally()
    for tally in tallies:
        out.add(tally)
    return out


def as_text(tallies: dict[str, Tally], beaten: Sequence[Beaten], problems: int) -> str:
    """The table for a person, then what was beaten."""
    lines = [
        f"{'machine':14s} {'problems':>9s} {'proofs':>7s} {'attacks':>8s} {'evaluations':>14s} {'beaten':>7s}"
        f" {'nearest':>9s} {'at optimum':>11s}"
    ]
    for name, row in {**tallies, "all": total(tallies.values())}.items():
        nearest, share = (f"{row.nearest:.1e}", f"{row.share:.1%}") if row.on_optima else ("-", "-")
        lines.append(
            f"{name:14s} {row.problems:9,} {row.proofs:7,} {row.attacks:8,} {row.evaluations:14,} {row.beaten:7,}"
            f" {nearest:>9s} {share:>11s}"
        )
    lines.append(f"of {problems:,} problems in all")
    return "\n".join([*lines, *(case.commands for case in beaten)])


def main() -> int:
    """Attack, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--machines", nargs="+", default=[*list_accelerators(), *OWN_MACHINES], metavar="NAME",
        help="default: every preset and those of mapping_quality.py",
    )  # fmt: skip
    parser.add_argument("--networks", nargs="+", default=list(ALL_NETWORKS), metavar="NAME")
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, default=["energy", "latency", "edp"])
    parser.add_argument("--mappers", nargs="+", choices=WITH_BUDGET, default=list(MAPPERS), metavar="NAME")
    parser.add_argument("--evaluations", type=int, default=20_000, help="of each attack (default 20000)")
    parser.add_argument("--seeds", type=int, default=5, help="attacks of each mapper on each problem (default 5)")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many problems, the first of the order")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no batch after so long")
    parser.add_argument("--every", type=int, default=1, help="take one layer of so many")
    parser.add_argument("--tiles", choices=("perfect", "uneven"), default="perfect")
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds for each proof (default 20)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    tallies, beaten, problems = attack_all(options)
    if options.json:
        rows = {name: row.to_dict() for name, row in tallies.items()}
        print(json.dumps({"problems": problems, "machines": rows, "beaten": [asdict(case) for case in beaten]}))
    else:
        print(as_text(tallies, beaten, problems))
    return 1 if beaten else 0


if __name__ == "__main__":
    raise SystemExit(main())
