"""What the ``config.json`` of a decoder may say, kind by kind; keys that do not change its layers are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel

from nets.blocks.experts import Experts
from nets.blocks.language import DecoderSizes
from nets.documents.model import Count, Model, Whole, whole
from nets.errors import InputError
from nets.language.model import LanguageModel

Blocks = Annotated[int, *whole(1, 1000)]
"""Each has layers of its own."""


class _Entry(Model):
    """What all kinds have in common."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    vocab_size: Count
    quantization_config: dict[str, Any] | None = None

    def notes(self) -> Iterator[str]:
        """What is said that the layers do not have, a sentence each."""
        if self.quantization_config:
            kind = self.quantization_config.get("quant_method", "some")
            bits = self.quantization_config.get("bits")
            width = "" if bits is None else f" of {bits} bits"
            yield f"weights are stored in {kind} format{width}: how wide they are here is said by --precision"


class Gpt2Entry(_Entry):
    """GPT-2 (Radford et al. 2019)."""

    model_type: Literal["gpt2"]
    n_embd: Count
    n_layer: Blocks
    n_head: Count
    n_positions: Count
    n_inner: Count | None = None
    tie_word_embeddings: bool = True

    def model(self) -> LanguageModel:
        """The model."""
        width = self.n_embd
        head = _head_dim("n_head", width, self.n_head)
        block = DecoderSizes(self.n_head, self.n_head, head, self.n_inner or 4 * width)
        return LanguageModel(
            title=self.model_type, layers=self.n_layer, width=width, block=block, vocabulary=self.vocab_size,
            positions=self.n_positions, learned_positions=True, tied=self.tie_word_embeddings,
        )  # fmt: skip


class _Rotary(_Entry):
    """Decoders with rotations, named as Llama names its sizes.

    Attributes:
        head_dim: the width over the heads, when omitted. num_key_value_heads: as many as heads, when omitted.
    """

    hidden_size: Count
    num_hidden_layers: Blocks
    num_attention_heads: Count
    num_key_value_heads: Count | None = None
    head_dim: Count | None = None
    intermediate_size: Count
    max_position_embeddings: Count
    tie_word_embeddings: bool = False
    sliding_window: Whole | None = None
    use_sliding_window: bool = True

    def notes(self) -> Iterator[str]:
        """See :meth:`_Entry.notes`."""
        yield from super().notes()
        if self.use_sliding_window and 0 < (self.sliding_window or 0) < self.max_position_embeddings:
            yield f"attention is counted whole, without its window of {self.sliding_window:,} tokens"

    @property
    def _heads(self) -> tuple[int, int, int]:
        """Heads of queries, of keys, and how wide they are."""
        head = self.head_dim or _head_dim("num_attention_heads", self.hidden_size, self.num_attention_heads)
        return self.num_attention_heads, self.num_key_value_heads or self.num_attention_heads, head

    def _of(self, block: DecoderSizes, title: str, *, output_bias: bool = False) -> LanguageModel:
        return LanguageModel(
            title=title, layers=self.num_hidden_layers, width=self.hidden_size, block=block, vocabulary=self.vocab_size,
            positions=self.max_position_embeddings, tied=self.tie_word_embeddings, output_bias=output_bias,
        )  # fmt: skip


class LlamaEntry(_Rotary):
    """Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023) and Phi-3 (Abdin et al. 2024)."""

    model_type: Literal["llama", "mistral", "phi3"]
    attention_bias: bool = False
    mlp_bias: bool = False

    def model(self) -> LanguageModel:
        """The model."""
        block = DecoderSizes(
            *self._heads, self.intermediate_size, gated=True, bias=self.mlp_bias, rms=True,
            query_bias=self.attention_bias, output_bias=self.attention_bias,
        )  # fmt: skip
        return self._of(block, self.model_type)


class _Qwen(_Rotary):
    """Qwen: queries, keys and values have biases in its second generation; heads have norms in its third."""

    attention_bias: bool | None = None

    def _block(self, third: bool, experts: Experts | None = None) -> DecoderSizes:
        biased = third and bool(self.attention_bias)
        return DecoderSizes(
            *self._heads, self.intermediate_size, gated=True, bias=False, rms=True, head_norm=third, experts=experts,
            query_bias=biased or not third, output_bias=biased,
        )  # fmt: skip


class QwenEntry(_Qwen):
    """Qwen 2 and 2.5 (Yang et al. 2024), and Qwen 3."""

    model_type: Literal["qwen2", "qwen3"]

    def model(self) -> LanguageModel:
        """The model."""
        return self._of(self._block(self.model_type == "qwen3"), self.model_type)


class QwenExpertsEntry(_Qwen):
    """Qwen 2 and 3 with experts in every block."""

    model_type: Literal["qwen2_moe", "qwen3_moe"]
    num_experts: Count
    num_experts_per_tok: Count
    moe_intermediate_size: Count
    shared_expert_intermediate_size: Whole = 0
    decoder_sparse_step: Count = 1
    mlp_only_layers: tuple[int, ...] | None = Field(None, strict=False)

    def model(self) -> LanguageModel:
        """The model.

        Raises:
            InputError: blocks that are not all alike.
        """
        if self.decoder_sparse_step != 1 or self.mlp_only_layers:
            raise InputError(
                "decoder_sparse_step", self.decoder_sparse_step, "must be 1, and mlp_only_layers empty",
                "blocks that are not all alike come in by --network package.module:factory",
            )  # fmt: skip
        third = self.model_type == "qwen3_moe"
        shared = 0 if third else self.shared_expert_intermediate_size
        experts = Experts(self.num_experts, self.num_experts_per_tok, self.moe_intermediate_size, shared)
        return self._of(self._block(third, experts), self.model_type)


class MixtralEntry(_Rotary):
    """Mixtral (Jiang et al. 2024)."""

    model_type: Literal["mixtral"]
    num_local_experts: Count
    num_experts_per_tok: Count

    def model(self) -> LanguageModel:
        """The model."""
        experts = Experts(self.num_local_experts, self.num_experts_per_tok, self.intermediate_size)
        block = DecoderSizes(*self._heads, self.intermediate_size, gated=True, bias=False, rms=True, experts=experts)
        return self._of(block, self.model_type)


class PhiEntry(_Rotary):
    """Phi 1, 1.5 and 2 (Gunasekar et al. 2023): attention and feed-forward side by side, biases everywhere."""

    model_type: Literal["phi"]
    qk_layernorm: Literal[False] = False

    def model(self) -> LanguageModel:
        """The model."""
        block = DecoderSizes(*self._heads, self.intermediate_size, rotary=True, parallel=True)
        return self._of(block, self.model_type, output_bias=True)


Kind = Gpt2Entry | LlamaEntry | QwenEntry | MixtralEntry | QwenExpertsEntry | PhiEntry
KINDS = {name: kind for kind in Kind.__args__ for name in kind.model_fields["model_type"].annotation.__args__}
"""By ``model_type``."""


class ConfigEntry(RootModel[Annotated[Kind, Field(discriminator="model_type")]]):
    """A configuration of any kind."""


def _head_dim(field: str, width: int, heads: int) -> int:
    if width % heads:
        raise InputError(field, heads, f"must divide the width of {width}", "or head_dim says how wide a head is")
    return width // heads
