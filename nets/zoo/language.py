"""Decoder-only language models: GPT-2 (Radford et al. 2019) and the Llama family (Touvron et al. 2023 and later).

Each comes twice: under its name for prefill, where the resolution is the length of the prompt, and with ``_decode`` for
making one token, where it is the number of tokens attended to, the new one included. Only the last token's scores are
computed, as in generation.
"""

from __future__ import annotations

from typing import Final

from nets.blocks.language import DecoderSizes
from nets.language.model import LanguageModel
from nets.zoo.registry import register_network


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
    for _suffix, _phase, _build in (("", "prompt", _model.build_prompt), ("_decode", "one token", _model.build_next)):
        register_network(
            f"{_name}{_suffix}",
            f"{_model.title}, {_phase}",
            input_kind="sequence",
            resolution=_CONTEXT,
            channels=1,
        )(_build)
