"""Checkpoints that Once-for-All published: their names and shapes, and loading them.

mit-han-lab/once-for-all names tensors after its wrappers (``conv.conv.weight``, ``bn.bn.weight``) and calls the inside
of a block ``conv`` or, in older files, ``mobile_inverted_conv``. Files of networks without elastic layers lack the
doubling. :func:`plain_name` folds all these spellings into one, so that a file of any of them loads. Two kinds of
tensors may be absent: the batches that norms have counted, which older torch did not keep, and the matrices that make
small kernels, which a network trained at its largest size alone (``ofa_mbv3_d4_e6_k7``) does not have; they then stay 0
and identities, as before any training. The number of classes is the file's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from nets.documents.tensors import read_tensors
from nets.errors import InputError
from nets.spaces import MobileSpace, Space, list_spaces, load_space
from nets.supernet.files import FORMAT, check_numbers
from nets.supernet.supernet import Supernet

_MOBILE_PARTS: Final = {
    "expand": "inverted_bottleneck",
    "depthwise": "depth_conv",
    "project": "point_linear",
    "squeeze.reduce": "depth_conv.se.fc.reduce",
    "squeeze.expand": "depth_conv.se.fc.expand",
}
_MAY_LACK: Final = ("num_batches_tracked", "_matrix")
"""Ends of names that a file need not have."""
_RESNET_STEM: Final = {"conv1": "input_stem.0", "conv2": "input_stem.1.conv", "conv3": "input_stem.2"}


def official_state_dict(supernet: Supernet) -> dict[str, Tensor]:
    """The supernet's tensors with the published names and shapes."""
    state = supernet.state_dict()
    return {
        official: state[name].reshape(_official_shape(official, state[name]))
        for name, official in official_names(supernet).items()
    }


def load_official(path: str | Path, space: Space | str) -> Supernet:
    """Read a published checkpoint: a state dict, or a record that holds one as ``state_dict``.

    Raises:
        InputError: the file cannot be read, its tensors are those of another space (which, if it is known), or names
            are missing or left over (says which).
    """
    space = load_space(space) if isinstance(space, str) else space
    record = read_tensors(path, "supernet file")
    if record.get("format") == FORMAT:
        own = f"is a supernet of {record.get('space')} that cosearch wrote"
        raise InputError("checkpoint", str(path), own, "it needs no loading: every command takes it as it is")
    state = record.get("state_dict", record)
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise InputError("checkpoint", str(path), "does not hold named tensors")
    given = {plain_name(name): tensor for name, tensor in state.items()}
    classes = _classes_of(given)
    supernet = Supernet(space, classes=classes)
    target = supernet.state_dict()
    named = {plain_name(official): name for name, official in official_names(supernet).items()}
    _check(path, space, given, {plain: target[name] for plain, name in named.items()}, classes)
    check_numbers(given, f"checkpoint {path}")
    held = {name: given[plain].reshape(target[name].shape) for plain, name in named.items() if plain in given}
    supernet.load_state_dict(target | held)
    return supernet


def _classes_of(given: Mapping[str, Any]) -> int | None:
    """Rows of the classifier's weights, if the file has one."""
    weight = given.get("classifier.linear.weight")
    return len(weight) if isinstance(weight, Tensor) and weight.dim() > 1 else None


def _check(
    path: str | Path, space: Space, given: Mapping[str, Any], wanted: Mapping[str, Tensor], classes: int | None
) -> None:
    problem = _difference(given, wanted)
    if problem is None:
        return
    name, value, rule, others = problem
    others_fit = [
        id for id in list_spaces("ofa-*") if id != space.id and _difference(given, _expected(id, classes)) is None
    ]
    hint = f"it is a checkpoint of {others_fit[0]}" if others_fit else f"{others} more do not fit" if others else ""
    raise InputError(f"checkpoint {path}: {name}", value, f"{rule} in a checkpoint of {space.id}", hint)


def _difference(given: Mapping[str, Any], wanted: Mapping[str, Tensor]) -> tuple[str, object, str, int] | None:
    """(name, value, rule, how many others) of the first thing that does not fit."""
    missing = sorted(name for name in wanted.keys() - given.keys() if not name.endswith(_MAY_LACK))
    left_over = sorted(given.keys() - wanted.keys())
    if missing:
        return ("tensor", missing[0], "is missing", len(missing) - 1)
    if left_over:
        return ("tensor", left_over[0], "is not expected", len(left_over) - 1)
    odd = [name for name, tensor in wanted.items() if name in given and not _fits(given[name], tensor)]
    if odd:
        shape = tuple(getattr(given[odd[0]], "shape", ()))
        return (f"shape of {odd[0]}", shape, f"must be {tuple(wanted[odd[0]].shape)}", len(odd) - 1)
    return None


