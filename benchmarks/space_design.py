"""MCUNet's design of a search space: which of the 108 spaces suits a microcontroller, and by how much.

    python benchmarks/space_design.py [--samples N] [--device NAME] [--criterion mean|p80] [--svg FILE] [--json]

Networks are drawn from every space (width multiplier x resolution). Of those that fit the SRAM and the flash of a
device, the space whose multiply-accumulates have the largest mean (or 80th percentile) is searched. Shown: that space
for every device, and for one device the four best, whose distribution functions --svg draws.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cosearch.reports.figure import WIDTH, Figure, Scale, axes, line, text
from nets.errors import CosearchError
from nets.spaces.space_design import DEVICES, Subspace, draw_spaces, judge_spaces, pick_space

SHOWN = 4


def main() -> int:
    """Draw, judge for every device, print, plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000, metavar="N", help="of each space (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=sorted(DEVICES), default="STM32F746", help="default: STM32F746")
    parser.add_argument("--criterion", choices=("mean", "p80"), default="mean", help="default: mean")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the four best spaces of the device")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    began = time.perf_counter()
    try:
        drawn = draw_spaces(samples=options.samples, seed=options.seed)
        judged = {name: judge_spaces(drawn, *limits) for name, limits in DEVICES.items()}
        picked = {name: pick_space(spaces, criterion=options.criterion) for name, spaces in judged.items()}
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    seconds = time.perf_counter() - began
    best = sorted(judged[options.device], key=lambda space: getattr(space, options.criterion), reverse=True)[:SHOWN]
    if options.svg:
        options.svg.write_text(distributions(best, options.device).file(), encoding="utf-8")
    if options.json:
        found = {name: described(space) for name, space in picked.items()}
        print(json.dumps({"picked": found, options.device: [described(space) for space in best]}, indent=2))
        return 0
    print(f"{len(drawn)} spaces, {options.samples} networks of each, {seconds:.1f} s\n")
    print(f"{'device':<12}{'SRAM':>8}{'flash':>9}  {'width':>5}{'pixels':>8}{'fit':>7}{'mean':>9}{'p80':>9}   (M MACs)")
    for name, space in picked.items():
        sram, flash = DEVICES[name]
        print(f"{name:<12}{sram // 1000:>5} kB{flash // 1000:>6} kB  {row(space)}")
    print(f"\nbest on {options.device}, whatever share fits:")
    for space in best:
        print(f"{'':31}{row(space)}")
    return 0


def row(space: Subspace) -> str:
    """Columns of a table."""
    size = f"{space.width:>5}{space.resolution:>8}"
    return f"{size}{space.fitting:>7.1%}{space.mean / 1e6:>9.1f}{space.p80 / 1e6:>9.1f}"


def described(space: Subspace) -> dict[str, float]:
    """As plain data."""
    return {
        "width": space.width,
        "resolution": space.resolution,
        "fitting": space.fitting,
        "mean_macs": space.mean,
        "p80_macs": space.p80,
    }


def distributions(spaces: Sequence[Subspace], device: str) -> Figure:
    """Share of the fitting networks of each space with at most so many multiply-accumulates."""
    values = [macs / 1e6 for space in spaces for macs in space.macs]
    x = Scale.around(values, 60, WIDTH - 12, logarithmic=False)
    y = Scale(0.0, 1.0, 300, 34, logarithmic=False)
    marks = axes(x, y, "million multiply-accumulates", "share of the networks that fit")
    for index, space in enumerate(spaces):
        macs, shares = space.distribution()
        steps = "".join(f"H{x.at(value / 1e6):.1f}V{y.at(share):.1f}" for value, share in zip(macs, shares))
        marks.append(f'<path class="l{index % 4}" d="M{x.start:.1f},{y.start:.1f}{steps}H{x.end:.1f}"/>')
        top = 354 + 18 * index
        marks.append(line(76, top, 106, top, f"l{index % 4}"))
        marks.append(text(112, top + 4, f"width {space.width}, {space.resolution} pixels, {space.fitting:.0%} fit"))
    words = "; ".join(f"width {s.width} at {s.resolution} pixels: mean {s.mean / 1e6:.1f} M" for s in spaces)
    return Figure(
        "space-design", f"Networks that fit {device}, by space", f"{words}.", 352 + 18 * len(spaces), tuple(marks)
    )


if __name__ == "__main__":
    sys.exit(main())
