"""Train Once-for-All supernets, load published ones, and measure, cut out and export their subnets."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import chosen_config, needed

if TYPE_CHECKING:
    from nets.spaces import Space
    from nets.supernet import Training

EXAMPLE = "cosearch supernet train digits.pt --data digits --space ofa-digits --steps 900 --batch 32"

DEFAULT_SPACE = "ofa-digits"
DEFAULT_BATCH = 64

CHECKPOINT_STEPS = 500
"""Most steps that a kill can cost; a twentieth of a shorter training."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("train", "load", "info", "measure", "sample", "export"))
    parser.add_argument("file", type=Path, help="of the supernet; for load, of the published checkpoint")
    parser.add_argument(
        "--space", help="search space, PACKAGE.MODULE:SPACE too (default of train and load: ofa-digits)"
    )
    parser.add_argument("--data", help="digits, or a folder of images with one folder per class")
    parser.add_argument("--out", type=Path, metavar="FILE", help="load, sample, export: to write")
    parser.add_argument("--count", type=int, default=200, help="sample: random subnets to measure (default: 200)")
    parser.add_argument(
        "--config", metavar="JSON", default="max", help="measure, export: of the subnet, or max or min (default: max)"
    )
    parser.add_argument("--steps", type=int, help="train: a short schedule of so many steps (default: as published)")
    parser.add_argument("--batch", type=int, help="train: images per step and process (default: 64)")
    parser.add_argument("--seed", type=int, help="train, sample: same seed, same result (default: 0)")
    parser.add_argument("--resume", action="store_true", help="train: go on where FILE stopped")
    parser.add_argument("--quiet", action="store_true", help="train: show no progress")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from cosearch.commands.output import print_figures
    from nets.errors import InputError
    from nets.spaces import load_space

    if importlib.util.find_spec("torch") is None:
        raise InputError("supernet", args.action, "needs torch", "pip install 'cosearch[torch]'")
    if args.space is not None:
        load_space(args.space)  # a file cannot have somebody's own imported
    actions = {
        "train": _train,
        "load": _load,
        "info": _info,
        "measure": _measure,
        "sample": _sample,
        "export": _export,
    }
    print_figures(actions[args.action](args), as_json=args.json)
    return 0


def _train(args: argparse.Namespace) -> dict[str, Any]:
    from nets.documents import require_writable
    from nets.errors import InputError
    from nets.spaces import load_space
    from nets.supernet import Supernet, Training, TrainingOptions, load_images, published_phases, short_phases
    from nets.supernet.distributed import join_processes, rank_and_world
    from nets.supernet.training import steps_per_epoch

    if args.file.exists() and not args.resume:
        raise InputError("supernet", str(args.file), "exists already", "--resume goes on with it; or name another file")
    require_writable("supernet", args.file)
    data = load_images(needed(args, "supernet", "data"))
    device = join_processes()
    if args.resume:
        training = Training.resume(args.file, data, device=device)
        _require_as_begun(args, training)
    else:
        seed = args.seed or 0
        options = TrainingOptions(seed=seed, batch=DEFAULT_BATCH if args.batch is None else args.batch)
        space = load_space(args.space or DEFAULT_SPACE)
        supernet = Supernet(space, classes=len(data.classes), seed=seed).to(device)
        if args.steps is None:
            phases = published_phases(supernet.space, steps_per_epoch(data, options))
        else:
            phases = short_phases(supernet.space, args.steps)
        training = Training(supernet, data, phases, options)
    every = min(CHECKPOINT_STEPS, max(1, training.steps // 20))
    quiet = args.quiet or rank_and_world()[0] > 0  # of several processes, the first speaks
    try:
        training.run(checkpoint=args.file, every=every, report=None if quiet else _Progress(training))
    except KeyboardInterrupt:
        print(f"cosearch: {training.step} of {training.steps} steps are kept; --resume goes on", file=sys.stderr)
        raise
    return {"supernet": str(args.file), "steps": training.step}


def _require_as_begun(args: argparse.Namespace, training: Training) -> None:
    """Options given to a resumed training are those that it was begun with.

    Raises:
        ResumeError: one is not.
    """
    from nets.errors import ResumeError

    begun = {
        "space": training.supernet.space.id,
        "steps": training.steps,
        "batch": training.options.batch,
        "seed": training.options.seed,
    }
    for option, value in begun.items():
        given = getattr(args, option)
        if given is not None and given != value:
            raise ResumeError(f"{args.file}: was begun with --{option} {value}, and {given} was given")


class _Progress:
    """A line on standard error every hundredth of the way."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._every = max(1, training.steps // 100)

    def __call__(self, phase: str, step: int, loss: float) -> None:
        if step % self._every == 0 or step == self._training.steps:
            print(f"{phase}: step {step} of {self._training.steps}, loss {loss:.3f}", file=sys.stderr)


def _load(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet import load_official, save_supernet

    out = _writable(args)
    supernet = load_official(args.file, args.space or DEFAULT_SPACE)
    save_supernet(supernet, out, data="as published")
    return {"supernet": str(out), "space": supernet.space.id}


def _info(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet.files import read_checkpoint

    supernet, record = read_checkpoint(args.file)
    _require_space(args, supernet.space)
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
    _require_space(args, predictor.space)
    config = chosen_config(args.config, predictor.space)
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

    if args.count < 1:
        raise InputError("--count", args.count, "must be at least 1")
    out, predictor = _writable(args), measure_from(args.file, needed(args, "supernet", "data"))
    _require_space(args, predictor.space)
    rng, phase = np.random.default_rng(args.seed or 0), plain_phase(predictor.space, steps=1, learning_rate=1.0)
    configs = [phase.sample(predictor.space, rng) for _ in range(args.count)]
    write_pairs(out, predictor.space, configs, predictor.predict_batch(configs)[0])
    return {"pairs": str(out), "subnets": args.count, "estimates": predictor.estimates}


def _export(args: argparse.Namespace) -> dict[str, Any]:
    from nets.supernet import export_onnx, export_state_dict, load_images, load_supernet, recalibrate
    from nets.supernet.evaluation import CALIBRATION_IMAGES

    supernet = load_supernet(args.file)
    _require_space(args, supernet.space)
    config = chosen_config(args.config, supernet.space)
    out = _writable(args)
    subnet = supernet.extract(config).eval()
    if args.data is not None:
        images = load_images(args.data).batches("train", config["r"], images=CALIBRATION_IMAGES)
        recalibrate(subnet, (batch for batch, _ in images))
    else:
        print("cosearch: without --data the batch norms are not recalibrated", file=sys.stderr)
    if out.suffix == ".onnx":
        export_onnx(subnet, config["r"], out)
    else:
        export_state_dict(subnet, out)
    macs, params = supernet.space.macs_params(config)
    return {"subnet": str(out), "config": config, "macs": macs, "parameters": params}


def _require_space(args: argparse.Namespace, space: Space) -> None:
    """A supernet is of the space that is said, where one is.

    Raises:
        InputError: it is of another.
    """
    from nets.errors import InputError

    if args.space not in (None, space.id):
        raise InputError("--space", args.space, f"is not that of {args.file}", f"it is of {space.id}")


def _writable(args: argparse.Namespace) -> Path:
    """The file of ``--out``."""
    from nets.documents import require_writable

    return require_writable("--out", needed(args, "supernet", "out"))
