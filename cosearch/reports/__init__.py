"""What is shown, and why is it so: reports and comparisons of runs, explanations, rooflines, summaries.

The names below load on first use: whoever prints JSON draws no charts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from cosearch.reports.compare import write_comparison
    from cosearch.reports.page import write_report

_HOMES = {
    "write_comparison": "cosearch.reports.compare",
    "write_report": "cosearch.reports.page",
}

__all__ = ["write_comparison", "write_report"]
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
