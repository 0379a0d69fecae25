"""Which accelerator, mapping and network together? Budgets, objectives, strategies, runs, reports, command line.

Names load on first use, so that the command line answers ``--help`` at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch
    from cosearch.evaluation.design import trials_frame
    from cosearch.evaluation.mapped_networks import map_networks
    from cosearch.evaluation.network_cost import NetworkCost, evaluate_network, layers_frame
    from cosearch.problem.budget import Budget
    from cosearch.problem.mapper_options import MapperOptions
    from cosearch.reports import write_report
    from cosearch.reports.roofline import network_roofline
    from cosearch.reports.roofline_chart import roofline_chart
    from cosearch.search.result import CoSearchResult

_HOMES = {
    "Budget": "cosearch.problem.budget",
    "CoSearch": "cosearch.co_search",
    "CoSearchResult": "cosearch.search.result",
    "MapperOptions": "cosearch.problem.mapper_options",
    "NetworkCost": "cosearch.evaluation.network_cost",
    "evaluate_network": "cosearch.evaluation.network_cost",
    "layers_frame": "cosearch.evaluation.network_cost",
    "map_networks": "cosearch.evaluation.mapped_networks",
    "network_roofline": "cosearch.reports.roofline",
    "roofline_chart": "cosearch.reports.roofline_chart",
    "trials_frame": "cosearch.evaluation.design",
    "write_report": "cosearch.reports",
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

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
