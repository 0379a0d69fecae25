"""Sizes alone against sizes, connectivity and mappings (the paper's figure 8): 1.4 to 3.5 times less EDP, it says.

    python benchmarks/naas/sizing.py [--envelope NAME ...] [--network NAME ...] [--trials 240] [--seeds 5] [--json]

Both searches take equal designs, under the paper's convention; a network alone is what is designed for. Sizes alone
keep the preset's dims, the proportions of its array and its dataflow, with the tiles that suit each layer best.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.naas.kinds import NAAS, compared, options, reductions, spread
from benchmarks.naas.options import run

CLAIMS = {
    ("edgetpu", "vgg16"): 3.52,
    ("edgetpu", "mobilenet_v2"): 1.42,
    ("nvdla_1024", "vgg16"): 2.61,
    ("nvdla_1024", "mobilenet_v2"): 1.62,
}
"""By how much the paper's whole search beats sizes alone."""


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print(
        "EDP reduction over the preset by its own dataflow, median of seeds (least to most); what no design can exceed"
    )
    print(f"{'envelope':12}{'network':14}{'sizes alone':>24}{'all':>24}{'at most':>9}{'gain':>7}{'paper':>7}")
    for row in found["rows"]:
        sizing, naas = (reductions(row, kind) for kind in ("sizing", NAAS))
        gain = statistics.median(naas) / statistics.median(sizing)
        claim = CLAIMS.get((row["envelope"], row["network"]))
        shown = f"{spread(sizing):>24}{spread(naas):>24}{row['at_most']:9.2f}{gain:7.2f}"
        print(f"{row['envelope']:12}{row['network']:14}{shown}{'' if claim is None else f'{claim:7.2f}'}")


def main() -> int:
    """Search and print."""
    args = options(__doc__, ("edgetpu", "nvdla_1024"), ("vgg16", "mobilenet_v2"))
    return run(lambda args: compared(("sizing", NAAS), args), say, args)


if __name__ == "__main__":
    raise SystemExit(main())
