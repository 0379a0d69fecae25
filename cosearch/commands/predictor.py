"""Predict accuracy or latency: train on measured networks, evaluate, describe; build a device's table of layers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosearch.commands.options import (
    CARRIED,
    add_carrying_options,
    add_import_options,
    carried,
    chosen_config,
    named_networks,
    needed,
    refuse_network_options,
    refuse_of_other_actions,
    settle,
)
from nets.errors import NO_VALUE, InputError

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from cosearch.evaluation.latency_table import Tabulated
    from cosearch.problem.mapper_options import MapperOptions
    from nets.accuracy import Predictor
    from nets.latency import LatencyPredictor

EXAMPLE = "cosearch predictor train pairs.csv --space ofa-digits --out digits.json"

OPTIONS_OF: Final = {
    "train": ("target", "out", "model", "estimates"),
    "evaluate": ("pairs",),
    "info": ("config",),
    "table": ("network", "accelerator", *CARRIED, "resolution", "evaluations", "seed"),
}
"""Which options an action takes, beside those that all take."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("train", "evaluate", "info", "table"))
    parser.add_argument(
        "file",
        help="train: CSV of measured networks; evaluate, info: a predictor's file, the id of a space, or a table of "
        "layers (YAML, or a folder of them), or measured accuracies (CSV); table: YAML to write",
    )
    parser.add_argument("pairs", nargs="?", help="evaluate: CSV of measured networks")
    parser.add_argument(
        "--target", choices=("accuracy", "latency"), help="train: what is predicted (default: accuracy)"
    )
    parser.add_argument(
        "--space",
        help="train, table: search space, PACKAGE.MODULE:SPACE too; tables of layers and measured accuracies need it, "
        "since they do not say whose they are",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="train: predictor to write")
    parser.add_argument(
        "--model",
        help="train: ridge or mlp for accuracy (default: ridge); linear, quadratic or mlp for latency "
        "(default: quadratic for transformers, else linear)",
    )
    parser.add_argument(
        "--estimates", help="train: what was measured, in words (which images and weights, which device)"
    )
    parser.add_argument("--config", metavar="JSON", help="info: also predict this network; max or min are the extremes")
    device = parser.add_argument_group("table: of what the cost model says of a device")
    device.add_argument("--network", metavar="NAME", help="tabulate the layers of this network, in place of a space")
    add_import_options(device)
    device.add_argument("--accelerator", help="a name of 'cosearch accelerators list', or a YAML file")
    add_carrying_options(device)
    device.add_argument("--resolution", type=int, action="append", help="of the images; several are allowed")
    device.add_argument("--evaluations", type=int, help="mappings tried for each layer (default: 300)")
    device.add_argument("--seed", type=int, help="same seed, same table (default: 0)")
    parser.set_defaults(usual={"target": "accuracy", "evaluations": 300, "seed": 0})


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from cosearch.commands.output import print_figures

    refuse_of_other_actions(args, args.action, OPTIONS_OF, {"pairs": "predictor PAIRS"})
    settle(args)
    if args.network is None:
        refuse_network_options(args)
    actions = {"train": _train, "evaluate": _evaluate, "info": _info, "table": _table}
    print_figures(actions[args.action](args), as_json=args.json)
    return 0


def _train(args: argparse.Namespace) -> dict[str, Any]:
    from nets.documents import require_writable

    space, out = needed(args, "predictor", "space"), require_writable("--out", needed(args, "predictor", "out"))
    if args.target == "latency":
        from nets.latency import load_any_space, read_latency_pairs, train_latency, write_latency_predictor

        pairs = read_latency_pairs(args.file, load_any_space(space))
        latency, found = train_latency(pairs, model=args.model, estimates=args.estimates or "")
        write_latency_predictor(latency, out)
        return {"predictor": str(out)} | _described(latency) | _figures(found)
    from nets.accuracy import write_predictor
    from nets.accuracy.train import read_pairs, train
    from nets.spaces import load_space

    predictor = train(
        read_pairs(args.file, load_space(space)),
        model=args.model or "ridge",
        estimates=args.estimates or "top-1 as measured",
    )
    write_predictor(predictor, out)
    return {"predictor": str(out)} | _described(predictor)


def _evaluate(args: argparse.Namespace) -> dict[str, Any]:

    if args.pairs is None:
        raise InputError(
            "predictor evaluate", NO_VALUE, "needs measured pairs", "cosearch predictor evaluate FILE PAIRS.csv"
        )
    predictor = _predictor(args)
    if _is_latency(predictor):
        from nets.latency import compare_latency, read_latency_pairs

        return _figures(compare_latency(predictor, read_latency_pairs(args.pairs, predictor.space)))
    from nets.accuracy.train import compare, read_pairs

    return _figures(compare(predictor, read_pairs(args.pairs, predictor.space)))


def _info(args: argparse.Namespace) -> dict[str, Any]:
    if args.file.endswith(".pth"):
        return _released(args)
    predictor = _predictor(args)
    said = _described(predictor)
    if not _is_latency(predictor):
        config, accuracy = predictor.highest_reachable()
        said |= {"highest": str(accuracy), "by": config}
    if args.config is not None:
        config = chosen_config(args.config, predictor.space)
        said |= {"config": config, "predicted": str(predictor.predict(config))}
    return said


