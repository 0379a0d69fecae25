"""Which accelerator, mapping and network together? Budgets, objectives, strategies, runs, reports, command line.

Names load on first use, so that the command line answers ``--help`` at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosearch.budget import Budget
    from cosearch.evaluate import NetworkCost, evaluate_network
    from cosearch.frames import layers_frame, trials_frame
    from cosearch.mapped_networks import map_networks
    from cosearch.mapping_table import MapperOptions
    from cosearch.report import write_report
    from cosearch.report.roofline_chart import roofline_chart
    from cosearch.result import CoSearchResult
    from cosearch.roofline import network_roofline
    from cosearch.search import CoSearch

_HOMES = {
    "Budget": "cosearch.budget",
    "CoSearch": "cosearch.search",
    "CoSearchResult": "cosearch.result",
    "MapperOptions": "cosearch.mapping_table",
    "NetworkCost": "cosearch.evaluate",
    "evaluate_network": "cosearch.evaluate",
    "layers_frame": "cosearch.frames",
    "map_networks": "cosearch.mapped_networks",
    "network_roofline": "cosearch.roofline",
    "roofline_chart": "cosearch.report.roofline_chart",
    "trials_frame": "cosearch.frames",
    "write_report": "cosearch.report",
}

__all__ = [
    "Budget",
    "CoSearch",
    "CoSearchResult",
    "MapperOptions",
    "NetworkCost",
    "evaluate_network",
    "layers_frame",
    "map_networks",
    "network_roofline",
    "roofline_chart",
    "trials_frame",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
