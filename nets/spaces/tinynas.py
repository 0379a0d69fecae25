"""TinyNAS, the spaces of MCUNet (Lin et al. 2020): widths and resolutions of inverted bottlenecks for microcontrollers.

Width multipliers {0.2, 0.3 ... 1.0} and resolutions {48, 64 ... 224} make 108 spaces; which of them suits a device is
chosen first (:mod:`nets.spaces.space_design`), then that one is searched.
"""

from __future__ import annotations

from typing import Final

from nets.blocks import make_divisible
from nets.spaces.block import Block
from nets.spaces.genome import Config
from nets.spaces.ofa_mobile import DEPTHS, KERNELS, MobileSpace, Stage
from nets.spaces.registry import register_space
from nets.spaces.space import Space

WIDTHS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
RESOLUTIONS: Final = tuple(range(48, 225, 16))
EXPANSIONS: Final = (3, 4, 5, 6)
"""Those of the networks that MCUNet published."""

_BASE_WIDTHS: Final = (32, 16, 24, 40, 80, 96, 192, 320)
_STRIDES: Final = (2, 2, 2, 1, 2, 1)


class TinyNasSpace(Space):
    """All 108 spaces in one. Genes: ``w`` index into :data:`WIDTHS`, ``ks``, ``e``, ``d`` and ``r`` as Once-for-All's.

    The stages are ProxylessNAS', the last 1x1 before the classifier is left out, as in MCUNet's networks.
    """

    title = "MCUNet's TinyNAS"

    def __init__(self, id: str, *, classes: int = 1000) -> None:
        self._at_width = [_mobile(f"{id}-w{width}", width, classes) for width in WIDTHS]
        super().__init__(
            id,
            depths=self._at_width[0].depths,
            block_genes={"ks": KERNELS, "e": EXPANSIONS},
            free_genes={"w": (1, tuple(range(len(WIDTHS))))},
            resolutions=RESOLUTIONS,
        )

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        genes = {gene: value for gene, value in architecture.items() if gene != "w"}
        space: MobileSpace = self._at_width[architecture["w"][0]]
        return space._chain(genes, resolution)

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        return tuple(dict.fromkeys(block for space in self._at_width for block in space.all_blocks(resolution)))


def _mobile(id: str, width: float, classes: int) -> MobileSpace:
    first, block0, *stages = (make_divisible(base * width) for base in _BASE_WIDTHS)
    depths = (DEPTHS,) * 5 + ((1,),)
    return MobileSpace(
        id,
        f"TinyNAS, width {width}",
        stem=(first, block0),
        stem_activations=("relu6", "relu6"),
        stem_skip=False,
        stages=[
            Stage(channels, stride, "relu6", False, choices)
            for channels, stride, choices in zip(stages, _STRIDES, depths)
        ],
        head=None,
        head_activation="relu6",
        resolutions=RESOLUTIONS,
        classes=classes,
        expansions=EXPANSIONS,
    )


@register_space("tinynas")
def tinynas() -> TinyNasSpace:
    """For ImageNet."""
    return TinyNasSpace("tinynas")
