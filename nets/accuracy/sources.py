"""Where the accuracies of a space's subnets come from: what ships, a supernet, or a file of one's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from nets.accuracy.from_supernet import measure_from
from nets.accuracy.measured import read_measured
from nets.accuracy.predictor import Predictor
from nets.accuracy.released import read_released
from nets.accuracy.shipped import load_predictor, read_predictor
from nets.documents import HeldFile
from nets.errors import NO_VALUE, InputError
from nets.own_code import own_space_name
from nets.spaces import load_space

KEPT: Final = 4
"""Predictors of files that are not read again."""


def accuracy_of(space: str, data: str | None = None, predictor: HeldFile | None = None) -> Predictor:
    """Accuracies of a space's subnets: predicted, looked up, or measured where ``space`` is the file of a supernet.

    Args:
        space: id of a space with a shipped predictor, or a path that ends in ``.pt``, after ``SPACE=`` where that
            supernet is of a space of somebody's own.
        data: images to measure on; needed by a supernet and refused otherwise.
        predictor: a file that takes the place of what ships, see :func:`given_predictor`.

    Raises:
        InputError: as :func:`nets.accuracy.load_predictor`, :func:`given_predictor` and :func:`measure_from`.
    """
    if is_supernet(space):
        if predictor is not None:
            rule = f"says accuracies, and those of the supernet {space} are measured"
            raise InputError("predictor", predictor.name, rule, "leave it out, or give the space of the supernet")
        if data is None:
            raise InputError(
                "data", NO_VALUE, "is missing", "a supernet's subnets are measured on images: digits, or a folder"
            )
        return _measured_from(space, data)
    if data is not None:
        raise InputError(
            "data",
            data,
            "is for measuring a supernet, and the space is none",
            "give SUPERNET.pt, or SPACE=SUPERNET.pt for one of your own space",
        )
    return load_predictor(space) if predictor is None else given_predictor(predictor, space)


def is_supernet(space: str) -> bool:
    """Whether what is given for a space is the file of a supernet."""
    return space.endswith(".pt")


def supernet_file(space: str) -> str:
    """The path of the supernet that is given for a space."""
    return space if own_space_name(space) is None else space.partition("=")[2]


def _measured_from(space: str, data: str) -> Predictor:
    """Accuracies of the subnets of a supernet; code of somebody's own runs where it is named beside the file."""
    own, file = own_space_name(space), supernet_file(space)
    if own is not None:
        load_space(own)
    found = measure_from(file, data)
    if own not in (None, found.space.id):
        raise InputError("space", own, f"is not that of the supernet {file}", f"it is of {found.space.id}")
    return found


@lru_cache(maxsize=KEPT)
def given_predictor(file: HeldFile, space: str) -> Predictor:
    """The predictor that a file holds: measured accuracies (CSV), a fitted one (JSON), or a released one (``.pth``).

    Raises:
        InputError: the file holds none, or one of another space.
    """
    if file.suffix == ".pt":
        hint = f"--space {file.name} --data IMAGES measures its subnets"
        raise InputError("predictor", file.name, "is the file of a supernet, and no predictor", hint)
    own = load_space(space)
    if file.suffix == ".csv":
        return read_measured(file, own)
    found = read_released(file) if file.suffix == ".pth" else read_predictor(file)
    found.check_space(own.id)
    return found
