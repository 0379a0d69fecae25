"""ViT (Dosovitskiy et al. 2021) with the DeiT sizes (Touvron et al. 2021), and BERT-base (Devlin et al. 2019)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from nets.blocks import (
    FeatureMap,
    add_positions,
    class_token,
    conv,
    embedding,
    layer_norm,
    linear,
    take_tokens,
    transformer_block,
)
from nets.errors import InputError
from nets.zoo.registry import TORCHVISION, register_network

if TYPE_CHECKING:
    from nets.network import Network


def _vit(net: Network, image: FeatureMap, *, width: int, heads: int) -> None:
    """Twelve blocks on patches of 16 x 16 pixels and a class token, with as many positions as the resolution has."""
    patch = 16
    if image.height % patch:
        raise InputError(
            f"network {net.name!r}: resolution", image.height, f"must be a multiple of the patch size {patch}"
        )
    x = conv(net, "patches", image, width, kernel=patch, stride=patch, padding=0, bias=True, norm=False).tokens
    x = add_positions(net, "positions", class_token(net, "class_token", x))
    for index in range(12):
        x = transformer_block(net, f"block{index + 1}", x, heads=heads, hidden=4 * width)
    x = take_tokens(net, "class_output", layer_norm(net, "norm", x), 1)
    linear(net, "classifier", x, 1000)


register_network("vit_b_16", "ViT-B/16", top1=81.072, top1_source=TORCHVISION)(
    functools.partial(_vit, width=768, heads=12)
)
for _size, _width, _heads, _top1 in (("b", 768, 12, 81.8), ("s", 384, 6, 79.8), ("t", 192, 3, 72.2)):
    register_network(f"deit_{_size}", f"DeiT-{_size.upper()}", top1=_top1, top1_source="Touvron et al. 2021")(
        functools.partial(_vit, width=_width, heads=_heads)
    )


@register_network("bert_base", "BERT-base", resolution=128, channels=1, input_kind="sequence")
def bert_base(net: Network, tokens: FeatureMap) -> None:
    """Twelve encoder blocks on a sequence as long as the resolution.

    Embeddings are looked up, not multiplied. The pooler is a head that only whole-sequence tasks run: its 590,592
    parameters are stored, as in every published count (109,482,240), but the encoder does not run it.
    """
    width, vocabulary, positions, segments = 768, 30522, 512, 2
    if tokens.height > positions:
        raise InputError(
            f"network {net.name!r}: resolution",
            tokens.height,
            f"must be at most the {positions} positions it has learned",
        )
    x = layer_norm(net, "norm", embedding(net, "embeddings", tokens, width, tables=(vocabulary, positions, segments)))
    for index in range(12):
        x = transformer_block(net, f"block{index + 1}", x, heads=12, hidden=4 * width, norm_first=False)
    take_tokens(net, "pooler", x, 1, stored_params=(width + 1) * width)
