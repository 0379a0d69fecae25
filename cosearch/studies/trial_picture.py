"""A small picture of every trial, which optuna-dashboard shows among the trial's artifacts.

The chip as a square, every part as large as its area, inside the square that the budget allows: so the pictures of a
study are to one scale. A study keeps only their names; the files stand in a folder beside it (``--artifact-dir``).
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from cosearch.evaluation.design import Design
from cosearch.problem.budget import Budget
from nets.documents import write_whole

PICTURES: Final = "artifacts"
"""Folder of the pictures in that of a run."""

SIDE: Final = 120.0
"""Of the largest square, in the units of the drawing."""

# Okabe and Ito's colours, as in the report; the parts of the array first
COLOURS: Final = {"L1": "#56b4e9", "MAC": "#0072b2", "L2": "#009e73", "network": "#d55e00"}
OTHER: Final = "#e69f00"


def picture_attribute(number: int) -> dict[str, str]:
    """The attribute by which a trial, or a study, names a trial's picture, as Optuna's ``upload_artifact`` sets it.

    That function takes live trials only, one at a time; trials that are added finished bring the attribute along.
    """
    name = _artifact_id(number)
    meta = {"artifact_id": name, "filename": f"trial-{number}.svg", "mimetype": "image/svg+xml", "encoding": None}
    return {f"artifacts:{name}": json.dumps(meta)}


def picture_address(study_id: int, number: int) -> str:
    """Where the dashboard serves a picture that the study itself names, not only a trial of it."""
    return f"/artifacts/{study_id}/{_artifact_id(number)}"


def write_pictures(folder: Path, designs: Sequence[Design], budget: Budget) -> None:
    """Write the pictures of some trials, before the study names them."""
    folder.mkdir(exist_ok=True)
    for design in designs:
        path = folder / _artifact_id(design.number)
        write_whole(path, picture(design, budget))


def _artifact_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def picture(design: Design, budget: Budget) -> str:
    """One design as SVG."""
    parts = design.machine.accelerator().area_breakdown_mm2()
    area_mm2 = math.fsum(parts.values())
    allowed_mm2 = max(budget.limits().get("area", area_mm2), area_mm2)
    side = SIDE * math.sqrt(area_mm2 / allowed_mm2)
    top = 10 + SIDE - side
    marks = [
        f'<rect x="10" y="10" width="{SIDE:g}" height="{SIDE:g}" fill="none" stroke="#777" stroke-dasharray="4 3"/>'
    ]
    words = [" x ".join(str(size) for size in design.machine.array), f"{area_mm2:.3g} mm2"]
    words += [f"breaks {broken.quantity}" for broken in design.violations] or ["keeps every limit"]
    lines = [(word, "") for word in words]
    across = 10.0
    for name, mm2 in parts.items():
        colour, width = COLOURS.get(name, OTHER), side * mm2 / area_mm2
        marks.append(f'<rect x="{across:.2f}" y="{top:.2f}" width="{width:.2f}" height="{side:.2f}" fill="{colour}"/>')
        across += width
        lines.append((f"{name.partition(' (')[0]} {mm2 / area_mm2:.0%}", colour))
    edge = ' stroke="#d55e00" stroke-width="3"' if design.violations else ' stroke="#1b1b1b"'
    marks.append(f'<rect x="10" y="{top:.2f}" width="{side:.2f}" height="{side:.2f}" fill="none"{edge}/>')
    for row, (word, colour) in enumerate(lines):
        at = 20 + 17 * row
        if colour:
            marks.append(f'<rect x="142" y="{at - 9}" width="9" height="9" fill="{colour}"/>')
        marks.append(f'<text x="{156 if colour else 142}" y="{at}">{escape(word)}</text>')
    height = max(20 + SIDE, 20 + 17 * len(lines))
    body = "\n".join(marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 250 {height:g}" width="500" height="{2 * height:g}" '
        f'font-family="sans-serif" font-size="13"><title>trial {design.number}: the chip, to scale in the area '
        f'that the budget allows</title><rect width="250" height="{height:g}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
