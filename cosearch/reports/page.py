"""The page, put together from the files of a run's folder, and the same figures for programs beside it."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final

from cosearch.evaluation.network_cost import NetworkCost
from cosearch.evaluation.winner import Winner
from cosearch.problem.axes import DEFAULT_AXES
from cosearch.problem.network_limits import describe_kept, read_network_limits
from cosearch.problem.objective import Objective
from cosearch.reports.chart import Chart
from cosearch.reports.charts import bars, convergence, dominated, generations, layer_columns, trade_off
from cosearch.reports.description import describe_accelerator, describe_binding
from cosearch.reports.explanation_section import explanation_section
from cosearch.reports.export import write_figures
from cosearch.reports.figure import Figure, style
from cosearch.reports.groups import groups_section
from cosearch.reports.infeasible import infeasible_body
from cosearch.reports.library import library, packed_library, sheets_of_maps
from cosearch.reports.machine import draw
from cosearch.reports.roofline import NetworkRoofline, network_roofline
from cosearch.reports.roofline_chart import roofline_chart
from cosearch.reports.run import Run, read_run
from cosearch.reports.summary import describe_accuracy, describe_elsewhere
from cosearch.reports.tables import Cell, layer_table, table
from cosearch.reports.trust import Answer, sentences
from cosearch.studies.replay import Replay
from cosearch.studies.run_folder import REPORT
from nets.accuracy import Accuracy
from nets.documents import write_whole

MOST_ROWS: Final = 100
"""Of the table of generations; more are put together."""


def write_report(folder: Path, *, svg: bool = False) -> Path:
    """Write ``report.html``, ``report.json`` and ``report.csv`` of a run and return the path of the first.

    Args:
        folder: of the run.
        svg: also write every figure as a file, under ``figures/``.

    Raises:
        InputError: the folder holds no run.
    """
    run = read_run(folder)
    figures: list[Chart | Figure] = []
    rooflines = _rooflines(run.replay.winner) if run.replay else []
    if run.replay:
        body = _winner(run, run.replay, rooflines, figures)
    else:
        body, figure = infeasible_body(run)
        figures += [figure] if figure else []
    path = folder / REPORT
    write_whole(path, html_page(f"co-search: {run.name}", body + _again(run)))
    write_figures(run, rooflines)
    if svg:
        (folder / "figures").mkdir(exist_ok=True)
        for drawn in figures:
            write_whole(folder / "figures" / f"{drawn.name}.svg", drawn.file())
    return path


def _rooflines(winner: Winner) -> list[NetworkRoofline]:
    """Of every network, with its groups where it has any."""
    if not winner.groups:
        return [network_roofline(cost) for cost in winner.costs]
    from cosearch.reports.grouped_roofline import grouped_roofline

    return [grouped_roofline(cost, grouped) for cost, grouped in zip(winner.costs, winner.groups, strict=True)]


POLICY: Final = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'"
)
"""Of a report's page: scripts and styles are those whose digests stand here, the unpacked library of the charts among
them; that one adds an empty style element and fills it rule by rule."""


def html_page(title: str, body: str) -> str:
    """A whole page that loads nothing and runs nothing but its own scripts, whatever stands in the body."""
    scripts, packed, unpacked = [style("tables.js")], "", []
    if '<div class="plot"' in body:
        scripts.append(style("charts.js"))
        packed, unpacked = f'<script type="text/plain" id="library">{packed_library()}</script>', [library()]
        packed += "".join(f'<template id="{name}"></template>' for name in sheets_of_maps())
    look, run = style("style.css") + style("figures.css"), "".join(f"<script>{script}</script>" for script in scripts)
    styles = [look, *("" for _ in unpacked)]
    policy = POLICY.format(scripts=" ".join(map(_digest, [*scripts, *unpacked])), styles=" ".join(map(_digest, styles)))
    return (
        '<!DOCTYPE html>\n<html lang="en" class="report"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{look}</style></head>\n"
        f"<body><main>{body}</main>{packed}{run}</body></html>\n"
    )


def _digest(text: str) -> str:
    """How a policy names the text of an element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def shown(figure: Chart | Figure | None, figures: list[Chart | Figure]) -> str:
    """A figure in the page, noted among ``figures``; nothing where there is none to draw."""
    if figure is None:
        return ""
    figures.append(figure)
    return figure.inline()


