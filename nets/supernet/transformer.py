"""Encoder-decoder transformers whose every layer has sizes of its own, and the supernet of HAT's spaces of them.

As everywhere in this package, a subnet inside the supernet and one cut out are the same module code; inside, its
tensors are the leading parts of the largest network's (Wang et al., ACL 2020, section 3.1). Attention heads share all
of the query, key and value projections: fewer heads are wider ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from nets.spaces.hat import HatSpace
from nets.spaces.hat_layers import HatShape
from nets.supernet.binding import Bound, Lender

PADDING: Final = 1
"""The token that fills short sentences up; nothing attends to it."""


class Attention(nn.Module):
    """Multi-head attention with projections to a width of its own."""

    def __init__(self, width: int, read_width: int, qkv: int, heads: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, qkv)
        self.key = nn.Linear(read_width, qkv)
        self.value = nn.Linear(read_width, qkv)
        self.output = nn.Linear(qkv, width)
        self.heads = heads

    def forward(self, x: Tensor, read: Tensor, hidden: Tensor | None) -> Tensor:
        """From ``x`` (sentences, tokens, width) to ``read`` (sentences, others, read_width).

        Args:
            hidden: true where a token must not attend, any shape that broadcasts to (sentences, heads, tokens, others).
        """
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.query(x), self.key(read), self.value(read))
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        if hidden is not None:
            scores = scores.masked_fill(hidden, -math.inf)
        y: Tensor = self.output((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))
        return y


class FeedForward(nn.Module):
    """Two layers on every token, shortcut and norm."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.expand = nn.Linear(width, hidden)
        self.project = nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = 0.0

    def forward(self, x: Tensor) -> Tensor:
        """Shape (sentences, tokens, width) in and out."""
        change = self.project(torch.relu(self.expand(x)))
        y: Tensor = self.norm(x + functional.dropout(change, self.dropout, self.training))
        return y


class Residual(nn.Module):
    """An attention, its shortcut and norm."""

    def __init__(self, width: int, read_width: int, qkv: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(width, read_width, qkv, heads)
        self.norm = nn.LayerNorm(width)
        self.dropout = 0.0

    def forward(self, x: Tensor, read: Tensor, hidden: Tensor | None) -> Tensor:
        """As :meth:`Attention.forward`."""
        change = self.attention(x, read, hidden)
        y: Tensor = self.norm(x + functional.dropout(change, self.dropout, self.training))
        return y


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward part, norms behind."""

    def __init__(self, width: int, hidden: int, qkv: int, heads: int) -> None:
        super().__init__()
        self.attend = Residual(width, width, qkv, heads)
        self.feed = FeedForward(width, hidden)

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        """Shape (sentences, tokens, width) in and out."""
        y: Tensor = self.feed(self.attend(x, x, hidden))
        return y


class DecoderLayer(nn.Module):
    """Self-attention to earlier tokens, attention to the encoder, feed-forward part."""

    def __init__(
        self, width: int, hidden: int, qkv: int, heads: int, *, read_width: int, cross_heads: int, reach: int
    ) -> None:
        super().__init__()
        self.attend = Residual(width, width, qkv, heads)
        self.cross = Residual(width, read_width, qkv, cross_heads)
        self.feed = FeedForward(width, hidden)
        self.reach = reach

    def forward(self, x: Tensor, encoded: Sequence[Tensor], later: Tensor, padded: Tensor) -> Tensor:
        """Shape (sentences, tokens, width) in and out.

        Args:
            encoded: outputs of all encoder layers, of which the last ``reach`` are read, joined token after token.
            later: true above the diagonal.
            padded: true at fillers of the source.
        """
        x = self.attend(x, x, later)
        read = torch.cat(list(encoded[: -self.reach - 1 : -1]), dim=1)
        y: Tensor = self.feed(self.cross(x, read, padded.repeat(1, 1, 1, self.reach)))
        return y


class HatTransformer(nn.Module):
    """One network, whole and by itself.

    Args:
        shape: its sizes.
        positions_width: that the waves of positions are laid out for; narrower networks take their first columns.
    """

    def __init__(self, shape: HatShape, positions_width: int) -> None:
        super().__init__()
        self._positions_width = positions_width
        self._encoder_dropout = self._decoder_dropout = 0.0
        self.source_table = nn.Embedding(shape.vocabulary, shape.encoder_width)
        tied = shape.shared and shape.encoder_width == shape.decoder_width
        self.target_table = self.source_table if tied else nn.Embedding(shape.target_vocabulary, shape.decoder_width)
        self.output_table = (
            self.target_table if shape.shared else nn.Embedding(shape.target_vocabulary, shape.decoder_width)
        )
        self.encoder = nn.ModuleList(
            EncoderLayer(shape.encoder_width, hidden, shape.qkv, heads)
            for hidden, heads in zip(shape.encoder_ffn, shape.encoder_heads)
        )
        self.decoder = nn.ModuleList(
            DecoderLayer(
                shape.decoder_width,
                hidden,
                shape.qkv,
                heads,
                read_width=shape.encoder_width,
                cross_heads=cross_heads,
                reach=reach,
            )
            for hidden, heads, cross_heads, reach in zip(
                shape.decoder_ffn, shape.decoder_heads, shape.cross_heads, shape.reach
            )
        )

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits of the token after each of ``target``, shape (sentences, target tokens, vocabulary).

        Args:
            source, target: token numbers, shape (sentences, tokens); fillers are :data:`PADDING`.
        """
        padded = (source == PADDING)[:, None, None, :]
        x = self._embed(self.source_table, source, self._encoder_dropout)
        encoded = []
        for layer in self.encoder:
            x = layer(x, padded)
            encoded.append(x)
        later = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).triu(1)
        y = self._embed(self.target_table, target, self._decoder_dropout)
        for layer in self.decoder:
            y = layer(y, encoded, later, padded)
        return functional.linear(y, self.output_table.weight)

    def drop(self, encoder: float, decoder: float) -> None:
        """Set what share of the encoder's and the decoder's embeddings and changes is dropped in training."""
        self._encoder_dropout, self._decoder_dropout = encoder, decoder
        for side, share in ((self.encoder, encoder), (self.decoder, decoder)):
            for module in side.modules():
                if isinstance(module, FeedForward | Residual):
                    module.dropout = share

    def _embed(self, table: nn.Module, tokens: Tensor, dropout: float) -> Tensor:
        x: Tensor = table(tokens)
        present = tokens != PADDING
        places = torch.where(present, present.cumsum(1), 0)
        waves = position_waves(tokens.shape[1] + 1, self._positions_width, device=tokens.device)
        x = x * math.sqrt(x.shape[2]) + waves[places, : x.shape[2]].to(x.dtype)
        return functional.dropout(x, dropout, self.training)


