"""Latency of one given network on a device whose layers were measured: a row for each, by its name or by its shape."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from nets.documents import File, HeldFile
from nets.errors import InputError
from nets.latency.layer_table import LayerTable, Row, read_layer_table
from nets.latency.predictor import Latency
from nets.latency.table_keys import layer_key
from nets.layer import Layer
from nets.network import Network

SHOWN = 5
"""Missing layers that an error names."""


def read_network_latency(network: Network, path: File) -> Latency:
    """What a network takes on the device of a file, as :func:`network_latency` adds it up.

    Raises:
        InputError: as there; the file cannot be read, or is no table of layers.
    """
    return read_networks_latency([network], path)[0]


def read_networks_latency(networks: Sequence[Network], path: File) -> list[Latency]:
    """The same of several networks.

    Raises:
        InputError: as :func:`read_network_latency`; a row by the name of layers that differ.
    """
    if not isinstance(path, HeldFile) and os.path.isdir(path):
        raise InputError("latency table", str(path), "is a folder, and one network has one table", "name its file")
    if Path(path).suffix not in (".yaml", ".yml"):
        raise InputError(
            "latency table", str(path), "is of networks of a space, and this one is given layer by layer",
            "give a table of its layers (YAML); cosearch predictor info FILE --config JSON asks a predictor",
        )  # fmt: skip
    table = read_layer_table(path)
    _require_one_meaning(networks, table)
    return [network_latency(network, table) for network in networks]


def _require_one_meaning(networks: Sequence[Network], table: LayerTable) -> None:
    """Refuse a row by the name of layers of several networks that are not alike."""
    meant: dict[str, tuple[Layer, Network]] = {}
    for network in networks:
        for layer in network.layers:
            if layer.name not in table.rows:
                continue
            other, owner = meant.setdefault(layer.name, (layer, network))
            if other.shape_key != layer.shape_key:
                raise InputError(
                    f"latency table of {table.device}", layer.name, f"is a layer of {owner.name} and another of "
                    f"{network.name}", f"name them by their shapes: {layer_key(other)}, {layer_key(layer)}",
                )  # fmt: skip


def network_latency(network: Network, table: LayerTable) -> Latency:
    """Sum over a network's layers; its error is the spread of one run, if layers vary by themselves.

    A layer has the row of its name, or else that of its shape (:func:`nets.latency.table_keys.layer_key`).

    Raises:
        InputError: the table lacks layers; names them, the key of the first, and the nearest that there is.
    """
    rows = [(table.rows.get(layer.name) or table.rows.get(layer_key(layer)), layer) for layer in network.layers]
    missing = [layer for row, layer in rows if row is None]
    if missing:
        names = ", ".join(layer.name for layer in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise InputError(
            f"latency table of {table.device}", names + more,
            f"are {len(missing)} of the {len(rows)} layers of {network.name} without a row, by name or by shape "
            f"({layer_key(missing[0])})",
            f"{table.nearest(missing[0].name)}'cosearch predictor table FILE --network' writes every key",
        )  # fmt: skip
    found = [(row, layer.times) for row, layer in rows if row is not None]
    return Latency(
        math.fsum(row.mean_ms * times for row, times in found),
        math.sqrt(math.fsum(row.std_ms**2 * times for row, times in found)),
        f"sum of its layers' latencies in the table {table.device}",
    )


def tabulate_network(device: str, network: Network, latency_ms: Mapping[tuple[object, ...], float]) -> LayerTable:
    """A table computed from the latency of a network's layers, by shape.

    Args:
        latency_ms: of one run, by :attr:`nets.Layer.shape_key`.
    """
    return LayerTable(device, {layer_key(layer): Row(latency_ms[layer.shape_key]) for layer in network.layers})
