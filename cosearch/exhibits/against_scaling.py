"""Once-for-All subnets against compound scaling and published networks: accuracy over latency on one accelerator.

Accuracies of published networks are those of their authors. Those of subnets are predicted for weights taken from the
supernet as they are, without fine-tuning, and are drawn with the standard error of the prediction. A search for each of
several latencies gives the subnets.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from cosearch.exhibits.exhibit import Column, Exhibit, Settings, Table
from cosearch.exhibits.scatter import Point, Series, scatter
from cosearch.exhibits.timed import latencies_s, layer_costs, precisions
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.budget import Budget
from nets import load_network, network_info
from nets.accuracy import load_predictor

ACCELERATOR: Final = "eyeriss"
SPACE: Final = "ofa-mbv3-w1.0"
RESOLUTIONS: Final = (128, 144, 160, 176, 192, 208, 224)
LIMITS: Final = 7
"""Latencies searched for, evenly spaced by ratio over what the space has."""
EVALUATIONS: Final = 2000

SCALED: Final = ("efficientnet_b0", "efficientnet_b1", "efficientnet_b2")
PUBLISHED: Final = (
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "mnasnet_a1",
    "fbnet_c",
    "proxyless_mobile",
    "shufflenet_v2_x1_0",
    "resnet18",
)

COLUMNS: Final = (
    Column("network", "network"),
    Column("top1_percent", "top-1 (%)", ".1f"),
    Column("standard_error", "± if predicted", ".2f"),
    Column("macs", "MACs (M)", ".0f", 1e-6),
    Column("latency_s", "latency (ms)", ".2f", 1e3),
    Column("source", "accuracy from"),
)

Row = tuple[str, float, float | None, float, float, str]
"""Values of :data:`COLUMNS`."""


def exhibit(settings: Settings) -> Exhibit:
    """On one accelerator."""
    machine = settings.machine(ACCELERATOR)
    costs = layer_costs(machine, settings)
    networks = {name: load_network(name) for name in (*SCALED, *PUBLISHED)}
    latency = dict(zip(networks, latencies_s(networks.values(), costs)))
    scaled, published = (
        [_published(name, networks[name].macs, latency[name]) for name in names] for names in (SCALED, PUBLISHED)
    )
    subnets = _subnets(machine, settings)
    said, figures = _compared(machine, subnets, scaled[0])
    figure = scatter(
        "ofa-against-scaling",
        f"Accuracy over latency on {machine}; bars are the standard error of predicted accuracy",
        " ".join(said),
        [
            Series("Once-for-All subnets, predicted, not fine-tuned", _points(subnets, named=False), joined=True),
            Series("EfficientNet, compound scaling, as published", _points(scaled), joined=True),
            Series("other networks, as published", _points(published)),
        ],
        "latency (ms)",
        "ImageNet top-1 (%)",
        logarithmic=(True, False),
    )
    estimates = load_predictor(SPACE).estimates
    return Exhibit(
        "ofa-against-scaling",
        "Subnets of one supernet against compound scaling",
        (Table("networks", f"on {machine}, every layer mapped for latency", COLUMNS, [*subnets, *scaled, *published]),),
        figure,
        (*said, f"Predicted: {estimates}.", *precisions([machine])),
        figures,
    )


def _published(name: str, macs: int, latency_s: float) -> Row:
    info = network_info(name)
    assert info.top1 is not None
    return info.title, info.top1, None, macs, latency_s, info.top1_source


def _subnets(machine: str, settings: Settings) -> list[Row]:
    """The most accurate found within each latency."""
    space: dict[str, Any] = {"space": SPACE, "accelerator": machine, "resolutions": RESOLUTIONS}
    space |= {"mapper_budget": settings.mappings, "seed": settings.seed}
    least, most = Request(objective="latency", **space).problem().evaluator.bounds()["latency"]
    rows: list[Row] = []
    for bound in np.geomspace(1.15 * least, most, LIMITS):
        problem = Request(objective="accuracy", budget=Budget(latency_s=float(bound)), **space).problem()
        evaluations = settings.evaluations or EVALUATIONS
        best = search(problem, "evolution", evaluations=evaluations, seed=settings.seed).best
        if best is not None:
            accuracy = load_predictor(SPACE).predict(best.config)
            name = f"subnet within {bound * 1e3:.3g} ms"
            cost = best.figures["macs"], best.figures["latency"]
            rows.append((name, accuracy.top1_percent, accuracy.standard_error, *cost, "predicted"))
    return rows


def _compared(machine: str, subnets: list[Row], baseline: Row) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Latency of subnets as accurate as B0, and accuracy of those as fast."""
    seconds, accuracy = [row[4] for row in subnets], [row[1] for row in subnets]
    title, top1, _, _, latency_s, _ = baseline
    at_equal_latency = float(np.interp(latency_s, seconds, accuracy))
    figures: dict[str, Any] = {"subnet_top1_at_b0_latency_percent": at_equal_latency}
    said = [
        f"In the {latency_s * 1e3:.4g} ms of {title} ({top1} %) a subnet on {machine} reaches {at_equal_latency:.1f} %."
    ]
    if max(accuracy) >= top1:
        reached = float(np.interp(top1, np.maximum.accumulate(accuracy), seconds))
        figures["speedup_at_b0_accuracy"] = latency_s / reached
        said.append(
            f"Subnets reach {title}'s {top1} % in {reached * 1e3:.4g} ms, {latency_s / reached:.2f} times as fast."
        )
    else:
        said.append(f"No subnet found reaches its {top1} %: the best is predicted {max(accuracy):.1f} %.")
    return tuple(said), figures


def _points(rows: list[Row], named: bool = True) -> list[Point]:
    return [
        Point(latency_s * 1e3, top1, title if named else "", error or 0.0)
        for title, top1, error, _, latency_s, _ in rows
    ]
