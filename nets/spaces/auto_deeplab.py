"""Auto-DeepLab's space (Liu et al. 2019): a path through resolutions, and one cell that every layer repeats.

A cell has 5 combinations that pick from 2 to 6 states and 8 operations each: (2 * 3 * 4 * 5 * 6)^2 * 8^10 = 5.6e14.
With 28,657 paths that makes 1.6e19 networks. Layers follow the implementation that the authors released
(tensorflow/models ``deeplab/core/nas_network``): down moves stride inside the cell, up moves enlarge its input before.
The head is DeepLab's pyramid of dilated convolutions at the resolution where the path ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nets.blocks import FeatureMap, concat, conv, global_pool, pointwise_conv, upsample
from nets.blocks.cell import Cell, Combination, cell
from nets.blocks.cell_operations import DEEPLAB_OPERATIONS
from nets.errors import InputError
from nets.spaces.block import Block, Joint
from nets.spaces.decisions import Codes, Decision, DecisionSpace
from nets.spaces.ends import ConvBlock
from nets.spaces.genome import Config
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node
from nets.spaces.trellis import LEVELS, count_paths

if TYPE_CHECKING:
    from nets.network import Network

LAYERS: Final = 12
COMBINATIONS: Final = 5
CLASSES: Final = 19


@dataclass(frozen=True, slots=True)
class TrellisCell(Joint):
    """A cell on the path.

    Attributes:
        before: (rows, channels) of its older input.
        move: -1 up to twice the resolution, 0 along, 1 down to half of it.
    """

    before: tuple[int, int]
    design: Cell
    filters: int
    move: int

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The older input."""
        return (FeatureMap.image(self.before[0], channels=self.before[1]),)

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        if self.move < 0:
            x = upsample(net, f"{name}.up", x, 2)
        return cell(net, name, x, others[0], self.design, self.filters, stride=2 if self.move > 0 else 1)


@dataclass(frozen=True, slots=True)
class PyramidHead(Block):
    """Atrous spatial pyramid pooling (Chen et al. 2017) with three branches, classifier, and enlargement of its scores.

    Attributes:
        rate: of the dilated 3x3.
        enlarge: from this plane to the image's.
    """

    rate: int
    enlarge: int
    channels: int = 256

    def build(self, net: Network, name: str, x: FeatureMap) -> FeatureMap:
        """See :meth:`Block.build`."""
        single = pointwise_conv(net, f"{name}.single", x, self.channels, activation="relu")
        wide = conv(net, f"{name}.wide", x, self.channels, kernel=3, dilation=self.rate, activation="relu")
        mean = pointwise_conv(net, f"{name}.mean", global_pool(net, f"{name}.pool", x), self.channels)
        mean = upsample(net, f"{name}.spread", mean, x.height)
        y = concat(net, f"{name}.concat", single, wide, mean)
        y = pointwise_conv(net, f"{name}.project", y, self.channels, activation="relu")
        y = pointwise_conv(net, f"{name}.classifier", y, CLASSES, bias=True, norm=False)
        return upsample(net, f"{name}.enlarge", y, self.enlarge)


class PathDecisions(DecisionSpace):
    """Decisions some of which, in a row, are levels: each next to the one before; before the first stands level 0."""

    def __init__(self, id: str, decisions: Sequence[Decision], levels: range) -> None:
        super().__init__(id, decisions)
        self.levels = levels

    def options(self, prefix: Sequence[int]) -> Codes:
        """See :meth:`DecisionSpace.options`."""
        options = super().options(prefix)
        if len(prefix) not in self.levels:
            return options
        level = prefix[-1] if len(prefix) > self.levels.start else 0
        return tuple(code for code in options if abs(code - level) <= 1)

    def state(self, prefix: Sequence[int]) -> object:
        """See :meth:`DecisionSpace.state`: the level."""
        return prefix[-1] if len(prefix) in self.levels and len(prefix) > self.levels.start else None


