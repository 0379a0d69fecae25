"""Training a supernet from the command line: anew, from another one's weights, or on where it stopped."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import needed

if TYPE_CHECKING:
    from nets.spaces import Space
    from nets.supernet import CornerValidation, ImageData, Phase, Supernet, Training

DEFAULT_SPACE = "ofa-digits"
DEFAULT_BATCH = 64

CHECKPOINT_STEPS = 500
"""Most steps that a kill can cost; a twentieth of a shorter training."""


def train(args: argparse.Namespace) -> dict[str, Any]:
    """Train, and say where and how far.

    Raises:
        InputError: an option that does not fit the data, the space or the others.
        ResumeError: an option that the training was not begun with.
    """
    from nets.documents import require_writable
    from nets.errors import InputError
    from nets.supernet import Training, load_images
    from nets.supernet.distributed import join_processes, rank_and_world

    if os.path.exists(args.file) and not args.resume:
        raise InputError("supernet", str(args.file), "exists already", "--resume goes on with it; or name another file")
    require_writable("supernet", args.file)
    data = load_images(needed(args, "supernet", "data"))
    device = join_processes()
    if args.resume:
        training = Training.resume(args.file, data, device=device)
        _require_as_begun(args, training)
    else:
        training = _new_training(args, data, device)
    validate = _validation(args, data)
    every = min(CHECKPOINT_STEPS, max(1, training.steps // 20))
    quiet = args.quiet or rank_and_world()[0] > 0  # of several processes, the first speaks
    try:
        report = None if quiet else _Progress(training)
        training.run(checkpoint=args.file, every=every, report=report, validate=validate)
    except KeyboardInterrupt:
        print(f"cosearch: {training.step} of {training.steps} steps are kept; --resume goes on", file=sys.stderr)
        raise
    return {"supernet": str(args.file), "steps": training.step} | ({} if validate is None else {"best": str(args.best)})


def _validation(args: argparse.Namespace, data: ImageData) -> CornerValidation | None:
    """What measures the corner subnets after every epoch, where ``--best`` asks for it.

    Raises:
        InputError: the file is there though no training goes on, or cannot be written.
    """
    from nets.documents import require_writable
    from nets.errors import InputError
    from nets.supernet import CornerValidation

    if args.best is None:
        return None
    if args.best == args.file:
        raise InputError("--best", str(args.best), "is the file of the training itself", "name another")
    if os.path.exists(args.best) and not args.resume:
        raise InputError("--best", str(args.best), "exists already", "name another file")
    require_writable("--best", args.best)

    def said(phase: str, top1_percent: float) -> None:
        if not args.quiet:
            print(f"{phase}: corner subnets have {top1_percent:.2f} % in the mean", file=sys.stderr)

    return CornerValidation(args.best, data, heard=said)


def _new_training(args: argparse.Namespace, data: ImageData, device: str) -> Training:
    """A training from its first step, of a new supernet or of the one of ``--from``."""
    from nets.supernet import Training, TrainingOptions, published_phases, short_phases
    from nets.supernet.distributed import rank_and_world
    from nets.supernet.training import steps_per_epoch

    seed, batch = args.seed or 0, DEFAULT_BATCH if args.batch is None else args.batch
    supernet = _first_weights(args, data, seed).to(device)
    if args.steps is None:
        options = TrainingOptions(seed=seed, batch=batch)
        steps = steps_per_epoch(data, options, rank_and_world()[1])
        phases = published_phases(supernet.space, steps, batch=batch)
    else:
        options = TrainingOptions(seed=seed, batch=batch, dropout=0.0)  # little data and few steps fit nothing too well
        phases = short_phases(supernet.space, args.steps)
    chosen = _chosen_phases(args, phases)
    return Training(supernet, data, phases[chosen], options, before=phases[chosen.start - 1] if chosen.start else None)


def _first_weights(args: argparse.Namespace, data: ImageData, seed: int) -> Supernet:
    """What a training begins with.

    Raises:
        InputError: no such file, another space, other classes than those of the data, or a new classifier of nothing.
    """
    from nets.errors import InputError
    from nets.spaces import load_space
    from nets.supernet import Supernet, load_supernet

    classes = len(data.classes)
    if args.begin is None:
        if args.classes is not None:
            raise InputError("--classes", args.classes, "speaks of a supernet to begin with", "name it by --from FILE")
        return Supernet(load_space(args.space or DEFAULT_SPACE), classes=classes, seed=seed)
    supernet = load_supernet(args.begin)
    require_space(args, supernet.space, args.begin)
    if args.classes is not None:
        if args.classes != classes:
            raise InputError("--classes", args.classes, f"must be the {classes} of data {data.name}")
        return supernet.with_classes(classes, seed=seed)
    if supernet.classes != classes:
        hint = f"--classes {classes} gives it a new classifier"
        raise InputError(f"--from {args.begin}: classes", supernet.classes, f"must be the {classes} of the data", hint)
    return supernet


def _chosen_phases(args: argparse.Namespace, phases: Sequence[Phase]) -> slice:
    """Those of ``--phase``, which follow one another, or all.

    Raises:
        InputError: no phase has a name that was given, or one between them is left out.
    """
    from nets.errors import InputError, nearest

    if args.phase is None:
        return slice(0, len(phases))
    names = [phase.name.replace(" ", "-") for phase in phases]
    for name in args.phase:
        if name not in names:
            raise InputError("--phase", name, "is not a phase of this space", nearest(name, names))
    chosen = sorted({names.index(name) for name in args.phase})
    if chosen[-1] - chosen[0] >= len(chosen):
        left_out = next(name for i, name in enumerate(names) if chosen[0] < i < chosen[-1] and i not in chosen)
        raise InputError("--phase", ", ".join(args.phase), f"must follow one another: {left_out} lies between")
    return slice(chosen[0], chosen[-1] + 1)


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
    for option, value in (("from", args.begin), ("phase", args.phase), ("classes", args.classes)):
        if value is not None:
            raise ResumeError(
                f"{args.file}: --{option} speaks of a training that begins, and --resume goes on with one"
            )
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


def require_space(args: argparse.Namespace, space: Space, file: Path | None = None) -> None:
    """The supernet of a file (that of the command when omitted) is of the space that is said, where one is.

    Raises:
        InputError: it is of another.
    """
    from nets.errors import InputError

    if args.space not in (None, space.id):
        raise InputError("--space", args.space, f"is not that of {file or args.file}", f"it is of {space.id}")
