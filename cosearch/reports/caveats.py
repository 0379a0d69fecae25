"""What could make a design wrong although all that is proven of it holds, and what to check before it is built.

These stand in the page and in ``report.json``; a terminal shows what :mod:`.trust` answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from accel_models.area import OVERHEAD
from accel_models.overhead import area_interval
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.evaluation.winner import Winner
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from cosearch.reports.trust import Answer
from cosearch.studies.replay import Replay
from nets.errors import InputError

NVDLA_SPEED: Final = (0.93, 1.01)
EYERISS_SPEED: Final = (1.26, 3.08)
"""Modelled frame rates over published and measured ones; ``benchmarks/silicon.py`` prints them."""
EYERISS_POWER: Final = (0.30, 0.40)
"""Likewise of power without DRAM."""
NAMED: Final = 2
"""Layers that are named as the costliest."""


def caveats(replay: Replay) -> list[Answer]:
    """What a reader who decides should know beside :func:`cosearch.reports.trust.answers`."""
    winner = replay.winner
    found = [_area(winner, _area_limit(replay.budget)), _speed(), _published(replay.baselines, winner)]
    return [*(answer for answer in found if answer is not None), _before(winner, replay.objective)]


def _area_limit(budget: str) -> float | None:
    """Of the budget that a file tells, which need not be one that this version reads."""
    try:
        return Budget.parse(budget).limits().get("area")
    except InputError:
        return None


def _area(winner: Winner, limit: float | None) -> Answer | None:
    """Whether the limit on area holds by published designs, too; nothing without a limit or designs of like nodes."""
    interval = area_interval(winner.machine)
    if limit is None or interval is None:
        return None
    figure = "not sure"
    if interval.high_mm2 <= limit:
        figure = "yes, by all published designs of like nodes"
    elif interval.low_mm2 > limit:
        figure = "no, by no published design of like nodes"
    more = ""
    if interval.high_mm2 > limit:
        safe = limit * winner.accelerator.area_mm2 / interval.high_mm2
        more = f"Where the limit is hard, ask for less: --budget area={safe:.2g}mm2 leaves room for the worst of them."
    return Answer(
        "Does a chip of it keep the limit on area?",
        "area as silicon",
        figure,
        f"by this model it takes {winner.accelerator.area_mm2:.3g} of the {limit:g} mm2 allowed; as a chip it takes "
        f"{interval}",
        more,
    )


def _speed() -> Answer:
    return Answer(
        "How well are latency and power known?",
        "latency, power",
        "no chip of it was measured",
        f"the same model gives NVDLA {_range(NVDLA_SPEED)} times its published frame rate and Eyeriss "
        f"{_range(EYERISS_SPEED)} times its measured one, so a chip may be slower",
        "Left out are the start of layers, control and host, stalls of DRAM and conflicts of banks. The power of "
        f"Eyeriss comes out {_range(EYERISS_POWER)} times what was measured, without clock tree and control, so the "
        "energy of a chip is likely higher. Sources: docs/technology.md; all that is left out: docs/not_modelled.md.",
    )


def _range(two: tuple[float, float]) -> str:
    return " to ".join(f"{value:.2f}" for value in two)


def _published(baselines: Sequence[Mapping[str, Any]], winner: Winner) -> Answer | None:
    """What a comparison with published designs does not say; nothing where none fits."""
    compared = [(float(entry["ratio"]), str(entry["name"])) for entry in baselines if "ratio" in entry]
    if not compared:
        return None
    ratio, name = min(compared)
    more = "They are templates after the publications, not the chips, and a ratio of models, not of measurements."
    if winner.found_by:
        more += " The network was searched for this design, not for theirs, so part of the distance is the network's."
    more += (
        " An axis of a template runs one dim: arrays over channels run a depthwise layer on one lane. "
        "cosearch search --network NAME compares on a network that is given."
    )
    return Answer(
        "Is the comparison with published designs fair?",
        "published designs",
        f"the nearest takes {ratio:.3g} times",
        f"{name} takes {ratio:.3g} times the searched, sized for the same budget and mapped by the same mapper",
        more,
    )


def _before(winner: Winner, objective: Objective) -> Answer:
    machine = winner.accelerator
    area = machine.area_breakdown_mm2()
    overhead = math.fsum(mm2 for name, mm2 in area.items() if name.startswith(OVERHEAD)) / machine.area_mm2
    steps = [f"the layers that cost most: {_costliest(winner, objective)}; cosearch export hands them to other models"]
    energy = math.fsum(cost.energy_pj for cost in winner.costs)
    dram = math.fsum(cost.energy_breakdown_pj.get(machine.levels[0].name, 0.0) for cost in winner.costs)
    steps.append(f"the energy of a bit of your DRAM, which decides {dram / energy:.0%} of the energy")
    if overhead:
        steps.append(
            f"a layout of one element and one memory, since {overhead:.0%} of the area is a factor on the parts"
        )
    if any(known is not None and known.predicted for known in winner.accuracies):
        steps.append("the accuracy of the network with its weights, which is predicted")
    return Answer(
        "What is to be checked before it is built?",
        "before building",
        f"{len(steps)} things",
        "; ".join(f"({number}) {step}" for number, step in enumerate(steps, 1)),
    )


def _costliest(winner: Winner, objective: Objective) -> str:
    """Layers with the largest part of the objective."""
    several = len(winner.costs) > 1
    return _listed(
        (
            f"{layer.layer.name} of {cost.network.name}" if several else layer.layer.name,
            _share(cost, layer.energy_pj, layer.latency_s, objective),
        )
        for cost in winner.costs
        for layer in cost.layers
    )


def _share(cost: NetworkCost, energy_pj: float, latency_s: float, objective: Objective) -> float:
    """A layer's part of its network's objective: its shares of energy and latency, as their powers weigh them."""
    energy, latency = objective.energy_power, objective.latency_power
    return (energy * energy_pj / cost.energy_pj + latency * latency_s / cost.latency_s) / (energy + latency)


def _listed(shares: Iterable[tuple[str, float]]) -> str:
    ranked = sorted(shares, key=lambda pair: -pair[1])[:NAMED]
    return ", ".join(f"{name} ({share:.0%})" for name, share in ranked)
