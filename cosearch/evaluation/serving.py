"""What a user of a language model asks of a machine: time to the first token, tokens a second, joule a token."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from cosearch.evaluation.network_cost import NetworkCost
from nets.language.footprint import Footprint
from nets.language.model import LanguageModel
from nets.language.network import LanguageNetwork
from nets.language.phase import Phase, Step
from nets.language.traffic import Traffic
from nets.layer import Layer
from nets.number_formats import NumberFormats


@dataclass(frozen=True, slots=True)
class StepCost:
    """One run of a phase on a machine.

    Attributes:
        step: which phase, and how often it is gone through.
        latency_s, energy_j: of one run.
        weight_bytes: read by its products, those of experts in expectation.
        cache_bytes: of keys and values: ``read``, ``written``, ``kept`` at its end.
        experts: that a block uses: ``expected``, ``fewest``, ``most``; ``None`` where there are none.
    """

    step: Step
    latency_s: float
    energy_j: float
    weight_bytes: float
    cache_bytes: dict[str, int]
    experts: dict[str, float] | None

    @classmethod
    def of(
        cls,
        step: Step,
        model: LanguageModel,
        formats: NumberFormats,
        layers: Iterable[Layer],
        energy_pj: float,
        latency_s: float,
    ) -> StepCost:
        """Of a phase in some formats, where ``layers`` and what they cost are of so many runs as it is gone through."""
        read = weight_bytes(layers) / step.times
        cache, parts = cache_bytes(model, step.phase, formats), model.block.experts
        experts = None if parts is None else parts.used(step.phase.tokens)
        return cls(step, latency_s / step.times, energy_pj * 1e-12 / step.times, read, cache, experts)

    @property
    def tokens_per_s(self) -> float:
        """Worked on, of all sequences."""
        return self.step.phase.tokens / self.latency_s

    @property
    def joule_per_token(self) -> float:
        """Worked on, of all sequences."""
        return self.energy_j / self.step.phase.tokens

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.step.name,
            "times": self.step.times,
            **asdict(self.step.phase),
            "latency_s": self.latency_s,
            "energy_j": self.energy_j,
            "tokens_per_s": self.tokens_per_s,
            "joule_per_token": self.joule_per_token,
            "weight_bytes": round(self.weight_bytes),
            "kv_bytes": self.cache_bytes,
            **({} if self.experts is None else {"experts": self.experts}),
        }


@dataclass(frozen=True, slots=True)
class Serving:
    """A request on a machine.

    Attributes:
        steps: its phases.
        footprint: what the model keeps in memory.
        largest: the phase that keeps the most.
    """

    steps: tuple[StepCost, ...]
    footprint: Footprint
    largest: Phase

    @classmethod
    def of(cls, asked: LanguageNetwork, cost: NetworkCost, formats: NumberFormats) -> Serving:
        """Of a network in some formats.

        Args:
            asked: what is asked of which model.
            cost: of its layers in these formats.
        """
        footprint, layers, steps = Footprint.of(asked.model, formats), iter(cost.layers), []
        for step, length in zip(asked.steps, asked.lengths):
            own = list(islice(layers, length))
            energy, latency = math.fsum(one.energy_pj for one in own), math.fsum(one.latency_s for one in own)
            steps.append(StepCost.of(step, asked.model, formats, [one.layer for one in own], energy, latency))
        return cls(tuple(steps), footprint, max((step.phase for step in asked.steps), key=footprint.cache_bytes))

    @property
    def first_token_s(self) -> float | None:
        """Until the first token is there: all of prefill; ``None`` where nothing is read."""
        return self._sum("prefill", "latency_s") or None

    @property
    def tokens_per_s(self) -> float | None:
        """Made by decoding, of all sequences; ``None`` where nothing is decoded."""
        return self._decoded / self._sum("decode", "latency_s") if self._decoded else None

    @property
    def joule_per_token(self) -> float | None:
        """Of a token made by decoding; ``None`` where nothing is decoded."""
        return self._sum("decode", "energy_j") / self._decoded if self._decoded else None

    def to_dict(self, capacity_bytes: int | None) -> dict[str, Any]:
        """Plain data for JSON; what a memory of some capacity lacks, and what would fit it."""
        footprint, phase = self.footprint, self.largest
        memory = {
            "weight_bytes": footprint.weight_bytes,
            "kv_bytes": footprint.cache_bytes(phase),
            "needed_bytes": footprint.needed(phase),
            "capacity_bytes": capacity_bytes,
        }
        if capacity_bytes is not None:
            memory |= {
                "missing_bytes": footprint.missing(capacity_bytes, phase),
                "largest_batch": footprint.most_sequences(capacity_bytes, phase.context),
                "largest_context": footprint.most_tokens(capacity_bytes, phase.batch),
            }
        return {
            "time_to_first_token_s": self.first_token_s,
            "tokens_per_s": self.tokens_per_s,
            "joule_per_token": self.joule_per_token,
            "phases": [one.to_dict() for one in self.steps],
            "memory": memory,
        }

    @property
    def _decoded(self) -> int:
        return sum(one.step.times * one.step.phase.tokens for one in self.steps if one.step.name == "decode")

    def _sum(self, name: str, figure: str) -> float:
        """Of all runs of the phases of a name."""
        return math.fsum(getattr(one, figure) * one.step.times for one in self.steps if one.step.name == name)


def weight_bytes(layers: Iterable[Layer]) -> float:
    """Of weights that the products of a language model read once in each run, not those of keys and values."""
    read = (layer for layer in layers if layer.is_mac and layer.cached != "W")
    return math.fsum(layer.weight_words * layer.weight_bits * layer.times for layer in read) / 8


def cache_bytes(model: LanguageModel, phase: Phase, formats: NumberFormats) -> dict[str, int]:
    """Of keys and values: of earlier tokens read, of new ones written, of all kept at the end."""
    moved = Traffic.of(model, phase)
    words = {"read": moved.cache_read, "written": moved.cache_written, "kept": moved.cache_kept}
    return {name: -(-formats.kept.bits_of(1, count) // 8) for name, count in words.items()}