class AutoDeepLabSpace(GraphSpace):
    """Genes: ``path`` levels of layers 2 to 12 (0 for an output stride of 4 to 3 for 32; layer 1 has level 0), ``inB``
    the two states that combination B reads, ``ops`` indices into the operations, left and right of each combination.

    Args:
        filters: of a combination at an output stride of 4; twice as many at each level below.
    """

    title = "Auto-DeepLab"

    def __init__(self, id: str, *, filters: int = 20, resolutions: Sequence[int] = (256, 320, 512)) -> None:
        genes: dict[str, tuple[int, tuple[int, ...]]] = {"path": (LAYERS - 1, tuple(range(LEVELS)))}
        for index in range(COMBINATIONS):
            genes[f"in{index + 1}"] = (2, tuple(range(index + 2)))
        genes["ops"] = (2 * COMBINATIONS, tuple(range(len(DEEPLAB_OPERATIONS))))
        operations = genes.keys() - {"path"}
        super().__init__(id, depths=(), block_genes={}, free_genes=genes, resolutions=resolutions, unordered=operations)
        self._filters = filters

    # ---- paths restrict each other, so operators go by decisions ----

    @cached_property
    def _taken(self) -> DecisionSpace:
        decisions = super()._taken.decisions
        levels = [number for number, decision in enumerate(decisions) if decision.name.startswith("path[")]
        return PathDecisions(self.id, decisions, range(levels[0], levels[-1] + 1))

    @property
    def size(self) -> int:
        """See :attr:`Genome.size`: paths times cells."""
        cells: int = super().size // LEVELS ** (LAYERS - 1)
        return count_paths(LAYERS) * cells

    def _architecture(self, config: Mapping[str, Any]) -> Config:
        architecture = super()._architecture(config)
        for index, (level, other) in enumerate(zip((0, *architecture["path"]), architecture["path"])):
            if abs(other - level) > 1:
                raise InputError(f"{self.id}: path[{index}]", other, f"must be next to level {level}")
        return architecture

    def sample(self, rng: np.random.Generator) -> Config:
        """See :meth:`Genome.sample`."""
        return self._unflat(self._taken.sample(rng))

    def mutate(
        self,
        config: Mapping[str, Any],
        rng: np.random.Generator,
        prob: float = 0.1,
        resolution_prob: float | None = None,
    ) -> Config:
        """Redraw each decision with probability ``prob``; a level that can no longer follow is drawn too."""
        child = self._unflat(self._taken.mutate(self._flat(config), rng, prob))
        if resolution_prob is not None:
            redrawn = self.resolutions[int(rng.integers(len(self.resolutions)))]
            child["r"] = redrawn if rng.random() < resolution_prob else self.canonical(config)["r"]
        return child

    def crossover(self, a: Mapping[str, Any], b: Mapping[str, Any], rng: np.random.Generator) -> Config:
        """Take every gene from one parent at random; paths change over where they touch."""
        return self._unflat(self._taken.crossover(self._flat(a), self._flat(b), rng))

    def max_config(self) -> Config:
        """Every gene at its end; the path goes down as fast as it can."""
        config = super().max_config()
        return config | {"path": [min(layer + 1, LEVELS - 1) for layer in range(LAYERS - 1)]}

    def _flat(self, config: Mapping[str, Any]) -> Config:
        return self._taken.decode(self.encode(config))

    def _unflat(self, decisions: Config) -> Config:
        return self.decode(self._taken.encode(decisions))

    # ---- layers ----

    def cell(self, config: Config) -> Cell:
        """The cell that a configuration spells; all its combinations make the output."""
        ops = [DEEPLAB_OPERATIONS[gene] for gene in config["ops"]]
        steps = []
        for index in range(COMBINATIONS):
            left, right = config[f"in{index + 1}"]
            steps.append(Combination(left, ops[2 * index], right, ops[2 * index + 1]))
        return Cell(tuple(steps), output=tuple(range(2, 2 + COMBINATIONS)))

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        design = self.cell(architecture)
        half, quarter = resolution // 2, resolution // 4
        nodes: list[Node] = [
            ("stem1", ConvBlock(resolution, 3, 64, stride=2, activation="relu"), ()),
            ("stem2", ConvBlock(half, 64, 64, activation="relu"), ("stem1",)),
            ("stem3", ConvBlock(half, 64, 128, stride=2, activation="relu"), ("stem2",)),
        ]
        shapes = [(half, 64), (quarter, 128)]
        before = 0
        for layer, level in enumerate((0, *architecture["path"]), start=1):
            filters = self._filters << level
            block = TrellisCell(*shapes[-1], shapes[-2], design, filters, level - before)
            nodes.append((f"layer{layer}", block, (nodes[-1][0], nodes[-2][0])))
            shapes.append((quarter >> level, COMBINATIONS * filters))
            before = level
        head = PyramidHead(*shapes[-1], rate=24 >> before, enlarge=4 << before)
        return (*nodes, ("head", head, (nodes[-1][0],)))


@register_space("auto-deeplab")
def auto_deeplab() -> AutoDeepLabSpace:
    """As searched: 12 layers, 5 combinations, F = 20 as in Auto-DeepLab-S."""
    return AutoDeepLabSpace("auto-deeplab")
