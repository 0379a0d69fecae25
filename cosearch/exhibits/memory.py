"""Fewer parameters are not less memory: MobileNetV2 holds larger activations than networks many times its size.

What must be in memory at once while a network runs is the point of MCUNet (Lin et al., NeurIPS 2020); an inverted
bottleneck widens before it filters, so its peak is high where a ResNet's parameters are.
"""

from __future__ import annotations

from typing import Final

from cosearch.exhibits.exhibit import Column, Exhibit, Settings, Table
from cosearch.exhibits.scatter import Point, Series, scatter
from nets import load_network, network_info
from nets.errors import InputError
from nets.peak_memory import peak_activation_words

NETWORKS: Final = ("resnet18", "resnet34", "resnet50", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large")

COLUMNS: Final = (
    Column("network", "network"),
    Column("params", "parameters (M)", ".2f", 1e-6),
    Column("peak_activation_words", "peak activation (k words)", ",.0f", 1e-3),
    Column("in_place_words", "with in-place depthwise (k words)", ",.0f", 1e-3),
    Column("top1_percent", "top-1 (%)", ".1f"),
)


def exhibit(settings: Settings) -> Exhibit:
    """Six networks at 224 x 224; no accelerator is asked."""
    if settings.accelerators:
        raise InputError("accelerator", ",".join(settings.accelerators), "changes nothing in this exhibit")
    rows = {}
    for name in NETWORKS:
        network, info = load_network(name), network_info(name)
        peaks = (peak_activation_words(network), peak_activation_words(network, in_place_depthwise=True))
        rows[name] = (info.title, network.params, *peaks, info.top1)
    (_, small, peak, _, _), (_, large, other, _, _) = rows["mobilenet_v2"], rows["resnet50"]
    _, _, lower, _, _ = rows["resnet18"]
    fewer, less, more = large / small, other / peak, peak / lower
    said = (
        f"MobileNet V2 has {fewer:.1f} times fewer parameters than ResNet-50, but its peak activation is only "
        f"{less:.1f} times smaller, and {more:.1f} times larger than ResNet-18's."
    )
    points = [Point(row[1] * 1e-6, row[2] * 1e-3, row[0]) for row in rows.values()]
    figure = scatter(
        "peak-memory",
        "Parameters against the largest sum of activations alive at once, 224 x 224",
        said,
        [Series("published network", points)],
        "parameters (M)",
        "peak activation (k words)",
        logarithmic=(True, False),
    )
    return Exhibit(
        "peak-memory",
        "Fewer parameters are not less memory",
        (Table("networks", "at 224 x 224, one image", COLUMNS, tuple(rows.values())),),
        figure,
        (said,),
        {"times_fewer_params": fewer, "times_less_peak": less, "peak_over_resnet18": more},
    )
