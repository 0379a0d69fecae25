"""Language models of elastic depth and width: per block the heads, how many share keys, and the feed-forward.

The largest is a published model; smaller ones keep its first blocks, some of its heads and part of its feed-forward, as
pruning after training does (e.g. Muralidharan et al. 2024). The same architectures stand in two spaces: one whose cost
is that of a prompt, one whose cost is that of the next token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap, embedding, linear, take_tokens
from nets.blocks.language import DecoderSizes, decoder_block, norm, tied_output
from nets.language.model import LanguageModel
from nets.spaces.block import Block, SequenceBlock
from nets.spaces.genome import Config, Depth
from nets.spaces.registry import register_space
from nets.spaces.space import Space
from nets.zoo.language import MODELS

if TYPE_CHECKING:
    from nets.network import Network

CONTEXTS: Final = (128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Embedding(SequenceBlock):
    """Looks words (and positions) up."""

    width: int
    tables: tuple[int, ...]

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return embedding(net, name, x, self.width, tables=self.tables)


@dataclass(frozen=True, slots=True)
class DecoderLayer(SequenceBlock):
    """A decoder block; attends to ``context`` tokens."""

    sizes: DecoderSizes
    context: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return decoder_block(net, name, x, self.sizes, context=self.context)


@dataclass(frozen=True, slots=True)
class NextToken(SequenceBlock):
    """Scores of every word as the next one."""

    vocabulary: int
    rms: bool
    tied: bool

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        x = norm(net, f"{name}.norm", take_tokens(net, f"{name}.last_token", x, 1), rms=self.rms)
        if self.tied:
            return tied_output(net, f"{name}.output", x, self.vocabulary)
        return linear(net, f"{name}.output", x, self.vocabulary, bias=False)


class LanguageSpace(Space):
    """Genes: ``d`` blocks, ``width`` of the embedding, per block ``heads``, ``share`` query heads to one key head and
    ``ffn`` the share of the largest feed-forward; ``r`` is the number of tokens attended to.

    Args:
        id: name of the space.
        model: the largest of its networks.
        decode: what costs is one token, else a prompt of ``r`` tokens.
        depths, widths, heads: ascending; the last of each are the model's.
        shares: descending to the model's.
        ffn: ascending to 1.
    """

    def __init__(
        self,
        id: str,
        model: LanguageModel,
        *,
        decode: bool,
        depths: Sequence[int],
        widths: Sequence[int],
        heads: Sequence[int],
        shares: Sequence[int],
        ffn: Sequence[float] = (0.25, 0.5, 0.75, 1.0),
        resolutions: Sequence[int] = CONTEXTS,
    ) -> None:
        super().__init__(
            id,
            depths=[Depth(tuple(depths), max(depths))],
            block_genes={"heads": tuple(heads), "share": tuple(shares), "ffn": tuple(ffn)},
            free_genes={"width": (1, tuple(widths))},
            resolutions=resolutions,
        )
        self.title = f"{model.title}, elastic, {'one token' if decode else 'prompt'}"
        self.model, self.decode_phase = model, decode
        self._layer = lru_cache(maxsize=None)(self._make_layer)
        self._ends = lru_cache(maxsize=None)(self._make_ends)

    def _entry(self, resolution: int, batch: int) -> FeatureMap:
        return FeatureMap.sequence(self._rows(resolution), batch=batch)

    def _rows(self, resolution: int) -> int:
        return 1 if self.decode_phase else resolution

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        (width,), (depth,) = architecture["width"], architecture["d"]
        first, last = self._ends(width, resolution)
        genes = zip(architecture["heads"], architecture["share"], architecture["ffn"])
        blocks = [self._layer(width, *values, resolution) for _, values in zip(range(depth), genes)]
        named = [(f"block{index + 1}", block) for index, block in enumerate(blocks)]
        return (("embeddings", first), *named, ("head", last))

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        blocks: dict[Block, None] = {}
        for width in self.free_genes["width"][1]:
            blocks |= dict.fromkeys(self._ends(int(width), resolution))
            for heads in self.block_genes["heads"]:
                for share in self.block_genes["share"]:
                    for ffn in self.block_genes["ffn"]:
                        blocks[self._layer(int(width), int(heads), int(share), ffn, resolution)] = None
        return tuple(blocks)

    def _make_layer(self, width: int, heads: int, share: int, ffn: float, resolution: int) -> DecoderLayer:
        block = self.model.block
        sizes = DecoderSizes(
            heads=heads,
            kv_heads=heads // share,
            head_dim=block.head_dim,
            hidden=round(block.hidden * ffn),
            gated=block.gated,
            bias=block.bias,
            rms=block.rms,
        )
        return DecoderLayer(self._rows(resolution), width, sizes, resolution)

    def _make_ends(self, width: int, resolution: int) -> tuple[Embedding, NextToken]:
        model, rows = self.model, self._rows(resolution)
        tables = (model.vocabulary, model.positions) if model.learned_positions else (model.vocabulary,)
        head = NextToken(rows, width, model.vocabulary, model.block.rms, model.tied)
        return Embedding(rows, 1, width, tables), head


def _gpt2(id: str, *, decode: bool) -> LanguageSpace:
    figures = {"depths": (6, 8, 10, 12), "widths": (512, 640, 768), "heads": (4, 8, 12), "shares": (4, 2, 1)}
    return LanguageSpace(id, MODELS["gpt2"], decode=decode, **figures)


def _llama(id: str, *, decode: bool) -> LanguageSpace:
    figures = {"depths": (8, 12, 16), "widths": (1024, 1536, 2048), "heads": (16, 24, 32), "shares": (8, 4)}
    return LanguageSpace(id, MODELS["llama3_2_1b"], decode=decode, **figures)


@register_space("gpt2-prefill")
def gpt2_prefill() -> LanguageSpace:
    """GPT-2 and smaller, judged by a prompt."""
    return _gpt2("gpt2-prefill", decode=False)


@register_space("gpt2-decode")
def gpt2_decode() -> LanguageSpace:
    """GPT-2 and smaller, judged by one token."""
    return _gpt2("gpt2-decode", decode=True)


@register_space("llama-prefill")
def llama_prefill() -> LanguageSpace:
    """Llama 3.2 1B and smaller, judged by a prompt."""
    return _llama("llama-prefill", decode=False)


@register_space("llama-decode")
def llama_decode() -> LanguageSpace:
    """Llama 3.2 1B and smaller, judged by one token."""
    return _llama("llama-decode", decode=True)
