"""The report of a run, and the comparison of several: HTML files that need nothing else."""

from cosearch.reports.compare import write_comparison
from cosearch.reports.page import write_report

__all__ = ["write_comparison", "write_report"]