def _winner(run: Run, replay: Replay, rooflines: Sequence[NetworkRoofline], figures: list[Chart | Figure]) -> str:
    winner, objective = replay.winner, replay.objective
    machine = winner.accelerator
    title, unit = objective.title, objective.unit
    parts = [
        f"<h1>{escape(title)} {winner.value(objective):.4g} {escape(unit)}</h1>",
        f"<p>The geometric mean over {len(winner.costs)} networks.</p>" if len(winner.costs) > 1 else "",
        *(
            f"<p>{_in_short(winner, cost, known)}</p>"
            for cost, known in zip(winner.costs, winner.accuracies, strict=True)
        ),
        f"<p>Found within {escape(replay.budget)}.{_grouped(winner, objective)}</p>",
        _trust(run.answers),
        *(_figures(winner, cost, known) for cost, known in zip(winner.costs, winner.accuracies, strict=True)),
        f"<h2>The accelerator</h2><p>{escape(describe_accelerator(machine))}</p>",
        shown(draw(machine), figures),
        shown(bars("area", machine.area_breakdown_mm2(), "mm2", "Area by part"), figures),
        groups_section(winner, objective, partial(shown, figures=figures)),
        explanation_section(run.explanation) if run.explanation else "",
        "<p>The explanation is of every layer alone.</p>" if run.explanation and winner.groups else "",
        "<h2>The search</h2>",
        shown(convergence(run.trials, title, unit, run.population), figures),
        _generations(run, unit),
        "<p>The winner was mapped again, longer, so it may be better than the last point of the line.</p>",
        shown(trade_off(run.trials, "area_mm2", "area in mm2", title, unit, grows=False), figures),
        shown(trade_off(run.trials, "top1_percent", "top-1 accuracy in percent", title, unit, grows=True), figures),
        shown(dominated(run.trials, run.objectives, run.population), figures) if run.objectives else "",
        _front(run),
        _baselines(replay),
    ]
    for index, (cost, roof) in enumerate(zip(winner.costs, rooflines, strict=True)):
        end = f"-{index + 1}" if len(winner.costs) > 1 else ""
        charted = [(layer.layer.name, layer.latency_s, layer.energy_pj) for layer in cost.layers]
        rows = f"table-of-layers{end}"
        energy = {name: pj * 1e-6 for name, pj in cost.energy_breakdown_pj.items()}
        parts += [
            f"<h2>{_title(cost)}</h2>",
            shown(bars(f"energy{end}", energy, "uJ", "Energy by part"), figures),
            shown(roofline_chart(roof.series, f"roofline{end}", rows), figures),
            shown(layer_columns(f"layers{end}", charted, "Share of latency and energy, by layer", rows), figures),
            layer_table(cost, roof, rows),
        ]
    return "\n".join(parts)


def _in_short(winner: Winner, cost: NetworkCost, known: Accuracy | None) -> str:
    """The answer in a sentence."""
    machine = winner.accelerator
    node = "" if machine.node_nm is None else f" at {machine.node_nm:g} nm"
    accuracy = f", at {known.top1_percent:.2f} % top-1{' (predicted)' if known.predicted else ''}" if known else ""
    return (
        f"{machine.area_mm2:.3g} mm2{node} with {machine.macs_per_cycle:,} multipliers run one inference of "
        f"{_title(cost)} in {cost.latency_s * 1e3:.4g} ms with {cost.energy_pj * 1e-9:.4g} mJ{accuracy}."
    )


def _grouped(winner: Winner, objective: Objective) -> str:
    """What the headline does not say where layers run in groups; nothing where they do not."""
    if not (figures := winner.groups_to_dict(objective).get("groups")):
        return ""
    said = f"{figures['value']:.4g} {objective.unit}, {figures['times_less']:.2f} times less"
    return f" That is with every layer alone; <strong>with layers in groups it is {escape(said)}</strong>."


def _trust(found: Sequence[Answer]) -> str:
    """What the page opens with."""
    entries = "".join(
        f"<div><dt>{escape(answer.question)}</dt><dd><strong>{escape(answer.figure)}</strong>"
        f"<p>{_prose(' '.join(sentences(answer)))}</p></dd></div>"
        for answer in found
    )
    return f'<h2>Can I trust it?</h2><dl class="answers">{entries}</dl>'


def _prose(text: str) -> str:
    """Words of the page, in which no line ends inside an option."""
    return re.sub(r"(?<!\S)--\w[\w-]*", r'<span class="option">\g<0></span>', escape(text))


