"""Figures in a grid, the better the stronger the colour of their cell."""

from __future__ import annotations

from collections.abc import Sequence

from cosearch.reports.figure import WIDTH, Figure, rect, text


def matrix(
    name: str,
    title: str,
    description: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    shares: Sequence[Sequence[float]],
) -> Figure:
    """Words in a grid, each cell fainter the larger its share.

    Args:
        name, title, description: of the figure.
        rows, columns: their names.
        cells: what each says.
        shares: 0 for the strongest colour, 1 for none.
    """
    left, top, wide, high = 210.0, 56.0, (WIDTH - 222) / len(columns), 56.0
    marks = [
        text(left + wide * (j + 0.5), top - 10, word, anchor="middle", kind="name") for j, word in enumerate(columns)
    ]
    for i, row in enumerate(rows):
        up = top + high * i
        marks.append(text(left - 10, up + high / 2 + 5, row, anchor="end", kind="name"))
        for j, words in enumerate(cells[i]):
            note = f"{row}, {columns[j]}: {words}"
            strength = 0.55 * (1 - min(max(shares[i][j], 0.0), 1.0))
            cell = rect(left + wide * j, up, wide - 3, high - 3, "f-blue", note)
            marks.append(cell.replace("<rect ", f'<rect style="fill-opacity:{strength:.3f}" ', 1))
            marks.append(text(left + wide * (j + 0.5), up + high / 2 + 5, words, anchor="middle"))
    return Figure(name, title, description, top + high * len(rows) + 8, tuple(marks))
