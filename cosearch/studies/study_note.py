"""The note in Markdown that optuna-dashboard shows of a study: its best design so far, and how its figures are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cosearch.evaluation.design import Design
from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget

LONGEST: Final = 2045
"""Characters of a note that one attribute of a study holds."""
SHORT: Final = 60
"""A longer figure, as a subnet's genes are, stays with its trial."""


def note_attributes(body: str) -> dict[str, Any]:
    """The attributes of a study by which optuna-dashboard knows its note, as its ``save_note`` sets them."""
    pieces = [body[start : start + LONGEST] for start in range(0, len(body), LONGEST)]
    return {"dashboard:note_ver": 1} | {f"dashboard:note_str:{index}": piece for index, piece in enumerate(pieces)}


def study_note(best: Design, figures: Mapping[str, Any], picture: str, axes: Sequence[Axis], budget: Budget) -> str:
    """What the study found so far.

    Args:
        best: of its designs. figures: of it, units in the names.
        picture: where the dashboard serves the picture of its chip.
        axes: figures that the study makes small or large.
        budget: of the search.
    """
    kept = (
        "breaks " + ", ".join(broken.quantity for broken in best.violations) if best.violations else "keeps every limit"
    )
    rows = [f"| {name} | {_cell(value)} |" for name, value in figures.items() if len(str(value)) <= SHORT]
    sought = ", ".join(
        f"{axis.title} in {axis.unit} ({'larger' if axis.larger else 'smaller'} is better)" for axis in axes
    )
    return "\n".join(
        (
            f"## Best so far: trial {best.number}, which {kept}",
            "",
            f"Searched within `{budget}` for {sought}.",
            "",
            f"![the chip of trial {best.number}, every part as large as its area]({picture})",
            "",
            "| figure | value |",
            "|---|---|",
            *rows,
            "",
            "Parameters are the design itself, with units in their names, on logarithmic axes. A constraint says how "
            "far a figure is above its limit: 0.1 is a tenth above, 0 or less keeps it; trials that break one are "
            "grey. Where values span decades, choose the logarithmic scale of the history.",
        )
    )


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|")
