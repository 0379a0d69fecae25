"""Several runs side by side, in one page of the same make as a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from cosearch.reports.chart import Chart
from cosearch.reports.charts import best_of_both, best_so_far, designs_by, run_steps
from cosearch.reports.description import describe_accelerator, describe_binding
from cosearch.reports.page import html_page
from cosearch.reports.roofline import NetworkRoofline, network_roofline
from cosearch.reports.roofline_chart import roofline_chart
from cosearch.reports.run import Run, read_run
from cosearch.reports.series import Axis
from cosearch.reports.tables import Cell, table
from cosearch.studies.replay import Replay
from cosearch.studies.study import TrialPoint
from nets.documents import write_whole


def write_comparison(folders: Sequence[Path], path: Path) -> Path:
    """Write the comparison of several runs as a page and return its path.

    Args:
        folders: of the runs; two of one name are told apart by their place.
        path: of the page.

    Raises:
        InputError: a folder that holds no run.
    """
    runs: dict[str, Run] = {}
    for folder in folders:
        run = read_run(folder)
        name = run.name if run.name not in runs else f"{run.name} ({len(runs) + 1})"
        runs[name] = run
    found = {name: run.replay for name, run in runs.items() if run.replay is not None}
    units = {replay.objective.unit for replay in found.values()}
    parts = [
        f"<h1>{len(runs)} runs compared</h1>",
        _none([name for name in runs if name not in found]),
        table("The design that each run found", ["figure", *found], _rows(list(found.values()))) if found else "",
    ]
    if len(units) == 1:
        trials = {name: run.trials for name, run in runs.items()}
        (unit,) = units
        parts += ["<h2>Convergence</h2>", _shown(best_so_far(trials, unit))]
        parts += ["<h2>Who wins where</h2>", _shown(who_wins(trials, unit))]
    series = [_named(network_roofline(cost), name) for name, run in found.items() for cost in run.winner.costs]
    if series:
        parts += ["<h2>Rooflines</h2>", _shown(roofline_chart(series))]
    for name, replay in found.items():
        said = "; ".join(
            f"{cost.network.name} is held back by {describe_binding(cost)}" for cost in replay.winner.costs
        )
        words = f"{describe_accelerator(replay.winner.accelerator)} {said}."
        parts.append(f"<h2>{escape(name)}</h2><p>{escape(words)}</p><pre tabindex=0>{escape(runs[name].command)}</pre>")
    write_whole(path, html_page("co-search: runs compared", "\n".join(parts)))
    return path


def _shown(chart: Chart | None) -> str:
    return "<p>No trial keeps every limit.</p>" if chart is None else chart.inline()


def who_wins(runs: Mapping[str, Sequence[TrialPoint]], unit: str) -> Chart | None:
    """The best value of each run inside every area, and which run has the best of all from which area on.

    Args:
        runs: trials by the name of their run.
        unit: of the objective.

    Returns:
        The chart; ``None`` where no trial keeps its limits.
    """
    fronts = {run: best_of_both(designs_by(trials, "area_mm2"), grows=False) for run, trials in runs.items()}
    fronts = {run: front for run, front in fronts.items() if front}
    if not fronts:
        return None
    least, winner, said = math.inf, "", []
    for area, value, run in sorted((area, value, run) for run, front in fronts.items() for area, value, _ in front):
        if value < least:
            least = value
            if run != winner:
                winner = run
                said.append(f"from {area:.4g} mm2 on {run}")
    last = max(front[-1][0] for front in fronts.values())
    return Chart(
        "who-wins",
        "Best value that each run found inside every area, as its trials were mapped",
        f"The best of all is {', '.join(said)}.",
        Axis("area in mm2"),
        Axis(f"best inside the area ({unit})", logarithmic=True),
        tuple(
            run_steps(run, [*((area, value) for area, value, _ in front), (last, front[-1][1])], index)
            for index, (run, front) in enumerate(fronts.items())
        ),
    )


def _named(roof: NetworkRoofline, run: str) -> NetworkRoofline:
    """The same roofline with its machine called by its run: searched machines are all called alike."""
    return replace(roof, accelerator=replace(roof.accelerator, name=run))


def _none(names: Sequence[str]) -> str:
    return f"<p>No feasible design in {escape(', '.join(names))}.</p>" if names else ""


def _rows(found: Sequence[Replay]) -> list[list[Cell | str]]:
    """One line for each figure, with the ratio to the first run where it is a number."""
    rows: list[list[Cell | str]] = [
        ["objective", *(replay.objective.title for replay in found)],
        ["budget", *(replay.budget for replay in found)],
        ["networks", *(", ".join(cost.network.name for cost in replay.winner.costs) for replay in found)],
        ["top-1 %", *(_accuracy(replay) for replay in found)],
    ]
    figures: dict[str, Callable[[Replay], float]] = {
        "latency ms": lambda replay: _mean(replay, "latency_s") * 1e3,
        "energy mJ": lambda replay: _mean(replay, "energy_pj") * 1e-9,
        "EDP J s": lambda replay: _mean(replay, "edp"),
        "area mm2": lambda replay: replay.winner.accelerator.area_mm2,
        "MACs a cycle": lambda replay: float(replay.winner.accelerator.macs_per_cycle),
        "utilization %": lambda replay: _mean(replay, "utilization") * 100,
    }
    for name, figure in figures.items():
        values = [figure(replay) for replay in found]
        cells = [
            f"{value:.4g}" + (f" ({value / values[0]:.3g}x)" if place else "") for place, value in enumerate(values)
        ]
        rows.append([name, *cells])
    if any(replay.winner.groups for replay in found):
        rows.append(["with layers in groups", *(_in_groups(replay) for replay in found)])
    parts = dict.fromkeys(part for replay in found for part in replay.winner.accelerator.area_breakdown_mm2())
    for part in parts:
        areas = [replay.winner.accelerator.area_breakdown_mm2().get(part) for replay in found]
        rows.append([f"{part} mm2", *("" if area is None else f"{area:.3g}" for area in areas)])
    return rows


def _in_groups(replay: Replay) -> str:
    """The objective's value so, which the search made small and its convergence shows; nothing without groups."""
    winner, objective = replay.winner, replay.objective
    return f"{objective.title} {winner.value_in_groups(objective):.4g} {objective.unit}" if winner.groups else ""


def _accuracy(replay: Replay) -> str:
    known = [accuracy.top1_percent for accuracy in replay.winner.accuracies if accuracy is not None]
    return ", ".join(f"{top1:.2f}" for top1 in known) or "not known"


def _mean(replay: Replay, figure: str) -> float:
    """Geometric mean over the networks."""
    values = [getattr(cost, figure) for cost in replay.winner.costs]
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))
