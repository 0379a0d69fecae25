"""What a saved design costs (it replays a run's figures exactly), or a network on an accelerator, mapped anew, or the
mapping in a nest file or a folder of Timeloop's or ZigZag's files, or a network on SCALE-Sim's systolic array."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosearch.commands.evaluate_language import (
    add_language_options,
    asked_language,
    dram_bytes,
    print_serving,
    require_memory,
    require_one_format,
    sweep_language,
)
from cosearch.commands.latency_model import add_latency_model_option, print_measured_network, require_latency_model
from cosearch.commands.options import (
    CARRIED,
    add_bits_table_options,
    add_carrying_options,
    add_import_options,
    add_layer_precision_option,
    add_mapper_options,
    add_precision_option,
    add_subnet_space_option,
    asked_bits,
    carried,
    layer_formats,
    mapper_options,
    name_subnet_space,
    named_networks,
    number_formats,
    option_error,
    refuse_network_options,
    say_what_is_lost,
    settle_mapper_options,
)

if TYPE_CHECKING:
    from accel_models.cost import Cost

EXAMPLE = "cosearch evaluate runs/001/best.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("file", type=Path, nargs="?", metavar="BEST.YAML", help="as a search wrote it")
    parser.add_argument("--nest", type=Path, metavar="FILE", help="a layer, memories and loops in plain JSON")
    parser.add_argument("--timeloop", type=Path, metavar="DIR", help="Timeloop's problem, architecture and mapping")
    parser.add_argument("--zigzag", type=Path, metavar="DIR", help="ZigZag's hardware, workload and mapping")
    parser.add_argument("--scalesim", type=Path, metavar="FILE.cfg", help="count --network as SCALE-Sim does")
    parser.add_argument(
        "--network",
        metavar="NAME",
        help="a name of 'cosearch networks list', FILE.onnx, .csv or .yaml of other tools, or PACKAGE.MODULE:FACTORY",
    )
    parser.add_argument("--accelerator", metavar="NAME", help="a name of 'cosearch accelerators list', or a YAML file")
    parser.add_argument("--resolution", type=int, help="of the network's input image (default: as published)")
    add_subnet_space_option(parser)
    add_import_options(parser)
    add_precision_option(parser)
    add_layer_precision_option(parser)
    add_bits_table_options(parser)
    add_language_options(parser)
    add_mapper_options(parser, objective="edp", evaluations=2000)
    add_latency_model_option(parser)
    parser.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="also say what the network takes on a device: a table of its layers",
    )
    add_carrying_options(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate what is asked for."""
    from nets.errors import InputError

    name_subnet_space(args)
    asked = {
        "a file": args.file,
        "--nest": args.nest,
        "--timeloop": args.timeloop,
        "--zigzag": args.zigzag,
        "--network": args.network,
    }
    given = [name for name, value in asked.items() if value is not None]
    if len(given) != 1:
        shown = " and ".join(given) or "nothing"
        raise InputError("evaluate", shown, "is not one thing to evaluate", "give one of " + ", ".join(asked))
    if args.scalesim is not None:
        from cosearch.commands.evaluate_systolic import evaluate_systolic

        return evaluate_systolic(args)
    if args.network is not None and args.accelerator is None:
        raise InputError("--network", args.network, "runs on an accelerator", "name it by --accelerator")
    if args.network is None and args.accelerator is not None:
        raise InputError("--accelerator", args.accelerator, f"has no effect on {given[0]}", "it goes with --network")
    if args.network is None:
        refuse_network_options(args)
        for option in (*CARRIED, "resolution", "latency_model", "latency", *args.usual):
            if (value := getattr(args, option)) is not None:
                raise option_error(option, value, f"has no effect on {given[0]}", "it goes with --network")
    settle_mapper_options(args)
    if args.sweep is not None:
        return sweep_language(args)
    if args.nest is not None:
        return _nest(args)
    if args.timeloop is not None:
        return _timeloop(args)
    if args.zigzag is not None:
        return _zigzag(args)
    return _network(args) if args.network is not None else _replay(args)


