"""Kinds of search that differ in one thing from the paper's, at equal evaluations, over several seeds."""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from accel_models.template import Template
from benchmarks.naas import nested
from benchmarks.naas.conventions import PAPER
from benchmarks.naas.envelope import Envelope, to_dict
from benchmarks.naas.kept import kept
from benchmarks.naas.mapped import fixed, least_of_all
from benchmarks.naas.nested import Priced
from benchmarks.naas.options import envelopes, parser
from benchmarks.naas.spaces import Direct, Indexed, SizesAlone
from cosearch.problem.hardware import HardwareSpace
from nets import Network, load_network

POPULATION: Final = 12
MAPPINGS: Final = 100
TRIALS: Final = 240
SEEDS: Final = 5


@dataclass(frozen=True)
class Kind:
    """A kind of search.

    Attributes:
        words: what it is.
        space: the designs inside an envelope.
        price: how designs are priced, given networks, the envelope and a seed.
        sampler: that proposes designs.
    """

    words: str
    space: Callable[[Envelope], HardwareSpace[Template]]
    price: Callable[[Sequence[Network], Envelope, int], Priced]
    sampler: str = "cmaes"


def _mapped(encoding: str = "importance") -> Callable[[Sequence[Network], Envelope, int], Priced]:
    return lambda networks, _, seed: nested.searched(networks, PAPER, MAPPINGS, seed, encoding)


def _flowing(networks: Sequence[Network], envelope: Envelope, _: int) -> Priced:
    return nested.flowing(networks, PAPER, envelope.baseline.dataflow)


def _whole(envelope: Envelope) -> HardwareSpace[Template]:
    return envelope.space


NAAS: Final = "naas"
KINDS: Final = {
    NAAS: Kind("sizes, connectivity and mappings by importance", _whole, _mapped()),
    "sizing": Kind(
        "sizes alone, with the preset's dims and dataflow",
        lambda at: SizesAlone(at.budget, preset=at.baseline),
        _flowing,
    ),
    "index": Kind("dims and loop orders by index", lambda at: Indexed(at.budget), _mapped("index")),
    "index-hardware": Kind("dims by index, loop orders by importance", lambda at: Indexed(at.budget), _mapped()),
    "index-mapping": Kind("dims by importance, loop orders by index", _whole, _mapped("index")),
    "direct": Kind("sizes evenly, as the paper encodes them", lambda at: Direct(at.budget), _mapped()),
    "random": Kind("accelerators drawn evenly, mappings as before", _whole, _mapped(), sampler="random"),
}
"""The paper's search, and what differs from it in one thing or two."""


def searched(kind: str, envelope: Envelope, networks: Sequence[Network], trials: int, seed: int) -> dict[str, Any]:
    """One search: EDPs of each generation's designs, and the best."""
    of = KINDS[kind]
    *_, history = nested.search(
        of.space(envelope), of.price(networks, envelope, seed), sampler=of.sampler, trials=trials,
        population=POPULATION, seed=seed,
    )  # fmt: skip
    ranked = history.ranked()
    values = [[value if math.isfinite(value) else None for value in generation] for generation in history.values]
    return {"values": values, "best": ranked[0][0] if ranked else None, "seconds": sum(history.seconds)}


def compared(kinds: Sequence[str], args: argparse.Namespace) -> dict[str, Any]:
    """Searches of each kind for each envelope and network that is asked for, kept as they are finished."""
    rows = [_row(kinds, envelope, name, args) for envelope in envelopes(args) for name in args.network]
    return {"trials": args.trials, "seeds": args.seeds, "rows": rows}


def _row(kinds: Sequence[str], envelope: Envelope, name: str, args: argparse.Namespace) -> dict[str, Any]:
    network = load_network(name)
    settings = to_dict(envelope) | {"network": name, "trials": args.trials, "mappings": MAPPINGS}

    def one(kind: str, seed: int) -> dict[str, Any]:
        part, own = f"{envelope.name}-{name}-{kind}-{args.trials}-{seed}", {"kind": kind, "seed": seed}
        found = partial(searched, kind, envelope, [network], args.trials, seed)
        return kept(args.out / "kinds", part, settings | own, found)

    own = fixed([network], envelope.baseline, PAPER, envelope.baseline.dataflow).edp
    return {
        "envelope": envelope.name,
        "network": name,
        "baseline_edp": own,
        "at_most": own / least_of_all([network], envelope, PAPER),
        "searches": {kind: [one(kind, seed) for seed in range(args.seed, args.seed + args.seeds)] for kind in kinds},
    }


def reductions(row: dict[str, Any], kind: str) -> list[float]:
    """How many times less EDP than the preset by its own dataflow each search found; 0 where it found nothing."""
    return [row["baseline_edp"] / one["best"] if one["best"] else 0.0 for one in row["searches"][kind]]


def spread(values: Sequence[float]) -> str:
    """Median, and from least to most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def options(
    doc: str | None, envelopes_: Sequence[str], networks: Sequence[str], *, svg: bool = False
) -> argparse.Namespace:
    """What these exhibits are asked for; ``svg`` where one can be drawn."""
    made = parser(doc, trials=TRIALS, seeds=SEEDS)
    made.add_argument("--network", action="append", metavar="NAME", help=f"each alone (default: {', '.join(networks)})")
    if svg:
        made.add_argument("--svg", metavar="FILE", help="write a plot of the first envelope and network")
    args = made.parse_args()
    args.envelope = args.envelope or list(envelopes_)
    args.network = args.network or list(networks)
    return args
