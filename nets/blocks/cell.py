"""Cells: small searched graphs that a network repeats (NASNet, Zoph et al. 2018; AmoebaNet, Real et al. 2019).

A cell has two inputs, hidden states 0 (the cell before, through a 1x1) and 1 (the cell before that), and adds one state
per combination: two operations on two earlier states, added or concatenated. Its output concatenates the states that no
combination reads. What the papers leave open follows the implementations that their authors released.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nets.blocks.cell_operations import NONE, OPERATIONS, factorized_reduction
from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, concat, global_pool, vector
from nets.blocks.primitives import conv, linear, pointwise_conv
from nets.blocks.upsampling import upsample
from nets.errors import InputError, unknown

if TYPE_CHECKING:
    from nets.network import Network

Join = Literal["add", "concat"]


@dataclass(frozen=True, slots=True)
class Combination:
    """Two operations whose results are joined.

    Attributes:
        left, right: states that are read; a cell's own first state is 2.
        left_op, right_op: keys of :data:`OPERATIONS`, or ``"none"``.
    """

    left: int
    left_op: str
    right: int
    right_op: str
    join: Join = "add"


@dataclass(frozen=True, slots=True)
class Cell:
    """What is searched: combinations, in order.

    Attributes:
        combinations: of which there may be any number.
        output: states that the output joins; those that nothing reads when omitted. (Released cells add others.)

    Raises:
        InputError: an operation is unknown, or a combination or the output reads a state that does not exist (yet).
    """

    combinations: tuple[Combination, ...]
    output: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for index, combination in enumerate(self.combinations):
            for state, name in ((combination.left, combination.left_op), (combination.right, combination.right_op)):
                if name not in (*OPERATIONS, NONE):
                    raise unknown(f"combination {index + 1}: operation", name, OPERATIONS)
                if not 0 <= state < index + 2:
                    raise InputError(f"combination {index + 1}: state", state, f"must be 0 to {index + 1}")
        read = {state for step in self.combinations for state in (step.left, step.right)}
        states = range(len(self.combinations) + 2)
        if any(state not in states for state in self.output):
            raise InputError("cell: output", self.output, f"must hold states 0 to {states[-1]}")
        object.__setattr__(self, "output", self.output or tuple(state for state in states if state not in read))


def cell(
    net: Network, name: str, x: FeatureMap, before: FeatureMap, design: Cell, filters: int, *, stride: int = 1
) -> FeatureMap:
    """Append a cell.

    Args:
        x: output of the cell before, or the stem.
        before: output of the cell before that; ``x`` itself (the same object) where there is none.
        design: its combinations.
        filters: channels of every state.
        stride: of the operations that read the cell's inputs; 2 makes it a reduction cell.
    """
    matched = before if before is x else _match(net, f"{name}.before", before, filters, x.plane)
    states = [pointwise_conv(net, f"{name}.input", x, filters, activation="relu"), matched]
    for number, step in enumerate(design.combinations, start=1):
        branches = [
            OPERATIONS[op](net, f"{name}.step{number}.{side}", states[state], filters, stride if state < 2 else 1)
            for side, state, op in (("left", step.left, step.left_op), ("right", step.right, step.right_op))
            if op != NONE
        ]
        if not branches:
            plane = ((x.height - 1) // stride + 1, (x.width - 1) // stride + 1)
            branches = [_zeros(net, f"{name}.step{number}.zeros", states[0], plane)]
        join = add if step.join == "add" else concat
        states.append(join(net, f"{name}.step{number}.{step.join}", *branches) if len(branches) > 1 else branches[0])
    last = states[-1]
    loose = [_match(net, f"{name}.output{state}", states[state], filters, last.plane) for state in design.output]
    return concat(net, f"{name}.concat", *loose)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a cell stands in a network.

    Attributes:
        filters: of its states.
        stride: 2 for a reduction cell.
        between_stacks: it separates two stacks of normal cells.
    """

    name: str
    filters: int
    stride: int
    between_stacks: bool = False


def cell_positions(filters: int, repeats: int) -> Iterator[Position]:
    """The cells of an ImageNet network in order: two reduction cells as stem, three stacks of ``repeats`` normal cells.

    Args:
        filters: of the first stack; each later one has twice as many, the two cells of the stem a quarter and a half.
        repeats: normal cells of each stack; a reduction cell stands between two stacks.
    """
    yield Position("stem1", filters // 4, 2)
    yield Position("stem2", filters // 2, 2)
    for stack in range(3):
        if stack:
            yield Position(f"reduction{stack}", filters << stack, 2, between_stacks=True)
        for index in range(repeats):
            yield Position(f"stack{stack + 1}.cell{index + 1}", filters << stack, 1)


def cell_network(
    net: Network,
    image: FeatureMap,
    *,
    normal: Cell,
    reduction: Cell,
    filters: int,
    repeats: int,
    stem_filters: int,
    skip_reduction: bool = False,
) -> None:
    """A strided 3x3 convolution, the cells of :func:`cell_positions`, a classifier of 1000 classes.

    Args:
        stem_filters: of the first convolution.
        skip_reduction: the cell after a reduction between stacks has the older input that the reduction has.
    """
    x = conv(net, "stem", image, stem_filters, kernel=3, stride=2, padding=0)
    before = x
    for step in cell_positions(filters, repeats):
        design = normal if step.stride == 1 else reduction
        y = cell(net, step.name, x, before, design, step.filters, stride=step.stride)
        before = before if skip_reduction and step.between_stacks else x
        x = y
    linear(net, "classifier", global_pool(net, "pool", x), 1000)


def _zeros(net: Network, name: str, like: FeatureMap, plane: tuple[int, int]) -> FeatureMap:
    """A state that nothing leads to: its words are written all the same."""
    return vector(net, name, "movement", (like,), replace(like, height=plane[0], width=plane[1]))


def _match(net: Network, name: str, x: FeatureMap, channels: int, plane: tuple[int, int]) -> FeatureMap:
    """Bring a state to a number of channels and to a plane half, twice or four times as large, if it is not there."""
    if x.height > plane[0]:
        if x.height > 2 * plane[0]:
            return pointwise_conv(net, name, x, channels, stride=-(-x.height // plane[0]), activation="relu")
        return factorized_reduction(net, name, x, channels)
    if x.height < plane[0]:
        x = upsample(net, f"{name}.up", x, plane[0] // x.height)
    return x if x.channels == channels else pointwise_conv(net, name, x, channels, activation="relu")
