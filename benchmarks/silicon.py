"""Published measurements of chips and synthesised designs beside ours.

    python benchmarks/silicon.py [--json] [--areas-only] [--svg FILE]

*Areas*: for each design the sum of its parts, the area with the default overhead, the published area, the overhead that
would reproduce it, and the area that the other designs of its class of nodes predict (``accel_models/overhead.py``),
as a share of the published one.

*Speed and traffic*: NVDLA's ResNet-50 in int8 at 1 GHz (the primer's table; layers of the MAC array, since
post-processing runs with them) and Eyeriss's convolutions of AlexNet (batch of 4) and VGG-16 (batch of 3): frames a
second, words of 16 bits to and from DRAM per MAC (the chip's are compressed), and the chip's power without DRAM
(abstract of Chen et al., JSSC 2017). Each layer is mapped by the optimal mapper, for latency on NVDLA, for energy x
latency on Eyeriss.

*Parts*: of chips whose whole structure is not public, with the default overhead. TPU v1: shares of the floorplan
(Jouppi et al., ISCA 2017) of a die that is published as an upper limit. TPU v4i: Jouppi et al., ISCA 2021, as
AccelForge reads its floorplan. Simba: 4.01 TOPS at 1.29 TOPS/mm2 (Zimmer et al., VLSI 2019), where the area has
interfaces between chiplets and a processor too.

``--svg`` draws every figure as its share of the published one. Sources are in
``docs/technology.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator
from accel_models.area import DEFAULT_OVERHEAD
from accel_models.arithmetic import floating_mac, integer_mac
from accel_models.cost import Cost
from accel_models.families import load_family
from accel_models.overhead import CLASSES, node_class, parts_mm2
from accel_models.presets import load_accelerator
from accel_models.silicon import NVDLA
from accel_models.technology import Technology, technology
from cosearch.reports.figure import WIDTH, Figure, Scale, circle, line, rect, text
from mappings import search
from nets import Layer, load_network
from nets.documents import write_whole
from nets.network import unique_layers

SECONDS_A_LAYER: Final = 20.0
NVDLA_MAPPED: Final = (1024, 256)
"""Sizes whose frame rate is compared, in MACs."""
NEAR: Final = (0.75, 1.25)
"""Shares that are within a quarter of the published figure."""
_ROW: Final = 19.0

_V1_DIE_MM2: Final = 331.0
"""Jouppi et al., ISCA 2017: at most half of Haswell's 662 mm2."""
_V1_CELL_BYTES: Final = 1 + 1 + 1 + 4
"""Registers of a cell: the weight in use and the next, an input, a sum."""
_V4I_CELL_BYTES: Final = 2 + 2 + 2 + 4

# Krizhevsky et al., NeurIPS 2012: the five convolutions, two of them in two groups more, as the chip ran them.
ALEXNET: Final = (
    Layer(name="conv1", K=96, C=3, P=55, Q=55, R=11, S=11, stride=(4, 4)),
    Layer(name="conv2", G=2, K=128, C=48, P=27, Q=27, R=5, S=5),
    Layer(name="conv3", K=384, C=256, P=13, Q=13, R=3, S=3),
    Layer(name="conv4", G=2, K=192, C=192, P=13, Q=13, R=3, S=3),
    Layer(name="conv5", G=2, K=128, C=192, P=13, Q=13, R=3, S=3),
)


@dataclass(frozen=True, slots=True)
class Eyeriss:
    """What the chip was measured at: images in a batch, frames a second, DRAM words per MAC, milliwatts."""

    batch: int
    frames_per_s: float
    dram_per_mac: float
    power_mw: float


EYERISS: Final = {"alexnet": Eyeriss(4, 35, 0.0029, 278), "vgg16": Eyeriss(3, 0.7, 0.0035, 236)}


def areas() -> list[dict[str, Any]]:
    """Every design with a published area, by class of nodes."""
    found = []
    for name in CLASSES:
        of_class = node_class(name)
        for design, ratio in zip(of_class.designs, of_class.ratios):
            parts = parts_mm2(design.accelerator)
            found.append(
                {
                    "design": design.accelerator.name,
                    "node_nm": design.accelerator.node_nm,
                    "parts_mm2": parts,
                    "default_mm2": parts * DEFAULT_OVERHEAD,
                    "published_mm2": design.published_mm2,
                    "ratio": design.ratio,
                    "needs": design.published_mm2 / parts,
                    "held_out_ratio": 1 / ratio,
                }
            )
    return found


def classes() -> list[dict[str, Any]]:
    """Factor and fixed part of every class, and how far its designs are from what the others say."""
    found = []
    for name in CLASSES:
        of_class = node_class(name)
        worst = max(abs(1 / ratio - 1) for ratio in of_class.ratios)
        found.append(
            {"nodes": name, "factor": of_class.factor, "fixed_mm2": of_class.fixed_mm2, "worst_held_out_error": worst}
        )
    return found


