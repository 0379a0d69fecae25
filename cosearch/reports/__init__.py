"""What is shown, and why is it so: reports and comparisons of runs, explanations, rooflines, summaries."""

from cosearch.reports.compare import write_comparison
from cosearch.reports.page import write_report

__all__ = ["write_comparison", "write_report"]
