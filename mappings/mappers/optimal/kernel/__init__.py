"""Branch and bound over tile chains, and the exact best loop orders of a chain (perfect factors), compiled.

``docs/mapping.md`` proves every rule used here; each module names its section.
"""

from accel_models.codes import C, G, I, K, N, O, P, Q, R, S, W
from mappings.mappers.optimal.kernel.entries import bound_cases, open_bound, prepare_tables, run_case, start_case
from mappings.mappers.optimal.kernel.state import EDP, ENERGY, LATENCY, NO_ROOM, SLACK, new_search, new_tables

__all__ = [
    "EDP",
    "ENERGY",
    "LATENCY",
    "NO_ROOM",
    "SLACK",
    "C",
    "G",
    "I",
    "K",
    "N",
    "O",
    "P",
    "Q",
    "R",
    "S",
    "W",
    "bound_cases",
    "new_search",
    "new_tables",
    "open_bound",
    "prepare_tables",
    "run_case",
    "start_case",
]