def position_waves(count: int, width: int, device: torch.device | None = None) -> Tensor:
    """Sines, then cosines, of falling frequency (Vaswani et al. 2017), shape (count, width); fillers' row 0 is zero."""
    half = width // 2
    frequencies = torch.exp(torch.arange(half, device=device) * (-math.log(10000) / max(1, half - 1)))
    angles = (torch.arange(count, device=device) + PADDING)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    return torch.cat([torch.zeros(1, waves.shape[1], device=device), waves[1:]])


class TransformerSupernet(Lender):
    """All sub-transformers of a space in one set of weights.

    Args:
        space: of the sub-transformers.
        seed: of the first weights; torch's own when ``None``.

    Attributes:
        dropout: in training, of the largest network; narrower ones drop less, in proportion to their width.
    """

    def __init__(self, space: HatSpace, *, seed: int | None = 0) -> None:
        super().__init__()
        self.space, self.dropout = space, 0.0
        largest = space.shape(space.max_config())
        self._width = largest.encoder_width
        self.largest = HatTransformer(largest, self._width)
        if seed is not None:
            _initialise(self.largest, seed)

    def forward(self, source: Tensor, target: Tensor, config: Mapping[str, Any]) -> Tensor:
        """Logits of one sub-transformer: see :meth:`HatTransformer.forward`.

        Raises:
            InputError: the config is not of the space.
        """
        subnet = self.lend(self.space.encode(config), lambda: Bound(self._meta(config), self.largest, None))
        assert isinstance(subnet, HatTransformer)
        encoder, decoder = self._widths(config)
        subnet.drop(self.dropout * encoder / self._width, self.dropout * decoder / self._width)
        y: Tensor = subnet(source, target)
        return y

    def _widths(self, config: Mapping[str, Any]) -> tuple[int, int]:
        """Of the embeddings of encoder and decoder."""
        shape = self.space.shape(config)
        return shape.encoder_width, shape.decoder_width

    def extract(self, config: Mapping[str, Any]) -> HatTransformer:
        """One sub-transformer cut out, with weights of its own.

        Raises:
            InputError: the config is not of the space.
        """
        subnet = self._new(config).to(next(self.parameters()).device)
        Bound(subnet, self.largest, None).copy()
        return subnet.train(self.training)

    def _meta(self, config: Mapping[str, Any]) -> HatTransformer:
        """The network of a config without memory for its weights."""
        with torch.device("meta"):
            return self._new(config)

    def _new(self, config: Mapping[str, Any]) -> HatTransformer:
        return HatTransformer(self.space.shape(config), self._width)


def _initialise(net: nn.Module, seed: int) -> None:
    """First weights: Glorot's uniform for linear layers, normal of variance 1 / width for embeddings."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight, generator=generator)
                module.bias.zero_()
            elif isinstance(module, nn.Embedding):
                module.weight.normal_(0.0, module.embedding_dim**-0.5, generator=generator)
