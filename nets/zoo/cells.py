"""NASNet-A (Zoph et al. 2018) and AmoebaNet-A (Real et al. 2019): two searched cells, repeated.

The cells as their authors released them (tensorflow/models ``nasnet.py``, tensorflow/tpu ``model_specs.py``): a normal
cell's output joins the older input too, although combinations read it.
"""

from __future__ import annotations

import functools
from typing import Final

from nets.blocks.cell import Cell, Combination, cell_network
from nets.zoo.registry import register_network

NASNET_A_NORMAL: Final = Cell(
    (
        Combination(0, "separable_5x5", 1, "separable_3x3"),
        Combination(1, "separable_5x5", 1, "separable_3x3"),
        Combination(0, "avg_pool_3x3", 1, "identity"),
        Combination(1, "avg_pool_3x3", 1, "avg_pool_3x3"),
        Combination(0, "separable_3x3", 0, "identity"),
    ),
    output=(1, 2, 3, 4, 5, 6),
)
NASNET_A_REDUCTION: Final = Cell(
    (
        Combination(0, "separable_5x5", 1, "separable_7x7"),
        Combination(0, "max_pool_3x3", 1, "separable_7x7"),
        Combination(0, "avg_pool_3x3", 1, "separable_5x5"),
        Combination(3, "identity", 2, "avg_pool_3x3"),
        Combination(2, "separable_3x3", 0, "max_pool_3x3"),
    ),
    output=(3, 4, 5, 6),
)
AMOEBANET_A_NORMAL: Final = Cell(
    (
        Combination(0, "avg_pool_3x3", 0, "max_pool_3x3"),
        Combination(1, "separable_3x3", 1, "identity"),
        Combination(0, "identity", 1, "avg_pool_3x3"),
        Combination(0, "separable_3x3", 2, "separable_5x5"),
        Combination(5, "avg_pool_3x3", 0, "separable_3x3"),
    ),
    output=(1, 3, 4, 6),
)
AMOEBANET_A_REDUCTION: Final = Cell(
    (
        Combination(1, "separable_3x3", 0, "avg_pool_3x3"),
        Combination(0, "max_pool_3x3", 2, "separable_7x7"),
        Combination(1, "max_pool_3x3", 0, "max_pool_3x3"),
        Combination(4, "separable_3x3", 0, "conv_1x7_7x1"),
        Combination(1, "avg_pool_3x3", 0, "separable_7x7"),
    ),
    output=(2, 3, 4, 5, 6),
)


_NASNET_A: Final = functools.partial(cell_network, normal=NASNET_A_NORMAL, reduction=NASNET_A_REDUCTION)

register_network("nasnet_a_mobile", "NASNet-A (4 @ 1056)", top1=74.0, top1_source="Zoph et al. 2018")(
    functools.partial(_NASNET_A, filters=44, repeats=4, stem_filters=32)
)
register_network("nasnet_a_large", "NASNet-A (6 @ 4032)", resolution=331, top1=82.7, top1_source="Zoph et al. 2018")(
    functools.partial(_NASNET_A, filters=168, repeats=6, stem_filters=96, skip_reduction=True)
)
register_network("amoebanet_a_mobile", "AmoebaNet-A (4, 50)", top1=74.5, top1_source="Real et al. 2019")(
    functools.partial(
        cell_network,
        normal=AMOEBANET_A_NORMAL,
        reduction=AMOEBANET_A_REDUCTION,
        filters=50,
        repeats=4,
        stem_filters=32,
    )
)
