"""The end of a run for a person: figures and errors, the machine in words, costly layers, published designs."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cosearch.evaluation.spread import Spread
from cosearch.evaluation.winner import AccuracyFloor, DeviceLatency, Winner
from cosearch.problem.network_limits import describe_kept, read_network_limits
from cosearch.problem.objective import Objective
from cosearch.reports.description import describe_accelerator, describe_binding
from cosearch.reports.groups import describe_groups, groups_table
from cosearch.reports.printable import one_line
from cosearch.reports.trust import answers, describe_floor
from cosearch.search.result import CoSearchResult
from cosearch.studies.run_folder import REPORT
from nets.accuracy import Accuracy

if TYPE_CHECKING:
    from cosearch.evaluation.design import Design


def print_winner(
    winner: Winner,
    objective: Objective,
    baselines: Sequence[Mapping[str, Any]],
    stream: TextIO,
    joint: Mapping[str, Any] | None = None,
    spread: Spread | None = None,
) -> None:
    """Everything about a winner, and how far it can be trusted, see :func:`cosearch.reports.trust.answers`."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else 110)
    accelerator = winner.accelerator
    for cost, accuracy, grouped in zip_longest(winner.costs, winner.accuracies, winner.groups):
        table = Table(
            title=f"{one_line(cost.network.name)} at {cost.network.resolution}", title_justify="left", show_header=False
        )
        table.add_column()
        table.add_column(overflow="fold")
        if accuracy is not None:
            table.add_row("accuracy", describe_accuracy(accuracy, winner.floor))
        if winner.weight_bits is not None:
            table.add_row("precision", one_line(str(winner.weight_bits)))
        table.add_row("latency", f"{cost.latency_s * 1e3:.4g} ms")
        if winner.elsewhere is not None:
            table.add_row("elsewhere", one_line(describe_elsewhere(winner.elsewhere)))
        if winner.limit:
            table.add_row("by itself", one_line(describe_kept(read_network_limits(*winner.limit), cost.network)))
        table.add_row("energy", f"{cost.energy_pj * 1e-9:.4g} mJ: {one_line(_shares(cost.energy_breakdown_pj))}")
        table.add_row("EDP", f"{cost.edp:.4g} J s")
        if grouped is not None:
            table.add_row("in groups", describe_groups(grouped, (cost.energy_pj, cost.latency_s), objective))
        if accelerator.area_mm2:
            shares = one_line(_shares(accelerator.area_breakdown_mm2()))
            table.add_row("area", f"{accelerator.area_mm2:.4g} mm2: {shares}")
        else:
            table.add_row("area", "not known")
        table.add_row("utilization", f"{cost.utilization:.1%} of {accelerator.macs_per_cycle} MACs a cycle")
        table.add_row("bound by", one_line(describe_binding(cost)))
        console.print(table)
    if len(winner.costs) > 1:
        console.print(f"geometric mean {objective.title}: {winner.value(objective):.4g} {objective.unit}\n")
    console.print(Text(one_line(describe_accelerator(accelerator)) + "\n"))
    table = Table(title="Can I trust it?", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for answer in answers(winner, objective, joint, spread):
        table.add_row(one_line(answer.short), one_line(answer.brief))
    console.print(table)
    for grouped in winner.groups:
        console.print(groups_table(grouped))
    for cost in winner.costs:
        table = Table(title=f"costliest layers of {one_line(cost.network.name)}", title_justify="left")
        for heading in ("layer", "latency", "energy", "share of EDP", "gap", "utilization", "bound by"):
            table.add_column(heading, justify="left" if heading in ("layer", "bound by") else "right", overflow="fold")
        total = math.fsum(layer.edp for layer in cost.layers)
        gaps = {layer.layer.name: gap for layer, gap in zip(cost.layers, cost.layer_gaps(objective))}
        for layer in cost.costliest(5):
            table.add_row(
                one_line(layer.layer.name),
                f"{layer.latency_s * 1e6:.4g} us",
                f"{layer.energy_pj * 1e-6:.4g} uJ",
                f"{layer.edp / total:.1%}",
                f"{gaps[layer.layer.name]:.0%}",
                f"{layer.utilization:.1%}",
                one_line(layer.bound_by),
            )
        console.print(table)
    if baselines:
        console.print(_baselines(baselines, objective))


def _baselines(baselines: Sequence[Mapping[str, Any]], objective: Objective) -> Any:
    from rich.table import Table

    grouped = any("groups" in baseline for baseline in baselines)
    table = Table(title="published designs, same networks, mapper, area, technology and DRAM", title_justify="left")
    heads = ["design", "array", "area", "latency", "energy", f"{objective.title}, times the searched"]
    for heading in heads + ["in groups"] * grouped:
        named = heading == "design"
        table.add_column(heading, justify="left" if named else "right", no_wrap=named, overflow="fold")
    for baseline in sorted(baselines, key=lambda entry: entry.get("groups", entry).get("ratio", math.inf)):
        if "ratio" not in baseline:
            table.add_row(one_line(baseline["name"]), "does not fit", "", "", "", "")
            continue
        together = [f"{baseline['groups']['ratio']:.2f}"] if "groups" in baseline else []
        table.add_row(
            one_line(baseline["name"]),
            " x ".join(str(size) for size in baseline["accelerator"]["array"]),
            f"{baseline['area_mm2']:.3g} mm2",
            f"{baseline['latency_s'] * 1e3:.3g} ms",
            f"{baseline['energy_pj'] * 1e-9:.3g} mJ",
            f"{baseline['ratio']:.2f}",
            *together,
        )
    return table


def describe_elsewhere(latency: DeviceLatency) -> str:
    """What a network takes on a device that is not designed, and may take."""
    whose = "" if latency.slowest is None else f"{latency.slowest}, the slowest there, "
    return f"{latency.ms:.4g} ms of at most {latency.limit_ms:g} ms: {whose}{latency.estimates}"


def describe_accuracy(accuracy: Accuracy, floor: AccuracyFloor | None = None) -> str:
    """An accuracy with its error, what it estimates, and how probable the floor is that was asked for."""
    figure = f"{accuracy.top1_percent:.2f} % top-1"
    if math.isfinite(accuracy.standard_error):
        figure = f"{accuracy.top1_percent:.2f} ± {accuracy.standard_error:.2f} % top-1 (standard error)"
    limit = "; at the ceiling of what is predicted: rank such subnets by cost" if accuracy.saturated else ""
    return f"{figure}; {accuracy.estimates}{limit}{_how_surely(accuracy, floor)}"


def _how_surely(accuracy: Accuracy, floor: AccuracyFloor | None) -> str:
    """How probable the floor is; nothing where there is none, or no error to tell by."""
    if floor is None or not math.isfinite(accuracy.standard_error):
        return ""
    return f"; {describe_floor(accuracy, floor)}"


def describe_closest(closest: Design) -> str:
    """One line on a search that found no feasible design."""
    template = closest.machine
    shape = " x ".join(str(size) for size in template.array)
    if closest.violations:
        broken = "; ".join(str(violation) for violation in closest.violations)
    else:
        broken = "some layer has no mapping on it"
    return f"no feasible design: the closest ({shape} elements, {template.area_mm2:.3g} mm2): {broken}"


def describe_effort(result: CoSearchResult) -> str:
    """One line on what a search took."""
    rate = result.evaluations / result.wall_s if result.wall_s > 0 else 0.0
    line = (
        f"{len(result.designs)} accelerators ({result.redrawn} more drawn outside the budget), "
        f"{result.evaluations:,} mappings evaluated in {result.wall_s:.1f} s ({rate:,.0f} a second)"
    )
    if result.interrupted:
        line += "; interrupted: this is what was found until then"
    if result.cut_short:
        line += "; cut short by the time limit: another machine may get further with the same seed"
    return line


def describe_end(result: CoSearchResult, folder: Path) -> str:
    """What was found, what is proven of it, where it lies, and what to do next; paths are as ``folder`` is given.

    Commands can be pasted into a shell that stands where the search was started.
    """
    run, report = shlex.quote(str(folder)), folder / REPORT
    winner, objective = result.winner, result.objective
    if winner is None:
        return f"run folder: {folder}\nnext: read {report}, then loosen the limit that is broken"
    joint = None if result.joint is None else result.joint.to_dict()
    proven, *_ = answers(winner, objective, joint, result.spread)
    value = winner.value_in_groups(objective) if winner.groups else winner.value(objective)
    return "\n".join(
        (
            f"found: {objective.title} {value:.4g} {objective.unit} in {winner.accelerator.area_mm2:.4g} mm2",
            f"proven: {proven.short} {one_line(proven.figure)}",
            f"run folder: {folder}",
            f"next: read {report}, or ask what holds it back: cosearch explain {run}",
        )
    )


def _shares(parts: Mapping[str, float]) -> str:
    total = math.fsum(parts.values())
    ranked = sorted(parts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {value / total:.1%}" for name, value in ranked if value / total >= 0.001)
