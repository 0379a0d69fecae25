"""Which accelerator, mapping and network together? Budgets, objectives, strategies, runs, reports, command line.

Names load on first use, so that the command line answers ``--help`` at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosearch.budget import Budget
    from cosearch.evaluate import NetworkCost, evaluate_network
    from cosearch.result import CoSearchResult
    from cosearch.search import CoSearch

_HOMES = {
    "Budget": "cosearch.budget",
    "CoSearch": "cosearch.search",
    "CoSearchResult": "cosearch.result",
    "NetworkCost": "cosearch.evaluate",
    "evaluate_network": "cosearch.evaluate",
}

__all__ = ["Budget", "CoSearch", "CoSearchResult", "NetworkCost", "evaluate_network"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
