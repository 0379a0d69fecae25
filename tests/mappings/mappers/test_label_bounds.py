"""Every bound at an inner node of the search against the best mapping below it.

The whole tree of a small case is walked, nothing cut and nothing dominated. Below each label the least leaf is looked
for: the label's bound must not exceed it, and where the bar lies just above that leaf the label must still be listed
among its parent's children. So a bound that is too high shows even where the search would have been right by luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import config, float64, int64, njit, types

from accel_models import Accelerator, Level
from accel_models.codes import I
from benchmarks.hunt.drawing import draw
from benchmarks.hunt.problem import Problem, most_mappings
from mappings.mappers.optimal import kernel, solve
from mappings.mappers.optimal.kernel.children import expand
from mappings.mappers.optimal.kernel.flows import fill_and_drain
from mappings.mappers.optimal.kernel.labels import carry_inputs, follow, offer_leaf
from mappings.mappers.optimal.kernel.orders import list_patterns, note_multipliers
from mappings.mappers.optimal.kernel.room import tiles_fit
from mappings.mappers.optimal.kernel.state import SEARCH, TABLES
from mappings.mappers.optimal.kernel.tiles import place
from mappings.mappers.optimal.problem import bound_case
from nets import Layer

TOLERANCE = 1e-11
BAR = 1e-9
"""How far above a leaf, relatively, the bar lies under which it must still be found."""
PROBLEMS = 4 if config.DISABLE_JIT else 1000
MOST_MAPPINGS = 150 if config.DISABLE_JIT else 8000
MOST_CASES = 3
MOST_CHILDREN = 1 << 14
# What a walk counts: labels; bounds that are too high, the last of these and the leaf below it; children that were not
# listed although a leaf below them lies under the bar.
LABELS, TOO_HIGH, BOUND, LEAF, LOST = range(5)
REGISTERS = Accelerator(
    name="two registers",
    levels=(
        Level(name="DRAM", read_pj=64, write_pj=64),
        Level(name="L2", read_pj=4, write_pj=4),
        Level(name="RegO", keeps=("O",), capacity_words=1, read_pj=0.5, write_pj=0.5),
        Level(name="RegW", keeps=("W",), capacity_words=1, read_pj=0.5, write_pj=0.5),
    ),
    mac_pj=0.3,
)


@njit(types.boolean(SEARCH))
def _begin(w: Any) -> bool:
    """Make the label of a whole case, if the outermost level has room."""
    for level in range(w.levels):
        w.busy[0, level, 0] = w.fixed_busy[level, 0]
        w.busy[0, level, 1] = w.fixed_busy[level, 1]
    place(w, 0, w.n[0])
    w.label_pj[0], w.label_fill[0] = w.fixed_pj, 0.0
    w.still_w[0], w.still_o[0] = 1.0, 1.0
    carry_inputs(w, 0)
    return tiles_fit(w, 0)


@njit(types.boolean(SEARCH, TABLES, int64, int64))
def _places(w: Any, m: Any, k: int, x: int) -> bool:
    """Place node ``x`` inside the label at level ``k``, if that is a tile of it that fits."""
    if not m.room[k + 1, x]:
        return False
    for d in range(8):
        if m.trips[x, d] % w.n[k, d]:
            return False
        w.trips[k, d] = m.trips[x, d] // w.n[k, d]
    place(w, k + 1, m.trips[x])
    return tiles_fit(w, k + 1)


@njit(int64[::1](SEARCH, int64))
def _orders(w: Any, k: int) -> Any:
    """The orders of block ``k`` around the tile just placed, packed as the search packs them."""
    list_patterns(w, k, w.next_level[k, I] < w.levels)
    orders = np.full(w.n_patterns[k], w.length[k])
    for j in range(len(orders)):
        for at in range(w.length[k]):
            orders[j] |= w.pattern[k, j, at] << (4 * at + 4)
    return orders


@njit(types.void(SEARCH, TABLES, int64, int64, int64))
def _enter(w: Any, m: Any, k: int, x: int, packed: int) -> None:
    """Make a child of the label at level ``k`` the label at level ``k + 1``."""
    _places(w, m, k, x)
    w.length[k] = packed & 15
    for at in range(w.length[k]):
        w.pattern[k, 0, at] = (packed >> (4 * at + 4)) & 15
    w.chosen[k] = 0
    note_multipliers(w, k, 0)
    w.label_fill[k + 1] = w.label_fill[k] + fill_and_drain(w, k + 1, True)
    follow(w, k)


@njit(float64(SEARCH, TABLES, int64, int64, int64, float64))
def _bound_under_a_bar(w: Any, m: Any, k: int, x: int, packed: int, bar: float) -> float:
    """The bound of a child of the label at level ``k``; ``inf`` where it is not listed."""
    w.best = bar
    expand(w, m, k, w.nodes)
    for i in range(w.children[k]):
        child = m.turn[k, i]
        if m.child_node[k, child] == x and m.child_order[k, child] == packed:
            return m.child_key[k, i]
    return np.inf


@njit(float64(SEARCH, TABLES, int64, float64[::1]))
def _walk(w: Any, m: Any, k: int, seen: Any) -> float:
    """The least leaf below the label at level ``k``, whose children's bounds are held to those below them."""
    last = k + 2 == w.levels
    least = np.inf
    seen[LABELS] += 1
    for x in range(w.nodes):
        if not _places(w, m, k, x):
            continue
        for packed in _orders(w, k):
            _enter(w, m, k, x, packed)
            if last:
                w.best = np.inf
                offer_leaf(w)
                least = min(least, w.best)
                continue
            leaf = _walk(w, m, k + 1, seen)
            least = min(least, leaf)
            bound = _bound_under_a_bar(w, m, k, x, packed, np.inf)
            if bound > leaf * (1 + TOLERANCE):
                seen[TOO_HIGH] += 1
                seen[BOUND], seen[LEAF] = bound, leaf
            seen[LOST] += _bound_under_a_bar(w, m, k, x, packed, leaf * (1 + BAR)) == np.inf and leaf < np.inf
    if last:  # the label offers its leaves at once
        w.best = least * (1 + BAR)
        expand(w, m, k, w.nodes)
        seen[LOST] += w.best > least * (1 + TOLERANCE)
    return least


