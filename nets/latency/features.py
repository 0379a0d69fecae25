"""What a network's latency is predicted from: HAT's ten numbers of a transformer, the blocks of a subnet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.own_code import names_own_code
from nets.spaces import Space, load_space, space_in_file
from nets.spaces.hat import FEATURES, HAT_SPACES, HatSpace, load_hat_space

Floats = NDArray[np.float64]
AnySpace = Space | HatSpace


def load_any_space(id: str) -> AnySpace:
    """A space of images or of transformers.

    Raises:
        InputError: no such space; names the nearest.
    """
    return load_hat_space(id) if _is_hat(id) else load_space(id)


def any_space_in_file(id: str) -> AnySpace:
    """The same of a name that stands in a file.

    Raises:
        InputError: see :func:`nets.spaces.space_in_file`.
    """
    return load_hat_space(id) if _is_hat(id) else space_in_file(id)


def _is_hat(id: str) -> bool:
    return id in HAT_SPACES or (id.startswith("hat") and not names_own_code(id))


def feature_names(space: AnySpace) -> tuple[str, ...]:
    """Names of the columns of :func:`features`."""
    if isinstance(space, HatSpace):
        return FEATURES
    names = [
        f"block {slot + 1}: " + ", ".join(f"{gene} {value:g}" for gene, value in zip(space.block_genes, choice))
        for slot in range(space.slots)
        for choice in product(*space.block_genes.values())
    ]
    names += [f"block {slot + 1} runs" for slot in range(space.slots)]
    for gene, (length, choices) in space.free_genes.items():
        names += [f"{gene}[{index}] {choice:g}" for index in range(length) for choice in choices]
    names += [f"d[{index}]" for index, depth in enumerate(space.depths) if not depth.slots]
    return (*names, "pixels")


def features(space: AnySpace, configs: Sequence[Mapping[str, Any]]) -> Floats:
    """One row per config, one column per name of :func:`feature_names`.

    Of a subnet: for every slot and choice of its genes, the pixels of the image (as a share of the most) if that block
    stands there; whether a block stands there at all, for what does not grow with pixels; then free genes and pixels.

    Raises:
        InputError: a config is not of the space.
    """
    if isinstance(space, HatSpace):
        return space.features(configs)
    canonical = [space.canonical(config) for config in configs]
    pixels = np.array([(config["r"] / space.resolutions[-1]) ** 2 for config in canonical])[:, None]
    columns = []
    if space.slots:
        genes = [np.array([config[gene] for config in canonical]) for gene in space.block_genes]
        stands = [
            np.logical_and.reduce([values == value for values, value in zip(genes, choice)])
            for choice in product(*space.block_genes.values())
        ]
        table = np.stack(stands, axis=2)
        columns = [table.reshape(len(canonical), -1) * pixels, table.any(axis=2).astype(np.float64)]
    for gene, (_, choices) in space.free_genes.items():
        values = np.array([config[gene] for config in canonical])[:, :, None]
        columns.append((values == np.array(choices)).reshape(len(canonical), -1) * pixels)
    for index, depth in enumerate(space.depths):
        if not depth.slots:
            columns.append(np.array([[config["d"][index]] for config in canonical]) * pixels)
    return np.hstack([*columns, pixels])
