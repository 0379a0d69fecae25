"""Building functions of networks, one for each block that networks are made of.

All are called ``block(network, name, x, ...)`` with the :class:`FeatureMap` they read and return the one they write.
"""

from nets.blocks.attention import batched_matmul, feed_forward, self_attention, transformer_block
from nets.blocks.feature_map import FeatureMap, make_divisible
from nets.blocks.mobile import depthwise_separable, inverted_bottleneck, squeeze_excite
from nets.blocks.movement import (
    adaptive_pool,
    add,
    batch_norm,
    channel_shuffle,
    concat,
    global_pool,
    layer_norm,
    pool,
    scale,
    softmax,
    take_channels,
    vector,
)
from nets.blocks.primitives import (
    PlaneTooSmall,
    conv,
    depthwise_conv,
    grouped_conv,
    linear,
    pointwise_conv,
)
from nets.blocks.residual import basic_block, bottleneck, resnext_block, shortcut
from nets.blocks.shuffle import shuffle_split_unit, shuffle_unit
from nets.blocks.tokens import add_positions, class_token, embedding, take_tokens
from nets.blocks.upsampling import depth_to_space, transposed_conv, upsample

__all__ = [
    "FeatureMap",
    "PlaneTooSmall",
    "adaptive_pool",
    "add",
    "add_positions",
    "basic_block",
    "batch_norm",
    "batched_matmul",
    "bottleneck",
    "channel_shuffle",
    "class_token",
    "concat",
    "conv",
    "depth_to_space",
    "depthwise_conv",
    "depthwise_separable",
    "embedding",
    "feed_forward",
    "global_pool",
    "grouped_conv",
    "inverted_bottleneck",
    "layer_norm",
    "linear",
    "make_divisible",
    "pointwise_conv",
    "pool",
    "resnext_block",
    "scale",
    "self_attention",
    "shortcut",
    "shuffle_split_unit",
    "shuffle_unit",
    "softmax",
    "squeeze_excite",
    "take_channels",
    "take_tokens",
    "transformer_block",
    "transposed_conv",
    "upsample",
    "vector",
]
