"""A decoder-only language model: its sizes, its layers in a phase, and how many words it stores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, embedding, linear, take_tokens
from nets.blocks.language import DecoderSizes, decoder_block, norm, tied_output
from nets.errors import InputError

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """Figures of a model.

    Attributes:
        title: what a person calls it.
        layers: decoder blocks.
        width: of the embedding.
        block: sizes of every block.
        vocabulary: words.
        positions: tokens that it was trained to attend to; learned where ``learned_positions``.
        tied: the output reads the embedding's table.
        output_bias: the output has a bias.
        notes: what is said of it that its layers do not have, a sentence each.
    """

    title: str
    layers: int
    width: int
    block: DecoderSizes
    vocabulary: int
    positions: int
    learned_positions: bool = False
    tied: bool = False
    output_bias: bool = False
    notes: tuple[str, ...] = ()

    def cache_words(self, context: int) -> int:
        """Words of keys and values that all blocks keep of ``context`` tokens of one sequence."""
        return self.layers * self.block.cache_words_per_token * context

    def require_positions(self, place: str, context: int) -> None:
        """Make sure that the model was trained to attend to so many tokens, which stand at a place.

        Raises:
            InputError: it was not.
        """
        if context > self.positions:
            raise InputError(place, context, f"must be at most the {self.positions} positions it was trained for")

    def build(self, net: Network, tokens: FeatureMap, *, context: int, experts: int = 0) -> None:
        """Append all layers.

        Args:
            tokens: that are worked on, in every sequence.
            context: tokens that they attend to, themselves included.
            experts: that all tokens of a block use; as many as are expected when omitted.

        Raises:
            InputError: more tokens than positions, or experts that so many tokens cannot use.
        """
        self.require_positions(f"network {net.name!r}: resolution", context)
        tables = (self.vocabulary, self.positions) if self.learned_positions else (self.vocabulary,)
        x = embedding(net, "embeddings", tokens, self.width, tables=tables)
        for index in range(self.layers):
            x = decoder_block(net, f"block{index + 1}", x, self.block, context=context, experts=experts)
        x = norm(net, "norm", take_tokens(net, "last_token", x, 1), rms=self.block.rms)
        if self.tied:
            tied_output(net, "output", x, self.vocabulary)
        else:
            linear(net, "output", x, self.vocabulary, bias=self.output_bias)

    def build_prompt(self, net: Network, tokens: FeatureMap) -> None:
        """Append all layers of prefill: ``tokens`` are a prompt."""
        self.build(net, tokens, context=tokens.height)

    def build_next(self, net: Network, tokens: FeatureMap) -> None:
        """Append all layers of making one token that attends to ``tokens``, itself included."""
        self.build(net, replace(tokens, height=1), context=tokens.height)
