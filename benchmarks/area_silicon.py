"""The area model against published areas.

    python benchmarks/area_silicon.py

For each design: the sum of its parts, the area with the default overhead, the published area, and the overhead that
would reproduce it. Sources of the published areas are in ``docs/technology.md``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.area import DEFAULT_OVERHEAD
from accel_models.presets import load_machine, load_template
from accel_models.template import Template

# NVDLA primer, example configurations at 28 nm: MACs -> (convolution buffer KB, mm2); synthesis estimates
NVDLA_28NM = {
    2048: (512, 5.5),
    1024: (256, 3.0),
    512: (256, 2.3),
    256: (256, 1.7),
    128: (256, 1.4),
    64: (128, 0.91),
    32: (128, 0.85),
}
NVDLA_ARRAYS = {2048: (32, 64), 1024: (16, 64), 512: (16, 32), 256: (8, 32), 128: (8, 16), 64: (8, 8), 32: (4, 8)}


def nvdla(macs: int) -> Template:
    """The template in the size of a row of NVIDIA's table; bandwidth to the array as in the shipped presets."""
    array = NVDLA_ARRAYS[macs]
    buffer_kb = NVDLA_28NM[macs][0]
    return replace(
        load_template("nvdla_1024"),
        array=array,
        l2_bytes=buffer_kb * 1024,
        noc_bandwidth=2.0 * array[1],
        name=f"nvdla_{macs}",
    )


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    designs = [(nvdla(macs).accelerator(), mm2) for macs, (_, mm2) in NVDLA_28NM.items()]
    for name, mm2 in (("eyeriss_chip", 12.25), ("eyeriss", 12.25), ("shidiannao", 4.86)):
        machine = load_machine(name)
        designs.append((machine.accelerator(), mm2))
    default = f"x{DEFAULT_OVERHEAD:g} mm2"
    print(f"{'design':<14}{'nm':>4}{'parts mm2':>11}{default:>10}{'published':>11}{'ratio':>7}{'needs':>8}")
    for accelerator, published in designs:
        area = accelerator.area_mm2
        parts = area / DEFAULT_OVERHEAD
        print(
            f"{accelerator.name:<14}{accelerator.node_nm:>4g}{parts:>11.3f}{area:>10.2f}{published:>11.2f}"
            f"{area / published:>7.2f}{f'x{published / parts:.2f}':>8}"
        )


if __name__ == "__main__":
    main()
