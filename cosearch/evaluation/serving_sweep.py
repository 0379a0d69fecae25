"""A language model on a machine over a grid of contexts and batches, every layer shape mapped once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from accel_models.accelerator import Accelerator
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.precision import at_precision_of, formats_on
from cosearch.evaluation.serving import Serving, StepCost
from cosearch.problem.mapper_options import MapperOptions
from nets.errors import InputError
from nets.language.footprint import Footprint
from nets.language.model import LanguageModel
from nets.language.network import LanguageNetwork
from nets.language.phase import Phase, Step
from nets.network import Network, unique_layers
from nets.number_formats import NumberFormats

_PHASES: Final = {"prefill": Phase.prefill, "decode": Phase.decode}


@dataclass(frozen=True, slots=True)
class Point:
    """One batch at one context.

    Attributes:
        context: tokens of a sequence: of the prompt, and attended to by the next token.
        batch: sequences.
        serving: what it takes, of those phases that can be counted.
        left_out: why a phase cannot; empty where all can.
    """

    context: int
    batch: int
    serving: Serving
    left_out: str = ""

    def to_dict(self, capacity_bytes: int | None) -> dict[str, Any]:
        """Plain data for JSON, see :meth:`Serving.to_dict`."""
        data = {"context": self.context, "batch": self.batch} | self.serving.to_dict(capacity_bytes)
        return data | ({"left_out": self.left_out} if self.left_out else {})


def sweep(
    model: LanguageModel,
    accelerator: Accelerator,
    formats: NumberFormats | None,
    *,
    contexts: Sequence[int],
    batches: Sequence[int],
    phases: Sequence[str],
    options: MapperOptions,
    evaluations: int,
) -> list[Point]:
    """Every batch at every context.

    Args:
        formats: of all numbers; those of the machine when omitted.
        phases: of :data:`~nets.language.phase.PHASES`: a prompt of that many tokens, and the next token.
        options: how layers are mapped.
        evaluations: for each layer shape.

    Raises:
        InputError: more context than the model has positions.
        InfeasibleError: no mapping was found for some layer.
    """
    built: dict[Phase, Network] = {}
    refused: dict[Phase, str] = {}
    grid = [
        (context, batch, [Step(name, _PHASES[name](context, batch)) for name in phases])
        for context in contexts
        for batch in batches
    ]
    for context, _, steps in grid:
        model.require_positions(f"{model.title}: context", context)
        for phase in (step.phase for step in steps):
            try:
                built[phase] = at_precision_of(accelerator, LanguageNetwork.folded(model, phase), formats)
            except InputError as error:  # a prompt so long that its products are more than are counted exactly
                refused[phase] = str(error)
    shapes = [layer for layer, _ in unique_layers(layer for network in built.values() for layer in network.layers)]
    costs = map_shapes(shapes, [accelerator], options, evaluations).costs(shapes)
    used = formats_on(accelerator, formats)
    footprint = Footprint.of(model, used)

    def cost(step: Step) -> StepCost:
        layers = built[step.phase].layers
        energy, latency = (math.fsum(costs[la.shape_key][at] * la.times for la in layers) for at in (0, 1))
        return StepCost.of(step, model, used, layers, energy, latency)

    points = []
    for context, batch, steps in grid:
        counted = tuple(cost(step) for step in steps if step.phase in built)
        left_out = "; ".join(refused[step.phase] for step in steps if step.phase in refused)
        points.append(Point(context, batch, Serving(counted, footprint, Phase.decode(context, batch)), left_out))
    return points
