"""A chart: the page draws it by Plotly, a file of its own as SVG."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape

from cosearch.reports.figure import Figure, escaped
from cosearch.reports.interactive import plot
from cosearch.reports.series import Axis, Series
from cosearch.reports.still import draw


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of series along two axes.

    Attributes:
        name: of its file, and of its ids in the page.
        title: what it shows. description: the same for those who cannot see it, with the main numbers.
        x, y: the axes.
        series: in the order they are drawn.
        opens: id of the table whose rows its layers are; empty without layers.
    """

    name: str
    title: str
    description: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = field(repr=False)
    opens: str = ""

    def inline(self) -> str:
        """For the page: its place and its data; the page's script draws it when it comes into sight."""
        drawn = plot(self.x, self.y, self.series)
        data = json.dumps(drawn, allow_nan=False, separators=(",", ":"))
        inert, title = data.replace("<", "\\u003c"), escaped(self.title)
        opens = f' data-opens="{escape(self.opens)}"' if self.opens else ""
        height = drawn["layout"]["height"]
        named = f'id="{self.name}" role="group" aria-label="{title}" aria-describedby="{self.name}-desc"'
        said = f'{title}. <span id="{self.name}-desc">{escaped(self.description)}</span>'
        return (
            f'<figure class="chart"><div class="plot" {named} data-height="{height}"{opens}></div>'
            f'<script type="application/json">{inert}</script><figcaption>{said}</figcaption></figure>'
        )

    def figure(self) -> Figure:
        """Drawn once and for all."""
        marks, height = draw(self.x, self.y, self.series)
        return Figure(self.name, self.title, self.description, height, marks)

    def file(self) -> str:
        """For a file of its own, with its colours and its background."""
        return self.figure().file()

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.file()
