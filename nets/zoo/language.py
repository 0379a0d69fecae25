"""Decoder-only language models: GPT-2 (Radford et al. 2019) and the Llama family (Touvron et al. 2023 and later).

Each comes twice: under its name for prefill, where the resolution is the length of the prompt, and with ``_decode`` for
making one token, where it is the number of tokens attended to, the new one included. Only the last token's scores are
computed, as in generation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, embedding, linear, take_tokens
from nets.blocks.language import DecoderSizes, decoder_block, norm, tied_output
from nets.errors import InputError
from nets.zoo.registry import register_network

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
    """

    title: str
    layers: int
    width: int
    block: DecoderSizes
    vocabulary: int
    positions: int
    learned_positions: bool = False
    tied: bool = False

    def cache_words(self, context: int) -> int:
        """Words of keys and values that all blocks keep of ``context`` tokens."""
        return self.layers * self.block.cache_words_per_token * context

    def build(self, net: Network, tokens: FeatureMap, *, decode: bool) -> None:
        """Append all layers.

        Raises:
            InputError: more tokens than positions.
        """
        context = tokens.height
        if context > self.positions:
            rule = f"must be at most the {self.positions} positions it was trained for"
            raise InputError(f"network {net.name!r}: resolution", context, rule)
        x = replace(tokens, height=1) if decode else tokens
        tables = (self.vocabulary, self.positions) if self.learned_positions else (self.vocabulary,)
        x = embedding(net, "embeddings", x, self.width, tables=tables)
        for index in range(self.layers):
            x = decoder_block(net, f"block{index + 1}", x, self.block, context=context)
        x = norm(net, "norm", take_tokens(net, "last_token", x, 1), rms=self.block.rms)
        if self.tied:
            tied_output(net, "output", x, self.vocabulary)
        else:
            linear(net, "output", x, self.vocabulary, bias=False)


def _gpt2(title: str, layers: int, width: int, heads: int) -> LanguageModel:
    block = DecoderSizes(heads, heads, width // heads, 4 * width)
    return LanguageModel(
        title=title,
        layers=layers,
        width=width,
        block=block,
        vocabulary=50257,
        positions=1024,
        learned_positions=True,
        tied=True,
    )


def _llama(
    title: str,
    layers: int,
    width: int,
    heads: int,
    kv_heads: int,
    hidden: int,
    *,
    vocabulary: int = 32000,
    positions: int,
    tied: bool = False,
) -> LanguageModel:
    block = DecoderSizes(heads, kv_heads, width // heads, hidden, gated=True, bias=False, rms=True)
    return LanguageModel(
        title=title,
        layers=layers,
        width=width,
        block=block,
        vocabulary=vocabulary,
        positions=positions,
        tied=tied,
    )


MODELS: Final[dict[str, LanguageModel]] = {
    "gpt2": _gpt2("GPT-2", 12, 768, 12),
    "gpt2_medium": _gpt2("GPT-2 medium", 24, 1024, 16),
    "gpt2_large": _gpt2("GPT-2 large", 36, 1280, 20),
    "gpt2_xl": _gpt2("GPT-2 XL", 48, 1600, 25),
    "tinyllama_1_1b": _llama("TinyLlama 1.1B", 22, 2048, 32, 4, 5632, positions=2048),
    "llama2_7b": _llama("Llama 2 7B", 32, 4096, 32, 32, 11008, positions=4096),
    "llama3_8b": _llama("Llama 3 8B", 32, 4096, 32, 8, 14336, vocabulary=128256, positions=8192),
    "llama3_2_1b": _llama("Llama 3.2 1B", 16, 2048, 32, 8, 8192, vocabulary=128256, positions=131072, tied=True),
}

_CONTEXT: Final = 1024

for _name, _model in MODELS.items():
    for _suffix, _phase, _decode in (("", "prompt", False), ("_decode", "one token", True)):
        register_network(
            f"{_name}{_suffix}",
            f"{_model.title}, {_phase}",
            input_kind="sequence",
            resolution=_CONTEXT,
            channels=1,
        )(functools.partial(_model.build, decode=_decode))
