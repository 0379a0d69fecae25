"""A failing problem made as small as it fails, and printed as Python."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from accel_models import Accelerator, Level
from accel_models.precision import AS_THEY_COME
from benchmarks.hunt.checking import Outcome, check
from benchmarks.hunt.problem import CAP, Problem, most_mappings
from nets import Layer
from nets.errors import InputError
from nets.layer import DIMS

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
