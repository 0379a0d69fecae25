"""Spaces of somebody's own package: ``package.module:attribute``, a subclass of ``Space``, or a function or value.

Such a space is known by that name from then on, in every file that is written of it.
"""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Final

from nets.errors import InputError
from nets.layer import Layer
from nets.own_code import called, own_code
from nets.spaces.space import Space

KIND: Final = "space"


def own_space(name: str) -> Space:
    """The space of a name.

    Raises:
        InputError: nothing of that name can be imported; it is or makes no space; it fails, also when asked for the
            largest and the smallest network of the space.
    """
    found = own_code(KIND, name)
    if isinstance(found, type) and not stands_for_space(found):
        raise InputError(KIND, name, "is a class, but none of nets.spaces.Space", "derive it from Space or GraphSpace")
    made = found if isinstance(found, Space) or not callable(found) else called(KIND, name, found)
    if not isinstance(made, Space):
        raise InputError(KIND, name, f"makes no nets.spaces.Space but a {type(made).__name__}")
    own = copy.copy(made)
    own.id = name
    called(KIND, name, lambda: [own.network(config).macs for config in (own.max_config(), own.min_config())])
    return own


def stands_for_space(found: object) -> bool:
    """Whether what was found is a space, or a class of spaces."""
    return isinstance(found, Space) or (isinstance(found, type) and issubclass(found, Space))


def no_network(name: str) -> InputError:
    """What is wrong with a space where one network is to be named."""
    return InputError("network", name, "is a space of networks", "--subnet max, min or genes as JSON says which of it")


def space_digest(space: Space) -> str:
    """Tells a space from what it was before its code was changed: by its genes and by the layers of its blocks."""
    genes = [
        [[depth.choices, depth.slots, depth.base] for depth in space.depths],
        space.block_genes,
        space.free_genes,
        space.resolutions,
    ]
    layers = [str(layer.shape_key) for resolution in space.resolutions for layer in _layers(space, resolution)]
    return hashlib.sha256(json.dumps([genes, layers], sort_keys=True).encode()).hexdigest()[:16]


def _layers(space: Space, resolution: int) -> list[Layer]:
    """Of every block of the space, or of its largest and smallest network where there are too many."""
    try:
        return [layer for block in space.all_blocks(resolution) for layer in block.layers]
    except InputError:
        ends = (space.max_config(), space.min_config())
        return [layer for config in ends for layer in space.network(config, resolution).layers]
