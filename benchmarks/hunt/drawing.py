"""Small layers on small machines of any structure, drawn with everything that a search may ask."""

from __future__ import annotations

import dataclasses
import math
import random
from dataclasses import dataclass
from typing import Final

from accel_models import Accelerator, Axis, Level
from accel_models.precision import LeastBits
from benchmarks.hunt.problem import CAP, STRUCTURES, Problem, most_mappings
from mappings.mappers.mapper import OBJECTIVES
from mappings.mapspace import Tiles
from nets import Layer
from nets.errors import InputError
from nets.layer import DIMS, TENSORS

TILES: Final[tuple[Tiles, ...]] = ("perfect", "perfect", "uneven")
MOST_MACS: Final = (256, 96, 64, 32, 18, 8)
"""Of a layer, by the number of levels inside the outermost."""
LESS: Final = 4
"""How many times fewer where mappings may be uneven, of which there are many more."""
MOST_NODES: Final = 7
"""Tensors that the inner memories of an uneven problem hold, a place in the nest each."""
MOST_BYPASSED: Final = 9
"""Tensors that inner levels may hold or not, each in two ways."""


def draw(seed: int, number: int) -> Problem:
    """Problem ``number`` of a seed; what brute force could not price in time is drawn again."""
    rng = random.Random(f"{seed} {number}")
    while True:
        problem = _draw(rng)
        try:
            space = problem.space()
        except InputError:  # constraints that contradict one another
            continue
        if most_mappings(problem, space) <= CAP:
            return problem


