"""The page of a run that found no design: what was tried, how near it came, and which limit it broke."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from cosearch.problem.budget import Budget, Violation
from cosearch.problem.objective import OBJECTIVES
from cosearch.reports.chart import Chart
from cosearch.reports.charts import convergence
from cosearch.reports.run import Run
from cosearch.reports.tables import table
from cosearch.studies.study import TrialPoint
from nets.errors import InputError

MEASURES: Final = {
    "area_mm2": ("area", 1.0),
    "power_w": ("power", 1.0),
    "latency_ms": ("latency", 1e-3),
    "energy_mj": ("energy", 1e-3),
    "elements": ("pes", 1.0),
    "dram_gb_s": ("bandwidth", 1.0),
}
"""What a trial says of its design: the quantity of a budget, and the factor to its unit."""
MOST: Final = 10


def infeasible_body(run: Run) -> tuple[str, Chart | None]:
    """The page's text and its only figure, which the text holds already."""
    kept = sum(trial.feasible for trial in run.trials)
    if kept:
        head = "No design yet"
        said = f"{kept} of {len(run.trials)} accelerators keep every limit, but the run ended before it wrote the best."
    else:
        head = "No feasible design"
        said = f"None of {len(run.trials)} accelerators keeps every limit of the budget; hollow marks break one."
    objective = next((known for known in OBJECTIVES.values() if known.name == run.options.get("objective")), None)
    title, unit = (objective.title, objective.unit) if objective else ("objective", "")
    figure = convergence(run.trials, title, unit, run.population)
    budget = str(run.options.get("budget", ""))
    body = (
        f"<h1>{head}</h1><p>{said} The budget: {escape(budget)}.</p>"
        + ("" if kept else _closest(run.trials, budget))
        + (figure.inline() if figure else "")
        + _table(run.trials)
    )
    return body, figure


def _closest(trials: Sequence[TrialPoint], budget: str) -> str:
    """The trial that breaks its limits by the least, as the search ranks them."""
    try:
        limits = Budget.parse(budget)
    except InputError:
        return ""
    broken = [(trial, limits.violations(_measured(trial.attributes))) for trial in trials if math.isfinite(trial.value)]
    ranked = sorted((_excess(violations), trial.number, violations) for trial, violations in broken if violations)
    if not ranked:
        return "<p>No accelerator has a mapping for every layer.</p>" if not broken else ""
    _, number, violations = ranked[0]
    return f"<p>The closest is trial {number}: {escape('; '.join(map(str, violations)))}.</p>"


def _excess(violations: Sequence[Violation]) -> float:
    return math.fsum(math.log1p(violation.excess) for violation in violations)


def _measured(attributes: Mapping[str, Any]) -> dict[str, float]:
    """Figures of a trial by quantity; of several networks, whose names stand before a colon, the worst counts."""
    measured: dict[str, float] = {}
    for name, value in attributes.items():
        known = MEASURES.get(name.rpartition(": ")[2])
        if known is not None and isinstance(value, int | float):
            quantity, factor = known
            measured[quantity] = max(measured.get(quantity, 0.0), value * factor)
    return measured


def _table(trials: Sequence[TrialPoint]) -> str:
    nearest = sorted((trial for trial in trials if math.isfinite(trial.value)), key=lambda trial: trial.value)[:MOST]
    names = list(dict.fromkeys(name for trial in nearest for name in trial.attributes if name != "subnet"))
    names = [name for name in names if isinstance(nearest[0].attributes.get(name), int | float | str)]
    if not nearest:
        return ""
    rows = [
        [str(trial.number), f"{trial.value:.4g}", *(str(trial.attributes.get(name, "")) for name in names)]
        for trial in nearest
    ]
    return table("The trials of least value, whether they keep the limits or not", ["trial", "value", *names], rows)
