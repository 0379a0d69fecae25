"""One network for all hardware is best on none: a search for each of three accelerators, each result run on all three.

The goal is the least latency among subnets with at least a given predicted accuracy, so that every network of the
matrix keeps what was asked, wherever it runs, and only latency differs along a row. ProxylessNAS (Cai et al., ICLR
2019, table 4) has the measured matrix of a phone, a CPU and a GPU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cosearch.exhibits.exhibit import Column, Exhibit, Settings, Table
from cosearch.exhibits.matrix import matrix
from cosearch.exhibits.timed import precisions
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.architectures import Evaluated
from cosearch.reports.figure import Figure
from nets.errors import InfeasibleError, InputError

ACCELERATORS: Final = ("eyeriss", "nvdla_256", "shidiannao")
"""Rows of filters and outputs on the array's axes; output and input channels; output rows and columns."""

SPACE: Final = "ofa-mbv3-w1.0"
RESOLUTIONS: Final = tuple(range(160, 225, 8))
MIN_ACCURACY: Final = 76.0
EVALUATIONS: Final = 20_000
POPULATION: Final = 500
"""Five times the published one: with 100 the searches end 2 % apart, which is more than some networks differ by."""


@dataclass(frozen=True)
class Matrix:
    """Networks by the accelerator they were searched for, and their latency on every one.

    Attributes:
        accelerators: of rows (where a network runs) and columns (which it was searched for).
        networks: what was found, by column.
        latency_s: of every network (inner) on every accelerator (outer).
    """

    accelerators: tuple[str, ...]
    networks: tuple[Evaluated, ...]
    latency_s: tuple[tuple[float, ...], ...]

    @property
    def lost(self) -> tuple[tuple[float, ...], ...]:
        """Latency over that of the accelerator's own network."""
        return tuple(tuple(value / row[i] for value in row) for i, row in enumerate(self.latency_s))

    @property
    def diagonal_wins(self) -> bool:
        """Whether every accelerator runs its own network faster than any other."""
        return all(value > 1 for i, row in enumerate(self.lost) for j, value in enumerate(row) if i != j)

    @property
    def least_lead(self) -> float:
        """By what factor the closest of the other networks is slower."""
        return min(value for i, row in enumerate(self.lost) for j, value in enumerate(row) if i != j)


def specialise(
    accelerators: Sequence[str], *, min_accuracy: float, evaluations: int, seed: int, mappings: int
) -> Matrix:
    """Search for each accelerator by Once-for-All's evolution, and run every result on all.

    Raises:
        InputError: fewer than two accelerators, or one named twice.
        InfeasibleError: no subnet is that accurate, or a search found none.
    """
    if len(set(accelerators)) < max(2, len(accelerators)):
        raise InputError("accelerators", ",".join(accelerators), "must be two or more different ones")
    settings = {"population": max(4, min(POPULATION, evaluations // 10)), "mutation_probability": 0.05}
    evaluators, found = [], []
    for name in accelerators:
        problem = Request(
            space=SPACE,
            accelerator=name,
            objective="latency",
            min_accuracy=min_accuracy,
            resolutions=RESOLUTIONS,
            mapper_budget=mappings,
        ).problem()
        best = search(problem, "evolution", evaluations=evaluations, seed=seed, settings=settings).best
        if best is None:
            raise InfeasibleError(f"{evaluations} evaluations found no subnet for {name} with {min_accuracy:g} % top-1")
        evaluators.append(problem.evaluator)
        found.append(best)
    rows = [[one["latency"] for one in evaluator.screen([best.config for best in found])] for evaluator in evaluators]
    return Matrix(tuple(accelerators), tuple(found), tuple(map(tuple, rows)))


def exhibit(settings: Settings) -> Exhibit:
    """The matrix."""
    made = specialise(
        tuple(settings.accelerators) or ACCELERATORS,
        min_accuracy=MIN_ACCURACY,
        evaluations=settings.evaluations or EVALUATIONS,
        seed=settings.seed,
        mappings=settings.mappings,
    )
    worst = max(max(row) for row in made.lost)
    if made.diagonal_wins:
        said = (
            f"Every accelerator runs its own network fastest: the others take {made.least_lead:.2f} to {worst:.2f} "
            "times as long."
        )
    else:
        said = "Not every accelerator runs its own network fastest: search longer, see --evaluations."
    figures = {"diagonal_wins": made.diagonal_wins, "least_lead": made.least_lead, "largest_lead": worst}
    tables = (_networks(made), _latencies(made))
    sentences = (said, *precisions(made.accelerators))
    return Exhibit(
        "specialised", "Networks specialised for hardware", tables, _figure(made, worst, said), sentences, figures
    )


def _figure(made: Matrix, worst: float, said: str) -> Figure:
    """The matrix, darker where an accelerator loses more."""
    cells = [
        [f"{value * 1e3:.4g} ms ({times:.2f}x)" for value, times in zip(row, lost)]
        for row, lost in zip(made.latency_s, made.lost)
    ]
    return matrix(
        "specialised",
        f"Latency of networks of at least {MIN_ACCURACY:g} % predicted top-1: a row is where they run",
        said,
        [f"on {name}" for name in made.accelerators],
        [f"for {name}" for name in made.accelerators],
        cells,
        [[(times - 1) / (worst - 1) if worst > 1 else 0.0 for times in row] for row in made.lost],
    )


def _latencies(made: Matrix) -> Table:
    """A row for where a network runs, a column for what it was searched for."""
    columns = (Column(f"{name}_latency_s", f"for {name} (ms)", ".3f", 1e3) for name in made.accelerators)
    rows = [(name, *row) for name, row in zip(made.accelerators, made.latency_s)]
    return Table("matrix", "latency of each network where it runs", (Column("runs_on", "runs on"), *columns), rows)


def _networks(made: Matrix) -> Table:
    rows = [
        (
            name,
            best.figures["accuracy"],
            best.figures["macs"],
            best.figures["params"],
            best.config["r"],
            " ".join(map(str, best.config["d"])),
            _mean(best.config["ks"]),
            _mean(best.config["e"]),
        )
        for name, best in zip(made.accelerators, made.networks)
    ]
    title = f"fastest found of {SPACE} with at least {MIN_ACCURACY:g} % predicted top-1"
    return Table("networks", title, NETWORKS, rows)


NETWORKS: Final = (
    Column("searched_for", "searched for"),
    Column("top1_percent", "predicted top-1 (%)", ".2f"),
    Column("macs", "MACs (M)", ".0f", 1e-6),
    Column("params", "parameters (M)", ".2f", 1e-6),
    Column("resolution", "resolution", ".0f"),
    Column("depths", "depths"),
    Column("mean_kernel", "mean kernel", ".1f"),
    Column("mean_expansion", "mean expansion", ".1f"),
)


def _mean(genes: Sequence[int]) -> float:
    """Over the blocks that run."""
    running = [gene for gene in genes if gene]
    return math.fsum(running) / len(running)