def _fits(given: Any, wanted: Tensor) -> bool:
    """Equal shapes, but for the ones that a 1x1 convolution has and a linear layer lacks."""
    return isinstance(given, Tensor) and _trimmed(given.shape) == _trimmed(wanted.shape)


def _trimmed(shape: Iterable[int]) -> tuple[int, ...]:
    trimmed = tuple(shape)
    while trimmed and trimmed[-1] == 1:
        trimmed = trimmed[:-1]
    return trimmed


def _expected(space_id: str, classes: int | None) -> dict[str, Tensor]:
    """Plain published name to tensor (without memory) of a space's supernet."""
    with torch.device("meta"):
        supernet = Supernet(load_space(space_id), classes=classes, seed=None)
    state = supernet.state_dict()
    return {plain_name(official): state[name] for name, official in official_names(supernet).items()}


def plain_name(name: str) -> str:
    """One spelling for all that published files have of a tensor's name."""
    name = name.removeprefix("module.").replace(".mobile_inverted_conv.", ".conv.")
    name = re.sub(r"(\.conv)+\.weight$", ".conv.weight", name)
    return re.sub(r"\.(bn|linear)(\.\1)+\.", r".\1.", name)


def official_names(supernet: Supernet) -> dict[str, str]:
    """Our name of every tensor of a supernet to the published one."""
    slots = [key for key in supernet.slots if key.startswith("stage")]
    mobile = isinstance(supernet.space, MobileSpace)
    has_hidden = any(name.startswith("slots.head.hidden") for name in supernet.state_dict())
    names = {}
    for name in supernet.state_dict():
        _, key, rest = name.split(".", 2)
        if mobile:
            names[name] = _mobile_name(key, rest, slots, has_hidden=has_hidden)
        else:
            names[name] = _resnet_name(key, rest, slots)
    return names


def _mobile_name(key: str, rest: str, slots: list[str], *, has_hidden: bool) -> str:
    if key == "stem":
        part, rest = rest.split(".", 1)
        if part == "conv":
            return f"first_conv.{_tensor(rest)}"
        part, rest = rest.split(".", 1)
        return f"blocks.0.conv.{_MOBILE_PARTS[part]}.{_tensor(rest)}"
    if key == "head":
        part, tensor = rest.split(".", 1)
        if part == "conv":
            return f"{'final_expand_layer' if has_hidden else 'feature_mix_layer'}.{_tensor(tensor)}"
        return "feature_mix_layer.conv.weight" if part == "hidden" else f"classifier.linear.{tensor}"
    block = f"blocks.{slots.index(key) + 1}.conv"
    if rest.startswith("matrices."):
        return f"{block}.depth_conv.conv.{rest.removeprefix('matrices.')}_matrix"
    if rest.startswith("squeeze."):
        part, tensor = rest.rsplit(".", 1)
        return f"{block}.{_MOBILE_PARTS[part]}.{tensor}"
    part, tensor = rest.split(".", 1)
    return f"{block}.{_MOBILE_PARTS[part]}.{_tensor(tensor, elastic=True)}"


def _resnet_name(key: str, rest: str, slots: list[str]) -> str:
    if key == "head":
        return rest.replace("classifier.", "classifier.linear.linear.")
    if key == "stem":
        part, tensor = rest.split(".", 1)
        return f"{_RESNET_STEM[part]}.{_tensor(tensor, elastic=True)}"
    block = f"blocks.{slots.index(key)}"
    if rest.startswith("shortcut.conv."):
        return f"{block}.downsample.{_tensor(rest.removeprefix('shortcut.conv.'), elastic=True)}"
    part, tensor = rest.split(".", 1)
    return f"{block}.{part}.{_tensor(tensor, elastic=True)}"


def _tensor(name: str, *, elastic: bool = False) -> str:
    """Published name of a tensor of a convolution with its norm; elastic ones are wrapped once more."""
    layer, tensor = name.split(".", 1)
    layer = {"conv": "conv", "norm": "bn"}[layer]
    return f"{layer}.{layer}.{tensor}" if elastic else f"{layer}.{tensor}"


def _official_shape(name: str, tensor: Tensor) -> tuple[int, ...]:
    """The hidden layer of the head is a 1x1 convolution there."""
    return (
        (*tensor.shape, 1, 1) if name == "feature_mix_layer.conv.weight" and tensor.dim() == 2 else tuple(tensor.shape)
    )
