"""The attack on everything that the optimal mapper calls proven: small drawn problems, each against brute force.

    python benchmarks/proof_hunt.py [--minutes N | --problems N] [--seed S] [--jobs J] [--json]

A problem is a small layer on a small machine of any structure, under any objective, convention and choice of bypass,
at times with constraints. The mapper answers it; answers it again when told a bar just above the optimum, where its
bounds have the most to cut; and says what it has proven before it begins and when it is stopped on its way. What can be
at fault:

    wrong       the answer, or the one under the bar, costs more than the best mapping
    none        it says that no mapping exists, and one does
    bound       a lower bound lies above the best mapping
    other       no proof, an answer better than brute force's, an exception

Problem i of a seed is the same in every run, whatever the jobs. A failing one is made smaller as long as it fails, and
printed as Python. Exit status 1 when any fails.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from textwrap import shorten
from typing import Any, Final, Protocol
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models import Accelerator, Axis, Level
from accel_models.cost import Convention
from accel_models.precision import AS_THEY_COME, LeastBits
from mappings.mappers.mapper import OBJECTIVES, Objective, SearchOptions, load_mapper
from mappings.mappers.optimal import solve as solver
from mappings.mapspace import MapSpace, Tiles
from nets import Layer
from nets.errors import InfeasibleError, InputError
from nets.layer import DIMS, TENSORS
from tests.mappings.mappers.brute_force import brute_force

TILES: Final[tuple[Tiles, ...]] = ("perfect", "perfect", "uneven")
CAP: Final = 20_000
"""Mappings that brute force may price for one problem."""
TOLERANCE: Final = 1e-11
BAR: Final = 1e-9
"""How far above the optimum, relatively, the bar lies that the mapper is told."""
ROUND: Final = 24
"""Problems for each job between two looks at the clock."""
EVERY_S: Final = 10.0
"""Seconds between two lines of progress."""
MOST_SHRUNK: Final = 3
"""Failures of each fault that are made smaller."""
FAULTS: Final = ("wrong", "none", "bound", "other")
# Tensors of every level inside the outermost.
STRUCTURES: Final = (
    "W I|O|W", "W I O|O|W", "W I O|O|W|I", "W I O|W|O", "W I O|W|O|I", "W I O|I|W|O", "W I O|I|O|W", "I O|I|W|O",
    "I O|I|W", "O|W|I", "W|O|I", "W|O|I|W", "I|O|W|O", "O|W I", "I|W O|O", "O|W|W I", "W|W I O", "W I|O", "W O|I|W",
    "W I O|W I O", "W I O|W I|O", "W I O|W I O|W I O",
)  # fmt: skip
MOST_MACS: Final = (256, 96, 64, 32, 18, 8)
"""Of a layer, by the number of levels inside the outermost."""
LESS: Final = 4
"""How many times fewer where mappings may be uneven, of which there are many more."""
MOST_NODES: Final = 7
"""Tensors that the inner memories of an uneven problem hold, a place in the nest each."""
MOST_BYPASSED: Final = 9
"""Tensors that inner levels may hold or not, each in two ways."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is drawn: a layer on a machine, what is minimised, and what is legal."""

    layer: Layer
    machine: Accelerator
    objective: Objective = "edp"
    convention: Convention = "default"
    bypass: bool = False
    constraints: tuple[str, ...] = ()
    tiles: Tiles = "perfect"

    def space(self) -> MapSpace:
        """The map space.

        Raises:
            InputError: the constraints cannot be met.
        """
        return MapSpace.of(
            [self.layer], [self.machine], tiles=self.tiles, bypass=self.bypass, convention=self.convention,
            constraints=self.constraints,
        )  # fmt: skip

    @property
    def kinds(self) -> dict[str, str]:
        """The row that it counts for in each table."""
        structure = "|".join(" ".join(level.keeps) for level in self.machine.levels[1:])
        return {
            "structure": structure if structure in STRUCTURES else f"others of {len(self.machine.levels)} levels",
            "objective": self.objective,
            "convention": self.convention,
            "choice": "constraints" if self.constraints else "bypass" if self.bypass else "none",
            "tiles": self.tiles,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a problem.

    Attributes:
        mappings: how many brute force priced. least: the best of them; ``inf`` where none fits.
        answer: the mapper's; ``inf`` for none. proven: whether it says that nothing is better.
        fault: one of :data:`FAULTS`, or empty. note: what the fault is.
    """

    mappings: int
    least: float
    answer: float = math.inf
    proven: bool = False
    fault: str = ""
    note: str = ""

    @property
    def sort(self) -> tuple[str, str]:
        """What two failures of one cause share."""
        return self.fault, self.note[:12] if self.fault == "other" else ""


# ------------------------------------------------------------------------------------------------------------- drawing


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


# ------------------------------------------------------------------------------------------------------------ checking


def most_mappings(problem: Problem, space: MapSpace) -> int:
    """How many mappings brute force may price: fewer where the axes of a level have no room for all dims together."""
    levels = space.accelerators[0].levels
    nests = {(0,) * (len(levels) - 1): 1}  # how many loops turn at each level but the innermost -> ways
    for dim, bound in zip(DIMS, problem.layer.bounds):
        widest = tuple(
            math.prod(axis.size for axis in level.fanout if not axis.dims or dim in axis.dims) for level in levels
        )
        grown: Counter[tuple[int, ...]] = Counter()
        for (turns, ways), (more, cuts) in product(nests.items(), _turns(bound, widest).items()):
            grown[tuple(map(sum, zip(turns, more)))] += ways * cuts
        nests = grown
    choices = len(space.keeps(0))
    return choices * sum(ways * math.prod(map(math.factorial, turns)) for turns, ways in nests.items())


@lru_cache(maxsize=100_000)
def _turns(bound: int, widest: tuple[int, ...]) -> Counter[tuple[int, ...]]:
    """The ways to cut a bound into trips, by the levels (but the innermost) at which it has a temporal loop."""
    if not widest:
        return Counter({(): 1}) if bound == 1 else Counter()
    out: Counter[tuple[int, ...]] = Counter()
    for temporal in (n for n in range(1, bound + 1) if bound % n == 0):
        for spatial in (n for n in range(1, widest[0] + 1) if bound // temporal % n == 0):
            for rest, ways in _turns(bound // temporal // spatial, widest[1:]).items():
                out[(int(temporal > 1), *rest) if len(widest) > 1 else rest] += ways
    return out


def check(problem: Problem) -> Outcome:
    """Hold the mapper's answer and all its bounds against brute force.

    Raises:
        InputError: the constraints cannot be met.
    """
    space = problem.space()
    least, mappings = price_all(problem, space)
    if math.isnan(least):
        return Outcome(mappings, least)
    options, optimal = SearchOptions(objective=problem.objective), load_mapper("optimal")
    try:
        found = optimal(space, options)
        begun = optimal(space, dataclasses.replace(options, time_limit_s=0.0))
        told = _told_a_bar(space, problem.objective, least)
        stopped = _stopped(space, problem.objective, looks=mappings % 13)
    except Exception as error:
        return Outcome(mappings, least, fault="other", note=shorten(repr(error), 100))
    assert found.lower_bound is not None
    assert begun.lower_bound is not None
    answer, proven = float(found.score[0]), bool(found.extra["proven"][0])
    bound = max(float(found.lower_bound[0]), float(begun.lower_bound[0]), stopped)
    windows = (problem.layer.P > 1 < problem.layer.R) or (problem.layer.Q > 1 < problem.layer.S)
    fault, note = _fault(least, answer, told, bound, proven, _refusal(space), space.uneven and windows)
    return Outcome(mappings, least, answer, proven, fault, note)


def price_all(problem: Problem, space: MapSpace) -> tuple[float, int]:
    """The best of all mappings and how many there are; ``(nan, n)`` where they are too many.

    Brute force has one order for the loops of the innermost level, which costs what any other does: what constraints
    ask of it is left out.
    """
    innermost = problem.machine.level_names[-1]
    asked = tuple(
        text for text in problem.constraints if not text.startswith((f"{innermost}.order", f"{innermost}.stationary"))
    )
    if asked != problem.constraints:
        space = dataclasses.replace(problem, constraints=asked).space()
    return brute_force(problem.layer, space.accelerators[0], problem.objective, space=space, cap=CAP)


def _told_a_bar(space: MapSpace, objective: Objective, least: float) -> float:
    """The best that the search finds below a bar just above the optimum."""
    if math.isinf(least):
        return least
    return solver.solve(space, 0, objective, best=least * (1 + BAR), stop=lambda: False).lower_bound


def _stopped(space: MapSpace, objective: Objective, looks: int) -> float:
    """The bound when time is over after so many looks at the clock, one for each label or case."""
    with patch.object(solver, "SLICE", 1):
        clock = iter(range(looks))
        return solver.solve(space, 0, objective, stop=lambda: next(clock, None) is None).lower_bound


def _refusal(space: MapSpace) -> str:
    """Why a search would not begin, if so."""
    try:
        space.require_feasible()
    except InfeasibleError as error:
        return str(error)
    return ""


def _fault(
    least: float, answer: float, told: float, bound: float, proven: bool, refusal: str, slides: bool
) -> tuple[str, str]:
    """What is wrong with an answer, and in words; of uneven mappings with windows that slide it need not prove one."""
    above, below = least * (1 + TOLERANCE), least * (1 - TOLERANCE)
    if answer > above and math.isfinite(answer) and slides and not proven:
        answer = told = least
    if answer > above:
        return ("none", "found no mapping") if math.isinf(answer) else ("wrong", f"answered {answer!r}")
    if told > above:
        return "wrong", f"told a bar just above the optimum, it found {told!r} at best"
    if bound > above:
        return "bound", f"a lower bound of {bound!r}"
    if math.isfinite(least) and refusal:
        return "none", refusal
    if answer < below:
        return "other", f"brute force found nothing as good as {answer!r}"
    return ("", "") if proven or slides else ("other", "no proof")


# ----------------------------------------------------------------------------------------------------------- shrinking

PLAIN_LEVEL: Final[dict[str, Any]] = {
    "fanout": (), "read_bandwidth": math.inf, "write_bandwidth": math.inf, "shared_bandwidth": math.inf,
    "capacity_words": math.inf, "partition_words": {}, "double_buffered": False, "word_bits": 8, "leakage_mw": 0.0,
    "network_pj": 0.0, "read_pj": 1.0, "write_pj": 1.0, "least_bits": AS_THEY_COME,
}  # fmt: skip
PLAIN_LAYER: Final[dict[str, Any]] = {
    "stride": (1, 1), "dilation": (1, 1), "weight_bits": 8, "input_bits": 8, "output_bits": 8, "psum_bits": 8,
}  # fmt: skip
PLAIN_CHOICE: Final[dict[str, Any]] = {"constraints": (), "bypass": False, "convention": "default", "tiles": "perfect"}


def shrink(problem: Problem, fails: Callable[[Problem], bool]) -> Problem:
    """A problem that fails as this one does, none of whose :func:`smaller` ones does."""
    while True:
        for candidate in smaller(problem):
            if fails(candidate):
                problem = candidate
                break
        else:
            return problem


def fails_alike(sort: tuple[str, str], problem: Problem) -> bool:
    """Whether a problem has a fault of this sort."""
    try:
        space = problem.space()
        return most_mappings(problem, space) <= CAP and check(problem).sort == sort
    except InputError:
        return False


def smaller(problem: Problem) -> Iterator[Problem]:
    """Problems that are one step simpler, big steps first."""
    replace = partial(dataclasses.replace, problem)
    for name, plain in PLAIN_CHOICE.items():
        if getattr(problem, name) != plain:
            yield replace(**{name: plain})
    for i in range(len(problem.constraints)):
        yield replace(constraints=problem.constraints[:i] + problem.constraints[i + 1 :])
    if problem.objective == "edp":
        yield replace(objective="energy")
        yield replace(objective="latency")
    for machine in _smaller_machines(problem.machine):
        yield replace(machine=machine)
    for layer in _smaller_layers(problem.layer):
        yield replace(layer=layer)


def _smaller_machines(machine: Accelerator) -> Iterator[Accelerator]:
    levels = machine.levels
    if machine.static_mw:
        yield dataclasses.replace(machine, static_mw=0.0)
    for name, plain in PLAIN_LEVEL.items():  # one figure of all levels
        if any(getattr(level, name) != plain for level in levels):
            yield _with_levels(machine, [dataclasses.replace(level, **{name: plain}) for level in levels])
    for i in range(1, len(levels)):
        yield _with_levels(machine, levels[:i] + levels[i + 1 :])
        if levels[i].fanout and not levels[i - 1].fanout:
            outer = dataclasses.replace(levels[i - 1], fanout=levels[i].fanout)
            yield _with_levels(machine, (*levels[: i - 1], outer, *levels[i + 1 :]))
    for i, level in enumerate(levels):
        for simpler in _smaller_levels(level, outermost=i == 0):
            yield _with_levels(machine, (*levels[:i], simpler, *levels[i + 1 :]))


def _with_levels(machine: Accelerator, levels: Iterable[Level]) -> Accelerator:
    return dataclasses.replace(machine, levels=tuple(levels))


def _smaller_levels(level: Level, outermost: bool) -> Iterator[Level]:
    replace = partial(dataclasses.replace, level)
    for tensor in level.keeps if not outermost else ():
        yield replace(keeps=tuple(other for other in level.keeps if other != tensor))
    for name, plain in PLAIN_LEVEL.items():
        if getattr(level, name) != plain:
            yield replace(**{name: plain})
    for i, axis in enumerate(level.fanout):
        before, after = level.fanout[:i], level.fanout[i + 1 :]
        yield replace(fanout=before + after)
        if axis.dims:
            yield replace(fanout=(*before, dataclasses.replace(axis, dims=()), *after))
        if axis.size > 2:
            yield replace(fanout=(*before, dataclasses.replace(axis, size=axis.size - 1), *after))
    for tensor in level.partition_words:
        yield replace(partition_words={t: words for t, words in level.partition_words.items() if t != tensor})
    if 1 < level.capacity_words < math.inf:
        yield replace(capacity_words=level.capacity_words // 2)
        yield replace(capacity_words=level.capacity_words - 1)


def _smaller_layers(layer: Layer) -> Iterator[Layer]:
    replace = partial(dataclasses.replace, layer)
    for dim in DIMS:
        size = getattr(layer, dim)
        for less in sorted({1, 2, 3, *(n for n in range(2, size) if size % n == 0)}):
            if less < size:
                yield replace(**{dim: less})
    for name, plain in PLAIN_LAYER.items():
        if getattr(layer, name) != plain:
            yield replace(**{name: plain})
    for name in ("stride", "dilation"):
        rows, columns = getattr(layer, name)
        for simpler in ((1, columns), (rows, 1), (max(rows - 1, 1), columns), (rows, max(columns - 1, 1))):
            if simpler != (rows, columns):
                yield replace(**{name: simpler})


def as_python(problem: Problem, outcome: Outcome) -> str:
    """A problem as lines of a test, with both answers."""
    options = "".join(
        f", {name}={_call(getattr(problem, name))}"
        for name in ("convention", "bypass", "constraints")
        if getattr(problem, name) != PLAIN_CHOICE[name]
    )
    levels = "".join(f"        {_call(level)},\n" for level in problem.machine.levels)
    static = f", static_mw={problem.machine.static_mw}" if problem.machine.static_mw else ""
    return (
        f"layer = {_call(problem.layer)}\n"
        f'machine = Accelerator(\n    name="{problem.machine.name}",\n    levels=(\n{levels}    ),\n'
        f"    mac_pj={problem.machine.mac_pj}{static},\n)\n"
        f'space = MapSpace.of([layer], [machine], tiles="{problem.tiles}"{options})\n'
        f"space.require_feasible()\n"
        f'found = load_mapper("optimal")(space, SearchOptions(objective="{problem.objective}"))\n'
        f"assert found.score[0] == pytest.approx({_call(outcome.least)}, rel=1e-12)"
        f"  # the best of {outcome.mappings:,} mappings; the mapper: {outcome.note}"
    )


def _call(value: Any) -> str:
    """The expression that makes a value; what is as by default is left out."""
    if dataclasses.is_dataclass(value):
        given = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        texts = (f"{field.name}={_call(at)}" for field, at in given if at != _default(field))
        return f"{type(value).__name__}({', '.join(texts)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_call, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and math.isinf(value):
        return "math.inf"
    return json.dumps(value) if isinstance(value, str | dict) else repr(value)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


# ------------------------------------------------------------------------------------------------------------- hunting


@dataclass(slots=True)
class Tally:
    """What came of all problems so far: ``rows[table][kind]`` counts, and the problems that failed."""

    rows: dict[str, dict[str, Counter[str]]]
    failed: list[tuple[int, Outcome]]

    def enter(self, number: int, kinds: dict[str, str], outcome: Outcome) -> None:
        """Count one problem."""
        counts = Counter({"problems": 1, "mappings": outcome.mappings})
        counts["nowhere"] = math.isinf(outcome.least)
        counts["proofs"] = outcome.proven and math.isfinite(outcome.answer)
        for fault in FAULTS:
            counts[fault] = outcome.fault == fault
        for table, kind in (*kinds.items(), ("all", "all")):
            self.rows.setdefault(table, {}).setdefault(kind, Counter()).update(counts)
        if outcome.fault:
            self.failed.append((number, outcome))

    @property
    def total(self) -> Counter[str]:
        """The counts of all problems."""
        return self.rows.get("all", {}).get("all", Counter())


class Map(Protocol):
    """How a function is applied to many numbers."""

    def __call__(self, function: Callable[[int], Any], numbers: Iterable[int]) -> Iterable[Any]:
        """The answer for each, in their order."""


def hunt(seed: int, problems: float, seconds: float, jobs: int) -> Tally:
    """Check problems until so many are done or so much time has gone."""
    if jobs == 1:
        return _hunt(seed, problems, seconds, ROUND, map)
    with multiprocessing.Pool(jobs) as pool:
        return _hunt(seed, problems, seconds, ROUND * jobs, partial(pool.map, chunksize=ROUND // 4))


def _hunt(seed: int, problems: float, seconds: float, at_once: int, apply: Map) -> Tally:
    tally = Tally({}, [])
    began = told = now = time.perf_counter()
    first = 0
    while first < problems and now - began < seconds:
        numbers = range(first, int(min(first + at_once, problems)))
        for number, (kinds, outcome) in zip(numbers, apply(partial(_one, seed), numbers)):
            tally.enter(number, kinds, outcome)
        first, now = numbers.stop, time.perf_counter()
        if now - told > EVERY_S:
            told = now
            print(_progress(tally, now - began), file=sys.stderr, flush=True)
    return tally


def _one(seed: int, number: int) -> tuple[dict[str, str], Outcome]:
    problem = draw(seed, number)
    return problem.kinds, check(problem)


def _progress(tally: Tally, seconds: float) -> str:
    total = tally.total
    return f"{total['problems']:,} problems, {total['problems'] / seconds:.0f} a second, {len(tally.failed)} failed"


def shrunk(seed: int, failed: list[tuple[int, Outcome]]) -> list[dict[str, Any]]:
    """The first failures of each sort made smaller."""
    out: list[dict[str, Any]] = []
    done: Counter[tuple[str, str]] = Counter()
    for number, outcome in failed:
        done[outcome.sort] += 1
        if done[outcome.sort] > MOST_SHRUNK:
            continue
        least = shrink(draw(seed, number), partial(fails_alike, outcome.sort))
        again = check(least)
        python = as_python(least, again)
        out.append(
            {"number": number, "fault": again.fault, "least": again.least, "answer": again.answer, "python": python}
        )
    return out


def as_text(tally: Tally, failures: list[dict[str, Any]]) -> str:
    """Tables for a person, then the failures."""
    columns = ("problems", "mappings", "nowhere", "proofs", *FAULTS)
    lines = []
    for table, rows in tally.rows.items():
        lines.append(f"{table:<20}" + "".join(f"{column:>12}" for column in columns))
        for kind, counts in sorted(rows.items()):
            lines.append(f"{kind:<20}" + "".join(f"{counts[column]:>12,}" for column in columns))
        lines.append("")
    for failure in failures:
        lines += [f"# problem {failure['number']}: {failure['fault']}", failure["python"], ""]
    return "\n".join(lines[:-1])


def main() -> int:
    """Hunt, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--minutes", type=float, default=math.inf, help="how long")
    until.add_argument("--problems", type=int, help="how many (1,000, if no time is given)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    problems = options.problems or (1000 if math.isinf(options.minutes) else math.inf)
    began = time.perf_counter()
    tally = hunt(options.seed, problems, 60 * options.minutes, options.jobs)
    seconds = time.perf_counter() - began
    print(_progress(tally, seconds), file=sys.stderr)
    failures = shrunk(options.seed, tally.failed)
    if options.json:
        print(json.dumps({"seconds": seconds, "tables": tally.rows, "failed": len(tally.failed), "shrunk": failures}))
    else:
        print(as_text(tally, failures))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
