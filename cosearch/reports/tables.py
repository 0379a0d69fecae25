"""Tables of the page: with captions and scopes for screen readers, and values that a script can sort by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from cosearch.evaluation.network_cost import LayerCost, NetworkCost
from cosearch.reports.roofline import NetworkRoofline


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, what it sorts by, and a longer text that folds out below it."""

    text: str
    value: float | None = None
    folded: str = ""

    def html(self, tag: str) -> str:
        """As an element of a row."""
        value = "" if self.value is None else f' data-value="{self.value!r}"'
        kind = ' scope="row"' if tag == "th" else ""
        inside = escape(self.text)
        if self.folded:
            value = f' data-value="{inside}"'
            inside = f"<details><summary>{inside}</summary><pre>{escape(self.folded)}</pre></details>"
        return f"<{tag}{kind}{value}>{inside}</{tag}>"


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, sortable: bool = False) -> str:
    """A table; the first cell of a row names it.

    Args:
        caption: what it holds.
        heads: of the columns, with units.
        rows: one cell for each column.
        sortable: whether the page's script lets a reader sort and filter it.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = []
    for row in rows:
        cells = [Cell(cell) if isinstance(cell, str) else cell for cell in row]
        words = escape(" ".join(cell.text for cell in cells).lower(), quote=True)
        first, *others = (cell.html("td" if i else "th") for i, cell in enumerate(cells))
        lines.append(f'<tr data-words="{words}">{first}{"".join(others)}</tr>')
    kind = ' class="sortable"' if sortable else ""
    body = "\n".join(lines)
    named = escape(caption)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{named}"><table{kind}><caption>{named}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def layer_table(cost: NetworkCost, roof: NetworkRoofline) -> str:
    """Every layer of a network, with its loop nest folded under its name."""
    heads = ["layer", "kind", "MACs", "latency us", "time %", "energy uJ", "utilization %", "bound by", "MACs/byte"]
    heads += ["attainable MACs/cycle", "achieved MACs/cycle", "lost x"]
    points = {point.layer.name: point for point in roof.points}
    rows = []
    for ran in cost.layers:
        row = [
            Cell(ran.layer.name, folded=_nest(ran)),
            Cell(ran.layer.kind),
            Cell(f"{ran.macs:,.0f}", ran.macs),
            _figure(ran.latency_s * 1e6),
            _figure(ran.latency_s / cost.latency_s * 100),
            _figure(ran.energy_pj * 1e-6),
            _figure(ran.utilization * 100),
            Cell(ran.bound_by),
        ]
        point = points.get(ran.layer.name)
        figures = (point.intensity, point.attainable, point.achieved, point.lost) if point else (None,) * 4
        rows.append([*row, *(Cell("", -1.0) if figure is None else _figure(figure) for figure in figures)])
    caption = f"Layers of {cost.network.name}; the name of a layer opens its loop nest"
    return table(caption, heads, rows, sortable=True)


def _nest(ran: LayerCost) -> str:
    return "" if ran.mapping is None else ran.mapping.describe(ran.layer)


def _figure(value: float) -> Cell:
    return Cell(f"{value:.4g}", value)
