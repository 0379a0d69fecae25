"""Train Once-for-All supernets, load published ones, and measure, cut out, train on and export their subnets."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any, Final

from cosearch.commands.options import chosen_config, needed, refuse_of_other_actions
from cosearch.commands.supernet_train import DEFAULT_BATCH, DEFAULT_SPACE, require_space, train

EXAMPLE = "cosearch supernet train digits.pt --data digits --space ofa-digits --steps 900 --batch 32"
DEFAULT_COUNT = 200

OPTIONS_OF: Final = {
    "train": ("data", "steps", "batch", "begin", "phase", "classes", "seed", "best", "resume", "quiet"),
    "load": ("out",),
    "info": (),
    "measure": ("data", "config"),
    "sample": ("data", "out", "count", "seed"),
    "export": ("data", "out", "config"),
    "tune": ("data", "out", "config", "steps", "batch", "seed", "quiet"),
}
"""Which options an action takes, beside those that all take."""
FLAGS: Final = {"begin": "--from"}
"""How options are spelled that Python has other uses for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=tuple(OPTIONS_OF))
    parser.add_argument("file", type=Path, help="of the supernet; for load, of the published checkpoint")
    parser.add_argument(
        "--space", help="search space, PACKAGE.MODULE:SPACE too (default of train and load: ofa-digits)"
    )
    parser.add_argument("--data", help="digits, or a folder of images with one folder per class")
    parser.add_argument("--out", type=Path, metavar="FILE", help="load, sample, export, tune: to write")
    parser.add_argument("--count", type=int, help="sample: random subnets to measure (default: 200)")
    parser.add_argument(
        "--config", metavar="JSON", help="measure, export, tune: of the subnet, or max or min (default: max)"
    )
    parser.add_argument(
        "--steps", type=int, help="train: a short schedule of so many steps (default: as published); tune: how many"
    )
    parser.add_argument("--batch", type=int, help="train, tune: images per step and process (default: 64)")
    parser.add_argument(
        "--from", dest="begin", type=Path, metavar="FILE", help="train: of a supernet whose weights to begin with"
    )
    parser.add_argument(
        "--phase", action="append", metavar="NAME", help="train: only this one of the phases, e.g. depth-2; may repeat"
    )
    parser.add_argument(
        "--classes", type=int, metavar="N", help="train --from: a new classifier for the N classes of the data"
    )
    parser.add_argument(
        "--best", type=Path, metavar="FILE", help="train: measure corner subnets after each epoch, keep the best here"
    )
    parser.add_argument("--seed", type=int, help="train, sample, tune: same seed, same result (default: 0)")
    parser.add_argument("--resume", action="store_true", help="train: go on where FILE stopped")
    parser.add_argument("--quiet", action="store_true", help="train, tune: show no progress")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from cosearch.commands.output import print_figures
    from nets.errors import InputError
    from nets.spaces import load_space

    if importlib.util.find_spec("torch") is None:
        raise InputError("supernet", args.action, "needs torch", "pip install 'cosearch[torch]'")
    refuse_of_other_actions(args, args.action, OPTIONS_OF, FLAGS)
    if args.space is not None:
        load_space(args.space)  # a file cannot have somebody's own imported
    actions = {
        "train": train,
        "load": _load,
        "info": _info,
        "measure": _measure,
        "sample": _sample,
        "export": _export,
        "tune": _tune,
    }
    print_figures(actions[args.action](args), as_json=args.json)
    return 0


