"""Why a winner is as it is: what binds each layer, what more of each resource buys, what limits the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from accel_models.accelerator import Accelerator
from accel_models.description import Sized
from accel_models.template import Template
from cosearch.evaluation.design import WorkloadCost, measures
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.problem.budget import QUANTITIES, Budget
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import Objective, geometric_mean
from cosearch.reports.description import DIM_NAMES, describe_binding
from cosearch.reports.rivals import Rival, WiringBounds, describe_rivals, rivals
from cosearch.reports.roofline import network_roofline
from cosearch.reports.run import Run
from cosearch.reports.sensitivity import WIRED, Variant, axis_fill, map_variants, more_of_each, wired_otherwise, wiring
from nets.errors import InputError
from nets.network import Network

SCHEMA: Final = 1
WORTH: Final = 0.5
"""Percent of the objective below which a gain is not worth a sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """A variant of the winner, mapped anew.

    Attributes:
        resource, before, after: what changed.
        machine: the variant; value: of the objective.
        gain_percent: of the objective saved; latency_gain_percent, energy_gain_percent: likewise. Negative: lost.
        breaks: limits of the budget that it breaks, in words.
    """

    resource: str
    before: str
    after: str
    machine: Sized
    value: float
    gain_percent: float
    latency_gain_percent: float
    energy_gain_percent: float
    breaks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "resource": self.resource,
            "from": self.before,
            "to": self.after,
            "area_mm2": self.machine.area_mm2,
            "value": self.value,
            "gain_percent": self.gain_percent,
            "latency_gain_percent": self.latency_gain_percent,
            "energy_gain_percent": self.energy_gain_percent,
            "within_budget": not self.breaks,
            "breaks": list(self.breaks),
        }


@dataclass(frozen=True)
class Explanation:
    """What :func:`explain` found.

    Attributes:
        objective: of the search.
        value: of the winner mapped again, which changes are held against.
        binding: one entry for each MAC layer: what binds it and what is lost.
        changes: a tenth more of each resource.
        wirings: the same array on other dims; ``ratio`` is their value over the winner's.
        rivals: every wiring there is, with arrays of any size.
        words: the same in sentences.
        evaluations: mappings tried for each layer shape of each variant; seed: of the mapper.
    """

    objective: Objective
    value: float
    binding: Sequence[Mapping[str, Any]]
    changes: Sequence[Change]
    wirings: Sequence[Mapping[str, Any]]
    rivals: Sequence[Rival]
    words: Sequence[str]
    evaluations: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with a schema version."""
        return {
            "schema": SCHEMA,
            "objective": self.objective.title,
            "unit": self.objective.unit,
            "value": self.value,
            "evaluations": self.evaluations,
            "seed": self.seed,
            "words": list(self.words),
            "sensitivity": [change.to_dict() for change in self.changes],
            "wiring": [dict(entry) for entry in self.wirings],
            "every_wiring": [rival.to_dict() for rival in self.rivals],
            "binding": [dict(entry) for entry in self.binding],
        }


def explain(run: Run, options: MapperOptions, evaluations: int, bounds: WiringBounds) -> Explanation:
    """Explain the winner of a run.

    Args:
        run: its file and its study.
        options: how layers are mapped; the same seed explains alike.
        evaluations: mappings tried for each layer shape of each variant.
        bounds: on the designs of each wiring.

    Raises:
        InputError: the run has no design, or one whose accelerator states its figures and has no sizes to vary.
    """
    replay = run.replay
    if replay is None:
        raise InputError("run", str(run.folder), "has no design to explain")
    winner, objective = replay.winner, replay.objective
    machine = winner.machine
    if isinstance(machine, Accelerator):
        raise InputError("accelerator", machine.name, "states its figures and has no sizes to vary")
    networks = [cost.network for cost in winner.costs]
    nests = {
        ran.layer.shape_key: ran.mapping for cost in winner.costs for ran in cost.layers if ran.mapping is not None
    }
    own = map_variants(networks, [machine], options, evaluations, nests)[0] or list(winner.costs)
    nests = {ran.layer.shape_key: ran.mapping for cost in own for ran in cost.layers if ran.mapping is not None}
    budget, base = Budget.parse(replay.budget), _value(own, objective)
    variants = more_of_each(machine)
    mapped = map_variants(networks, [variant.machine for variant in variants], options, evaluations, nests)
    changes = [
        _change(variant, own, costs, objective, budget)
        for variant, costs in zip(variants, mapped, strict=True)
        if costs is not None
    ]
    changes.sort(key=lambda change: -change.gain_percent)
    words = [f"{cost.network.name} is held back by {describe_binding(cost)}." for cost in own]
    wirings: list[dict[str, Any]] = []
    every: list[Rival] = []
    if isinstance(machine, Template):
        wirings = _wirings(machine, networks, base, options, evaluations, objective)
        every = rivals(run, replay, bounds)
        words += [_shape(machine, own, wirings, objective), describe_rivals(every, bounds.note)]
    words += [_limits(machine, own, budget), _next_step(changes, objective)]
    return Explanation(objective, base, _binding(own), changes, wirings, every, words, evaluations, options.seed)


def _wirings(
    template: Template,
    networks: Sequence[Network],
    base: float,
    options: MapperOptions,
    evaluations: int,
    objective: Objective,
) -> list[dict[str, Any]]:
    """The same array on other dims, itself first; ``base`` is its own value."""
    others = wired_otherwise(template)
    rewired = map_variants(networks, others, options, evaluations)
    return [_wiring(template, base, base)] + [
        _wiring(other, _value(costs, objective), base)
        for other, costs in zip(others, rewired, strict=True)
        if costs is not None
    ]


def _change(
    variant: Variant, own: Sequence[NetworkCost], costs: Sequence[NetworkCost], objective: Objective, budget: Budget
) -> Change:
    """What the networks cost on a variant, against the winner's ``own``."""
    value = _value(costs, objective)
    return Change(
        variant.resource,
        variant.before,
        variant.after,
        variant.machine,
        value,
        gain_percent=_saved(_value(own, objective), value),
        latency_gain_percent=_saved(_mean(own, "latency_s"), _mean(costs, "latency_s")),
        energy_gain_percent=_saved(_mean(own, "energy_pj"), _mean(costs, "energy_pj")),
        breaks=tuple(str(violation) for violation in budget.violations(_measures(variant.machine, costs))),
    )


