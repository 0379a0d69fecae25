"""Compound scaling (EfficientNet, Tan & Le 2019): depth, width and resolution of a network grow together.

With a compound coefficient phi, depth is alpha^phi, width beta^phi and resolution gamma^phi times that of B0. Work
grows with depth, with the square of width and of resolution, so alpha * beta^2 * gamma^2 close to 2 doubles it with
every step of phi. The paper finds alpha = 1.2, beta = 1.1, gamma = 1.15 by grid search at phi = 1; the rule gives 1.92
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nets.blocks import make_divisible
from nets.errors import InfeasibleError, InputError
from nets.spaces.block import Block
from nets.spaces.ends import ConvBlock, MobileHead
from nets.spaces.genome import Config
from nets.spaces.inverted import InvertedBlock
from nets.spaces.registry import register_space
from nets.spaces.space import Space, halved
from nets.zoo.efficientnet import SCALES, STEM, scaled_stages

BASE_RESOLUTION: Final = 224


@dataclass(frozen=True, slots=True)
class Scaling:
    """Coefficients of depth, width and resolution for one step of the compound coefficient."""

    alpha: float
    beta: float
    gamma: float

    @property
    def work(self) -> float:
        """Multiply-accumulates of one step relative to the one before, but for rounding: alpha * beta^2 * gamma^2."""
        return self.alpha * self.beta**2 * self.gamma**2

    def factors(self, phi: float) -> tuple[float, float, float]:
        """(depth, width, resolution) relative to B0."""
        return self.alpha**phi, self.beta**phi, self.gamma**phi

    def config(self, phi: float) -> Config:
        """The network of :class:`EfficientNetSpace` nearest to the factors."""
        depth, width, resolution = self.factors(phi)
        nearest = {"depth": [_nearest(DEPTHS, depth)], "width": [_nearest(WIDTHS, width)]}
        return {"d": [], **nearest, "r": int(_nearest(RESOLUTIONS, resolution * BASE_RESOLUTION))}


PAPER: Final = Scaling(1.2, 1.1, 1.15)

ALPHAS: Final = tuple(round(1 + 0.05 * step, 2) for step in range(9))
BETAS: Final = tuple(round(1 + 0.05 * step, 2) for step in range(9))
GAMMAS: Final = tuple(round(1 + 0.05 * step, 2) for step in range(9))

DEPTHS: Final = tuple(sorted({*ALPHAS, *(depth for _, depth, _, _ in SCALES)}))
WIDTHS: Final = tuple(sorted({*BETAS, *(width for width, _, _, _ in SCALES)}))
RESOLUTIONS: Final = tuple(
    sorted({*(round(BASE_RESOLUTION * gamma) for gamma in GAMMAS), *(resolution for _, _, resolution, _ in SCALES)})
)


def scalings(
    *,
    work: float = 2.0,
    tolerance: float = 0.1,
    alphas: Sequence[float] = ALPHAS,
    betas: Sequence[float] = BETAS,
    gammas: Sequence[float] = GAMMAS,
) -> list[Scaling]:
    """The grid under the rule: every triple whose :attr:`Scaling.work` is within ``tolerance`` of ``work``.

    Raises:
        InputError: a coefficient below 1, which would shrink the network.
        InfeasibleError: no triple keeps the rule; says the nearest.
    """
    for name, values in (("alpha", alphas), ("beta", betas), ("gamma", gammas)):
        if min(values) < 1:
            raise InputError(f"compound scaling: {name}", min(values), "must be at least 1")
    grid = [Scaling(alpha, beta, gamma) for alpha in alphas for beta in betas for gamma in gammas]
    kept = [scaling for scaling in grid if abs(scaling.work - work) <= tolerance]
    if not kept:
        nearest = min(grid, key=lambda scaling: abs(scaling.work - work))
        raise InfeasibleError(
            f"no scaling multiplies work by {work:g} within {tolerance:g}: the nearest of {len(grid)} is {nearest} "
            f"with {nearest.work:.3f}"
        )
    return kept


def grid_search(score: Callable[[Scaling], float], candidates: Sequence[Scaling]) -> Scaling:
    """The candidate with the highest score; of equals the first.

    Args:
        score: accuracy of the network scaled by one step, say. It is called once per candidate.
    """
    return max(candidates, key=score)


class EfficientNetSpace(Space):
    """B0 scaled. Genes: ``depth`` and ``width`` multipliers, ``r``; B0 to B7 are eight of its networks."""

    title = "EfficientNet, compound scaling"

    def __init__(self, id: str) -> None:
        genes = {"depth": (1, DEPTHS), "width": (1, WIDTHS)}
        super().__init__(id, depths=(), block_genes={}, free_genes=genes, resolutions=RESOLUTIONS)

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        (depth,), (width,) = architecture["depth"], architecture["width"]
        channels, size = make_divisible(width * STEM), halved(resolution)
        chain: list[tuple[str, Block]] = [
            ("stem", ConvBlock(resolution, 3, channels, stride=2, activation="swish")),
        ]
        for number, stage in enumerate(scaled_stages(width, depth), start=1):
            for index in range(stage.repeats):
                stride = stage.stride if index == 0 else 1
                block = InvertedBlock(
                    size,
                    channels,
                    stage.channels,
                    stage.expansion * channels,
                    stage.kernel,
                    stride,
                    activation="swish",
                    squeeze_channels=channels // 4,
                    expand=stage.expansion != 1,
                )
                chain.append((f"stage{number}.block{index + 1}", block))
                channels, size = stage.channels, halved(size, stride)
        return (*chain, ("head", MobileHead(size, channels, 4 * channels, None, "swish")))

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`: those of the deepest network of every width."""
        deepest = [{"d": [], "depth": [DEPTHS[-1]], "width": [width]} for width in WIDTHS]
        chains = [self._chain(config, resolution) for config in deepest]
        return tuple(dict.fromkeys(block for chain in chains for _, block in chain))


def released(index: int) -> Config:
    """EfficientNet-B0 to B7 in the space, as their authors released them (not quite powers of one step)."""
    if not 0 <= index < len(SCALES):
        raise InputError("EfficientNet-B", index, f"must be 0 to {len(SCALES) - 1}")
    width, depth, resolution, _ = SCALES[index]
    return {"d": [], "depth": [depth], "width": [width], "r": resolution}


def _nearest(choices: Sequence[float], value: float) -> float:
    return min(choices, key=lambda choice: abs(choice - value))


@register_space("efficientnet")
def efficientnet() -> EfficientNetSpace:
    """Multipliers of the paper's grid and of B0 to B7."""
    return EfficientNetSpace("efficientnet")
