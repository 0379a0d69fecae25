"""A language model in a phase as a network, and what it moves."""

from __future__ import annotations

from typing import Any, Final

from nets.blocks import FeatureMap
from nets.language.config import read_language_model
from nets.language.model import LanguageModel
from nets.language.phase import AskedPhase, Phase
from nets.language.traffic import FORMATS, Traffic
from nets.network import Network

CACHE_BITS: Final = (16, 8, 4)


class LanguageNetwork(Network):
    """The layers of a language model in a phase.

    Attributes:
        model: whose they are. phase: what is asked of it.
    """

    model: LanguageModel
    phase: Phase

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
        network.model, network.phase = model, phase
        tokens = FeatureMap.sequence(phase.new, batch=phase.batch)
        model.build(network, tokens, context=phase.context, experts=experts)
        return network

    def figures(self) -> dict[str, Any]:
        """What the model stores, and reads and writes in the phase, in bytes; plain data."""
        traffic, experts = Traffic.of(self.model, self.phase), self.model.block.experts
        cache = {"read": traffic.cache_read, "written": traffic.cache_written, "kept": traffic.cache_kept}
        figures: dict[str, Any] = {
            "phase": {"batch": self.phase.batch, "new": self.phase.new, "context": self.phase.context},
            "weight_bytes": {name: traffic.weight_bytes(kept) for name, kept in FORMATS.items()},
            "kv_bytes": {
                f"{bits} bits": {name: words * bits // 8 for name, words in cache.items()} for bits in CACHE_BITS
            },
        }
        if experts is not None:
            most = experts.most(self.phase.tokens)
            figures["experts"] = {"expected": float(traffic.experts), "fewest": experts.fewest, "most": most}
        return figures


def language_network(name: str, asked: AskedPhase) -> LanguageNetwork | None:
    """The network of a configuration's file, or of a reference model of which a phase is asked; else none.

    Raises:
        InputError: see :func:`read_language_model` and :meth:`AskedPhase.of`.
    """
    from nets.zoo.language import MODELS

    if name.endswith(".json"):
        model = read_language_model(name)
    elif name in MODELS and not asked.nothing:
        model = MODELS[name]
    else:
        return None
    return LanguageNetwork.of(model, asked.of(model.positions), name)