def _wiring(template: Template, value: float, base: float) -> dict[str, Any]:
    return {"array": wiring(template), "area_mm2": template.area_mm2, "value": value, "ratio": value / base}


def _value(costs: Sequence[NetworkCost], objective: Objective) -> float:
    return geometric_mean(objective.of(cost.energy_pj, cost.latency_s) for cost in costs)


def _mean(costs: Sequence[NetworkCost], figure: str) -> float:
    return geometric_mean(getattr(cost, figure) for cost in costs)


def _saved(before: float, after: float) -> float:
    return (1 - after / before) * 100


def _measures(machine: Sized, costs: Sequence[NetworkCost]) -> dict[str, float]:
    return measures(machine, [WorkloadCost.of(cost) for cost in costs])


def _binding(costs: Sequence[NetworkCost]) -> list[dict[str, Any]]:
    out = []
    for cost in costs:
        roof = network_roofline(cost)
        for point, share in zip(roof.points, roof.time_shares, strict=True):
            out.append(
                {
                    "network": cost.network.name,
                    "layer": point.layer.name,
                    "bound_by": point.bound_by,
                    "time_share": share,
                    "lost": point.lost,
                    "lost_to_ceiling": point.lost_to_ceiling,
                }
            )
    return out


def _shape(
    template: Template, costs: Sequence[NetworkCost], wirings: Sequence[Mapping[str, Any]], objective: Objective
) -> str:
    """Why the axes run the dims they run: how full they are, and what the best other wiring costs."""
    layers = [layer for cost in costs for layer in cost.network.mac_layers]
    said = []
    for size, dim in zip(template.array, template.parallel, strict=True):
        fill = axis_fill(layers, dim, size)
        others = [other for other in WIRED if other not in template.parallel]
        best = max(others, key=lambda other: axis_fill(layers, other, size))
        said.append(
            f"its axis of {size} runs {DIM_NAMES[dim]}, which fill {fill:.0%} of it (weighted by MACs); the "
            f"fullest of the dims left out, {DIM_NAMES[best]}, would fill {axis_fill(layers, best, size):.0%}"
        )
    text = f"The array is {wiring(template)}: {'; '.join(said)}."
    if len(wirings) > 1:
        other = min(wirings[1:], key=lambda entry: float(entry["ratio"]))
        worst = max(float(entry["ratio"]) for entry in wirings[1:])
        text += f" Wired otherwise, the best found is {other['array']}, with {other['ratio']:.3g} times the "
        text += f"{objective.title}; the worst has {worst:.3g} times."
        if float(other["ratio"]) < 1:
            text += f" So the search left {1 - float(other['ratio']):.1%} on the table: more trials may find it."
    return text


def _limits(machine: Sized, costs: Sequence[NetworkCost], budget: Budget) -> str:
    """How much of every limit the winner uses."""
    used = _measures(machine, costs)
    said = []
    for name, limit in budget.limits().items():
        show = QUANTITIES[name].show
        said.append(f"{used[name] / limit:.1%} of the {name} ({show(used[name])} of {show(limit)})")
    return f"It uses {' and '.join(said)}." if said else "Nothing was limited."


def _next_step(changes: Sequence[Change], objective: Objective) -> str:
    """What a tenth more buys, inside the budget and outside it."""
    worth = [change for change in changes if change.gain_percent >= WORTH]
    if not worth:
        return (
            f"No tenth more of one resource saves {WORTH:g} % of {objective.title} or more: "
            "a better design differs in more than one."
        )
    inside = [change for change in worth if not change.breaks]
    outside = [change for change in worth if change.breaks]
    said = []
    if inside:
        first = inside[0]
        said.append(
            f"Inside the budget, {first.resource} from {first.before} to {first.after} still saves "
            f"{first.gain_percent:.2g} % of {objective.title}"
        )
    else:
        said.append("Inside the budget, no tenth more of one resource saves anything worth it")
    if outside:
        first = outside[0]
        said.append(
            f"{first.resource} from {first.before} to {first.after} would save {first.gain_percent:.2g} %, but "
            f"{first.breaks[0]}"
        )
    return ". ".join(sentence[0].upper() + sentence[1:] for sentence in said) + "."


def explanation_options(settings: Mapping[str, Any], objective: Objective, threads: int) -> tuple[MapperOptions, int]:
    """The mapper and its budget as a run used them for its winner.

    Args:
        settings: options of the run, from its ``config.yaml``.
        objective: of the run. threads: to map with.
    """
    options = MapperOptions(objective=objective.name, threads=threads)
    mapper, seed, evaluations = (settings.get(name) for name in ("mapper", "seed", "last_mapper_budget"))
    if isinstance(mapper, str):
        options = replace(options, mapper=mapper)
    if isinstance(seed, int):
        options = replace(options, seed=seed)
    return options, evaluations if isinstance(evaluations, int) and evaluations > 0 else 1000