def _released(args: argparse.Namespace) -> dict[str, Any]:
    """A file of Once-for-All's, which is no predictor of top-1."""
    from nets.accuracy.ofa_mlp import load_ofa_mlp

    released = load_ofa_mlp(args.file)
    said: dict[str, Any] = {
        "id": args.file,
        "space": released.space.id,
        "estimates": "accuracy on images held out of the training set, which is 3.2 to 4.8 points above ImageNet top-1",
    }
    if args.config is not None:
        config = chosen_config(args.config, released.space)
        said |= {"config": config, "held_out_percent": round(100 * float(released.held_out([config])[0]), 2)}
    return said


def _table(args: argparse.Namespace) -> dict[str, Any]:
    from accel_models.presets import load_accelerator
    from cosearch.problem.mapper_options import MapperOptions
    from nets.documents import require_writable
    from nets.latency import write_layer_table

    if (args.space is None) == (args.network is None):
        given = "nothing" if args.space is None else f"{args.space} and {args.network}"
        raise InputError("predictor table", given, "is not one thing to tabulate", "give --space or --network")
    accelerator = load_accelerator(needed(args, "predictor", "accelerator"), **carried(args))
    if args.evaluations < 1:
        raise InputError("--evaluations", args.evaluations, "must be at least 1")
    options, out = (
        MapperOptions(objective="latency", seed=args.seed),
        require_writable("predictor table", args.file),
    )
    tabulated = _of_space if args.network is None else _of_network
    (table, precision), about = tabulated(args, accelerator, options, args.evaluations)
    write_layer_table(table, out)
    said = {"table": args.file, "device": table.device, "rows": len(table.rows)} | about
    return said | ({"precision": precision} if precision else {})


def _of_network(
    args: argparse.Namespace, accelerator: Accelerator, options: MapperOptions, evaluations: int
) -> tuple[Tabulated, dict[str, Any]]:
    """A table of a network's layers, and what else to say of it."""
    from cosearch.evaluation.latency_table import tabulate_layers

    asked = args.resolution or [None]
    if len(asked) > 1:
        raise InputError("--resolution", asked[-1], "is a second one, and a network has one", "write another table")
    args.resolution = asked[0]
    (network,) = named_networks(args, [args.network])
    return tabulate_layers(network, accelerator, options, evaluations), {"network": network.name}


def _of_space(
    args: argparse.Namespace, accelerator: Accelerator, options: MapperOptions, evaluations: int
) -> tuple[Tabulated, dict[str, Any]]:
    """A table of the parts of a space, and what else to say of it."""
    from cosearch.evaluation.latency_table import DRAWN, lists_blocks, tabulate
    from nets.spaces import load_space

    space = load_space(args.space)
    resolutions = args.resolution or [space.resolutions[-1]]
    table = tabulate(space, accelerator, resolutions, options, evaluations)
    said: dict[str, Any] = {"resolutions": resolutions}
    if not lists_blocks(space):
        said["of"] = f"{DRAWN:,} random networks, the largest and the smallest: {space.id} has too many blocks to list"
    return table, said


def _figures(agreement: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: round(value, 4) for name, value in asdict(agreement).items()}


def _described(predictor: Predictor | LatencyPredictor) -> dict[str, Any]:
    from nets.latency import LatencyPredictor

    said: dict[str, Any] = {"id": predictor.id, "space": predictor.space.id}
    if isinstance(predictor, LatencyPredictor):
        said["domain"] = predictor.domain
    else:
        low, high = predictor.resolutions
        said["resolutions"] = f"{low} to {high}"
    return said | {"estimates": predictor.estimates, "notes": " ".join(predictor.notes)}


def _is_latency(predictor: Any) -> bool:
    from nets.latency import LatencyPredictor

    return isinstance(predictor, LatencyPredictor)


def _predictor(args: argparse.Namespace) -> Any:
    """The predictor of a file, a table or a space, which must be for ``--space`` where that is given."""
    from nets.accuracy import given_predictor, load_predictor, read_predictor
    from nets.documents import hold, read_json
    from nets.latency import load_any_space, read_latency_predictor
    from nets.spaces import list_spaces

    path, space = Path(args.file), None if args.space is None else load_any_space(args.space)
    if os.path.isdir(path) or path.suffix in (".yaml", ".yml"):
        return read_latency_predictor(path, space)
    if args.file not in list_spaces() and os.path.isfile(path) and path.suffix == ".json":
        said = read_json(path, "predictor file").data
        if isinstance(said, dict) and said.get("target") == "latency":
            return read_latency_predictor(path, space)
    if path.suffix == ".csv":
        return given_predictor(hold("predictor", path), needed(args, "predictor", "space"))
    predictor = load_predictor(args.file) if args.file in list_spaces() else read_predictor(path)
    if space is not None:
        predictor.check_space(space.id)
    return predictor
