"""Notes in Markdown that optuna-dashboard shows, of a study and of its trials that were the best so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cosearch.evaluation.design import Design
from cosearch.problem.axes import Axis
from cosearch.problem.budget import Budget

LONGEST: Final = 2045
"""Characters of a note that one attribute of a study holds."""
OF_FRONTS: Final = " A front is drawn of trials that keep every limit; the list of best trials does not look at limits."
"""Said of several objectives."""
SHORT: Final = 60
"""A longer figure, as a subnet's genes are, stays with its trial."""


def note_attributes(body: str, trial_id: int | None = None) -> dict[str, Any]:
    """The attributes of a study by which optuna-dashboard knows its note, as its ``save_note`` sets them.

    Args:
        body: Markdown.
        trial_id: of the trial in the storage that the note is of; ``None`` for the study's own.
    """
    of = "dashboard" if trial_id is None else f"dashboard:{trial_id}"
    pieces = [body[start : start + LONGEST] for start in range(0, len(body), LONGEST)]
    return {f"{of}:note_ver": 1} | {f"{of}:note_str:{index}": piece for index, piece in enumerate(pieces)}


def study_note(best: Design, figures: Mapping[str, Any], picture: str, axes: Sequence[Axis], budget: Budget) -> str:
    """What the study found so far.

    Args:
        best: of its designs. figures: of it, units in the names.
        picture: where the dashboard serves the picture of its chip.
        axes: figures that the study makes small or large.
        budget: of the search.
    """
    sought = ", ".join(
        f"{axis.title} in {axis.unit} ({'larger' if axis.larger else 'smaller'} is better)" for axis in axes
    )
    return "\n".join(
        (
            f"## Best so far: trial {best.number}, which {_kept(best)}",
            "",
            f"Searched within `{budget}` for {sought}.",
            "",
            *_chip(best, figures, picture),
            "",
            "Parameters are the design itself, with units in their names, on logarithmic axes. A constraint says how "
            "far a figure is above its limit: 0.1 is a tenth above, 0 or less keeps it; trials that break one are "
            "grey. Where values span decades, choose the logarithmic scale of the history."
            + (OF_FRONTS if len(axes) > 1 else ""),
        )
    )


def trial_note(best: Design, figures: Mapping[str, Any], picture: str, limits: Mapping[str, float]) -> str:
    """What is special of a trial that was the best so far when its generation ended.

    Args:
        best: the trial's design; figures, picture: see :func:`study_note`.
        limits: of the budget, by quantity.
    """
    measured = best.measures()
    used = [
        f"{measured[name] / limit:.1%} of the limit on {name}"
        for name, limit in limits.items()
        if limit and math.isfinite(measured.get(name, math.nan))
    ]
    return "\n".join(
        (
            f"## The best when it was found; it {_kept(best)}",
            "",
            *([f"It takes {', '.join(used)}.", ""] if used else []),
            *_chip(best, figures, picture),
        )
    )


def _kept(design: Design) -> str:
    broken = ", ".join(violation.quantity for violation in design.violations)
    return f"breaks {broken}" if broken else "keeps every limit"


def _chip(design: Design, figures: Mapping[str, Any], picture: str) -> list[str]:
    """Its picture and its short figures."""
    return [
        f"![the chip of trial {design.number}, every part as large as its area]({picture})",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {_cell(value)} |" for name, value in figures.items() if len(str(value)) <= SHORT),
    ]


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|")