def walk_case(state: Any, seen: Any) -> None:
    """Walk the case that is laid out in ``state``; then search it under a bar just above its best mapping."""
    assert bound_case(state) < math.inf
    tables = kernel.new_tables(int(state["levels"]), kernel.start_case(state), MOST_CHILDREN)
    state["best"] = math.inf
    kernel.prepare_tables(state, tables)
    least = _walk(state, tables, 0, seen) if _begin(state) and state["levels"] > 1 else math.inf
    if least < math.inf:
        assert bound_case(state) <= least * (1 + TOLERANCE)
        state["best"] = least * (1 + BAR)
        kernel.prepare_tables(state, tables)
        while kernel.run_case(state, tables, solve.SLICE) == 1:
            pass
        assert state["best"] <= least * (1 + TOLERANCE)
    state["best"], state["found"] = math.inf, 0


def walk(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Walk the first cases of a problem in the place of the search."""
    seen, cases = np.zeros(5), iter(range(MOST_CASES))

    def run(state: Any, stop: Callable[[], bool], bound: float) -> float:
        if next(cases, None) is not None:
            walk_case(state, seen)
        return math.inf

    monkeypatch.setattr(solve, "_run", run)
    solve.solve(problem.space(), 0, problem.objective, stop=lambda: False)
    return seen


def assert_bounds_hold(problem: Problem, seen: Any) -> None:
    """No bound too high, no label lost."""
    assert seen[TOO_HIGH] == 0, f"a bound of {seen[BOUND]} above a leaf of {seen[LEAF]}: {problem}"
    assert seen[LOST] == 0, f"{seen[LOST]:.0f} labels are cut by a bar above the leaves below them: {problem}"


@pytest.mark.parametrize("convention", ["default", "drain-reads"])
def test_bounds_where_weights_move_above_and_below_a_register_of_outputs(
    convention: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem(Layer(name="small", K=2, C=2, P=2, psum_bits=8), REGISTERS, "energy", convention)
    seen = walk(problem, monkeypatch)
    assert seen[LABELS] > 20
    assert_bounds_hold(problem, seen)


def test_bounds_of_drawn_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, number = 0, 0
    for _ in range(PROBLEMS):
        problem = draw(0, number)
        while most_mappings(problem, problem.space()) > MOST_MAPPINGS:
            number += 1
            problem = draw(0, number)
        number += 1
        seen = walk(problem, monkeypatch)
        labels += seen[LABELS]
        assert_bounds_hold(problem, seen)
    assert labels > 20 * PROBLEMS
