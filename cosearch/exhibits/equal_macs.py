"""Multiply-accumulates are not latency: networks that do the same work, and one accelerator on which they differ.

Three views. Published networks of about 570 million MACs, among them MobileNetV2 (1.4), NASNet-A and AmoebaNet-A, whose
many small operations leave an array idle (MnasNet, Tan et al., CVPR 2019, table 1, has them on a phone).
EfficientNet-B0 made deeper or wider: more channels fill an array, more layers do not. Once-for-All subnets drawn at
random that have MobileNetV2's MACs to 1 %.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.exhibits.exhibit import Column, Exhibit, Settings, Table
from cosearch.exhibits.scatter import Point, Series, scatter
from cosearch.exhibits.timed import latencies_s, layer_costs, precisions
from cosearch.nas.subnets import SubnetEvaluator
from nets import load_network, network_info
from nets.errors import InfeasibleError
from nets.spaces import load_space

ACCELERATOR: Final = "nvdla_256"
EQUAL: Final = ("mobilenet_v1", "mobilenet_v2_1_4", "proxyless_mobile14", "nasnet_a_mobile", "amoebanet_a_mobile")
DEPTHS: Final = (1.0, 1.2, 1.4, 1.8, 2.2, 2.6)
WIDTHS: Final = (1.0, 1.1, 1.2, 1.4, 1.6, 1.8)
"""Multipliers of EfficientNet-B0; the widest does more work than the deepest."""

SPACE: Final = "ofa-mbv3-w1.0"
RESOLUTIONS: Final = (160, 176, 192, 208, 224)
REFERENCE: Final = "mobilenet_v2"
TOLERANCE: Final = 0.01
DRAWN: Final = 20_000

NETWORKS: Final = (
    Column("network", "network"),
    Column("macs", "MACs (M)", ".1f", 1e-6),
    Column("latency_s", "latency (ms)", ".2f", 1e3),
    Column("macs_per_s", "G MACs/s", ".2f", 1e-9),
)


Row = tuple[str, int, float, float]
"""Values of :data:`NETWORKS`."""


def exhibit(settings: Settings) -> Exhibit:
    """On one accelerator."""
    machine = settings.machine(ACCELERATOR)
    costs = layer_costs(machine, settings)
    published, scaled, drawn = _published(costs), _scaled(costs), _subnets(costs, settings)
    slowest, fastest = (pick(published[:-1], key=lambda row: row[2]) for pick in (max, min))
    spread = drawn[-1][2] / drawn[0][2]
    deep, wide = scaled[len(DEPTHS) - 1], scaled[len(DEPTHS) :]
    same = float(np.interp(deep[1], [row[1] for row in wide], [row[2] for row in wide]))
    times = slowest[2] / fastest[2]
    said = (
        f"On {machine} {slowest[0]} ({slowest[1] * 1e-6:.0f} M MACs) takes {times:.2f} times as long as {fastest[0]} "
        f"({fastest[1] * 1e-6:.0f} M MACs).",
        f"EfficientNet-B0 made deeper to {deep[1] * 1e-6:.0f} M MACs takes {deep[2] / same:.2f} times as long as made "
        "wider to as many.",
        f"Of {len(drawn)} subnets with MobileNet V2's MACs to {TOLERANCE:.0%} the slowest takes {spread:.2f} times as "
        "long as the fastest.",
    )
    figure = scatter(
        "macs-are-not-latency",
        f"Latency against multiply-accumulates on {machine}, every layer mapped for latency",
        " ".join(said),
        [
            Series("published networks", [Point(row[1] * 1e-6, row[2] * 1e3, row[0]) for row in published]),
            Series("EfficientNet-B0 made deeper", _points(scaled[: len(DEPTHS)]), joined=True),
            Series("EfficientNet-B0 made wider", _points(wide), joined=True),
            Series(f"Once-for-All subnets with MobileNet V2's MACs to {TOLERANCE:.0%}", _points(drawn)),
        ],
        "MACs (M)",
        "latency (ms)",
        logarithmic=(True, True),
    )
    tables = (
        Table("published", f"published networks on {machine}", NETWORKS, published),
        Table("scaled", "EfficientNet-B0 at 224 x 224, made deeper or wider", NETWORKS, scaled),
        Table("subnets", "subnets with the MACs of MobileNet V2: fastest, median, slowest", NETWORKS, _three(drawn)),
    )
    ratios = {
        "published_slowest_over_fastest": times,
        "deeper_over_wider": deep[2] / same,
        "subnets_slowest_over_fastest": spread,
        "subnets": len(drawn),
    }
    title = "MACs are not latency"
    return Exhibit("macs-are-not-latency", title, tables, figure, (*said, *precisions([machine])), ratios)


def _published(costs: LayerCosts) -> list[Row]:
    """Those of about equal MACs, and last the smaller MobileNetV2."""
    networks = {network_info(name).title: load_network(name) for name in (*EQUAL, REFERENCE)}
    seconds = latencies_s(networks.values(), costs)
    return [_row(title, network.macs, taken) for (title, network), taken in zip(networks.items(), seconds)]


def _scaled(costs: LayerCosts) -> list[Row]:
    """Deeper ones, then wider ones."""
    space = load_space("efficientnet")
    configs = {f"depth x {depth}": (depth, 1.0) for depth in DEPTHS}
    configs |= {f"width x {width}": (1.0, width) for width in WIDTHS}
    networks = [
        space.network({"d": [], "depth": [depth], "width": [width], "r": 224}) for depth, width in configs.values()
    ]
    seconds = latencies_s(networks, costs)
    return [_row(name, network.macs, taken) for name, network, taken in zip(configs, networks, seconds)]


def _subnets(costs: LayerCosts, settings: Settings) -> list[Row]:
    """Random subnets of equal MACs, the fastest first.

    Raises:
        InfeasibleError: fewer than two were drawn.
    """
    space = load_space(SPACE).at(RESOLUTIONS)
    rng = np.random.default_rng(settings.seed)
    evaluator = SubnetEvaluator(space, costs)
    wanted = load_network(REFERENCE).macs
    configs = {
        space.key(config): config for config in (space.sample(rng) for _ in range(settings.evaluations or DRAWN))
    }
    equal = [c for c in configs.values() if abs(space.macs_params(c)[0] / wanted - 1) <= TOLERANCE]
    if len(equal) < 2:
        raise InfeasibleError(f"{len(equal)} of {len(configs)} subnets drawn have {wanted:,} MACs: draw more")
    figures = evaluator.screen(equal)
    rows = [_row(f"r {c['r']}, d {c['d']}", int(one["macs"]), one["latency"]) for c, one in zip(equal, figures)]
    return sorted(rows, key=lambda row: row[2])


def _three(rows: list[Row]) -> list[Row]:
    return [rows[0], rows[len(rows) // 2], rows[-1]]


def _row(name: str, macs: int, latency_s: float) -> Row:
    return name, macs, latency_s, macs / latency_s


def _points(rows: list[Row]) -> list[Point]:
    return [Point(macs * 1e-6, latency_s * 1e3) for _, macs, latency_s, _ in rows]
