"""What a sweep found: for each limit the best design known, what none can beat, and what more of it buys.

Limits are from above. So a design is inside every looser budget too, where it takes the place of a worse one; and what
no design of a looser budget can beat, none of a tighter one can.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from cosearch.problem.objective import Objective, geometric_mean
from cosearch.problem.sweep import Sweep
from cosearch.reports.chart import Chart
from cosearch.reports.description import describe_accelerator
from cosearch.reports.json_data import finite
from cosearch.reports.page import html_page
from cosearch.reports.series import Axis, Series
from cosearch.reports.tables import Cell, table
from cosearch.studies.replay import Replay, read_best
from cosearch.studies.run_folder import BEST
from cosearch.studies.tables import write_csv
from nets.documents import write_whole

PAGE: Final = "sweep.html"
TABLE: Final = "sweep.csv"


@dataclass(frozen=True, slots=True)
class Point:
    """One limit of a sweep.

    Attributes:
        limit: in the unit of the quantity's field.
        folder: of its run.
        own: what its own search found; ``None`` where it found nothing.
        best: the best known inside it, its own or that of a tighter limit; ``None`` without any.
        best_of: the limit whose search found that.
        bound: what no design inside it is below, its own or that of a looser limit; 0 where nothing is proven.
        note: why its search found nothing.
    """

    limit: float
    folder: Path
    own: Replay | None
    best: Replay | None
    best_of: float
    bound: float
    note: str

    @property
    def gap(self) -> float:
        """How far the best known may be above the best of all; infinite where nothing is proven."""
        return max(value_of(self.best) / self.bound - 1, 0.0) if self.best is not None and self.bound > 0 else math.inf


def value_of(found: Replay) -> float:
    """The objective's value, with layers in groups where the search had them so."""
    winner = found.winner
    return winner.value_in_groups(found.objective) if winner.groups else winner.value(found.objective)


def points_of(limits: Sequence[float], folders: Sequence[Path], notes: Sequence[str]) -> list[Point]:
    """The points of a sweep from the folders of their runs, tightest limit first.

    Args:
        limits: rising.
        folders: of their runs.
        notes: why a search found nothing or failed; empty where it found a design.

    Raises:
        InputError: a ``best.yaml`` that cannot be read.
    """
    found_at = [folder / BEST for folder in folders]
    # what a search left that failed now is of another one
    own = [read_best(path) if path.is_file() and not note else None for path, note in zip(found_at, notes, strict=True)]
    notes = [note or ("" if found else "its run is not there any more") for note, found in zip(notes, own, strict=True)]
    bounds, above = [], 0.0
    for found in reversed(own):
        # the joint bound speaks of layers alone
        proven = 0.0 if found is None or found.winner.groups else float(found.joint.get("lower_bound", 0.0))
        above = max(above, proven)
        bounds.append(above)
    points: list[Point] = []
    best: Replay | None = None
    best_of = math.nan
    for limit, folder, found, bound, note in zip(limits, folders, own, reversed(bounds), notes, strict=True):
        if found is not None and (best is None or value_of(found) < value_of(best)):
            best, best_of = found, limit
        points.append(Point(limit, folder, found, best, best_of, bound, note))
    return points


def write_sweep(folder: Path, sweep: Sweep, points: Sequence[Point]) -> dict[str, Any]:
    """Write the page and the table of a sweep; returns the same as plain data."""
    rows = [_row(sweep, point) for point in points]
    write_csv(folder / TABLE, rows, rows[0])
    write_whole(folder / PAGE, html_page(f"co-search: {folder.resolve().name}", _body(folder, sweep, points)))
    return {"quantity": sweep.quantity.field, "points": [finite(row) for row in rows], "report": str(folder / PAGE)}


def describe(sweep: Sweep, points: Sequence[Point]) -> str:
    """The same for a terminal."""
    objective = _objective(points)
    if objective is None:
        return "".join(f"{sweep.shown(point.limit):<12}{point.note}\n" for point in points)
    lines = [f"{sweep.quantity.name:<12}{objective.title + ' ' + objective.unit:>12}{'gap':>8}{'area mm2':>10}  array"]
    for point in points:
        limit = f"{sweep.shown(point.limit):<12}"
        if point.best is None:
            lines.append(f"{limit}{point.note}")
            continue
        taken = f"  found at {sweep.shown(point.best_of)}" if point.best_of != point.limit else ""
        machine = point.best.winner.accelerator
        gap = f"{point.gap:.1%}" if math.isfinite(point.gap) else "-"
        lines.append(
            f"{limit}{value_of(point.best):>12.4g}{gap:>8}{machine.area_mm2:>10.3g}  {_array(point.best)}{taken}"
        )
    return "\n".join(lines) + "\n"


def describe_end(folder: Path, points: Sequence[Point]) -> str:
    """What was found, what is proven of it, and what to do next; paths are as ``folder`` is given."""
    objective, page = _objective(points), folder / PAGE
    if objective is None:
        return f"next: read {page}, then loosen the limits"
    found = [point for point in points if point.best is not None]
    first, last = (f"{value_of(point.best):.4g}" for point in (found[0], found[-1]) if point.best is not None)
    farthest = max(point.gap for point in found)
    proven = f"each at most {farthest:.1%} above the best inside its limit" if math.isfinite(farthest) else "not of all"
    own = next(point.folder for point in reversed(points) if point.own is not None)
    return (
        f"found: {objective.title} {first} to {last} {objective.unit}, "
        f"{len(found)} of {len(points)} limits have a design\n"
        f"proven: {proven}\n"
        f"next: read {page}, or ask what holds one back: cosearch explain {shlex.quote(str(own))}"
    )