def _draw(rng: random.Random) -> Problem:
    structure = rng.choice(STRUCTURES).split("|") if rng.random() < 0.6 else _draw_structure(rng)
    tiles = rng.choice(TILES)
    if sum(len(tensors.split()) for tensors in structure) > MOST_NODES:
        tiles = "perfect"
    most = MOST_MACS[len(structure)]
    layer = _draw_layer(rng, max(most // LESS, 2) if tiles == "uneven" else most)
    machine = _draw_machine(rng, structure)
    if tiles == "uneven":  # an outermost memory that fits final sums alone is searched, but proves nothing
        outermost = dataclasses.replace(machine.levels[0], capacity_words=math.inf, partition_words={})
        machine = dataclasses.replace(machine, levels=(outermost, *machine.levels[1:]))
    choice = rng.random()
    problem = Problem(
        layer,
        machine,
        rng.choice(OBJECTIVES),
        rng.choice(("default", "default", "timeloop", "drain-reads")),
        bypass=choice < 0.1 and sum(len(level.keeps) for level in machine.levels[1:]) <= MOST_BYPASSED,
        constraints=_draw_constraints(rng, layer, machine) if 0.05 < choice < 0.2 and tiles != "uneven" else (),
        tiles=tiles,
    )
    return dataclasses.replace(problem, machine=_unpacking(rng, machine)) if rng.random() < 0.3 else problem


def _draw_structure(rng: random.Random) -> list[str]:
    """Any tensors in any number of levels inside the outermost."""
    depth = rng.choices(range(6), weights=(1, 4, 6, 6, 3, 1))[0]
    return [" ".join(tensor for tensor in TENSORS if rng.random() < 0.6) for _ in range(depth)]


def _draw_layer(rng: random.Random, most_macs: int) -> Layer:
    """Few dims of any size or many small ones, at times only those of windows; any stride, dilation and precision."""
    sizes, left = dict.fromkeys(DIMS, 1), most_macs
    for dim in rng.sample(DIMS, rng.randint(1, 6)) if rng.random() < 0.8 else rng.sample("PQRS", rng.randint(2, 4)):
        fits = [n for n in (2, 2, 2, 3, 3, 4, 5, 6, 8) if n <= left]
        sizes[dim] = rng.choice(fits) if fits else 1
        left //= sizes[dim]
    steps = (1, 1, 1, 2, 3) if rng.random() < 0.6 else (1,)
    return Layer(
        name="drawn",
        **sizes,
        stride=(rng.choice(steps), rng.choice(steps)),
        dilation=(rng.choice(steps), rng.choice(steps)),
        weight_bits=rng.choice((4, 8, 8, 16)),
        input_bits=rng.choice((4, 8, 8, 16)),
        output_bits=rng.choice((8, 8, 16)),
        psum_bits=rng.choice((8, 16, 24, 24, 32)),
    )


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the levels of one machine are drawn: the chances of a capacity, of each bandwidth and of a fan-out, whether
    all words are 8 bits wide, and whether an access costs less the further in it is."""

    tight: float
    slow: float
    wide: float
    equal: bool
    falling: bool


def _draw_machine(rng: random.Random, structure: list[str]) -> Accelerator:
    """A machine whose inner levels hold what the structure says."""
    manner = _Manner(
        rng.choice((0.0, 0.3, 0.7)), rng.choice((0.0, 0.0, 0.5)), rng.choice((0.0, 0.0, 0.4, 0.8)),
        rng.random() < 0.4, rng.random() < 0.5,
    )  # fmt: skip
    levels = [_draw_level(rng, number, keeps, manner) for number, keeps in enumerate(["W I O", *structure])]
    return Accelerator(name="drawn", levels=tuple(levels), mac_pj=1.0, static_mw=rng.choice((0.0, 0.0, 0.5)))


def _draw_level(rng: random.Random, number: int, keeps: str, manner: _Manner) -> Level:
    bandwidth = [rng.choice((0.5, 1.0, 2.0, 4.0)) if rng.random() < manner.slow else math.inf for _ in range(3)]
    sizes = (1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 60) if number else (16, 32, 64, 128)
    limited = rng.random() < (manner.tight if number else 0.03)
    parted = number > 0 and rng.random() < 0.3 * manner.tight
    step = 64 / 4**number
    return Level(
        name=f"L{number}",
        keeps=tuple(keeps.split()),
        word_bits=8 if manner.equal else rng.choice((None, 8, 8, 16)),
        capacity_words=rng.choice(sizes) if limited else math.inf,
        partition_words={tensor: rng.choice((1, 2, 4, 8)) for tensor in rng.sample(TENSORS, 2)} if parted else {},
        double_buffered=number > 0 and rng.random() < 0.3,
        read_bandwidth=bandwidth[0],
        write_bandwidth=bandwidth[1],
        shared_bandwidth=bandwidth[2],
        read_pj=step * rng.choice((1, 1, 1.5)) if manner.falling else rng.choice((0, 1, 2, 5.5, 20)),
        write_pj=step * rng.choice((1, 1, 1.5)) if manner.falling else rng.choice((0, 1, 3, 7.5, 20)),
        network_pj=rng.choice((0, 0, 0.5, 2)),
        leakage_mw=rng.choice((0, 0, 0.3)),
        fanout=_draw_fanout(rng) if rng.random() < manner.wide else (),
    )


def _unpacking(rng: random.Random, machine: Accelerator) -> Accelerator:
    """The machine with narrower weights and inputs unpacked at some levels."""
    levels = [
        dataclasses.replace(level, least_bits=LeastBits(rng.choice((0, 8, 12, 16)), rng.choice((0, 0, 8, 16))))
        if level.word_bits and rng.random() < 0.6
        else level
        for level in machine.levels
    ]
    return dataclasses.replace(machine, levels=tuple(levels))


def _draw_fanout(rng: random.Random) -> tuple[Axis, ...]:
    names = "XYZ"[: rng.choice((1, 1, 2, 2, 3))]
    runs = [tuple(rng.sample(DIMS, rng.randint(1, 4))) if rng.random() < 0.4 else () for _ in names]
    return tuple(Axis(name, rng.choice((2, 2, 3, 4, 6)), dims) for name, dims in zip(names, runs))


def _draw_constraints(rng: random.Random, layer: Layer, machine: Accelerator) -> tuple[str, ...]:
    drawn = (_draw_constraint(rng, layer, rng.choice(machine.levels)) for _ in range(rng.randint(1, 3)))
    return tuple(sorted(set(drawn)))


def _draw_constraint(rng: random.Random, layer: Layer, level: Level) -> str:
    axes = ["parallel", "width"] if level.fanout else []
    subject = rng.choice(["tile", "tile", "order", "stationary", "keeps", *axes])
    axis = rng.choice(level.fanout).name if level.fanout else ""
    match subject:
        case "tile":
            dim = rng.choice([dim for dim in DIMS if getattr(layer, dim) > 1] or DIMS)
            size = rng.randint(1, getattr(layer, dim))
            return f"{level.name}.tile.{dim} {rng.choice(('=', '<=', '<=', '>='))} {size}"
        case "order":
            dims = rng.sample(DIMS, rng.randint(1, 3))
            dims.insert(rng.randint(0, len(dims)), "*")
            return f"{level.name}.order = {''.join(dims)}"
        case "stationary":
            return f"{level.name}.stationary = {rng.choice(TENSORS)}"
        case "keeps":
            kept = [tensor for tensor in level.keeps if level.name == "L0" or rng.random() < 0.6]
            return f"{level.name}.keeps = {','.join(kept) or 'none'}"
        case "width":
            return f"{level.name}.{axis}.width <= {rng.randint(1, 3)}"
        case _:
            dims = rng.sample(DIMS, rng.randint(0, 4))
            return f"{level.name}.{axis}.parallel = {','.join(dims) or 'none'}"
