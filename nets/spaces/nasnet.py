"""The cell space of NASNet (Zoph et al. 2018): a normal and a reduction cell are searched, and a network repeats them.

A cell is B combinations; each picks two earlier states, an operation for either and how to join them. With two states
to pick from, M operations and N ways to join, a cell has (2 * 2 * M * M * N)^B spellings, as lecture notes count them.
In the paper's space combination b picks from b + 1 states, and two cells are searched. Both counts take spellings that
differ in the order of two operands for two, as the controllers do that search them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap
from nets.blocks.cell import Cell, Combination, Join, Position, cell, cell_positions
from nets.blocks.cell_operations import NASNET_OPERATIONS
from nets.spaces.block import Joint
from nets.spaces.ends import Classifier, ConvBlock
from nets.spaces.genome import Config
from nets.spaces.registry import register_space
from nets.spaces.space import GraphSpace, Node, halved

if TYPE_CHECKING:
    from nets.network import Network

JOINS: Final[tuple[Join, ...]] = ("add", "concat")


@dataclass(frozen=True, slots=True)
class CellBlock(Joint):
    """A cell at its place.

    Attributes:
        before: (rows, channels) of its older input; ``None`` where that is the newer one itself.
    """

    before: tuple[int, int] | None
    design: Cell
    filters: int
    stride: int

    @property
    def others(self) -> tuple[FeatureMap, ...]:
        """The older input."""
        return () if self.before is None else (FeatureMap.image(self.before[0], channels=self.before[1]),)

    def join(self, net: Network, name: str, x: FeatureMap, *others: FeatureMap) -> FeatureMap:
        """See :meth:`Joint.join`."""
        before = others[0] if others else x
        return cell(net, name, x, before, self.design, self.filters, stride=self.stride)


class CellSpace(GraphSpace):
    """Networks of searched cells.

    Genes of each cell (``normal`` and ``reduction``, or ``cell`` for both): ``CELL_inB`` the two states that
    combination B reads, ``CELL_ops`` indices into the operations, left and right of each combination, ``CELL_joins``
    indices into :data:`JOINS`.

    Args:
        id: name of the space.
        title: what a person calls it.
        operations: to choose from.
        joins: how many of :data:`JOINS` there are to choose from.
        cells: names of the cells searched, one or two.
        chained: combinations read earlier ones; without, only the cell's two inputs.
        blocks: combinations of a cell.
        filters, repeats, stem_filters: as :func:`nets.blocks.cell.cell_network` has them.
    """

    def __init__(
        self,
        id: str,
        title: str,
        *,
        operations: Sequence[str],
        joins: int,
        cells: Sequence[str] = ("normal", "reduction"),
        chained: bool = True,
        blocks: int = 5,
        filters: int = 44,
        repeats: int = 4,
        stem_filters: int = 32,
        resolutions: Sequence[int] = range(128, 225, 32),
    ) -> None:
        genes: dict[str, tuple[int, tuple[int, ...]]] = {}
        for name in cells:
            for index in range(blocks):
                genes[f"{name}_in{index + 1}"] = (2, tuple(range(index + 2 if chained else 2)))
            genes[f"{name}_ops"] = (2 * blocks, tuple(range(len(operations))))
            genes[f"{name}_joins"] = (blocks, tuple(range(joins)))
        super().__init__(
            id, depths=(), block_genes={}, free_genes=genes, resolutions=resolutions, unordered=genes.keys()
        )
        self.title, self.operations, self.cells = title, tuple(operations), tuple(cells)
        self._blocks, self._filters, self._repeats, self._stem_filters = blocks, filters, repeats, stem_filters

    def cell(self, config: Config, name: str) -> Cell:
        """The cell of that name that a configuration spells."""
        steps = []
        for index in range(self._blocks):
            left, right = config[f"{name}_in{index + 1}"]
            left_op, right_op = (self.operations[gene] for gene in config[f"{name}_ops"][2 * index : 2 * index + 2])
            join = JOINS[config[f"{name}_joins"][index]]
            steps.append(Combination(left, left_op, right, right_op, join))
        return Cell(tuple(steps))

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        designs = {1: self.cell(architecture, self.cells[0]), 2: self.cell(architecture, self.cells[-1])}
        size = (resolution - 3) // 2 + 1
        nodes: list[Node] = [("stem", ConvBlock(resolution, 3, self._stem_filters, stride=2, padded=False), ())]
        shapes = [(size, self._stem_filters)]
        for place in cell_positions(self._filters, self._repeats):
            block, shape = _placed(designs[place.stride], place, shapes)
            nodes.append((place.name, block, tuple(name for name, _, _ in reversed(nodes[-2:]))))
            shapes.append(shape)
        nodes.append(("head", Classifier(*shapes[-1]), (nodes[-1][0],)))
        return tuple(nodes)


def _placed(design: Cell, place: Position, shapes: Sequence[tuple[int, int]]) -> tuple[CellBlock, tuple[int, int]]:
    """A cell behind outputs of ``shapes`` (rows, channels), and the shape of its own output."""
    size, channels = shapes[-1]
    before = shapes[-2] if len(shapes) > 1 else None
    block = CellBlock(size, channels, before, design, place.filters, place.stride)
    return block, (halved(size, place.stride), len(design.output) * place.filters)


@register_space("nasnet")
def nasnet() -> CellSpace:
    """As in the paper: 13 operations, two ways to join, 5 combinations, two cells; repeated as in NASNet-A mobile."""
    return CellSpace("nasnet", "NASNet cells", operations=NASNET_OPERATIONS, joins=2)


@register_space("nasnet-notes")
def nasnet_notes() -> CellSpace:
    """As lecture notes count it: one cell, 5 operations, two states to pick from: (2 * 2 * 5 * 5 * 2)^5 = 3.2e11."""
    operations = ("identity", "conv_3x3", "separable_3x3", "separable_5x5", "max_pool_3x3")
    return CellSpace(
        "nasnet-notes", "NASNet cells in small", operations=operations, joins=2, cells=("cell",), chained=False
    )


def cell_space_size(blocks: int, operations: int, joins: int) -> int:
    """Spellings of one cell whose combinations pick from two states: (2 * 2 * M * M * N)^B."""
    size: int = (2 * 2 * operations * operations * joins) ** blocks
    return size
