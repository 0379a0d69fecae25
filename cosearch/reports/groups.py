"""Networks of which layers run in groups, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from accel_models.fusion.group import called
from cosearch.evaluation.winner import Winner
from cosearch.problem.objective import Objective
from cosearch.reports.chart import Chart
from cosearch.reports.series import Axis, Series
from cosearch.reports.tables import Cell, table

if TYPE_CHECKING:
    from cosearch.evaluation.groups import Grouped


def describe_groups(grouped: Grouped, alone: tuple[float, float], objective: Objective) -> str:
    """What a network costs in groups, beside energy and latency with every layer alone."""
    value = grouped.value(objective)
    return (
        f"{objective.title} {value:.4g} {objective.unit}, {objective.of(*alone) / value:.2f} times less: "
        f"{grouped.latency_s * 1e3:.4g} ms, {grouped.energy_pj * 1e-9:.4g} mJ"
    )


def group_names(groups: Sequence[dict[str, Any]]) -> list[str]:
    """What each group is called: its layers."""
    return [called(group["layers"][0], group["layers"][1], group["count"]) for group in groups]


def groups_table(grouped: Grouped) -> Any:
    """The groups as a table for a terminal."""
    from rich.table import Table

    from cosearch.reports.printable import one_line

    shown = Table(title=f"groups of {one_line(grouped.network.name)}", title_justify="left")
    for heading in ("layers", "latency", "energy", "DRAM words", "on the chip", "how"):
        shown.add_column(heading, justify="left" if heading in ("layers", "how") else "right")
    clock, groups = grouped.accelerator.clock_hz, grouped.to_dict()["groups"]
    for name, group in zip(group_names(groups), groups):
        together = "schedule" in group
        shown.add_row(
            one_line(name),
            f"{group['cycles'] / clock * 1e6:.4g} us",
            f"{group['energy_pj'] * 1e-6:.4g} uJ",
            f"{group['dram_words']:,.0f}" if together else "",
            f"{group['room_words']:,.0f}" if together else "",
            group["schedule"] if together else "alone",
        )
    return shown


def groups_section(winner: Winner, objective: Objective, shown: Callable[[Chart | None], str]) -> str:
    """The groups of all networks in the page; nothing where every layer runs alone."""
    parts = []
    for index, (cost, grouped) in enumerate(zip(winner.costs, winner.groups)):
        end = f"-{index + 1}" if len(winner.groups) > 1 else ""
        said = describe_groups(grouped, (cost.energy_pj, cost.latency_s), objective)
        groups = grouped.to_dict()["groups"]
        names = group_names(groups)
        parts += [
            f"<h2>{escape(cost.network.name)} in groups</h2>",
            f"<p>Against every layer alone: {escape(said)}. Layers of a group run one after the other, tile by tile "
            "of the last one's output, and what lies between them stays on the chip.</p>",
            shown(_on_the_chip(f"groups{end}", grouped, names, groups)),
            _table(names, groups, grouped.accelerator.clock_hz, f"table-of-groups{end}"),
        ]
    return "\n".join(parts)


def _on_the_chip(name: str, grouped: Grouped, names: Sequence[str], groups: Sequence[dict[str, Any]]) -> Chart | None:
    """What is on the chip while each group runs, over the time of an inference; nothing while a layer runs alone."""
    from accel_models.fusion.inside import SHARED

    rooms = [group.get("room_words", 0.0) for group in groups]
    if not any(rooms):
        return None
    capacity, clock = grouped.accelerator.levels[SHARED].capacity_words, grouped.accelerator.clock_hz
    ends = [cycles / clock * 1e3 for cycles in accumulate(group["cycles"] for group in groups)]
    begins = [0.0, *ends[:-1]]
    together = [(begin, room, name) for begin, room, name in zip(begins, rooms, names, strict=True) if room]
    fullest = max(together, key=lambda one: one[1])
    return Chart(
        name,
        "Words on the chip at most, group after group",
        f"{fullest[2]} takes most room, {fullest[1]:,.0f} of {capacity:,.0f} words.",
        Axis("time in ms"),
        Axis("words on the chip"),
        (
            Series("in use", "steps", [*begins, ends[-1]], [*rooms, rooms[-1]]),
            Series("capacity", "line", (0.0, ends[-1]), (capacity, capacity), "ink", "dash"),
            Series(
                "a group begins",
                "points",
                [begin for begin, _, _ in together],
                [room for _, room, _ in together],
                "orange",
                labels=[label for _, _, label in together],
            ),
        ),
    )


def _table(names: Sequence[str], groups: Sequence[dict[str, Any]], clock_hz: float, name: str) -> str:
    rows: list[list[Cell | str]] = []
    for named, group in zip(names, groups):
        figures = [group["cycles"] / clock_hz * 1e6, group["energy_pj"] * 1e-6]
        words = [group.get("dram_words"), group.get("room_words"), group.get("tiles")]
        rows.append(
            [
                Cell(named),
                *(Cell(f"{figure:.4g}", figure) for figure in figures),
                *(Cell("") if count is None else Cell(f"{count:,.0f}", count) for count in words),
                Cell(group.get("schedule", "alone")),
            ]
        )
    heads = ["layers", "latency in us", "energy in uJ", "DRAM words", "words on the chip", "tiles", "how"]
    return table("What runs together", heads, rows, name=name)
