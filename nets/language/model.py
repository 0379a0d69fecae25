"""A decoder-only language model: its sizes, its layers in a phase, and how many words it stores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, embedding, linear, take_tokens
from nets.blocks.language import DecoderSizes, decoder_block, norm, tied_output
from nets.errors import InputError

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class Phase:
    """What a model is asked to do.

    Attributes:
        new: tokens of every sequence that are worked on: a prompt, a part of one, or the next token.
        context: tokens attended to, the new ones included; keys and values of the others are in the cache.
        batch: sequences.

    Raises:
        InputError: a size below 1, or less context than new tokens.
    """

    new: int
    context: int
    batch: int = 1

    def __post_init__(self) -> None:
        for field in ("new", "context", "batch"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"phase: {field}", value, "must be a whole number of at least 1")
        if self.context < self.new:
            raise InputError("phase: context", self.context, f"must hold at least the {self.new} new tokens")

    @classmethod
    def prefill(cls, tokens: int, batch: int = 1) -> Phase:
        """A prompt is read."""
        return cls(tokens, tokens, batch)

    @classmethod
    def decode(cls, context: int, batch: int = 1) -> Phase:
        """One token more is made."""
        return cls(1, context, batch)

    @property
    def tokens(self) -> int:
        """Worked on, of all sequences."""
        return self.batch * self.new


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

    def cache_words(self, context: int) -> int:
        """Words of keys and values that all blocks keep of ``context`` tokens of one sequence."""
        return self.layers * self.block.cache_words_per_token * context

    def build(self, net: Network, tokens: FeatureMap, *, context: int, experts: int = 0) -> None:
        """Append all layers.

        Args:
            tokens: that are worked on, in every sequence.
            context: tokens that they attend to, themselves included.
            experts: that all tokens of a block use; the whole number nearest to what is expected when omitted.

        Raises:
            InputError: more tokens than positions, or experts that so many tokens cannot use.
        """
        if context > self.positions:
            rule = f"must be at most the {self.positions} positions it was trained for"
            raise InputError(f"network {net.name!r}: resolution", context, rule)
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

    def network(self, phase: Phase, *, name: str = "", experts: int = 0) -> Network:
        """The layers of a phase.

        Args:
            phase: what is asked.
            name: of the network; made of the title when omitted.
            experts: see :meth:`build`.

        Raises:
            InputError: see :meth:`build`.
        """
        from nets.network import Network  # it needs networkx

        net = Network(name or self.title, resolution=phase.context)
        self.build(net, FeatureMap.sequence(phase.new, batch=phase.batch), context=phase.context, experts=experts)
        return net
