"""The area model against published areas.

    python benchmarks/area_silicon.py

For each design: the sum of its parts, the area with the default overhead, the published area, and the overhead that
would reproduce it. Sources of the published areas are in ``docs/technology.md``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.area import DEFAULT_OVERHEAD
from accel_models.presets import load_template
from accel_models.silicon import PRESETS_MM2, Silicon, silicon


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    # The template with one memory an element, as NAAS and MAESTRO take the chip, lacks its register files.
    designs = [*silicon(), Silicon(load_template("eyeriss").accelerator(), PRESETS_MM2["eyeriss_chip"])]
    default = f"x{DEFAULT_OVERHEAD:g} mm2"
    print(f"{'design':<14}{'nm':>4}{'parts mm2':>11}{default:>10}{'published':>11}{'ratio':>7}{'needs':>8}")
    for design in designs:
        accelerator, published = design.accelerator, design.published_mm2
        area = accelerator.area_mm2
        parts = area / DEFAULT_OVERHEAD
        print(
            f"{accelerator.name:<14}{accelerator.node_nm:>4g}{parts:>11.3f}{area:>10.2f}{published:>11.2f}"
            f"{design.ratio:>7.2f}{f'x{published / parts:.2f}':>8}"
        )


if __name__ == "__main__":
    main()
