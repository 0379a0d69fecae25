"""Search a space of networks for one accelerator, by any of the strategies of the literature; compare strategies.

cosearch nas            one search
cosearch nas compare    several methods at equal evaluations over several seeds: a table and a plot
cosearch nas methods    the methods and their settings
cosearch nas spaces     the spaces"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosearch.nas.compare import Comparison
    from cosearch.nas.search import NasResult
    from cosearch.nas.setup import Request
    from cosearch.problem.architectures import Evaluated, Problem

EXAMPLE = "cosearch nas --method evolution --space ofa-mobilenetv3 --accelerator eyeriss --budget latency=90ms"

DEFAULT_METHODS = "random,evolution,reinforce,cmaes"
USUAL = {"space": "ofa-mobilenetv3", "objective": "accuracy", "evaluations": 1000, "seed": 0, "seeds": 5}
_BOTH = (
    *(
        "space",
        "data",
        "accelerator",
        "latency",
        "budget",
        "limit",
        "patches",
        "min_accuracy",
        "objective",
        "target",
        "alpha",
    ),
    *("beta", "weights", "resolution", "predictor", "evaluations", "mappings", "set", "quiet"),
)
OPTIONS_OF = {"search": (*_BOTH, "method", "seed"), "compare": (*_BOTH, "methods", "seeds", "out")}
"""Which options an action takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", nargs="?", default="search", choices=("search", "compare", "methods", "spaces"))
    parser.add_argument("--method", help="search: how (default: evolution); see cosearch nas methods")
    parser.add_argument("--methods", metavar="A,B,C", help=f"compare: which (default: {DEFAULT_METHODS})")
    parser.add_argument(
        "--space",
        help="see cosearch nas spaces, or PACKAGE.MODULE:SPACE; SUPERNET.pt with --data, after SPACE= where the space "
        "is your own (default: ofa-mobilenetv3)",
    )
    parser.add_argument("--data", help="images to measure a supernet's subnets on: digits, or a folder")
    parser.add_argument("--accelerator", help="a published one, or a file (default: eyeriss)")
    parser.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="of a device, in place of an accelerator: a table of layers (YAML, or a folder of them), or a predictor",
    )
    parser.add_argument(
        "--budget", action="append", metavar="LIMITS", help="that a network keeps, e.g. latency=90ms,energy=5mJ"
    )
    parser.add_argument(
        "--limit",
        action="append",
        metavar="LIMITS",
        help="on a network by itself: sram=320KB,flash=1MB (at 8 bits, as on a microcontroller),macs=300M,params=4M",
    )
    parser.add_argument(
        "--patches",
        type=int,
        metavar="N",
        help="run the first part of a network in N x N patches where that takes less memory (with --limit sram=...)",
    )
    parser.add_argument("--min-accuracy", type=float, metavar="PERCENT", help="top-1 that a network reaches")
    parser.add_argument(
        "--objective",
        help="accuracy, capacity (MACs, where no accuracy is known), latency, energy, power, macs or params; several "
        "with commas; mnas-soft, mnas-hard; weighted (default: accuracy)",
    )
    parser.add_argument("--target", metavar="COST", help="mnas-soft, mnas-hard: e.g. latency=80ms")
    parser.add_argument("--alpha", type=float, help="mnas: exponent at or below the target (soft: -0.07, hard: 0)")
    parser.add_argument("--beta", type=float, help="mnas: exponent above the target (soft: -0.07, hard: -1)")
    parser.add_argument(
        "--weights", metavar="COSTS", help="weighted: percent of accuracy a doubling is worth, e.g. latency=2,energy=1"
    )
    parser.add_argument("--resolution", metavar="N,N", help="of the input image (default: all with known accuracy)")
    parser.add_argument(
        "--predictor", type=Path, metavar="FILE", help="of accuracy (default: that of the space); measured ones as CSV"
    )
    parser.add_argument("--evaluations", type=int, metavar="N", help="to spend (default: 1000)")
    parser.add_argument("--mappings", type=int, metavar="N", help="tried for each layer shape (default: 100)")
    parser.add_argument("--seed", type=int, help="search: same seed, same result (default: 0)")
    parser.add_argument("--seeds", type=int, metavar="N", help="compare: searches of each (default: 5)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="of the method; compare: METHOD.NAME=VALUE"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.svg", help="compare: plot (default: strategies.svg)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(usual=USUAL)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from cosearch.commands.options import refuse_of_other_actions, settle

    refuse_of_other_actions(args, args.action, OPTIONS_OF)
    settle(args)
    return {"search": _search, "compare": _compare, "methods": _methods, "spaces": _spaces}[args.action](args)


def _methods(args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.strategies.methods import METHODS, method, settings_of

    rows: list[dict[str, Any]] = [
        {"method": name, "title": method(name).title, "several": method(name).several, "settings": settings_of(name)}
        for name in METHODS
    ]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['method']}: {row['title']}" + ("; several objectives" if row["several"] else ""))
        print("  " + (", ".join(f"{name}={value}" for name, value in row["settings"].items()) or "no settings"))
    return 0


def _spaces(args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.nas.setup import ALIASES, has_accuracy
    from nets.spaces import list_spaces, load_space

    other = {id: name for name, id in ALIASES.items()}
    rows: list[dict[str, Any]] = [
        {
            "space": id,
            "also": other.get(id),
            "title": load_space(id).title,
            "architectures": load_space(id).total_size,
            "accuracy": has_accuracy(id),
        }
        for id in list_spaces()
    ]
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        name = row["space"] if row["also"] is None else f"{row['space']} ({row['also']})"
        known = "accuracy predicted" if row["accuracy"] else "accuracy not known"
        print(f"{name}: {row['title']}; {row['architectures']:.3g} architectures; {known}")
    return 0


def _search(args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.nas.search import search
    from cosearch.strategies.methods import make_strategy

    name, settings = args.method or "evolution", _settings(args.set)
    problem = _request(args).problem()
    make_strategy(name, problem, evaluations=args.evaluations, seed=args.seed, settings=settings)
    _warn(problem)
    callback = None if args.quiet else _Progress(args.evaluations)
    result = search(problem, name, evaluations=args.evaluations, seed=args.seed, settings=settings, callback=callback)
    if args.json:
        print_json(result.to_dict() | _machine(args))
    else:
        _say(result)
    if result.interrupted:
        return 130
    if result.best is None:
        print(f"cosearch: {_closest(result)}", file=sys.stderr)
        return 3
    _say_over_target(result)
    return 0


def _compare(args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.nas.compare import compare
    from cosearch.reports.strategy_chart import comparison_chart
    from nets.documents import require_writable, write_whole

    names = [name.strip() for name in (args.methods or DEFAULT_METHODS).split(",")]
    out = require_writable("--out", args.out or Path("strategies.svg"))
    problem = _request(args).problem()
    _warn(problem)
    comparison = compare(
        problem,
        names,
        evaluations=args.evaluations,
        seeds=args.seeds,
        settings=_settings_by_method(args.set, names),
        callback=None if args.quiet else _say_done,
    )
    write_whole(out, comparison_chart(comparison).file())
    if args.json:
        print_json(comparison.to_dict() | _machine(args) | {"plot": str(out)})
    else:
        print_comparison(comparison)
        if comparison.remark is not None:
            print(comparison.remark)
        print(f"plot: {out}")
    return 0 if any(row.best for row in comparison.rows) else 3


def _machine(args: argparse.Namespace) -> dict[str, Any]:
    """What the networks were searched for: an accelerator, or a device of measured latencies."""
    from cosearch.nas.setup import USUAL_MACHINE

    device = None if args.latency is None else str(args.latency)
    return {"accelerator": None if device else args.accelerator or USUAL_MACHINE, "device": device}


def _request(args: argparse.Namespace) -> Request:
    from cosearch.nas.setup import Request
    from cosearch.problem.budget import Budget
    from cosearch.problem.network_limits import read_network_limits

    return Request(
        space=args.space,
        data=args.data,
        accelerator=args.accelerator,
        latency=args.latency,
        objective=args.objective,
        budget=Budget.parse(*args.budget) if args.budget else Budget(),
        limits=read_network_limits(*(args.limit or ())),
        patches=args.patches,
        min_accuracy=args.min_accuracy,
        target=Budget.parse(args.target) if args.target else Budget(),
        alpha=args.alpha,
        beta=args.beta,
        weights=_numbers("--weights", args.weights),
        resolutions=_whole("--resolution", args.resolution),
        predictor=args.predictor,
        mapper_budget=args.mappings,
    )


def _whole(option: str, text: str | None) -> list[int]:
    from nets.documents.grammar import Piece

    return [] if text is None else [piece.count(option, "write e.g. 160,224") for piece in Piece.of(text).split(",")]


def _numbers(option: str, text: str | None) -> dict[str, float]:
    """``latency=2,energy=1`` as a dict."""
    from nets.errors import InputError

    found: dict[str, float] = {}
    for word in [] if text is None else text.split(","):
        name, _, value = (part.strip() for part in word.partition("="))
        if name in found:
            raise InputError(f"{option} {name}", word, "is given twice", "leave one out")
        try:
            found[name] = float(value)
        except ValueError:
            raise InputError(option, word, "must be a name and a number", "write e.g. latency=2,energy=1") from None
    return found


def _settings(words: Sequence[str]) -> dict[str, Any]:
    """``population=50`` as a dict; numbers and truth values as such."""
    from nets.documents import parse_yaml
    from nets.errors import InputError

    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise InputError("--set", word, "must be one name and its value, given once", "write e.g. population=50")
        found[name.strip()] = parse_yaml(value, f"--set {name.strip()}")
    return found


def _settings_by_method(words: Sequence[str], methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    from nets.errors import InputError

    found: dict[str, dict[str, Any]] = {}
    for name, value in _settings(words).items():
        method, dot, setting = name.partition(".")
        if not dot or method not in methods:
            raise InputError("--set", name, "must begin with one of the methods compared", f"{methods[0]}.{name}=...")
        found.setdefault(method, {})[setting] = value
    return found


class _Progress:
    """A line on standard error after every tenth of the evaluations."""

    def __init__(self, evaluations: int) -> None:
        self._evaluations, self._tenths = evaluations, 0

    def __call__(self, evaluated: Sequence[Evaluated]) -> None:
        tenths = 10 * len(evaluated) // self._evaluations
        if tenths > self._tenths and sys.stderr.isatty():
            kept = sum(found.feasible for found in evaluated)
            print(f"{len(evaluated)} of {self._evaluations} evaluations, {kept} within limits", file=sys.stderr)
        self._tenths = tenths


def _say_done(result: NasResult) -> None:
    best = "nothing within the limits" if result.best is None else _figures(result, result.best)
    print(f"{result.method}, seed {result.seed}: {best}; {result.seconds:.1f} s", file=sys.stderr)


def _warn(problem: Problem) -> None:
    for warning in problem.warnings():
        print(f"cosearch: warning: {warning}", file=sys.stderr)


def _figures(result: NasResult, found: Evaluated) -> str:
    measures = result.problem.evaluator.measures
    return ", ".join(f"{measure.title} {measure.show(found.figures[measure.name])}" for measure in measures)


def _say(result: NasResult) -> None:
    broke = sum(not found.feasible for found in result.evaluated)
    limits = " and ".join(map(str, result.problem.limits)) or "no limits"
    print(f"{result.method} on {result.problem.space.id}: {result.problem.goal.name}, {limits}")
    unmeasured = sum(map(_is_unmeasured, result.evaluated))
    outside = f"{broke - unmeasured} of them outside the limits"
    unknown = f", {unmeasured} of networks that were not measured" if unmeasured else ""
    print(f"{len(result.evaluated)} evaluations in {result.seconds:.1f} s, {outside}{unknown}")
    if result.best is None:
        return
    if result.problem.goal.objectives > 1:
        print(f"front of {len(result.front)}:")
        for found in result.front:
            print(f"  {_figures(result, found)}")
    else:
        print(f"best: {_figures(result, result.best)}")
        print(f"  {result.best.config}")
    print(result.verdict)
    if result.remark is not None:
        print(result.remark)


def _is_unmeasured(found: Evaluated) -> bool:
    """Whether it is out for want of an accuracy: a table of few measurements says nothing of other networks."""
    from cosearch.problem.measures import ACCURACY

    return not found.feasible and math.isnan(found.figures.get(ACCURACY.name, 0.0))


def _closest(result: NasResult) -> str:
    found = result.closest
    if _is_unmeasured(found):
        return (
            f"none of the {len(result.evaluated)} networks tried was measured: give more --evaluations, or a --method "
            "that tries all, such as grid"
        )
    broken = [
        f"{limit} with {limit.measure.show(found.figures[limit.measure.name])}"
        for limit in result.problem.limits
        if limit.violation(found.figures[limit.measure.name]) > 0
    ]
    return f"found nothing within the limits; the closest breaks {'; '.join(broken)}"


def _say_over_target(result: NasResult) -> None:
    from cosearch.problem.goals import MnasReward

    goal = result.problem.goal
    if result.best is None or not isinstance(goal, MnasReward):
        return
    cost = result.best.figures[goal.cost.name]
    if cost > goal.target:
        share = cost / goal.target - 1
        text = f"the best is {share:.0%} above the target, which a reward only discourages"
        print(f"cosearch: {text}; --budget {goal.cost.name}=... forbids it", file=sys.stderr)


def print_comparison(comparison: Comparison) -> None:
    """The table of a comparison."""
    from rich.console import Console
    from rich.table import Table

    measure = comparison.problem.goal.measures[0]
    limits = " and ".join(map(str, comparison.problem.limits)) or "no limits"
    title = (
        f"{comparison.problem.space.id}: {comparison.problem.goal.name}, {limits}, {comparison.evaluations} evaluations"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("method")
    for heading in (f"best {measure.title}", "deviation", "found", "hypervolume", "within limits", "seconds"):
        table.add_column(heading, justify="right")
    for row in comparison.rows:
        said: Mapping[str, Any] = row.to_dict()
        table.add_row(
            row.method,
            measure.show(said["best_mean"]) if row.best else "none",
            f"{said['best_deviation'] * measure.shown_per_unit:.2g}" if len(row.best) > 1 else "-",
            f"{said['found']} of {said['seeds']}",
            f"{said['hypervolume_mean']:.3f}",
            f"{row.kept:.0%}",
            f"{row.seconds:.1f}",
        )
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 110).print(table)
