"""Importance against index encoding (the paper's figure 9): 1.4 to 7.4 times less EDP, it says.

    python benchmarks/naas/encodings.py [--envelope NAME ...] [--network NAME ...] [--trials 240] [--seeds 5] [--json]

An index is the place of a choice in a list of all of them: of the dims that run in parallel, and of each level's loop
orders. Searches with either in the hardware, in the mappings, or in both take equal designs and mappings, under the
paper's convention. Printed is how many times less EDP importance finds, by the medians of the seeds.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.naas.kinds import NAAS, compared, options, reductions, spread
from benchmarks.naas.options import run

INDEXED = ("index-hardware", "index-mapping", "index")


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print("times less EDP by importance than by index: in the hardware, in the mappings, in both")
    print(f"{'envelope':12} {'network':14} {'hardware':>9} {'mappings':>9} {'both':>6}   reduction by importance")
    for row in found["rows"]:
        naas = reductions(row, NAAS)
        gains = [statistics.median(naas) / statistics.median(reductions(row, kind)) for kind in INDEXED]
        print(
            f"{row['envelope']:12} {row['network']:14} {gains[0]:9.2f} {gains[1]:9.2f} {gains[2]:6.2f}   {spread(naas)}"
        )


def main() -> int:
    """Search and print."""
    args = options(__doc__, ("nvdla_1024", "eyeriss"), ("vgg16", "mobilenet_v2"))
    return run(lambda args: compared((NAAS, *INDEXED), args), say, args)


if __name__ == "__main__":
    raise SystemExit(main())
