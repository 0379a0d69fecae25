"""A language model in a phase, or in those of a request, as a network, and what it moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from nets.blocks import FeatureMap
from nets.language.asked import AskedPhase
from nets.language.config import read_language_model
from nets.language.model import LanguageModel
from nets.language.phase import Phase, Step
from nets.language.traffic import FORMATS, Traffic
from nets.layer import Layer
from nets.network import Network

CACHE_BITS: Final = (16, 8, 4)


class LanguageNetwork(Network):
    """The layers of a language model in a phase, or in several phases one after the other.

    Attributes:
        model: whose they are. steps: what is asked of it. lengths: how many layers each step has.
    """

    model: LanguageModel
    steps: tuple[Step, ...]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, model: LanguageModel, phase: Phase, name: str = "", *, experts: int = 0) -> LanguageNetwork:
        """The layers of a phase.

        Args:
            model: whose layers.
            phase: what is asked of it.
            name: of the network; the model's title when omitted.
            experts: see :meth:`LanguageModel.build`.

        Raises:
            InputError: see :meth:`LanguageModel.build`.
        """
        network = cls(name or model.title, resolution=phase.context)
        network.model, network.steps = model, (Step("decode" if phase.new == 1 else "prefill", phase),)
        tokens = FeatureMap.sequence(phase.new, batch=phase.batch)
        model.build(network, tokens, context=phase.context, experts=experts)
        network.lengths = (len(network.graph),)
        return network

    @classmethod
    def request(cls, model: LanguageModel, steps: Sequence[Step], name: str = "") -> LanguageNetwork:
        """The layers of all phases of a request, each as often as it is gone through; parameters are stored once.

        Layers have their phase before their names, unless there is one, gone through once.

        Raises:
            InputError: see :meth:`LanguageModel.build`.
        """
        if len(steps) == 1 and steps[0].times == 1:
            network = cls.of(model, steps[0].phase, name)
            network.steps = tuple(steps)
            return network
        names = [step.name for step in steps]
        labels = [f"{one}{place}" if names.count(one) > 1 else one for place, one in enumerate(names, 1)]
        title = f"{name or model.title}: {' + '.join(map(str, steps))}"
        network = cls(title, resolution=max(step.phase.context for step in steps))
        network.model, network.steps = model, tuple(steps)
        lengths: tuple[int, ...] = ()
        for label, step in zip(labels, steps):
            stored = step is steps[0]
            part = cls.of(model, step.phase)
            lengths += part.lengths
            for layer, inputs in part.named(label):
                network.add(replace(layer, times=layer.times * step.times, tied=layer.tied or not stored), inputs)
        network.lengths = lengths
        return network

    @classmethod
    def folded(cls, model: LanguageModel, phase: Phase) -> Network:
        """What costs as much as all layers of a phase: one block, that runs as often as there are blocks.

        Raises:
            InputError: see :meth:`LanguageModel.build`.
        """
        network = Network(model.title, resolution=phase.context)
        part = cls.of(replace(model, layers=1), phase)
        for layer in part.layers:
            times = layer.times * (model.layers if layer.name.startswith("block1.") else 1)
            network.add(replace(layer, times=times), part.inputs(layer.name))
        return network

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of the model that its layers do not have."""
        return self.model.notes

    def named(self, before: str) -> Iterator[tuple[Layer, tuple[str, ...]]]:
        """Every layer, and those that it reads, with a word before their names."""
        for layer in self.layers:
            inputs = tuple(f"{before}.{name}" for name in self.inputs(layer.name))
            yield replace(layer, name=f"{before}.{layer.name}"), inputs

    def figures(self) -> dict[str, Any]:
        """What the model reads and writes in its phase, or in each of several, in bytes; plain data."""
        if len(self.steps) == 1:
            return self._figures(self.steps[0])
        return {"phases": [self._figures(step) | {"name": step.name, "times": step.times} for step in self.steps]}

    def _figures(self, step: Step) -> dict[str, Any]:
        phase = step.phase
        traffic, experts = Traffic.of(self.model, phase), self.model.block.experts
        cache = {"read": traffic.cache_read, "written": traffic.cache_written, "kept": traffic.cache_kept}
        figures: dict[str, Any] = {
            "phase": {"batch": phase.batch, "new": phase.new, "context": phase.context},
            "weight_bytes": {name: traffic.weight_bytes(kept) for name, kept in FORMATS.items()},
            "kv_bytes": {
                f"{bits} bits": {name: words * bits // 8 for name, words in cache.items()} for bits in CACHE_BITS
            },
        }
        if experts is not None:
            figures["experts"] = experts.used(phase.tokens)
        return figures


def language_model(name: str) -> LanguageModel | None:
    """The model of a configuration's file, or of a reference model; else none.

    Raises:
        InputError: see :func:`read_language_model`.
    """
    from nets.zoo.language import MODELS

    return read_language_model(name) if name.endswith(".json") else MODELS.get(name)


def language_network(name: str, asked: AskedPhase) -> LanguageNetwork | None:
    """The network of a configuration's file, or of a reference model of which phases are asked; else none.

    Raises:
        InputError: see :func:`read_language_model` and :meth:`AskedPhase.of`.
    """
    if asked.nothing and not name.endswith(".json"):
        return None
    model = language_model(name)
    if model is None:
        return None
    return LanguageNetwork.request(model, asked.of(model.positions), name)
