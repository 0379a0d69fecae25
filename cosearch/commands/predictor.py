"""Train an accuracy predictor from measured subnets, evaluate one on others, or say what one knows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nets.accuracy import Predictor

EXAMPLE = "cosearch predictor train pairs.csv --space ofa-digits --out digits.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("train", "evaluate", "info"))
    parser.add_argument("file", help="train: CSV of pairs; evaluate, info: a predictor's file, or the id of a space")
    parser.add_argument("pairs", nargs="?", help="evaluate: CSV of measured pairs (columns d, ks, e, r, top1)")
    parser.add_argument("--space", help="train: search space of the pairs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="train: predictor to write")
    parser.add_argument(
        "--estimates", default="top-1 as measured", help="train: what was measured, in words (which images and weights)"
    )


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from cosearch.commands.output import print_json

    said = {"train": _train, "evaluate": _evaluate, "info": _info}[args.action](args)
    if args.json:
        print_json(said)
    else:
        print("\n".join(f"{name}: {value}" for name, value in said.items()))
    return 0


def _train(args: argparse.Namespace) -> dict[str, Any]:
    from nets.accuracy import write_predictor
    from nets.accuracy.train import read_pairs, train_ridge
    from nets.errors import InputError
    from nets.spaces import load_space

    for option in ("space", "out"):
        if getattr(args, option) is None:
            raise InputError(f"predictor train: --{option}", "", "is missing", f"example: {EXAMPLE}")
    predictor = train_ridge(read_pairs(args.file, load_space(args.space)), estimates=args.estimates)
    write_predictor(predictor, args.out)
    return {"predictor": str(args.out)} | _described(predictor)


def _evaluate(args: argparse.Namespace) -> dict[str, Any]:
    from dataclasses import asdict

    from nets.accuracy.train import compare, read_pairs
    from nets.errors import InputError

    if args.pairs is None:
        raise InputError("predictor evaluate", "", "needs measured pairs", "cosearch predictor evaluate FILE PAIRS.csv")
    predictor = _predictor(args.file)
    agreement = compare(predictor, read_pairs(args.pairs, predictor.space))
    return {name: round(value, 4) for name, value in asdict(agreement).items()}


def _info(args: argparse.Namespace) -> dict[str, Any]:
    predictor = _predictor(args.file)
    config, accuracy = predictor.highest_reachable()
    return _described(predictor) | {"highest": str(accuracy), "by": config}


def _described(predictor: Predictor) -> dict[str, Any]:
    low, high = predictor.resolutions
    return {
        "id": predictor.id,
        "space": predictor.space_id,
        "resolutions": f"{low} to {high}",
        "estimates": predictor.estimates,
        "notes": " ".join(predictor.notes),
    }


def _predictor(name: str) -> Predictor:
    from nets.accuracy import load_predictor, read_predictor
    from nets.spaces import list_spaces

    return load_predictor(name) if name in list_spaces() else read_predictor(name)
