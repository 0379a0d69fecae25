"""What a subnet searched for an accelerator does with every byte that it moves, and MobileNetV2 in the same time.

The subnet is the most accurate that is found within MobileNetV2's latency. Once-for-All (Cai et al., ICLR 2020) has the
same comparison for two FPGAs, where its subnets make more of every byte; whether they do depends on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from accel_models.presets import load_accelerator
from cosearch.evaluation.mapped_networks import map_networks
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.evaluation.precision import at_precision_of
from cosearch.exhibits.exhibit import Column, Exhibit, Settings, Table
from cosearch.exhibits.timed import latencies_s, layer_costs, precisions
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.budget import Budget
from cosearch.problem.mapper_options import MapperOptions
from cosearch.reports.roofline import NetworkRoofline, network_roofline
from cosearch.reports.roofline_chart import roofline_chart
from nets import load_network, network_info
from nets.accuracy import Accuracy, load_predictor
from nets.errors import InfeasibleError
from nets.spaces import load_space

ACCELERATORS: Final = ("eyeriss", "nvdla_256", "shidiannao")
REFERENCE: Final = "mobilenet_v2"
SPACE: Final = "ofa-mbv3-w1.0"
RESOLUTIONS: Final = (128, 144, 160, 176, 192, 208, 224)
EVALUATIONS: Final = 3000

COLUMNS: Final = (
    Column("runs_on", "on"),
    Column("network", "network"),
    Column("resolution", "input", ".0f"),
    Column("top1_percent", "top-1 (%)", ".1f"),
    Column("standard_error", "± predicted", ".1f"),
    Column("macs", "M MACs", ".0f", 1e-6),
    Column("intensity_macs_per_byte", "MACs/byte", ".1f"),
    Column("mapped_intensity_macs_per_byte", "mapped", ".2f"),
    Column("macs_per_s", "G MACs/s", ".1f", 1e-9),
    Column("latency_s", "ms", ".2f", 1e3),
)


def exhibit(settings: Settings) -> Exhibit:
    """On several accelerators; the plot is of the first."""
    machines = tuple(settings.accelerators) or ACCELERATORS
    rows: list[tuple[Any, ...]] = []
    said, figures, roofs = [], {}, []
    for machine in machines:
        costs, accuracy = _pair(machine, settings)
        both = [network_roofline(cost) for cost in costs]
        roofs.append(both)
        info = network_info(REFERENCE)
        rows.append((machine, info.title, *_figures(info.top1, None, costs[0], both[0])))
        found = (accuracy.top1_percent, accuracy.standard_error)
        rows.append((machine, "OFA subnet", *_figures(*found, costs[1], both[1])))
        own, other = (dict(zip((column.key for column in COLUMNS), row)) for row in (rows[-1], rows[-2]))
        ratio = own["mapped_intensity_macs_per_byte"] / other["mapped_intensity_macs_per_byte"]
        figures[machine] = {"mapped_intensity_ratio": ratio, "top1_gain": own["top1_percent"] - other["top1_percent"]}
        said.append(
            f"On {machine}, in the time of {info.title}, a subnet reaches {own['top1_percent']:.1f} % for "
            f"{other['top1_percent']:.1f} % and makes {ratio:.2f} times as many MACs with each byte of DRAM traffic."
        )
    accuracy_is = f"Predicted accuracy: {load_predictor(SPACE).estimates}."
    title = "every layer mapped for latency; MACs a byte of all tensors moved once, and of DRAM traffic as mapped"
    return Exhibit(
        "roofline",
        "Arithmetic intensity of searched subnets",
        (Table("networks", title, COLUMNS, rows),),
        roofline_chart(roofs[0]).figure(),
        (*said, accuracy_is, *precisions(machines)),
        figures,
    )


def _pair(machine: str, settings: Settings) -> tuple[Sequence[NetworkCost], Accuracy]:
    """MobileNetV2 and the most accurate subnet that is found within its latency.

    Raises:
        InfeasibleError: none was found.
    """
    (limit,) = latencies_s([load_network(REFERENCE)], layer_costs(machine, settings))
    problem = Request(
        space=SPACE,
        accelerator=machine,
        budget=Budget(latency_s=limit),
        resolutions=RESOLUTIONS,
        mapper_budget=settings.mappings,
        seed=settings.seed,
    ).problem()
    evaluations = settings.evaluations or EVALUATIONS
    best = search(problem, "evolution", evaluations=evaluations, seed=settings.seed).best
    if best is None:
        raise InfeasibleError(f"{evaluations} evaluations found no subnet as fast as {REFERENCE} on {machine}")
    accelerator = load_accelerator(machine)
    both = (load_network(REFERENCE), load_space(SPACE).network(best.config))
    networks = [at_precision_of(accelerator, network) for network in both]
    options = MapperOptions(objective="latency", seed=settings.seed)
    costs = map_networks(networks, accelerator, options, settings.mappings).costs
    return costs, load_predictor(SPACE).predict(best.config)


def _figures(top1: float | None, error: float | None, cost: NetworkCost, roof: NetworkRoofline) -> tuple[Any, ...]:
    """Columns from the resolution on; intensity of the whole network is all MACs over all bytes."""
    outermost = roof.accelerator.levels[0].name
    macs = math.fsum(point.layer.macs for point in roof.points)
    once = math.fsum(point.layer.macs / point.intensity for point in roof.points)
    moved = math.fsum(point.layer.macs / point.mapped_intensity[outermost] for point in roof.points)
    resolution = cost.network.resolution
    return resolution, top1, error, macs, macs / once, macs / moved, macs / cost.latency_s, cost.latency_s