def _load(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet import load_official, save_supernet

    out = _writable(args)
    supernet = load_official(args.file, args.space or DEFAULT_SPACE)
    save_supernet(supernet, out, data="as published")
    return {"supernet": str(out), "space": supernet.space.id}


def _info(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet.files import read_checkpoint

    supernet, record = read_checkpoint(args.file)
    require_space(args, supernet.space)
    said = {
        "space": supernet.space.id,
        "classes": supernet.classes,
        "trained on": record["data"] or "nothing",
        "parameters": sum(parameter.numel() for parameter in supernet.parameters()),
        "subnets": supernet.space.size,
    }
    training = record.get("training")
    if training is not None:
        said["steps"] = f"{training['step']} of {sum(phase['steps'] for phase in training['phases'])}"
    return said


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    from nets.accuracy.from_supernet import measure_from

    predictor = measure_from(args.file, needed(args, "supernet", "data"))
    require_space(args, predictor.space)
    config = chosen_config(args.config or "max", predictor.space)
    accuracy = predictor.predict(config)
    return {
        "config": config,
        "top1_percent": round(accuracy.top1_percent, 2),
        "standard_error": round(accuracy.standard_error, 2),
        "estimates": accuracy.estimates,
    }


def _sample(args: argparse.Namespace) -> dict[str, Any]:
    """Measure random subnets and write the pairs that ``cosearch predictor train`` reads."""
    import numpy as np

    from nets.accuracy.from_supernet import measure_from
    from nets.accuracy.train import write_pairs
    from nets.errors import InputError
    from nets.supernet import plain_phase

    count = DEFAULT_COUNT if args.count is None else args.count
    if count < 1:
        raise InputError("--count", count, "must be at least 1")
    out, predictor = _writable(args), measure_from(args.file, needed(args, "supernet", "data"))
    require_space(args, predictor.space)
    rng, phase = np.random.default_rng(args.seed or 0), plain_phase(predictor.space, steps=1, learning_rate=1.0)
    configs = [phase.sample(predictor.space, rng) for _ in range(count)]
    write_pairs(out, predictor.space, configs, predictor.predict_batch(configs)[0])
    return {"pairs": str(out), "subnets": count, "estimates": predictor.estimates}


def _export(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet import export_subnet, load_images, load_supernet, recalibrate

    supernet = load_supernet(args.file)
    require_space(args, supernet.space)
    config = chosen_config(args.config or "max", supernet.space)
    out = _writable(args)
    subnet = supernet.extract(config).eval()
    if args.data is not None:
        recalibrate(subnet, load_images(args.data).calibration_batches(config["r"]))
    else:
        print("cosearch: without --data the batch norms are not recalibrated", file=sys.stderr)
    export_subnet(subnet, config["r"], out)
    macs, params = supernet.space.macs_params(config)
    return {"subnet": str(out), "config": config, "macs": macs, "parameters": params}


def _tune(args: argparse.Namespace) -> dict[str, Any]:
    """Train a subnet on by itself; accuracy before and after on the same images."""
    from nets.supernet import TrainingOptions, export_subnet, fine_tune, load_images, load_supernet, measure_subnet
    from nets.supernet.evaluation import measure

    supernet = load_supernet(args.file)
    require_space(args, supernet.space)
    config = chosen_config(args.config or "max", supernet.space)
    out, data, steps = _writable(args), load_images(needed(args, "supernet", "data")), needed(args, "supernet", "steps")
    batch = DEFAULT_BATCH if args.batch is None else args.batch
    options = TrainingOptions(seed=args.seed or 0, batch=batch, dropout=0.0)

    def said(step: int, loss: float) -> None:
        if not args.quiet and (step % max(1, steps // 100) == 0 or step == steps):
            print(f"fine-tuning: step {step} of {steps}, loss {loss:.3f}", file=sys.stderr)

    before = measure_subnet(supernet, config, data)
    subnet = fine_tune(supernet, config, data, steps=steps, options=options, heard=said)
    after = measure(subnet, data, config["r"])
    export_subnet(subnet, config["r"], out)
    return {
        "subnet": str(out),
        "config": config,
        "top1_percent": round(after.top1_percent, 2),
        "standard_error": round(after.standard_error, 2),
        "top1_percent_before": round(before.top1_percent, 2),
    }


def _writable(args: argparse.Namespace) -> Path:
    """The file of ``--out``."""
    from nets.documents import require_writable

    return require_writable("--out", needed(args, "supernet", "out"))
