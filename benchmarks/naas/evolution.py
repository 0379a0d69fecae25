"""Evolution against random search (the paper's figure 4): the EDP of each generation, with quartiles.

    python benchmarks/naas/evolution.py [--envelope NAME ...] [--network NAME ...] [--trials 240] [--seeds 5]
                                        [--svg FILE] [--json]

CMA-ES and even draws propose as many designs; the mappings of both are searched alike, under the paper's convention.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.naas.kinds import NAAS, POPULATION, compared, options, reductions, spread
from benchmarks.naas.options import run
from cosearch.reports.figure import WIDTH, Figure, Scale, axes, line, rect, text
from nets.documents import write_whole

SAMPLERS: Final = {NAAS: "evolution", "random": "random"}
MARKS: Final = {NAAS: ("band", "median"), "random": ("hair", "roof")}
"""Classes of each one's band and line in the figures' style sheet."""


def quartiles(row: dict[str, Any], kind: str) -> list[tuple[float, float, float]]:
    """Of each generation's EDPs, all seeds together, as shares of the preset's; no numbers where no design runs it."""
    found = []
    for generation in zip(*(one["values"] for one in row["searches"][kind])):
        values = [value / row["baseline_edp"] for designs in generation for value in designs if value is not None]
        lower, middle, upper = np.quantile(values or [math.nan], (0.25, 0.5, 0.75)).tolist()
        found.append((lower, middle, upper))
    return found


def chart(row: dict[str, Any]) -> Figure:
    """Quartiles of each generation of both."""
    curves = {kind: quartiles(row, kind) for kind in SAMPLERS}
    count = max(len(curve) for curve in curves.values())
    x = Scale(-0.5, count - 0.5, 76, WIDTH - 110, logarithmic=False)
    shown = [value for curve in curves.values() for three in curve for value in three if math.isfinite(value)]
    y = Scale.around(shown or [1.0], 300, 34)
    marks = axes(x, y, f"generation of {POPULATION} designs", "EDP over the preset's")
    for place, (kind, words) in enumerate(SAMPLERS.items()):
        band, middle_line = MARKS[kind]
        for number, (lower, middle, upper) in enumerate(curves[kind]):
            if math.isnan(middle):
                continue
            left, right = x.at(number - 0.5), x.at(number + 0.5)
            note = f"{words}, generation {number}: quartiles {lower:.3g}, {middle:.3g}, {upper:.3g}"
            if band == "band":
                marks.append(rect(left, y.at(upper), right - left, y.at(lower) - y.at(upper), band, note))
            else:
                marks += [line(left, y.at(value), right, y.at(value), band) for value in (lower, upper)]
            marks.append(line(left, y.at(middle), right, y.at(middle), middle_line))
        marks += [line(WIDTH - 100, 40 + 20 * place, WIDTH - 80, 40 + 20 * place, middle_line)]
        marks.append(text(WIDTH - 74, 44 + 20 * place, words))
    title = (
        f"{row['network']} inside {row['envelope']}: EDP of each generation's designs over that of the preset by its "
        "own dataflow, median and quartiles of all seeds"
    )
    ends = ", ".join(f"{words} {curves[kind][-1][1]:.3g}" for kind, words in SAMPLERS.items())
    return Figure("evolution", title, f"Medians of the last generation: {ends}.", 344, tuple(marks))


def exhibit(args: argparse.Namespace) -> dict[str, Any]:
    """The searches, and the plot of the first row where it is asked for."""
    found = compared(tuple(SAMPLERS), args)
    if args.svg is not None:
        write_whole(args.svg, chart(found["rows"][0]).file())
    return found


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print("median EDP of a generation over the preset's, first and last; reduction by the best design found")
    print(f"{'envelope':12} {'network':14} {'sampler':10} {'first':>8} {'last':>8}   best")
    for row in found["rows"]:
        for kind, words in SAMPLERS.items():
            curve = quartiles(row, kind)
            print(
                f"{row['envelope']:12} {row['network']:14} {words:10} {curve[0][1]:8.3g} {curve[-1][1]:8.3g}"
                f"   {spread(reductions(row, kind))}"
            )


def main() -> int:
    """Search and print."""
    args = options(__doc__, ("nvdla_1024",), ("resnet50",), svg=True)
    return run(exhibit, say, args)


if __name__ == "__main__":
    raise SystemExit(main())
