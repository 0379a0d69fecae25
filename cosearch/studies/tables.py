"""``layers.csv`` and ``pareto.csv``: the winner layer by layer, and the designs that no other beats."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cosearch.evaluation.design import Design
from cosearch.evaluation.network_cost import NetworkCost, layer_rows
from cosearch.problem.objective import Objective
from cosearch.studies.run_folder import LAYERS, PARETO
from nets.documents import write_whole
from nets.documents.table import read_table

_FIGURES: Final = ("trial", "area_mm2", "latency_s", "energy_j", "power_w", "elements")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Write rows as CSV; a figure that a row lacks stays empty."""
    write_whole(path, csv_text(rows, columns))


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Rows as CSV under the names of their columns."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def read_pareto(path: Path) -> tuple[Mapping[str, str], ...]:
    """The rows of a ``pareto.csv``, as text.

    Raises:
        InputError: it cannot be read, a column is missing, or a figure is none.
    """
    from nets.documents.model import NotNegative
    from nets.documents.table_model import row_model

    table = read_table(path, _FIGURES, of="fronts", may_be_empty=True)
    table.read(row_model((), *((name, NotNegative) for name in _FIGURES)))
    return table.rows


LAST_SIZE: Final = "dram_gb_s"


def write_layers(folder: Path, costs: Sequence[NetworkCost]) -> None:
    """The cost of every layer of every network."""
    columns, rows = layer_rows(costs)
    write_csv(folder / LAYERS, rows, columns)


def write_pareto(folder: Path, front: Sequence[Design], objective: Objective) -> None:
    """Designs that no other beats on all axes at once, smallest value of the objective first."""
    value = f"value_{objective.unit_ending}"
    rows = [
        {
            "trial": design.number,
            value: design.value,
            "latency_s": own["latency"],
            "energy_j": own["energy"],
            "power_w": own["power"],
            **design.hardware(),
            "top1_percent": design.workloads[0].accuracy if len(design.workloads) == 1 else None,
        }
        for design in front
        for own in [design.measures()]
    ]
    first = f"trial {value} area_mm2 latency_s energy_j power_w elements array parallel".split()
    sizes = [name for name in (front[0].hardware() if front else ()) if name not in (*first, LAST_SIZE)]
    write_csv(folder / PARETO, rows, [*first, *sizes, LAST_SIZE, "top1_percent"])
