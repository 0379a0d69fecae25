"""Importance against index encoding (the paper's figure 9): 1.4 to 7.4 times less EDP, it says.

    python benchmarks/naas/encodings.py [--envelope NAME ...] [--network NAME ...] [--trials 240] [--seeds 5] [--json]

An index is the place of a choice in a list of all of them: of the dims that run in parallel, and of each level's loop
orders. Searches with either in the hardware, in the mappings, or in both take equal designs and mappings, under the
paper's convention. Printed is how many times less EDP importance finds, by the medians of the seeds. The last column is
of the sizes: what their logarithms find, as here everywhere, over what even sizes find, as the paper has them.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.naas.kinds import NAAS, compared, options, reductions, spread
from benchmarks.naas.options import run

OTHERS = ("index-hardware", "index-mapping", "index", "direct")


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print(
        "times less EDP by importance than by index: in the hardware, in the mappings, in both; by logarithms of sizes"
    )
    print(
        f"{'envelope':12}{'network':14}{'hardware':>9}{'mappings':>9}{'both':>9}{'sizes':>9}   reduction by importance"
    )
    for row in found["rows"]:
        naas = reductions(row, NAAS)
        gains = (statistics.median(naas) / statistics.median(reductions(row, kind)) for kind in OTHERS)
        shown = "".join(f"{gain:9.2f}" for gain in gains)
        print(f"{row['envelope']:12}{row['network']:14}{shown}   {spread(naas)}")


def main() -> int:
    """Search and print."""
    args = options(__doc__, ("nvdla_1024", "eyeriss"), ("vgg16", "mobilenet_v2"))
    return run(lambda args: compared((NAAS, *OTHERS), args), say, args)


if __name__ == "__main__":
    raise SystemExit(main())
