"""How many words of the shared memory the elements of a group take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import Group
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class Widths:
    """Words of the shared memory that one element takes.

    Attributes:
        tensors: by tensor, of a finished element.
        operands: by operand, step after step, as the layer that reads it has it.
        sums: by step, of an output while its layer runs: that of a partial sum, where there are any.
        weights: by step.
    """

    tensors: tuple[float, ...]
    operands: tuple[float, ...]
    sums: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def one_word(cls, group: Group) -> Widths:
        """Every element is a word."""
        operands = sum(len(step.reads) for step in group.steps)
        return cls((1,) * len(group.tensors), (1,) * operands, (1,) * len(group.steps), (1,) * len(group.steps))

    @classmethod
    def at(cls, accelerator: Accelerator, level: int, group: Group) -> Widths:
        """What elements take in a level, by its words and what it unpacks."""
        word = accelerator.levels[level].word_bits
        if word is None:
            return cls.one_word(group)
        tensors = [0.0] * len(group.tensors)
        operands, sums, weights = [], [], []
        for step in group.steps:
            bits = accelerator.element_bits(level, step.layer)
            for place in step.reads:
                tensors[place] = max(tensors[place], bits["I"] / word)
                operands.append(bits["I"] / word)
            tensors[step.writes] = max(tensors[step.writes], bits["O"] / word)
            sums.append(max(bits["O"], bits["sums"] if _has_sums(step.layer) else 0) / word)
            weights.append(bits["W"] / word)
        return cls(tuple(tensors), tuple(operands), tuple(sums), tuple(weights))


def weight_words(accelerator: Accelerator, level: int, layers: Sequence[Layer]) -> list[float]:
    """Words of a level that the weights of each layer take."""
    word = accelerator.levels[level].word_bits
    each = [1.0 if word is None else accelerator.element_bits(level, layer)["W"] / word for layer in layers]
    return [layer.weight_words * words for layer, words in zip(layers, each)]


def _has_sums(layer: Layer) -> bool:
    return layer.is_mac and layer.C * layer.R * layer.S > 1
