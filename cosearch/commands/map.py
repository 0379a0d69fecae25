"""Search the best mapping of one layer on an accelerator and print it as a loop nest with its cost and its proof, or
those of all layers of a network that make its energy-delay product least."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cosearch.commands.latency_model import add_latency_model_option, print_prediction, require_latency_model
from cosearch.commands.map_problem import Problem, folder_option, problems
from cosearch.commands.options import (
    add_bits_table_options,
    add_carrying_options,
    add_import_options,
    add_layer_precision_option,
    add_precision_option,
    add_subnet_space_option,
    name_subnet_space,
    settle_mapper_options,
)

if TYPE_CHECKING:
    from accel_models.calibration.latency_models import MeasuredLatency
    from cosearch.commands.map_perfect import PerfectGap
    from mappings import MappingResult
    from mappings.proof_check import Verdict

EXAMPLE = "cosearch map --layer K=64,C=64,P=56,Q=56,R=3,S=3 --accelerator nvdla_256 --mapper optimal --tiles perfect"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    what = parser.add_argument_group("what to map")
    what.add_argument("--layer", help="NETWORK:LAYER, or dims as in K=64,C=64,P=56,Q=56,R=3,S=3,stride=2")
    what.add_argument(
        "--network",
        metavar="NAME",
        help="all layers of a network, FILE.onnx or PACKAGE.MODULE:FACTORY",
    )
    add_subnet_space_option(what)
    add_import_options(what)
    add_precision_option(what)
    add_layer_precision_option(what)
    add_bits_table_options(what)
    what.add_argument("--resolution", type=int, help="of the network's input image (default: as published)")
    what.add_argument("--accelerator", help="a name of 'cosearch accelerators list', or a YAML file")
    what.add_argument(
        "--system",
        metavar="NAME",
        help="with --network: several cores with links and one DRAM instead, a name (big_little, set_mesh, "
        "simba_package) or a YAML file",
    )
    what.add_argument(
        "--items", type=int, metavar="B", help="with --system: inferences one after the other (default: 1)"
    )
    add_carrying_options(what)
    what.add_argument("--timeloop", metavar="DIR", help="layer and accelerator of a folder of Timeloop files instead")
    what.add_argument("--zigzag", metavar="DIR", help="each layer of a folder of ZigZag's files, on its hardware")
    parser.set_defaults(usual={"mapper": "cmaes", "tiles": "ragged", "evaluations": 2000, "seed": 0})
    how = parser.add_argument_group("how")
    how.add_argument(
        "--fuse",
        action="store_true",
        help="with --network: let layers run together tile by tile, so that what lies between them stays on the chip",
    )
    how.add_argument("--mapper", help="how to search (default: cmaes); 'optimal' proves its answer")
    how.add_argument("--objective", default="edp", help="edp, latency or energy (default: edp)")
    how.add_argument(
        "--aggregate",
        choices=("network", "layers"),
        help="with --network: make energy x latency of the network least, or the sum of the layers' EDPs "
        "(default: network, which is what a battery and a user see)",
    )
    how.add_argument(
        "--tiles",
        choices=("ragged", "perfect", "even", "uneven", "ragged-uneven"),
        help="ragged (default), perfect or even (tiles divide), uneven (and each tensor stays at a memory over its own "
        "loops), ragged-uneven",
    )
    how.add_argument("--constraint", action="append", default=[], help="as in 'L2.tile.K <= 8'; several are allowed")
    how.add_argument("--convention", help="what a cost counts (default: default, or timeloop for files of other tools)")
    add_latency_model_option(how)
    how.add_argument("--evaluations", type=int, help="mappings to evaluate (default: 2000)")
    how.add_argument("--time-limit", type=float, default=None, metavar="S", help="answer after so many seconds")
    how.add_argument("--seed", type=int, help="same seed, same mapping (default: 0)")
    how.add_argument(
        "--check-proof",
        action="store_true",
        help="price every mapping that may beat a proven one, for as long as --time-limit at most",
    )


def run(args: argparse.Namespace) -> int:
    """Search and print."""
    from cosearch.commands import map_check
    from cosearch.commands.map_network import map_network
    from cosearch.commands.output import print_json
    from nets.errors import InputError

    name_subnet_space(args)
    if args.latency_model is not None and (args.fuse or args.network is not None or folder_option(args)):
        hint = "of a network: cosearch evaluate --network takes it too"
        raise InputError("map --latency-model", args.latency_model, "is of one layer, --layer", hint)
    if args.system is not None:
        from cosearch.commands.map_cores import map_on_cores

        if args.network is None or args.layer or folder_option(args) or args.check_proof or args.fuse:
            rule = "speaks of all layers of a network"
            raise InputError("map", "--system", rule, "name it by --network, and leave --fuse out")
        return map_on_cores(args)
    if args.items is not None:
        raise InputError("--items", args.items, "goes with --system")
    if args.fuse:
        from cosearch.commands.map_fused import map_fused

        if args.network is None or args.layer or folder_option(args) or args.check_proof:
            raise InputError("map", "--fuse", "speaks of all layers of a network", "name it by --network, and no other")
        return map_fused(args)
    settle_mapper_options(args)
    limit = float("inf") if args.time_limit is None else args.time_limit
    if not limit >= 0:
        raise InputError("--time-limit", args.time_limit, "must be a number of seconds, at least 0")
    if args.check_proof:
        map_check.require_checkable(args)
    folder = folder_option(args)
    if args.network is not None:
        if args.layer or folder:
            raise InputError("--network", args.network, "brings its own layers", f"leave --{folder or 'layer'} out")
        return map_network(args, limit)
    for option in ("aggregate", "resolution"):
        if (value := getattr(args, option)) is not None:
            raise InputError(f"--{option}", value, "goes with --network")
    answers = []
    for number, problem in enumerate(problems(args)):
        answer = _answer(problem, args, limit)
        answers.append(answer)
        if not args.json:
            print("\n" if number else "", end="")
            _print_answer(answer, args, limit)
    if args.json:
        figures = [_figures(answer, args) for answer in answers]
        print_json(figures if folder == "zigzag" else figures[0])
    for answer in answers:
        map_check.require_agreement(answer.found, answer.verdict, _unit(answer.found))
    return 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found for a problem: the mapping, its gap to perfect tiles, what checking its proof said, and what a
    model of measured latencies makes of it."""

    problem: Problem
    found: MappingResult
    perfect: PerfectGap | None
    verdict: Verdict | None
    measured: MeasuredLatency | None