def _figures(winner: Winner, cost: NetworkCost, known: Accuracy | None) -> str:
    """The main figures of a network as tiles."""
    accuracy = describe_accuracy(known, winner.floor) if known else "not known"
    head, _, rest = accuracy.partition(" % top-1")
    tiles = {
        "accuracy": (f"{head} %", f"top-1{rest}".partition(";")[0]) if rest or known else (accuracy, ""),
        "latency": (f"{cost.latency_s * 1e3:.4g} ms", f"{1 / cost.latency_s:.4g} a second"),
        "energy": (f"{cost.energy_pj * 1e-9:.4g} mJ", f"{cost.power_w:.3g} W on average"),
        "EDP": (f"{cost.edp:.4g} J s", "energy times latency"),
        "area": (f"{winner.accelerator.area_mm2:.4g} mm2", "DRAM not counted"),
        "utilization": (f"{cost.utilization:.1%}", f"of {cost.accelerator.macs_per_cycle} MACs a cycle"),
        "work": (f"{cost.network.macs / 1e6:,.4g} M MACs", f"{cost.network.params / 1e6:.3g} M parameters"),
    }
    if winner.elsewhere is not None:
        figure, _, rest = describe_elsewhere(winner.elsewhere).partition(" of ")
        tiles["elsewhere"] = (figure, rest)
    for limit in read_network_limits(*winner.limit):
        figure, _, rest = describe_kept([limit], cost.network).partition(" of ")
        tiles[f"{limit.measure.title} by itself"] = (figure.removeprefix(f"{limit.measure.name} "), rest)
    if (chosen := winner.weight_bits) is not None:
        tiles["lost by narrow weights"] = (f"{chosen.loss:g} of {chosen.max_loss:g}", chosen.described)
    items = "".join(
        f"<div><dt>{name}</dt><dd>{escape(text)}<small>{escape(note)}</small></dd></div>"
        for name, (text, note) in tiles.items()
    )
    return f'<h2>{_title(cost)}</h2><dl class="tiles">{items}</dl><p>Held back by {escape(describe_binding(cost))}.</p>'


def _generations(run: Run, unit: str) -> str:
    """The figure of convergence as a table, for those who cannot see it."""
    rows: list[list[Cell | str]] = []
    together = -(-len(run.trials) // (run.population * MOST_ROWS))
    for generation in generations(run.trials, run.population * together):
        quartiles = generation.quartiles or (math.nan,) * 3
        figures = [*quartiles, generation.best]
        shown = [Cell(f"{figure:.4g}", figure) if math.isfinite(figure) else Cell("") for figure in figures]
        row = [Cell(str(generation.number)), Cell(f"{generation.first} to {generation.last}")]
        rows.append([*row, *shown, Cell(str(generation.feasible))])
    heads = [
        f"{together} generations" if together > 1 else "generation",
        "trials",
        f"first quartile {unit}",
        f"median {unit}",
        f"third quartile {unit}",
    ]
    heads += [f"best so far {unit}", "within every limit"]
    caption = f"What every {f'{together} generations' if together > 1 else 'generation'} found"
    body = table(caption, heads, rows)
    return f"<details><summary>The same as a table</summary>{body}</details>"


def _front(run: Run) -> str:
    if not run.front:
        return ""
    heads = [name for name in run.front[0] if name]
    rows = [[_cell(entry.get(name) or "") for name in heads] for entry in run.front]
    names = ", ".join(run.objectives or DEFAULT_AXES)
    caption = f"Designs within every limit that no other beats at once in {names}"
    body = table(caption, heads, rows, sortable=True)
    return f"<details><summary>{escape(caption)}: {len(rows)}</summary>{body}</details>"


def _cell(text: str) -> Cell:
    try:
        value = float(text)
    except ValueError:
        return Cell(text)
    return Cell(f"{value:.4g}" if "." in text else text, value) if math.isfinite(value) else Cell(text)


def _baselines(replay: Replay) -> str:
    if not replay.baselines:
        return ""
    heads = ["design", "array", "area mm2", "latency ms", "energy mJ", "times the searched"]
    in_groups = ["latency ms in groups", "energy mJ in groups", "times the searched in groups"]
    heads += in_groups * any("groups" in entry for entry in replay.baselines)
    rows = []
    for entry in sorted(replay.baselines, key=lambda entry: float(entry.get("groups", entry).get("ratio", math.inf))):
        if "ratio" in entry:
            figures = [entry["area_mm2"], *_compared(entry), *(_compared(entry["groups"]) if "groups" in entry else ())]
            array = " x ".join(str(size) for size in entry["accelerator"]["array"])
            rows.append([str(entry["name"]), array, *(f"{figure:.3g}" for figure in figures)])
        else:
            rows.append([str(entry["name"]), "does not fit", *[""] * (len(heads) - 2)])
    caption = "Published designs with the same networks, mapper, area, technology and DRAM"
    return "<h2>Against published designs</h2>" + table(caption, heads, rows)


def _compared(entry: Mapping[str, Any]) -> tuple[float, float, float]:
    """Latency in ms, energy in mJ and times the searched of a published design."""
    return entry["latency_s"] * 1e3, entry["energy_pj"] * 1e-9, entry["ratio"]


def _again(run: Run) -> str:
    again = f"{run.command}\ncosearch evaluate {shlex.quote(f'{run.name}/best.yaml')}" if run.replay else run.command
    second = "; the second evaluates the design found, to the last bit" if run.replay else ""
    return (
        f"<h2>To run it again</h2><p>The first line searches again, with the same result{second}.</p>"
        f'<pre tabindex="0">{escape(again)}</pre>'
        "<details><summary>every option, and the versions of what ran</summary>"
        f'<pre tabindex="0">{escape(run.config)}</pre></details>'
    )


def _title(cost: NetworkCost) -> str:
    return f"{escape(cost.network.name)} at {cost.network.resolution}"
