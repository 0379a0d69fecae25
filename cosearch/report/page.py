"""The page, put together from the files of a run's folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from cosearch.evaluate import NetworkCost
from cosearch.replay import Replay, read_best
from cosearch.report.charts import bars, convergence, layer_columns
from cosearch.run_folder import BEST, CONFIG, REPORT, STUDY, write_whole
from cosearch.study import TrialPoint, read_trials
from cosearch.summary import describe_accuracy
from cosearch.words import describe_accelerator, describe_binding
from nets.accuracy import Accuracy
from nets.errors import InputError


def write_report(folder: Path) -> Path:
    """Write ``report.html`` of a run and return its path.

    Raises:
        InputError: the folder holds no run.
    """
    config = folder / CONFIG
    if not config.is_file():
        raise InputError("run", str(folder), f"holds no {CONFIG}", "name the folder that a search wrote")
    trials = read_trials(folder / STUDY)
    best = folder / BEST
    body = _winner(read_best(best), trials) if best.is_file() else _none(trials)
    options = f"<h2>Options and versions</h2><pre>{escape(config.read_text(encoding='utf-8'))}</pre>"
    style = files("cosearch.report").joinpath("style.css").read_text(encoding="utf-8")
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>co-search: {escape(folder.name)}</title><style>{style}</style></head>\n"
        f"<body>{body}{options}</body></html>\n"
    )
    path = folder / REPORT
    write_whole(path, page)
    return path


def _none(trials: Sequence[TrialPoint]) -> str:
    return (
        "<h1>No feasible design</h1>"
        f"<p>None of {len(trials)} accelerators keeps every limit of the budget; hollow marks break one.</p>"
        + convergence(trials, "the objective")
    )


def _winner(replay: Replay, trials: Sequence[TrialPoint]) -> str:
    winner, objective = replay.winner, replay.objective
    machine = winner.accelerator
    parts = [
        f"<h1>{escape(objective.title)} {winner.value(objective):.4g} {escape(objective.unit)}</h1>",
        f"<p>Found within {escape(replay.budget)}. {escape(describe_accelerator(machine))}</p>",
        *(_figures(cost, describe_accuracy(known) if known else "not known") for cost, known in _rows(replay)),
        "<h2>Convergence</h2>",
        convergence(trials, objective.unit),
        "<p>Hollow marks break a limit; the line is the best so far. The winner was mapped again, longer.</p>",
        "<h2>Area</h2>",
        bars(machine.area_breakdown_mm2(), "mm2", "area by part"),
        _baselines(replay),
        *(_layers(cost) for cost in winner.costs),
    ]
    return "\n".join(parts)


def _rows(replay: Replay) -> Iterator[tuple[NetworkCost, Accuracy | None]]:
    return zip(replay.winner.costs, replay.winner.accuracies)


def _figures(cost: NetworkCost, accuracy: str) -> str:
    rows = {
        "accuracy": accuracy,
        "latency": f"{cost.latency_s * 1e3:.4g} ms",
        "energy": f"{cost.energy_pj * 1e-9:.4g} mJ",
        "EDP": f"{cost.edp:.4g} J s",
        "utilization": f"{cost.utilization:.1%}",
        "bound by": describe_binding(cost),
        "computes": f"{cost.network.macs:,} MACs, {cost.network.params:,} parameters",
    }
    items = "".join(f"<dt><b>{name}</b></dt><dd>{escape(text)}</dd>" for name, text in rows.items())
    return f"<h2>{_title(cost)}</h2><dl>{items}</dl>"


def _layers(cost: NetworkCost) -> str:
    heads = ("layer", "kind", "MACs", "latency us", "energy uJ", "utilization", "bound by")
    rows = [
        (
            layer.layer.name,
            layer.layer.kind,
            f"{layer.layer.macs:,}",
            f"{layer.latency_s * 1e6:.4g}",
            f"{layer.energy_pj * 1e-6:.4g}",
            f"{layer.utilization:.1%}",
            layer.bound_by,
        )
        for layer in cost.layers
    ]
    charted = [(layer.layer.name, layer.latency_s, layer.energy_pj) for layer in cost.layers]
    return (
        f"<h2>Energy of {_title(cost)}</h2>"
        + bars({name: pj * 1e-6 for name, pj in cost.energy_breakdown_pj.items()}, "uJ", "energy by part")
        + f"<h2>Layers of {_title(cost)}</h2>"
        + layer_columns(charted, "share of latency and energy of every layer")
        + _table(heads, rows)
    )


def _baselines(replay: Replay) -> str:
    if not replay.baselines:
        return ""
    heads = ("design", "area mm2", "latency ms", "energy mJ", "times the searched")
    rows = []
    for entry in sorted(replay.baselines, key=lambda entry: entry.get("ratio", math.inf)):
        if "ratio" in entry:
            figures = (entry["area_mm2"], entry["latency_s"] * 1e3, entry["energy_pj"] * 1e-9, entry["ratio"])
            rows.append((str(entry["name"]), *(f"{figure:.3g}" for figure in figures)))
        else:
            rows.append((str(entry["name"]), "does not fit", "", "", ""))
    return "<h2>Published designs at the same area, under the same mapper</h2>" + _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _title(cost: NetworkCost) -> str:
    return f"{escape(cost.network.name)} at {cost.network.resolution}"
