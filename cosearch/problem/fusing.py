"""Whether the layers of a search may run in groups: when that is asked for, and what cannot be searched so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accel_models.structure import Structure
from nets.errors import InputError, unknown
from nets.network import Network

WHEN: Final = ("auto", "on", "off")
FUSED_LAYERS: Final = 200
"""Of all networks given, up to which groups of layers are looked for without being asked for."""


def read_when(asked: str | bool) -> str:
    """One of :data:`WHEN`; ``True`` and ``False`` are on and off.

    Raises:
        InputError: it is none of them.
    """
    if isinstance(asked, bool):
        return "on" if asked else "off"
    if asked not in WHEN:
        raise unknown("fuse", str(asked), WHEN)
    return asked


def require_fusible(objectives: Sequence[str], machine: Structure | None, *, bits_table: bool) -> None:
    """Refuse what cannot be searched with layers in groups.

    Raises:
        InputError: says what, and the way out.
    """
    for contradicts, what, way in (
        (len(objectives) > 1, "several objectives", "leave --objectives out"),
        (bits_table, "widths of a table", "leave --bits-table out"),
    ):
        if contradicts:
            raise InputError("fuse", what, "are not searched in groups", way)
    if machine is not None:
        from accel_models.fusion.inside import require_shared

        require_shared(machine.accelerator())


def too_many(networks: Sequence[Network]) -> str:
    """Why groups of networks are not looked for unless that is asked for, in words; empty where they are."""
    layers = sum(len(network.layers) for network in networks)
    if layers <= FUSED_LAYERS:
        return ""
    return f"{layers} layers are more than the {FUSED_LAYERS} that are looked at in groups unless that is asked for"
