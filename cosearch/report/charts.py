"""Charts as SVG text, coloured by the page's style sheet, so that they follow its light or dark mode.

Colours are Okabe and Ito's, which colour-blind readers tell apart; every mark carries its figure as a ``<title>``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from cosearch.study import TrialPoint

WIDTH = 720


def convergence(trials: Sequence[TrialPoint], unit: str) -> str:
    """Value of every trial, on a logarithmic scale; infeasible ones are hollow, and a line follows the best so far."""
    points = [trial for trial in trials if math.isfinite(trial.value) and trial.value > 0]
    if not points:
        return ""
    height, left, bottom, top = 300, 80, 40, 14
    low = math.log10(min(point.value for point in points))
    high = math.log10(max(point.value for point in points))
    low, high = math.floor(low * 2) / 2, math.ceil(high * 2 + 1e-9) / 2
    last = max(trials[-1].number, 1)

    def x(number: int) -> float:
        return left + (WIDTH - left - 10) * number / last

    def y(value: float) -> float:
        return top + (height - top - bottom) * (high - math.log10(value)) / (high - low)

    marks = []
    tick = low
    while tick <= high + 1e-9:
        at = y(10**tick)
        marks.append(f'<line class="grid" x1="{left}" x2="{WIDTH - 10}" y1="{at:.1f}" y2="{at:.1f}"/>')
        marks.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{10**tick:.1e}</text>')
        tick += 0.5
    best = math.inf
    path: list[str] = []
    for point in points:
        shown = "dot" if point.feasible else "dot hollow"
        note = "" if point.feasible else ", breaks a limit"
        marks.append(
            f'<circle class="{shown}" cx="{x(point.number):.1f}" cy="{y(point.value):.1f}" r="3">'
            f"<title>trial {point.number}: {point.value:.4g} {escape(unit)}{note}</title></circle>"
        )
        if point.feasible and point.value < best:
            if path:
                path.append(f"H{x(point.number):.1f}")
            best = point.value
            path.append(f"{'V' if path else f'M{x(point.number):.1f},'}{y(best):.1f}")
    if path:
        marks.append(f'<path class="best" d="{"".join(path)}H{x(last):.1f}"/>')
    marks.append(f'<text x="{WIDTH - 10}" y="{height - 8}" text-anchor="end">trial, 0 to {last}</text>')
    return _svg(height, f"value of every trial in {unit}, and the best so far", marks)


def bars(parts: Mapping[str, float], unit: str, label: str) -> str:
    """One horizontal bar for each part, largest first, with its figure and share."""
    total = math.fsum(parts.values())
    ranked = [(name, value) for name, value in sorted(parts.items(), key=lambda item: -item[1]) if value > 0]
    if not ranked:
        return ""
    left, step = 150, 26
    widest = ranked[0][1]
    marks = []
    for index, (name, value) in enumerate(ranked):
        at = index * step
        length = (WIDTH - left - 190) * value / widest
        marks.append(f'<text x="{left - 8}" y="{at + 17}" text-anchor="end">{escape(name)}</text>')
        marks.append(f'<rect class="bar" x="{left}" y="{at + 4}" width="{max(length, 1):.1f}" height="18"/>')
        marks.append(
            f'<text x="{left + length + 8:.1f}" y="{at + 17}">{value:.4g} {escape(unit)} ({value / total:.1%})</text>'
        )
    return _svg(step * len(ranked), label, marks)


def layer_columns(rows: Sequence[tuple[str, float, float]], label: str) -> str:
    """Share of latency (up) and of energy (down) of every layer, in the order they run.

    Args:
        rows: name, latency and energy of each layer.
        label: for screen readers.
    """
    if not rows:
        return ""
    height, middle, left = 280, 140, 60
    seconds = math.fsum(row[1] for row in rows)
    energy = math.fsum(row[2] for row in rows)
    most = max(max(row[1] / seconds, row[2] / energy) for row in rows)
    step = (WIDTH - left - 10) / len(rows)
    scale = (middle - 16) / most
    marks = [f'<line class="grid" x1="{left}" x2="{WIDTH - 10}" y1="{middle}" y2="{middle}"/>']
    for index, (name, latency, joules) in enumerate(rows):
        at = left + index * step
        up, down = latency / seconds * scale, joules / energy * scale
        note = f"<title>{escape(name)}: {latency / seconds:.2%} of latency, {joules / energy:.2%} of energy</title>"
        width = max(step - 1, 0.5)
        marks.append(
            f'<rect class="bar" x="{at:.2f}" y="{middle - up:.2f}" width="{width:.2f}" height="{up:.2f}">{note}</rect>'
        )
        marks.append(
            f'<rect class="second" x="{at:.2f}" y="{middle}" width="{width:.2f}" height="{down:.2f}">{note}</rect>'
        )
    marks.append(f'<text x="{left - 6}" y="24" text-anchor="end">latency</text>')
    marks.append(f'<text x="{left - 6}" y="{height - 16}" text-anchor="end">energy</text>')
    return _svg(height, label, marks)


def _svg(height: int, label: str, marks: Sequence[str]) -> str:
    inside = "\n".join(marks)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg">\n{inside}\n</svg>'
    )
