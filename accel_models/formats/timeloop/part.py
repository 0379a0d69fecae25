"""A memory or the arithmetic of a Timeloop file, whichever of its forms says it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models.formats.timeloop.architecture_model import Figures


@dataclass(frozen=True, slots=True)
class Part:
    """A memory or the arithmetic of the file, in Timeloop's own terms; energies are per vector of ``block`` words."""

    name: str
    instances: int
    mesh_x: int
    mesh_y: int
    word_bits: int
    words: float = math.inf
    block: float = 1.0
    buffering: float = 1.0
    read_bandwidth: float = math.inf
    write_bandwidth: float = math.inf
    shared_bandwidth: float = math.inf
    read_pj: float | None = None
    write_pj: float | None = None
    area_um2: float = 0.0
    virtual: bool = False
    node_nm: int | None = None
    cycle_s: float | None = None


def wires(name: str, mesh_x: int, mesh_y: int) -> Part:
    """A memory that holds nothing: it stands for the wires below it."""
    return Part(name, mesh_x * mesh_y, mesh_x, mesh_y, word_bits=1, words=0, virtual=True)


def read_part(
    name: str, given: Figures, lacks: list[str], instances: int = 1, word_bits: int = 16, *, is_memory: bool = True
) -> Part:
    """A part, of which there are ``instances`` with words of ``word_bits`` unless it says so itself.

    Raises:
        InputError: a mesh that does not divide the instances.
    """
    lacks += [f"{name}: {key} = {value!r}" for key, value in given.asked().items()]
    instances = given.first("instances", instances)
    mesh_x = given.first("mesh_x", instances // given.first("mesh_y", 1))
    if not mesh_x or instances % mesh_x:
        raise InputError("meshX", mesh_x, f"must divide the {instances} instances")
    word_bits = given.first("word_bits", word_bits)
    cluster = given.first("cluster", 1.0)
    if is_memory and cluster > 1:
        lacks.append(f"{name}: clusters of {cluster:g} accessed at once; each of its instances is charged an access")
    block = given.first("block", given.first("width", word_bits * cluster) / (word_bits * cluster))
    words = given.first("entries", given.first("depth", math.inf) * block)
    if (size_kb := given.first("size_kb", -1.0)) >= 0:
        words = size_kb * 8 * 1024 / word_bits
    energy = given.first("energy", None)
    node = re.fullmatch(r"(\d{1,4})\s*nm", str(given.first("technology", "")))
    return Part(
        name=name,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=instances // mesh_x,
        word_bits=word_bits,
        words=words if is_memory else 0,
        block=block if is_memory else 1.0,
        buffering=given.first("buffering", 1.0),
        read_bandwidth=given.first("read_bandwidth", math.inf),
        write_bandwidth=given.first("write_bandwidth", math.inf),
        shared_bandwidth=given.first("shared_bandwidth", math.inf),
        read_pj=energy,
        write_pj=energy,
        area_um2=given.first("area", 0.0) / cluster,
        virtual=is_memory and words == 0,
        node_nm=int(node[1]) if node else None,
        cycle_s=given.first("cycle_s", None),
    )
