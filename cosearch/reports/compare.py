"""Several runs side by side, in one page of the same make as a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from cosearch.reports.charts import best_so_far
from cosearch.reports.description import describe_accelerator, describe_binding
from cosearch.reports.figure import Figure
from cosearch.reports.page import html_page, shown
from cosearch.reports.roofline import NetworkRoofline, network_roofline
from cosearch.reports.roofline_chart import roofline_chart
from cosearch.reports.run import Run, read_run
from cosearch.reports.tables import Cell, table
from cosearch.studies.replay import Replay
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
    figures: list[Figure] = []
    units = {replay.objective.unit for replay in found.values()}
    parts = [
        f"<h1>{len(runs)} runs compared</h1>",
        _none([name for name in runs if name not in found]),
        table("The design that each run found", ["figure", *found], _rows(list(found.values()))) if found else "",
    ]
    if len(units) == 1:
        trials = {name: run.trials for name, run in runs.items()}
        parts += ["<h2>Convergence</h2>", shown(best_so_far(trials, units.pop()), figures)]
    series = [_named(network_roofline(cost), name) for name, run in found.items() for cost in run.winner.costs]
    if series:
        parts += ["<h2>Rooflines</h2>", shown(roofline_chart(series), figures)]
    for name, replay in found.items():
        said = "; ".join(
            f"{cost.network.name} is held back by {describe_binding(cost)}" for cost in replay.winner.costs
        )
        words = f"{describe_accelerator(replay.winner.accelerator)} {said}."
        parts.append(f"<h2>{escape(name)}</h2><p>{escape(words)}</p><pre>{escape(runs[name].command)}</pre>")
    write_whole(path, html_page("co-search: runs compared", "\n".join(parts)))
    return path


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
    parts = dict.fromkeys(part for replay in found for part in replay.winner.accelerator.area_breakdown_mm2())
    for part in parts:
        areas = [replay.winner.accelerator.area_breakdown_mm2().get(part) for replay in found]
        rows.append([f"{part} mm2", *("" if area is None else f"{area:.3g}" for area in areas)])
    return rows


def _accuracy(replay: Replay) -> str:
    known = [accuracy.top1_percent for accuracy in replay.winner.accuracies if accuracy is not None]
    return ", ".join(f"{top1:.2f}" for top1 in known) or "not known"


def _mean(replay: Replay, figure: str) -> float:
    """Geometric mean over the networks."""
    values = [getattr(cost, figure) for cost in replay.winner.costs]
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))
