"""Tables of the page: with captions and scopes for screen readers, and values that a script can sort by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from accel_models.roofline import RooflinePoint
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


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, sortable: bool = False, name: str = ""
) -> str:
    """A table; the first cell of a row names it.

    Args:
        caption: what it holds.
        heads: of the columns, with units.
        rows: one cell for each column.
        sortable: whether the page's script lets a reader sort and filter it.
        name: its id in the page, of one that is as wide as its columns need, up to the screen.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = []
    for row in rows:
        cells = [Cell(cell) if isinstance(cell, str) else cell for cell in row]
        words = escape(" ".join(cell.text for cell in cells).lower(), quote=True)
        first, *others = (cell.html("td" if i else "th") for i, cell in enumerate(cells))
        lines.append(f'<tr data-words="{words}">{first}{"".join(others)}</tr>')
    kind = (' class="sortable"' if sortable else "") + (f' id="{name}"' if name else "")
    place = "scroll wide" if name else "scroll"
    body = "\n".join(lines)
    named = escape(caption)
    return (
        f'<div class="{place}" tabindex="0" role="region" aria-label="{named}"><table{kind}>'
        f"<caption>{named}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def layer_table(cost: NetworkCost, roof: NetworkRoofline, name: str) -> str:
    """Every layer of a network, with its point of the roofline and its loop nest folded under its name."""
    heads = ["layer", "kind", "MACs", "latency us", "time %", "energy uJ", "utilization %", "bound by", "MACs/byte"]
    heads += ["attainable MACs/cycle", "achieved MACs/cycle", "lost x"]
    points = {point.layer.name: point for point in roof.points}
    rows = []
    for ran in cost.layers:
        point = points.get(ran.layer.name)
        row = [
            Cell(ran.layer.name, folded=_folded(ran, point)),
            Cell(ran.layer.kind),
            Cell(f"{ran.macs:,.0f}", ran.macs),
            _figure(ran.latency_s * 1e6),
            _figure(ran.latency_s / cost.latency_s * 100),
            _figure(ran.energy_pj * 1e-6),
            _figure(ran.utilization * 100),
            Cell(ran.bound_by),
        ]
        figures = (point.intensity, point.attainable, point.achieved, point.lost) if point else (None,) * 4
        rows.append([*row, *(Cell("", -1.0) if figure is None else _figure(figure) for figure in figures)])
    caption = f"Layers of {cost.network.name}; the name of a layer opens what binds it and its loop nest"
    return table(caption, heads, rows, sortable=True, name=name)


def _folded(ran: LayerCost, point: RooflinePoint | None) -> str:
    """What binds a layer, where it stands under the roof, and its loop nest; nothing of one that needs no mapping."""
    if ran.mapping is None:
        return ""
    return "\n".join([*(_under_the_roof(point) if point else ()), ran.mapping.describe(ran.layer)])


def _under_the_roof(point: RooflinePoint) -> Iterator[str]:
    bound = "the array" if point.bound_by == "compute" else point.bound_by
    yield f"bound by {bound}"
    if point.achieved is not None:
        yield (
            f"{point.achieved:.4g} MACs a cycle of {point.attainable:.4g} attainable, lost {point.lost:.3g}x; "
            f"the mapping allows {_listed(point.mapped_ceilings)}"
        )
    yield (
        f"MACs a byte: {point.intensity:.4g} by the algorithm, as mapped {_listed(point.mapped_intensity)}\n"
        if point.mapped_intensity
        else f"MACs a byte: {point.intensity:.4g} by the algorithm\n"
    )


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


def _figure(value: float) -> Cell:
    return Cell(f"{value:.4g}", value)
