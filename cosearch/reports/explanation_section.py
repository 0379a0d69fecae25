"""The explanation of a winner in the page: what binds, what more of each resource buys, why the array is as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cosearch.reports.tables import Cell, table


def explanation_section(data: Mapping[str, Any]) -> str:
    """The section, from the file that ``cosearch explain`` wrote."""
    words = "".join(f"<p>{escape(str(sentence))}</p>" for sentence in data["words"])
    changes = [
        [
            Cell(str(row["resource"])),
            Cell(f"{row['from']} to {row['to']}"),
            _figure(row["area_mm2"]),
            Cell("yes" if row["within_budget"] else "no"),
            _figure(row["gain_percent"]),
            _figure(row["latency_gain_percent"]),
            _figure(row["energy_gain_percent"]),
        ]
        for row in data["sensitivity"]
    ]
    wiring = [
        [Cell(str(row["array"])), _figure(row["area_mm2"]), _figure(row["ratio"])]
        for row in sorted(data["wiring"], key=lambda row: float(row["ratio"]))
    ]
    every = [
        [Cell(_named(row)), Cell(str(row["tried"])), Cell(str(row["proven"]), row["bound_over_winner"])]
        for row in data["every_wiring"]
    ]
    title = str(data["objective"])
    times = f"{title}, times the winner's"
    heads = ["resource", "change", "area mm2", "within budget", f"{title} saved %", "latency saved %", "energy saved %"]
    return (
        "<h2>Why it is so, and what would help</h2>"
        + words
        + table("A tenth more of one resource, every layer mapped anew", heads, changes)
        + _where_any("The same elements wired otherwise", ["array", "area mm2", times], wiring)
        + _where_any("Every wiring, arrays of any size", ["dims in parallel", "in the search", "proven"], every)
    )


def _where_any(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table; nothing where there are no rows, as of a machine of one's own."""
    return table(caption, heads, rows) if rows else ""


def _named(row: Mapping[str, Any]) -> str:
    """A wiring with its mirror image."""
    return f"{row['wiring']} or {row['mirror_image']}" if row["mirror_image"] else str(row["wiring"])


def _figure(value: float) -> Cell:
    return Cell(f"{value:.3g}", value)