def parts() -> list[dict[str, Any]]:
    """Parts of chips that the template does not describe beside ours, with the default overhead."""
    v1, v4i, simba = technology(28), technology(7), load_family("simba_like")[0].accelerator()
    v1_cell = v1.mac_area_mm2(integer_mac(8, 8, 32)) + v1.flops(_V1_CELL_BYTES, 8).area_mm2
    v4i_cell = v4i.mac_area_mm2(floating_mac(16, 8, 32)) + v4i.flops(_V4I_CELL_BYTES, 8).area_mm2
    found = (
        ("tpu_v1", "24 MiB unified buffer", 28, 24 * _banked_mib_mm2(v1), 0.29 * _V1_DIE_MM2),
        ("tpu_v1", "256 x 256 multipliers", 28, 256 * 256 * v1_cell, 0.24 * _V1_DIE_MM2),
        ("tpu_v1", "4 MiB accumulators", 28, 4 * _banked_mib_mm2(v1), 0.06 * _V1_DIE_MM2),
        ("tpu_v4i", "128 MiB shared memory", 7, 128 * _banked_mib_mm2(v4i), 112.0),
        ("tpu_v4i", "128 x 128 multipliers", 7, 128 * 128 * v4i_cell, 14.0),
        ("simba", "chiplet, active area", 16, parts_mm2(simba), 4.01 / 1.29),
    )
    return [
        {"node_nm": node_nm, "parts_mm2": mm2} | _beside(chip, what, mm2 * DEFAULT_OVERHEAD, published)
        for chip, what, node_nm, mm2, published in found
    ]


def _banked_mib_mm2(at: Technology) -> float:
    return 4 * at.sram(256 * 1024, 128).area_mm2


def measured() -> list[dict[str, Any]]:
    """Published figures of speed, traffic and power beside ours."""
    found = []
    resnet = [(layer, times) for layer, times in unique_layers(load_network("resnet50").layers) if layer.is_mac]
    for row in NVDLA:
        if row.macs in NVDLA_MAPPED:
            costs = _mapped(resnet, row.template.accelerator(), "latency")
            seconds = sum(times * cost.latency_s for cost, times in costs)
            found.append(_beside(row.template.name, "resnet50 frames/s", 1 / seconds, row.frames_per_s))
    vgg = [(layer, times) for layer, times in unique_layers(load_network("vgg16").layers) if layer.R * layer.S == 9]
    for network, layers in (("alexnet", [(layer, 1) for layer in ALEXNET]), ("vgg16", vgg)):
        found += _eyeriss(network, layers, EYERISS[network])
    return found


def _eyeriss(network: str, layers: Sequence[tuple[Layer, int]], chip: Eyeriss) -> list[dict[str, Any]]:
    wide = [
        (replace(layer, N=chip.batch, weight_bits=16, input_bits=16, output_bits=16, psum_bits=16), times)
        for layer, times in layers
    ]
    costs = _mapped(wide, load_accelerator("eyeriss_chip"), "edp")
    seconds = sum(times * cost.latency_s for cost, times in costs)
    words = sum(times * (at.reads + at.updates) for cost, times in costs for at in cost.traffic["DRAM"].values())
    on_chip_pj = sum(times * (cost.energy_pj - cost.energy_breakdown_pj["DRAM"]) for cost, times in costs)
    macs = sum(times * layer.macs for layer, times in wide)
    return [
        _beside("eyeriss", f"{network} frames/s", chip.batch / seconds, chip.frames_per_s),
        _beside("eyeriss", f"{network} DRAM words/MAC", words / macs, chip.dram_per_mac),
        _beside("eyeriss", f"{network} mW", on_chip_pj * 1e-9 / seconds, chip.power_mw),
    ]


def _mapped(layers: Sequence[tuple[Layer, int]], accelerator: Accelerator, objective: str) -> list[tuple[Cost, int]]:
    return [
        (
            search(
                layer, accelerator, mapper="optimal", tiles="perfect", objective=objective, time_limit_s=SECONDS_A_LAYER
            ).cost,
            times,
        )
        for layer, times in layers
    ]


def _beside(design: str, what: str, ours: float, published: float) -> dict[str, Any]:
    return {"design": design, "what": what, "ours": ours, "published": published, "ratio": ours / published}