def _answer(problem: Problem, args: argparse.Namespace, limit_s: float) -> _Answer:
    from cosearch.commands import map_check
    from cosearch.commands.map_perfect import against_perfect, can_compare
    from cosearch.evaluation.mapped_networks import require_energies
    from cosearch.problem.objective import load_objective
    from mappings import search

    constraints = (*problem.constraints, *args.constraint)
    require_energies(problem.accelerator, args.objective)
    if args.latency_model is not None:
        require_latency_model(args.latency_model, problem.accelerator)
    found = search(
        problem.layer,
        problem.accelerator,
        mapper=args.mapper,
        budget=args.evaluations,
        objective=load_objective(args.objective).name,
        seed=args.seed,
        tiles=args.tiles,
        constraints=constraints,
        convention=args.convention or problem.convention,
        time_limit_s=limit_s,
    )
    perfect = None
    if found.weak and not found.proven and can_compare(args.mapper, args.tiles):
        perfect = against_perfect(found, constraints=constraints, limit_s=limit_s)
        if perfect is not None and args.tiles != "ragged":  # then it bounds the very mappings that were searched
            found = replace(found, lower_bound=max(perfect.lower_bound, found.lower_bound), weak=False)
            perfect = None
    verdict = None
    if args.check_proof:
        verdict = map_check.check_proof(found, tiles=args.tiles, constraints=constraints, limit_s=limit_s)
    return _Answer(problem, found, perfect, verdict, _measured(found, args.latency_model))


def _measured(found: MappingResult, model: str | None) -> MeasuredLatency | None:
    from accel_models.calibration.latency_models import measured_latency

    return None if model is None else measured_latency(found.layer, found.accelerator, found.mapping, model=model)


def _unit(found: MappingResult) -> float:
    """What makes a score one in the unit of the objective: J s, cycles or pJ."""
    return 1e-12 / found.accelerator.clock_hz if found.objective == "edp" else 1.0


def _figures(answer: _Answer, args: argparse.Namespace) -> dict[str, Any]:
    """Plain data; score and bound in the unit of the objective."""
    from cosearch.commands import map_check

    found, perfect, lacks = answer.found, answer.perfect, answer.problem.lacks
    unit = _unit(found)
    more: dict[str, Any] = {"lacks": lacks} if folder_option(args) or lacks else {}
    if args.check_proof:
        more["check"] = map_check.figures(answer.verdict, unit)
    if answer.measured is not None:
        more["latency_model"] = answer.measured.to_dict()
    extra = {key: value.item() if hasattr(value, "item") else value for key, value in found.extra.items()}
    return (
        extra
        | {
            "layer": found.layer.name,
            "accelerator": found.accelerator.name,
            "objective": found.objective,
            "energy_pj": found.cost.energy_pj,
            "cycles": found.cost.cycles,
            "edp": found.cost.edp,
            "lower_bound": found.lower_bound * unit,
            "gap": found.gap,
            "weak": found.weak and not found.proven,
            "perfect_tiles": None if perfect is None else perfect.to_dict(unit),
            "proven": found.proven,
            "evaluations": found.evaluations,
            "pruned": extra.get("pruned", 0),
            "seconds": found.seconds,
            "mapping": found.mapping.to_dict(),
            "loop_nest": found.mapping.describe(found.layer),
            "cost": found.cost.to_dict(),
        }
        | more
    )


def _print_answer(answer: _Answer, args: argparse.Namespace, limit_s: float) -> None:
    from cosearch.commands import map_check

    _print(answer.found, answer.perfect)
    if args.check_proof:
        print(f"proof        {map_check.in_words(answer.verdict, limit_s)}")
    if answer.measured is not None:
        measured, accelerator = answer.measured, answer.found.accelerator
        print_prediction(measured.model, measured.prediction, accelerator.clock_hz)
    for sentence in answer.problem.lacks:
        print(f"note         {sentence}")


def _print(found: MappingResult, perfect: PerfectGap | None) -> None:
    from cosearch.commands.output import print_proof
    from cosearch.reports.printable import one_line, printable

    cost, layer, accelerator = found.cost, found.layer, found.accelerator
    print(f"{one_line(layer.name)} on {one_line(accelerator.name)}: {layer.macs:,} MACs\n")
    print(printable(found.mapping.describe(layer)))
    print(
        f"\nlatency      {cost.latency_s * 1e6:.4g} us ({cost.cycles:,.0f} cycles), bound by {one_line(cost.bound_by)}"
    )
    print(f"energy       {cost.energy_pj * 1e-6:.4g} uJ")
    print(f"EDP          {cost.edp:.4g} J s")
    print(f"utilization  {cost.utilization:.1%} of {accelerator.macs_per_cycle} MACs a cycle")
    if perfect is not None:
        print(f"tiles        {perfect}")
    print_proof(found.gap, proven=found.proven, none_better="no mapping of this kind is better", weak=found.weak)
    print(f"search       {found.evaluations:,} evaluations in {found.seconds:.3g} s by {found.objective}")