def _row(sweep: Sweep, point: Point) -> dict[str, Any]:
    figures = ("value", "lower_bound", "gap", "found_at", "own_value", "latency_s", "energy_j", "area_mm2")
    row: dict[str, Any] = {"limit": point.limit, **dict.fromkeys(figures, math.nan), "array": ""}
    row |= {"lower_bound": point.bound, "gap": point.gap, "found_at": point.best_of}
    row |= {"folder": str(point.folder), "note": point.note}
    if point.own is not None:
        row["own_value"] = value_of(point.own)
    if point.best is not None:
        costs = point.best.winner.costs
        row |= {
            "value": value_of(point.best),
            "latency_s": geometric_mean(cost.latency_s for cost in costs),
            "energy_j": geometric_mean(cost.energy_pj for cost in costs) * 1e-12,
            "area_mm2": point.best.winner.accelerator.area_mm2,
            "array": _array(point.best),
        }
    return row


def _array(found: Replay) -> str:
    machine = found.winner.accelerator
    sizes = [axis.size for level in machine.levels for axis in level.fanout]
    return " x ".join(map(str, sizes))


def _objective(points: Sequence[Point]) -> Objective | None:
    return next((point.best.objective for point in points if point.best is not None), None)


def _body(folder: Path, sweep: Sweep, points: Sequence[Point]) -> str:
    name, objective = sweep.quantity.name, _objective(points)
    if objective is None:
        failed = "".join(f"<li>{sweep.shown(p.limit)}: {escape(p.note)}</li>" for p in points)
        return f"<h1>No design at any limit on {name}</h1><ul>{failed}</ul>"
    found = [point for point in points if point.best is not None]
    first, last = found[0], found[-1]
    assert first.best is not None
    assert last.best is not None
    gain = value_of(first.best) / value_of(last.best)
    head = f"{objective.title} against {name}: {gain:.3g} times less from {sweep.shown(first.limit)} to "
    parts = [
        f"<h1>{escape(head + sweep.shown(last.limit))}</h1>",
        "<p>The line is the best design known inside each limit. A ring is what the search at that limit found by "
        "itself, where a design of a tighter limit, which it may have too, is better. The lower line is proven: no "
        "design inside the limit is below it, with any network that is allowed and any mappings.</p>",
        sweep_figure(sweep, points).inline(),
        _table(folder, sweep, points, objective),
        "<h2>The designs</h2>",
    ]
    for limit in dict.fromkeys(point.best_of for point in found):
        point = next(point for point in found if point.limit == limit)
        assert point.own is not None
        words = describe_accelerator(point.own.winner.accelerator)
        parts.append(f"<h3>{escape(sweep.shown(limit))}</h3><p>{escape(words)}</p>")
    return "\n".join(parts)


def _table(folder: Path, sweep: Sweep, points: Sequence[Point], objective: Objective) -> str:
    heads = [sweep.quantity.name, f"{objective.title} {objective.unit}", "gap at most %", "latency ms", "energy mJ",
             "area mm2", "array", "found at", "run"]  # fmt: skip
    rows: list[list[Cell | str]] = []
    for point in points:
        run = str(point.folder.relative_to(folder))
        if point.best is None:
            rows.append([sweep.shown(point.limit), "none", "", "", "", "", "", point.note, run])
            continue
        row = _row(sweep, point)
        figures = [row["value"], point.gap * 100, row["latency_s"] * 1e3, row["energy_j"] * 1e3, row["area_mm2"]]
        cells = [Cell(f"{value:.4g}" if math.isfinite(value) else "not proven", value) for value in figures]
        at = sweep.shown(point.best_of)
        rows.append([Cell(sweep.shown(point.limit), point.limit), *cells, _array(point.best), at, run])
    return table("The best design known inside each limit", heads, rows, sortable=True)


def bound_line(bounds: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A line through (limit, bound) that is nowhere above what is proven: between two limits the looser one's holds."""
    line = list(bounds[:1])
    for (limit, _), following in pairwise(bounds):
        line += [(limit, following[1]), following]
    return line


def sweep_figure(sweep: Sweep, points: Sequence[Point]) -> Chart:
    """The objective against the limit: the best known as steps, what each search found, and the bound below.

    There is at least one point with a design.
    """
    objective = _objective(points)
    assert objective is not None
    found = [point for point in points if point.best is not None]
    unit = next((unit for unit, factor in sweep.quantity.units.items() if factor == 1.0), "")
    line = [(point.limit, value_of(point.best), point.best) for point in found if point.best is not None]
    limits, values, _ = zip(*line)
    bounds = bound_line([(point.limit, point.bound) for point in found if point.bound > 0])
    labels = [f"{sweep.shown(limit)}: array {_array(design)}" for limit, _, design in line]
    alone = [point for point in found if point.own is not None and point.best_of != point.limit]
    series = [
        Series("best known", "steps", limits, values, "ink"),
        Series("its design", "points", limits, values, "orange", sizes=(10.0,), labels=labels),
        Series("no design is below", "line", [at for at, _ in bounds], [bound for _, bound in bounds], "green", "dash"),
        Series(
            "found by the limit's own search",
            "points",
            [point.limit for point in alone],
            [value_of(point.own) for point in alone if point.own is not None],
            hollow=True,
        ),
    ]
    return Chart(
        "sweep",
        f"{objective.title} of the best design known inside each limit on {sweep.quantity.name}",
        f"From {values[0]:.4g} to {values[-1]:.4g} {objective.unit} over {len(points)} limits.",
        Axis(f"limit on {sweep.quantity.name} {unit}", logarithmic=True),
        Axis(f"{objective.title} ({objective.unit})", logarithmic=True),
        tuple(one for one in series if one.x),
    )
