"""What a language model stores and moves in a phase, in whole words, and in bytes of a format.

Weights of a phase are read once each, whatever the batch; those of experts by how many are expected to be used. Keys
and values of earlier tokens are read, those of new ones written. Embedding, norms, biases and the output keep the width
of activations, as quantised models mostly ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from nets.language.model import LanguageModel
from nets.language.phase import Phase
from nets.number_formats import Format

FORMATS: Final = {
    "w16": Format(16),
    "w8": Format(8, scale_bits=16),
    "w4g128": Format(4, group=128, scale_bits=16),
    "w4g128z": Format(4, group=128, scale_bits=16, zero_bits=4),
}
"""By name: 8 bits with a scale for each output channel, 4 bits with one for 128 weights, and with a zero point too."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Words of a model in a phase.

    Attributes:
        matrices: (how many, output channels, inputs) of the multiplied weights of all blocks, as they are read.
        other: words of norms, biases and routers.
        output: of the matrix that scores words.
        looked_up: of rows of the embedding's tables.
        cache_read, cache_written, cache_kept: of keys and values.
        experts: that one block is expected to use; 0 where there are none.
    """

    matrices: tuple[tuple[Fraction, int, int], ...]
    other: int
    output: int
    looked_up: int
    cache_read: int
    cache_written: int
    cache_kept: int
    experts: Fraction

    @classmethod
    def of(cls, model: LanguageModel, phase: Phase) -> Traffic:
        """Of a model in a phase."""
        sizes, width, layers = model.block, model.width, model.layers
        queries, keys = sizes.heads * sizes.head_dim, sizes.kv_heads * sizes.head_dim
        matrices = [(Fraction(1), queries, width), (Fraction(2), keys, width), (Fraction(1), width, queries)]
        parts, experts = sizes.experts, Fraction(0)
        if parts is None:
            matrices += _feed_forward(1, sizes.hidden, width, gated=sizes.gated)
        else:
            experts = parts.touched(phase.tokens)
            matrices += _feed_forward(experts, parts.hidden, width, gated=sizes.gated)
            if parts.shared:
                matrices += _feed_forward(1, parts.shared, width, gated=sizes.gated)
        read = tuple((layers * count, outputs, inputs) for count, outputs, inputs in matrices)
        token = model.layers * sizes.cache_words_per_token
        return cls(
            matrices=read,
            other=_other(model),
            output=model.vocabulary * width,
            looked_up=phase.tokens * width * (2 if model.learned_positions else 1),
            cache_read=phase.batch * token * (phase.context - phase.new),
            cache_written=phase.tokens * token,
            cache_kept=phase.batch * token * phase.context,
            experts=experts,
        )

    def weight_bytes(self, kept: Format, activation_bits: int = 16) -> int:
        """Read in the phase, with the blocks' matrices in a format and all else as wide as activations."""
        bits = sum((count * kept.bits_of(outputs, inputs) for count, outputs, inputs in self.matrices), Fraction(0))
        bits += (self.other + self.output + self.looked_up) * activation_bits
        return round(bits / 8)


def _feed_forward(count: Fraction | int, hidden: int, width: int, *, gated: bool) -> list[tuple[Fraction, int, int]]:
    into = (Fraction(count * (2 if gated else 1)), hidden, width)
    return [into, (Fraction(count), width, hidden)]


def _other(model: LanguageModel) -> int:
    """Norms, biases and routers of all blocks, and the last norm."""
    sizes, width = model.block, model.width
    norm = width if sizes.rms else 2 * width
    words = norm if sizes.parallel else 2 * norm
    words += 2 * sizes.head_dim if sizes.head_norm else 0
    words += (sizes.heads + 2 * sizes.kv_heads) * sizes.head_dim if sizes.query_bias else 0
    words += width if sizes.output_bias else 0
    if sizes.experts is not None:
        words += sizes.experts.count * width + (width if sizes.experts.shared else 0)
    elif sizes.bias:
        words += (2 if sizes.gated else 1) * sizes.hidden + width
    return model.layers * words + norm + (model.vocabulary if model.output_bias else 0)
