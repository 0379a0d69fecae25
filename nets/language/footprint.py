"""What a language model keeps in memory: its weights, and keys and values of all sequences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nets.errors import InputError
from nets.language.model import LanguageModel
from nets.language.phase import Phase
from nets.language.traffic import bits_of, matrices, other_words
from nets.number_formats import NumberFormats


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of a model whose numbers have some formats.

    Matrices have the format of weights, that of the output too unless it is the embedding's table; tables, norms,
    biases and routers are as wide as activations.

    Attributes:
        name: of the model.
        weight_bytes: of everything it has learned.
        cache_bits: of the keys and values of one token.
        positions: that a sequence has at most.
    """

    name: str
    weight_bytes: int
    cache_bits: int
    positions: int

    @classmethod
    def of(cls, model: LanguageModel, formats: NumberFormats) -> Footprint:
        """Of a model."""
        parts, table = model.block.experts, model.vocabulary * model.width
        bits = bits_of(matrices(model, 0 if parts is None else parts.count), formats.weights)
        words = other_words(model) + table + (model.positions * model.width if model.learned_positions else 0)
        bits += words * formats.activations
        bits += 0 if model.tied else formats.weights.bits_of(model.vocabulary, model.width)
        cache_bits = formats.kept.bits_of(1, model.cache_words(1))
        return cls(model.title, math.ceil(bits / 8), cache_bits, model.positions)

    def cache_bytes(self, phase: Phase) -> int:
        """Of all keys and values at the end of a phase."""
        return -(-self.cache_bits * phase.context * phase.batch // 8)

    def needed(self, phase: Phase) -> int:
        """Bytes in all."""
        return self.weight_bytes + self.cache_bytes(phase)

    def missing(self, capacity_bytes: int, phase: Phase) -> int:
        """Bytes that a memory lacks; 0 where it holds all."""
        return max(self.needed(phase) - capacity_bytes, 0)

    def most_sequences(self, capacity_bytes: int, context: int) -> int:
        """That fit at once where each has so many tokens; 0 for none."""
        return self._room(capacity_bytes) // (self.cache_bits * context)

    def most_tokens(self, capacity_bytes: int, batch: int) -> int:
        """Of each of so many sequences that fit; 0 for none."""
        return min(self._room(capacity_bytes) // (self.cache_bits * batch), self.positions)

    def require(self, capacity_bytes: int, phase: Phase) -> None:
        """Make sure that a memory holds the model in a phase.

        Raises:
            InputError: it does not: how much is missing, and what would fit.
        """
        missing = self.missing(capacity_bytes, phase)
        if missing:
            raise InputError(
                "--dram-capacity", capacity_bytes,
                f"bytes are {missing:,} too few for {self.name}: weights take {self.weight_bytes:,}, keys and values "
                f"of {phase.batch:,} x {phase.context:,} tokens {self.cache_bytes(phase):,}",
                self.what_fits(capacity_bytes, phase),
            )  # fmt: skip

    def what_fits(self, capacity_bytes: int, phase: Phase) -> str:
        """The largest batch and the largest context that a memory holds, in words."""
        batch, context = (
            self.most_sequences(capacity_bytes, phase.context),
            self.most_tokens(capacity_bytes, phase.batch),
        )
        ways = [f"a batch of {batch:,} at this context"] if batch else []
        ways += [f"a context of {context:,} at this batch"] if context else []
        return f"what fits: {' or '.join(ways)}" if ways else "no batch and no context fit"

    def _room(self, capacity_bytes: int) -> int:
        """Bits left for keys and values."""
        return max(capacity_bytes - self.weight_bytes, 0) * 8