def _replay(args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.evaluation.winner import winner_to_dict
    from cosearch.reports.summary import print_winner
    from cosearch.studies.replay import read_best

    replay = read_best(args.file)
    if args.json:
        figures = winner_to_dict(replay.winner, replay.objective)
        print_json(figures | {"objective": replay.objective.name, "exact": replay.exact})
    else:
        print_winner(replay.winner, replay.objective, replay.baselines, sys.stdout, replay.joint)
    if replay.recorded:
        same = "these are the figures in the file, to the last bit"
        print(same if replay.exact else "these differ from the figures in the file: it is of another version or edited",
              file=sys.stderr)  # fmt: skip
    return 0


def _network(args: argparse.Namespace) -> int:
    from accel_models.accelerator import Accelerator
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_machine
    from cosearch.commands.output import print_json
    from cosearch.evaluation.elsewhere import of_any_widths
    from cosearch.evaluation.layer_bits import map_mixed
    from cosearch.evaluation.mapped_networks import map_networks
    from cosearch.evaluation.measured_network import MeasuredNetwork
    from cosearch.evaluation.precision import at_precision_of, formats_on, precision_note, with_own_formats
    from cosearch.evaluation.serving import Serving
    from cosearch.evaluation.winner import winner_to_dict
    from cosearch.problem.objective import load_objective
    from cosearch.reports.printable import one_line
    from cosearch.reports.summary import print_winner
    from nets.latency import read_network_latency

    objective, formats = load_objective(args.objective), number_formats(args)
    machine = load_machine(args.accelerator, precision=arithmetic_of(formats), **carried(args))
    say_what_is_lost(machine)
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    named = named_networks(args, [args.network])[0]
    if args.latency_model is not None:
        require_latency_model(args.latency_model, accelerator)
    language, used, asked = asked_language(args, named), formats_on(accelerator, formats), asked_bits(args)
    capacity = None if language is None else dram_bytes(args, accelerator)
    if language is not None and capacity is not None:
        require_memory(language, used, capacity)
    require_one_format(args, language)
    own = layer_formats(args)
    elsewhere = None if args.latency is None else read_network_latency(named, args.latency)
    if elsewhere is not None and asked is not None:
        elsewhere = of_any_widths(elsewhere)
    network = with_own_formats(accelerator, at_precision_of(accelerator, named, formats), own)
    note = precision_note(accelerator, network.layers, formats, own)
    chosen = None
    if asked is None:
        winner = map_networks([network], machine, mapper_options(args), args.evaluations)
    else:
        winner, chosen = map_mixed(network, *asked, machine, mapper_options(args), args.evaluations)
    serving = None if language is None else Serving.of(language, winner.costs[0], used)
    measured = None if args.latency_model is None else MeasuredNetwork.of(winner.costs[0], args.latency_model)
    if args.json:
        figures = winner_to_dict(winner, objective) | {"objective": objective.name, "precision": note or None}
        figures |= {} if chosen is None else {"layer_bits": chosen.to_dict()}
        figures |= {} if measured is None else {"latency_model": measured.to_dict()}
        figures |= {} if elsewhere is None else {"elsewhere": asdict(elsewhere)}
        print_json(figures | ({} if serving is None else {"serving": serving.to_dict(capacity)}))
    else:
        print_winner(winner, objective, [], sys.stdout)
        if serving is not None:
            print_serving(serving, capacity)
        if chosen is not None:
            print(one_line(str(chosen)))
        if note:
            print(f"note: {note}")
        if measured is not None:
            print_measured_network(measured)
        if elsewhere is not None:
            print(one_line(f"elsewhere  {elsewhere}: {elsewhere.estimates}"))
    return 0


def _nest(args: argparse.Namespace) -> int:
    from accel_models.cost import evaluate
    from accel_models.formats.nest import read_nest

    nest = read_nest(args.nest)
    cost = evaluate(nest.layer, nest.accelerator, nest.mapping, convention="timeloop")
    return _print_cost(cost, cost.to_dict(), args)


def _timeloop(args: argparse.Namespace) -> int:
    from accel_models.cost import evaluate
    from accel_models.formats.timeloop import load_timeloop
    from accel_models.formats.timeloop.inputs import count_inputs_as_timeloop
    from nets.errors import InputError

    case = load_timeloop(args.timeloop)
    for line in case.lacks:
        print(f"not modelled: {line}", file=sys.stderr)
    if case.mapping is None:
        raise InputError("--timeloop", str(args.timeloop), "holds no mapping", "its files are meant for a mapper")
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    if cost.error is None:
        cost = count_inputs_as_timeloop(cost, case.names)
    data = cost.to_dict()
    return _print_cost(cost, data | {"levels": case.rename(data["levels"])}, args)


def _zigzag(args: argparse.Namespace) -> int:
    from accel_models.cost import evaluate
    from accel_models.formats.zigzag import load_zigzag
    from cosearch.commands.output import print_json
    from nets.errors import InputError

    cases = [(case, case.mapping) for case in load_zigzag(args.zigzag) if case.mapping is not None]
    if not cases:
        hint = f"search them: cosearch map --zigzag {args.zigzag}"
        raise InputError("--zigzag", str(args.zigzag), "gives no layer's temporal_ordering", hint)
    say_what_is_lost(cases[0][0].accelerator)
    costs = [evaluate(case.layer, case.accelerator, nest, convention="timeloop") for case, nest in cases]
    for cost in costs:
        if cost.error is not None:
            raise cost.error
    if args.json:
        print_json([cost.to_dict() for cost in costs])
        return 0
    for number, cost in enumerate(costs):
        print("\n" if number else "", end="")
        _print_cost(cost, cost.to_dict(), args)
    return 0


def _print_cost(cost: Cost, data: dict[str, Any], args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json

    if cost.error is not None:
        raise cost.error
    if args.json:
        print_json(data)
        return 0
    print(f"{cost.layer.name}: {cost.cycles:,.0f} cycles, bound by {cost.bound_by}")
    print(f"energy {cost.energy_pj * 1e-6:.6g} uJ, utilization {cost.utilization:.1%}, {cost.layer.macs:,} MACs\n")
    print(f"{'level':<20}{'tensor':<12}{'reads':>16}{'fills':>16}{'updates':>16}")
    for level, tensors in data["levels"].items():
        for tensor, counts in tensors.items():
            print(f"{level:<20}{tensor:<12}" + "".join(f"{counts[k]:>16,}" for k in ("reads", "fills", "updates")))
    return 0
