"""The hunt: its draws, what it calls a fault, and how it makes a failing problem smaller."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from accel_models import Accelerator, Axis, Level
from benchmarks import proof_hunt as hunt
from benchmarks.hunt import checking
from benchmarks.hunt.checking import Outcome, check, price_all
from benchmarks.hunt.drawing import draw
from benchmarks.hunt.problem import CAP, Problem, most_mappings
from benchmarks.hunt.shrinking import as_python, shrink, smaller
from mappings.mappers.mapper import Found, SearchOptions, load_mapper
from mappings.mapspace import MapSpace
from nets import Layer
from nets.errors import InfeasibleError

SMALL = Problem(
    Layer(name="small", K=2, C=2, P=3),
    Accelerator(name="two levels", levels=(Level(name="L0", read_pj=2), Level(name="L1", read_pj=1)), mac_pj=1.0),
    "energy",
)
EVERYTHING = Problem(
    Layer(name="drawn", N=2, K=6, C=2, stride=(2, 3), weight_bits=16, psum_bits=16),
    Accelerator(
        name="drawn",
        levels=(
            Level(name="L0", read_pj=20, write_pj=20, leakage_mw=0.3),
            Level(name="L1", word_bits=16, capacity_words=24, fanout=(Axis("X", 4), Axis("Y", 2, ("K", "C")))),
            Level(name="L2", keeps=("W", "O"), partition_words={"W": 8}, read_bandwidth=2.0, double_buffered=True),
            Level(name="L3", keeps=("I",), network_pj=0.5),
        ),
        mac_pj=1.0,
        static_mw=0.5,
    ),
    convention="timeloop",
    constraints=("L1.tile.K <= 3", "L2.keeps = W"),
)


def test_draws_are_the_same_every_time_and_of_many_kinds() -> None:
    problems = [draw(3, number) for number in range(200)]
    assert problems == [draw(3, number) for number in range(200)]
    assert problems[0] != draw(4, 0)
    kinds = [problem.kinds for problem in problems]
    for table, fewest in {"structure": 20, "objective": 3, "convention": 3, "choice": 3}.items():
        assert len({kind[table] for kind in kinds}) >= fewest
    assert any(level.fanout for problem in problems for level in problem.machine.levels)


def test_no_more_mappings_than_foretold() -> None:
    for number in range(40):
        problem = draw(5, number)
        space = problem.space()
        _, mappings = price_all(problem, space)
        most = most_mappings(problem, space)
        assert mappings <= most <= CAP
        assert mappings == most or any(level.fanout for level in problem.machine.levels)


def test_nothing_is_at_fault_where_the_mapper_is_right() -> None:
    outcome = check(SMALL)
    assert outcome.fault == ""
    assert outcome.proven
    assert outcome.answer == pytest.approx(outcome.least, rel=1e-12)


def answers(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Have the mapper answer with some figures changed, when it has time."""
    optimal = load_mapper("optimal")

    def answer(space: MapSpace, options: SearchOptions) -> Found:
        found = optimal(space, options)
        if math.isinf(options.time_limit_s):
            for name, factor in changed.items():
                value = getattr(found, name)
                setattr(found, name, value * factor)
        return found

    monkeypatch.setattr(checking, "load_mapper", lambda name: answer)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"score": 1.1}, "wrong"),
        ({"score": math.inf}, "none"),
        ({"lower_bound": 1.1}, "bound"),
        ({"score": 0.9}, "other"),
    ],
)
def test_what_is_called_a_fault(changed: dict[str, float], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, **changed)
    assert check(SMALL).fault == fault


def test_bounds_of_a_search_that_is_stopped_and_answers_under_a_bar_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(checking, "_stopped", lambda *_, **__: 1e9)
        assert check(SMALL).fault == "bound"
    with monkeypatch.context() as patch:
        patch.setattr(checking, "_told_a_bar", lambda *_: 1e9)
        assert check(SMALL).fault == "wrong"


def test_refusals_and_exceptions_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Found:
        raise InfeasibleError("no mapping exists")

    with monkeypatch.context() as patch:
        patch.setattr(MapSpace, "require_feasible", refuse)
        outcome = check(SMALL)
        assert (outcome.fault, outcome.note) == ("none", "no mapping exists")
    monkeypatch.setattr(checking, "load_mapper", lambda name: refuse)
    outcome = check(SMALL)
    assert outcome.fault == "other"
    assert outcome.note.startswith("InfeasibleError")


