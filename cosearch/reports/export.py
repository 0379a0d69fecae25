"""``report.json`` and ``report.csv``: the figures of the report for programs, units in keys or beside values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cosearch.evaluation.winner import winner_to_dict
from cosearch.reports.json_data import finite
from cosearch.reports.roofline import NetworkRoofline
from cosearch.reports.run import Run
from cosearch.studies.tables import write_csv
from nets.documents import write_whole

SCHEMA: Final = 1
COLUMNS: Final = ("schema", "run", "network", "part", "quantity", "value", "unit")
# the end of a key names its unit
UNITS: Final = {
    "_mm2": "mm2",
    "_pj": "pJ",
    "_js": "J s",
    "_macs_per_cycle": "MACs/cycle",
    "_macs_per_byte": "MACs/byte",
    "_percent": "%",
    "_hz": "Hz",
    "_s": "s",
    "_w": "W",
}


def report_data(run: Run, rooflines: Sequence[NetworkRoofline]) -> dict[str, Any]:
    """Everything that the report shows, as plain data."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "run": run.name,
        "options": dict(run.options),
        "feasible": run.replay is not None,
        "trials": [
            {
                "number": trial.number,
                "value": trial.value,
                "feasible": trial.feasible,
                "attributes": dict(trial.attributes),
            }
            for trial in run.trials
        ],
        "front": [dict(row) for row in run.front],
        "explanation": run.explanation,
    }
    if run.replay is not None:
        winner, objective = run.replay.winner, run.replay.objective
        data |= {"objective": objective.name, "unit": objective.unit, "budget": run.replay.budget}
        data["trust"] = [answer.to_dict() for answer in run.answers]
        data["joint"] = dict(run.replay.joint) or None
        data["spread"] = None if run.spread is None else run.spread.to_dict()
        data["winner"] = winner_to_dict(winner, objective)
        data["layers"] = [
            {"network": cost.network.name} | layer.to_dict() for cost in winner.costs for layer in cost.layers
        ]
        data["rooflines"] = [one.to_dict() for one in rooflines]
        data["baselines"] = [dict(entry) for entry in run.replay.baselines]
    figures: dict[str, Any] = finite(data)
    return figures


def write_figures(run: Run, rooflines: Sequence[NetworkRoofline]) -> None:
    """Write both files into the run's folder."""
    text = json.dumps(report_data(run, rooflines), indent=1, allow_nan=False, default=str)
    write_whole(run.folder / "report.json", text + "\n")
    write_csv(run.folder / "report.csv", list(_rows(run, rooflines)), COLUMNS)


def _rows(run: Run, rooflines: Sequence[NetworkRoofline]) -> Iterator[dict[str, Any]]:
    if run.replay is None:
        return
    winner, objective = run.replay.winner, run.replay.objective

    def row(network: str, part: str, quantity: str, value: float | str, unit: str) -> dict[str, Any]:
        figures = (SCHEMA, run.name, network, part, quantity, value, unit)
        return dict(zip(COLUMNS, figures, strict=True))

    yield row("", "design", objective.name, winner.value(objective), objective.unit)
    yield row("", "design", "area", winner.accelerator.area_mm2, "mm2")
    for part, mm2 in winner.accelerator.area_breakdown_mm2().items():
        yield row("", part, "area", mm2, "mm2")
    for cost, roof in zip(winner.costs, rooflines, strict=True):
        name = cost.network.name
        for key, value in cost.to_dict().items():
            if isinstance(value, int | float) and key != "resolution":
                yield row(name, "network", *_split(key, value))
        for part, energy in cost.energy_breakdown_pj.items():
            yield row(name, part, "energy", energy, "pJ")
        points = {point.layer.name: point for point in roof.points}
        for ran in cost.layers:
            for key, value in ran.to_dict().items():
                if isinstance(value, int | float):
                    yield row(name, ran.layer.name, *_split(key, value))
            yield row(name, ran.layer.name, "bound_by", ran.bound_by, "")
            if ran.layer.name in points:
                for key, value in points[ran.layer.name].to_dict().items():
                    if isinstance(value, int | float) and key != "macs":
                        yield row(name, ran.layer.name, *_split(key, value))


def _split(key: str, value: float) -> tuple[str, float, str]:
    """Quantity, value and unit of a key that ends with its unit; what has none is a count, a share or a ratio."""
    ending = next((ending for ending in UNITS if key.endswith(ending)), "")
    return key.removesuffix(ending), value, UNITS.get(ending, "")
