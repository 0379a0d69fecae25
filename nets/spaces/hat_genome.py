"""HAT's transformers (Wang et al. 2020) as genes and blocks, like every other space of networks.

The networks are those of :mod:`nets.spaces.hat`, whose own words a configuration may be written in, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nets.blocks import FeatureMap
from nets.spaces.block import Block, Joint, SequenceBlock
from nets.spaces.genome import Config, Depth
from nets.spaces.hat import REACH, HatSpace, load_hat_space
from nets.spaces.hat_layers import attend, feed_forward, scores
from nets.spaces.language import Embedding
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node

if TYPE_CHECKING:
    from nets.network import Network

_PER_ENCODER = {"encoder_ffn": "encoder_ffn_embed_dim", "encoder_heads": "encoder_self_attention_heads"}
_PER_DECODER = {
    "decoder_ffn": "decoder_ffn_embed_dim",
    "decoder_heads": "decoder_self_attention_heads",
    "cross_heads": "decoder_ende_attention_heads",
    "reach": "decoder_arbitrary_ende_attn",
}


@dataclass(frozen=True, slots=True)
class EncoderLayer(SequenceBlock):
    """Self-attention and feed-forward, ``qkv`` wide inside."""

    hidden: int
    heads: int
    qkv: int

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        x = attend(net, f"{name}.attention", x, [x], self.heads, self.qkv)
        return feed_forward(net, name, x, self.hidden)


@dataclass(frozen=True, slots=True)
class CrossLayer(Joint):
    """A decoder layer: self-attention, attention to ``reach`` layers of the encoder, feed-forward."""

    hidden: int
    heads: int
    cross_heads: int
    qkv: int
    encoder_tokens: int
    encoder_width: int
    reach: int

    @property
    def entry(self) -> FeatureMap:
        """Tokens of the target."""
        return FeatureMap.sequence(self.resolution, channels=self.in_channels)

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """Outputs of the encoder's last layers, the last one first."""
        return (FeatureMap.sequence(self.encoder_tokens, channels=self.encoder_width),) * self.reach

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        x = attend(net, f"{name}.attention", x, [x], self.heads, self.qkv, tokens=x.height)
        x = attend(net, f"{name}.cross", x, list(others), self.cross_heads, self.qkv)
        return feed_forward(net, name, x, self.hidden)


@dataclass(frozen=True, slots=True)
class Output(SequenceBlock):
    """Scores of every word, by the table of the embeddings (``tied``) or by weights of their own."""

    vocabulary: int
    tied: bool

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        return scores(net, name, x, self.vocabulary, tied=self.tied)


class HatGenome(GraphSpace):
    """Genes: ``embed`` widths of encoder and decoder, ``encoder_ffn`` and ``encoder_heads`` per encoder layer, ``d``
    decoder layers, and per decoder layer ``decoder_ffn``, ``decoder_heads``, ``cross_heads`` and ``reach``. ``r`` is
    the number of tokens of source and target.
    """

    def __init__(self, space: HatSpace) -> None:
        super().__init__(
            space.id,
            depths=[Depth(space.scalar_choices["decoder_layer_num"], space.decoder_layers)],
            block_genes={gene: space.decoder_choices[name] for gene, name in _PER_DECODER.items()},
            free_genes={
                "embed": (2, space.scalar_choices["encoder_embed_dim"]),
                **{g: (space.encoder_layers, space.encoder_choices[name]) for g, name in _PER_ENCODER.items()},
            },
            resolutions=(space.tokens,),
        )
        self.title, self.hat = space.title, space

    def hat_config(self, config: Mapping[str, Any]) -> Config:
        """A configuration in HAT's words."""
        architecture = self._architecture(config)
        (depth,), (encoder, decoder) = architecture["d"], architecture["embed"]
        words: Config = {"encoder_embed_dim": encoder, "decoder_embed_dim": decoder, "decoder_layer_num": depth}
        words |= {name: architecture[gene] for gene, name in _PER_ENCODER.items()}
        return words | {name: architecture[gene][:depth] for gene, name in _PER_DECODER.items()}

    def _architecture(self, config: Mapping[str, Any]) -> Config:
        if "encoder_embed_dim" in config or "encoder" in config:
            config = self._from_hat(config)
        return super()._architecture(config)

    def _resolution(self, config: Mapping[str, Any]) -> int:
        in_hats_words = "encoder_embed_dim" in config or "encoder" in config
        return self.resolutions[0] if in_hats_words else super()._resolution(config)

    def _from_hat(self, config: Mapping[str, Any]) -> Config:
        words = self.hat.canonical(config)
        genes: Config = {"d": [words["decoder_layer_num"]]}
        genes["embed"] = [words["encoder_embed_dim"], words["decoder_embed_dim"]]
        genes |= {gene: words[name] for gene, name in _PER_ENCODER.items()}
        skipped = [0] * (self.slots - words["decoder_layer_num"])
        return genes | {gene: [*words[name], *skipped] for gene, name in _PER_DECODER.items()}

    def _entry(self, resolution: int, batch: int) -> FeatureMap:
        return FeatureMap.sequence(resolution, batch=batch)

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        hat, tokens = self.hat, resolution
        encoder, decoder = architecture["embed"]
        nodes: list[Node] = [("source.embed", Embedding(tokens, 1, encoder, (hat.vocabulary,)), ())]
        for layer, (hidden, heads) in enumerate(zip(architecture["encoder_ffn"], architecture["encoder_heads"])):
            block: Block = EncoderLayer(tokens, encoder, hidden, heads, hat.qkv_dim)
            nodes.append((f"encoder.layer{layer + 1}", block, (nodes[-1][0],)))
        outputs = [name for name, _, _ in reversed(nodes[1:])]
        nodes.append(("target.embed", Embedding(tokens, 1, decoder, (hat.target_vocabulary,)), ()))
        for layer in range(architecture["d"][0]):
            hidden, heads, cross_heads, reach = (architecture[gene][layer] for gene in _PER_DECODER)
            read = REACH[reach]
            block = CrossLayer(tokens, decoder, hidden, heads, cross_heads, hat.qkv_dim, tokens, encoder, read)
            nodes.append((f"decoder.layer{layer + 1}", block, (nodes[-1][0], *outputs[:read])))
        output = Output(tokens, decoder, hat.target_vocabulary, hat.shared_embeddings)
        return (*nodes, ("output", output, (nodes[-1][0],)))


@register_space("hat-wmt")
def hat_wmt() -> HatGenome:
    """HAT's space for WMT translation (its Space0)."""
    return HatGenome(load_hat_space("hat-wmt"))


@register_space("hat-iwslt")
def hat_iwslt() -> HatGenome:
    """HAT's space for IWSLT translation (its Space1)."""
    return HatGenome(load_hat_space("hat-iwslt"))