def report(found: dict[str, list[dict[str, Any]]]) -> None:
    """Print as tables for people."""
    default = f"x{DEFAULT_OVERHEAD:g} mm2"
    head = f"{'design':<14}{'nm':>4}{'parts mm2':>11}{default:>10}{'published':>11}{'ratio':>7}{'needs':>8}"
    print(f"{head}{'held out':>10}")
    for at in found["areas"]:
        print(
            f"{at['design']:<14}{at['node_nm']:>4g}{at['parts_mm2']:>11.3f}{at['default_mm2']:>10.2f}"
            f"{at['published_mm2']:>11.2f}{at['ratio']:>7.2f}{'x' + format(at['needs'], '.2f'):>8}"
            f"{at['held_out_ratio']:>10.2f}"
        )
    print()
    for at in found["classes"]:
        print(
            f"{at['nodes']:<14} x{at['factor']:.2f} and {at['fixed_mm2']:.2f} mm2; a design is predicted from the "
            f"others within {at['worst_held_out_error']:.0%}"
        )
    print(f"\n{'chip':<14}{'part':<24}{'nm':>4}{'parts mm2':>11}{default:>10}{'published':>11}{'ratio':>7}")
    for at in found["parts"]:
        print(
            f"{at['design']:<14}{at['what']:<24}{at['node_nm']:>4g}{at['parts_mm2']:>11.3f}{at['ours']:>10.2f}"
            f"{at['published']:>11.2f}{at['ratio']:>7.2f}"
        )
    if found["measured"]:
        print(f"\n{'design':<14}{'what':<24}{'ours':>10}{'published':>11}{'ratio':>7}")
    for at in found["measured"]:
        print(f"{at['design']:<14}{at['what']:<24}{at['ours']:>10.4g}{at['published']:>11.4g}{at['ratio']:>7.2f}")


def chart(found: dict[str, list[dict[str, Any]]]) -> Figure:
    """Every figure as its share of the published one, a row each; shaded are those within :data:`NEAR`."""
    rows: list[tuple[str, list[tuple[str, str, float]]]] = []
    for at in found["areas"]:
        marks = [("c0", f"area, x{DEFAULT_OVERHEAD:g}", at["ratio"]), ("c1", "area, held out", at["held_out_ratio"])]
        rows.append((f"{at['design']}, {at['node_nm']:g} nm: area", marks))
    rows += [(f"{at['design']}: {at['what']}", [("c0", at["what"], at["ratio"])]) for at in found["parts"]]
    rows += [(f"{at['design']}: {at['what']}", [("c2", at["what"], at["ratio"])]) for at in found["measured"]]
    shares = [share for _, marks in rows for _, _, share in marks]
    top, bottom = 34.0, 34.0 + _ROW * len(rows)
    x = Scale.around([*shares, *NEAR], 232, WIDTH - 16)
    drawn = [rect(x.at(NEAR[0]), top, x.at(NEAR[1]) - x.at(NEAR[0]), bottom - top, "band", "within 25 %")]
    for tick in x.ticks():
        drawn += [line(x.at(tick), top, x.at(tick), bottom, "grid")]
        drawn += [text(x.at(tick), bottom + 18, f"{tick:g}", anchor="middle")]
    drawn.append(line(x.at(1.0), top, x.at(1.0), bottom, "hair"))
    for number, (name, marks) in enumerate(rows):
        y = top + _ROW * (number + 0.5)
        drawn.append(text(x.start - 8, y + 4, name, anchor="end", kind="small"))
        drawn += [circle(x.at(share), y, 5, f"{kind} mark", f"{what}: {share:.2f}") for kind, what, share in marks]
    names = [("c0", f"area, x{DEFAULT_OVERHEAD:g}", 0.0), ("c1", "area, from the others of its class", 100.0)]
    for kind, what, along in [*names, ("c2", "measured", 310.0)] if found["measured"] else names:
        drawn += [circle(x.start + 6 + along, 16, 5, f"{kind} mark", what)]
        drawn += [text(x.start + 16 + along, 20, what, kind="small")]
    drawn.append(text(x.end, bottom + 38, "ours / published", anchor="end", kind="name"))
    near = sum(NEAR[0] <= share <= NEAR[1] for share in shares)
    says = f"{near} of {len(shares)} shares are between {NEAR[0]:g} and {NEAR[1]:g}; "
    says += f"they span {min(shares):.2g} to {max(shares):.2g}."
    return Figure("silicon", "Our figures as shares of those published of silicon", says, bottom + 50, tuple(drawn))


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--areas-only", action="store_true", help="map nothing: areas alone")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the shares there")
    options = parser.parse_args()
    found = {"areas": areas(), "classes": classes(), "parts": parts(), "measured": []}
    if not options.areas_only:
        found["measured"] = measured()
    if options.svg is not None:
        write_whole(options.svg, chart(found).file())
    if options.json:
        print(json.dumps(found))
    else:
        report(found)


if __name__ == "__main__":
    main()
