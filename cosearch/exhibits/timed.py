"""Latency of networks on one accelerator, each layer shape mapped once, whichever network it is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from accel_models.presets import load_accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.evaluation.precision import precision_note
from cosearch.exhibits.exhibit import Settings
from cosearch.problem.mapper_options import MapperOptions

if TYPE_CHECKING:
    from nets.network import Network


def layer_costs(accelerator: str, settings: Settings) -> LayerCosts:
    """Costs of layers mapped for latency."""
    options = MapperOptions(objective="latency", seed=settings.seed)
    return LayerCosts(load_accelerator(accelerator), options, settings.mappings)


def precisions(accelerators: Sequence[str]) -> list[str]:
    """At which precision layers run on each, where that is not the usual one."""
    notes = {name: precision_note(load_accelerator(name), []) for name in accelerators}
    return [f"On {name} {note}." for name, note in notes.items() if note]


def latencies_s(networks: Iterable[Network], costs: LayerCosts) -> list[float]:
    """Of each network."""
    networks = list(networks)
    costs.require(layer for network in networks for layer in network.layers)
    return [costs.of(network.layers)[0] for network in networks]
