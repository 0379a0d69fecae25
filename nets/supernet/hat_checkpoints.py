"""Checkpoints as HAT writes them (Wang et al. 2020; mit-han-lab/hardware-aware-transformers, on fairseq 0.8).

A file holds the super-transformer's tensors under ``model``, by fairseq's names: queries, keys and values are one
matrix there. The authors train their specialised networks inside it, too, so all their files have its shapes.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from nets.documents.tensors import read_tensors
from nets.errors import InputError
from nets.spaces.hat import HatSpace, load_hat_space
from nets.supernet.files import check_named, check_numbers
from nets.supernet.transformer import DecoderLayer, EncoderLayer, HatTransformer, Residual, TransformerSupernet

MOST_BYTES: Final = 4 << 30
"""Of a file: the largest published supernet, with what its optimiser remembers."""

_WITHOUT_WEIGHTS: Final = {"version": 3.0, "embed_positions._float_tensor": 0.0}
"""Tensors of each side that fairseq writes and that hold no weights."""


def hat_state_dict(supernet: TransformerSupernet) -> dict[str, Tensor]:
    """The supernet's tensors with HAT's names and shapes."""
    parts = _parts(supernet.largest, shared=supernet.space.shared_embeddings)
    state = {name: torch.cat(tensors).detach().clone() for name, tensors in parts}
    for side in ("encoder", "decoder"):
        state |= {f"{side}.{name}": torch.tensor([value]) for name, value in _WITHOUT_WEIGHTS.items()}
    return state


def save_hat(supernet: TransformerSupernet, path: str | Path) -> None:
    """Write a supernet as a file that :func:`load_hat` and HAT's own code read the tensors of."""
    torch.save({"model": hat_state_dict(supernet)}, path)


def load_hat(path: str | Path, space: HatSpace | str) -> TransformerSupernet:
    """Read a checkpoint of HAT's, or a state dict with its names; numbers of words are the file's.

    Raises:
        InputError: the file cannot be read, or tensors are missing, left over or of other shapes (names the first), or
            hold what is no number.
    """
    space = load_hat_space(space) if isinstance(space, str) else space
    record = read_tensors(path, "HAT checkpoint", plain=(Namespace,), most=MOST_BYTES)
    state = record.get("model", record)
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise InputError("HAT checkpoint", str(path), "does not hold named tensors")
    given = {name: tensor for name, tensor in state.items() if name.partition(".")[2] not in _WITHOUT_WEIGHTS}
    place = f"HAT checkpoint {path} of {space.id}"
    words = [_words(given, f"{side}.embed_tokens.weight", place) for side in ("encoder", "decoder")]
    supernet = TransformerSupernet(space.of_vocabularies(*words), seed=None)
    parts = dict(_parts(supernet.largest, shared=space.shared_embeddings))
    check_named({name: torch.cat(tensors) for name, tensors in parts.items()}, given, place)
    check_numbers(given, place)
    with torch.no_grad():
        for name, tensors in parts.items():
            for ours, theirs in zip(tensors, given[name].split([len(tensor) for tensor in tensors])):
                ours.copy_(theirs)
    return supernet


def _words(given: Mapping[str, Any], name: str, place: str) -> int:
    table = given.get(name)
    if not isinstance(table, Tensor) or table.dim() != 2:
        raise InputError(f"{place}: tensor", name, "must be there, with a row for each word")
    return len(table)


def _parts(net: HatTransformer, *, shared: bool) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
    """HAT's name of each tensor, and those of ours that it is when one is put below the other."""
    yield "encoder.embed_tokens.weight", (net.source_table.weight,)
    yield "decoder.embed_tokens.weight", (net.target_table.weight,)
    if not shared:
        yield "decoder.embed_out", (net.output_table.weight,)
    for side, layers in (("encoder", net.encoder), ("decoder", net.decoder)):
        for number, layer in enumerate(layers):
            assert isinstance(layer, EncoderLayer | DecoderLayer)
            for name, tensors in _of_layer(layer):
                yield f"{side}.layers.{number}.{name}", tensors


def _of_layer(layer: EncoderLayer | DecoderLayer) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
    yield from _of_attention("self_attn", layer.attend)
    if isinstance(layer, DecoderLayer):
        yield from _of_attention("encoder_attn", layer.cross)
    for name, module in (
        ("fc1", layer.feed.expand),
        ("fc2", layer.feed.project),
        ("final_layer_norm", layer.feed.norm),
    ):
        yield f"{name}.weight", (module.weight,)
        yield f"{name}.bias", (module.bias,)


def _of_attention(name: str, part: Residual) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
    attention = part.attention
    projections = (attention.query, attention.key, attention.value)
    yield f"{name}.in_proj_weight", tuple(projection.weight for projection in projections)
    yield f"{name}.in_proj_bias", tuple(projection.bias for projection in projections)
    yield f"{name}.out_proj.weight", (attention.output.weight,)
    yield f"{name}.out_proj.bias", (attention.output.bias,)
    yield f"{name}_layer_norm.weight", (part.norm.weight,)
    yield f"{name}_layer_norm.bias", (part.norm.bias,)
