"""What a language model stores and moves in a phase, in whole words, and in bytes of a format.

Weights of a phase are read once each, whatever the batch; those of experts by how many are expected to be used. Keys
and values of earlier tokens are read, those of new ones written. Embedding, norms, biases and the output keep the width
of activations, as quantised models mostly ship.
"""

from __future__ import annotations

from collections.abc import Iterable
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

Matrix = tuple[Fraction, int, int]
"""How many there are, output channels, inputs."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Words of a model in a phase.

    Attributes:
        matrices: multiplied weights of all blocks, as they are read.
        other: words of norms, biases and routers.
        output: of the matrix that scores words.
        looked_up: of rows of the embedding's tables.
        cache_read, cache_written, cache_kept: of keys and values.
        experts: that one block is expected to use; 0 where there are none.
    """

    matrices: tuple[Matrix, ...]
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
        parts, token = model.block.experts, model.cache_words(1)
        experts = Fraction(0) if parts is None else parts.touched(phase.tokens)
        return cls(
            matrices=matrices(model, experts),
            other=other_words(model),
            output=model.vocabulary * model.width,
            looked_up=phase.tokens * model.width * (2 if model.learned_positions else 1),
            cache_read=phase.batch * token * (phase.context - phase.new),
            cache_written=phase.tokens * token,
            cache_kept=phase.batch * token * phase.context,
            experts=experts,
        )

    def weight_bytes(self, kept: Format, activation_bits: int = 16) -> int:
        """Read in the phase, with the blocks' matrices in a format and all else as wide as activations."""
        bits = bits_of(self.matrices, kept)
        bits += (self.other + self.output + self.looked_up) * activation_bits
        return round(bits / 8)


def matrices(model: LanguageModel, experts: Fraction | int) -> tuple[Matrix, ...]:
    """Multiplied weights of all blocks, of so many experts each where there are experts."""
    sizes, width = model.block, model.width
    queries, keys = sizes.heads * sizes.head_dim, sizes.kv_heads * sizes.head_dim
    found = [(Fraction(1), queries, width), (Fraction(2), keys, width), (Fraction(1), width, queries)]
    parts = sizes.experts
    if parts is None:
        found += _feed_forward(1, sizes.hidden, width, gated=sizes.gated)
    else:
        found += _feed_forward(experts, parts.hidden, width, gated=sizes.gated)
        if parts.shared:
            found += _feed_forward(1, parts.shared, width, gated=sizes.gated)
    return tuple((model.layers * count, outputs, inputs) for count, outputs, inputs in found)


def bits_of(matrices: Iterable[Matrix], kept: Format) -> Fraction:
    """Of matrices in a format."""
    return sum((count * kept.bits_of(outputs, inputs) for count, outputs, inputs in matrices), Fraction(0))


def _feed_forward(count: Fraction | int, hidden: int, width: int, *, gated: bool) -> list[Matrix]:
    into = (Fraction(count * (2 if gated else 1)), hidden, width)
    return [into, (Fraction(count), width, hidden)]


def other_words(model: LanguageModel) -> int:
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