def test_brute_force_takes_another_axis_where_a_constraint_forbids_the_first() -> None:
    """P may run on Y only: the best mapping is the mapper's, though brute force would try X first."""
    layer = Layer(name="small", P=2, K=2)
    levels = (Level(name="L0", read_pj=1, fanout=(Axis("X", 2), Axis("Y", 2))), Level(name="L1", read_pj=1))
    machine = Accelerator(name="two axes", levels=levels, mac_pj=1.0)
    outcome = check(Problem(layer, machine, "latency", "timeloop", constraints=("L0.X.parallel = K",)))
    assert outcome.least == 1
    assert outcome.fault == ""


def test_a_failing_problem_becomes_the_smallest_that_fails() -> None:
    def fails(problem: Problem) -> bool:
        return problem.layer.K > 2 and any(level.keeps == ("W", "O") for level in problem.machine.levels)

    least = shrink(EVERYTHING, fails)
    outer, inner = least.machine.levels
    assert least.layer == Layer(name="drawn", K=3, psum_bits=8)
    assert outer == Level(name="L0", read_pj=1.0, write_pj=1.0)
    assert inner == Level(name="L2", keeps=("W", "O"), read_pj=1.0, write_pj=1.0)
    assert (least.objective, least.convention, least.constraints) == ("energy", "default", ())


def test_what_a_failure_needs_stays_as_small_as_fails() -> None:
    def fails(problem: Problem) -> bool:
        levels = problem.machine.levels
        return sum(5 <= level.capacity_words < math.inf for level in levels) == 1 and bool(problem.constraints)

    least = shrink(EVERYTHING, fails)
    assert [level.capacity_words for level in least.machine.levels] == [math.inf, 5]
    assert len(least.constraints) == 1


def test_every_step_of_shrinking_is_downhill() -> None:
    """So that shrinking ends: what is smaller than a problem is never that problem, and each can be made smaller."""
    for candidate in smaller(EVERYTHING):
        assert candidate != EVERYTHING
        assert EVERYTHING not in smaller(candidate)


def made(python: str) -> dict[str, Any]:
    """What the lines of a problem define, but for those of the search."""
    known = {"Accelerator": Accelerator, "Axis": Axis, "Layer": Layer, "Level": Level, "MapSpace": MapSpace}
    exec(python.partition("space.require_feasible()")[0], known)
    return known


def test_a_problem_is_printed_as_python() -> None:
    python = as_python(EVERYTHING, Outcome(7, 12.5, 13.0, True, "wrong", "answered 13.0"))
    known = made(python)
    assert known["layer"] == EVERYTHING.layer
    assert known["machine"] == EVERYTHING.machine
    assert known["space"].constraints == EVERYTHING.constraints
    assert known["space"].convention == "timeloop"
    compile(python, "test", "exec")
    assert "approx(12.5, rel=1e-12)" in python
    assert "the best of 7 mappings; the mapper: answered 13.0" in python


def test_the_same_problems_whatever_the_jobs() -> None:
    one, two = hunt.hunt(0, 60, math.inf, 1), hunt.hunt(0, 60, math.inf, 2)
    assert one.rows == two.rows
    assert one.failed == two.failed
    assert one.total["problems"] == 60
    assert one.total["wrong"] == one.total["bound"] == 0


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["proof_hunt.py", *arguments])
    return hunt.main()


def test_the_exit_status_says_whether_any_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hunt, "draw", lambda seed, number: SMALL)
    assert run_main(monkeypatch, "--problems", "3", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["failed"] == 0
    assert report["tables"]["all"]["all"]["proofs"] == 3

    answers(monkeypatch, score=1.1)
    assert run_main(monkeypatch, "--problems", "5") == 1
    printed = capsys.readouterr().out
    assert printed.count("# problem ") == hunt.MOST_SHRUNK
    smallest = made(printed[printed.index("layer = ") :].partition("\n\n")[0])
    assert smallest["layer"].macs == 1
    assert len(smallest["machine"].levels) == 1


def test_time_ends_a_hunt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunt, "draw", lambda seed, number: SMALL)
    tally = hunt.hunt(0, math.inf, 0.01, 1)
    assert tally.total["problems"] % hunt.ROUND == 0
    assert 0 < tally.total["problems"] < 10_000
