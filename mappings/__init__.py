"""Which mapping: encodings, dataflows, mappers, and how far an answer may be from the best.

The names below load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from accel_models.loopnest import Mapping
    from mappings.dataflows import dataflow_mapping, list_dataflows
    from mappings.layer_search import LayerSearch, MappingResult, search, search_layers, search_many
    from mappings.mappers.mapper import list_mappers, register_mapper
    from mappings.network_join import LayerBound, NetworkChoice, join_network
    from mappings.network_search import NetworkSearch, search_network
    from mappings.pareto import Front, layer_front

_HOMES = {
    "Front": "mappings.pareto",
    "LayerBound": "mappings.network_join",
    "LayerSearch": "mappings.layer_search",
    "Mapping": "accel_models.loopnest",
    "MappingResult": "mappings.layer_search",
    "NetworkChoice": "mappings.network_join",
    "NetworkSearch": "mappings.network_search",
    "dataflow_mapping": "mappings.dataflows",
    "join_network": "mappings.network_join",
    "layer_front": "mappings.pareto",
    "list_dataflows": "mappings.dataflows",
    "list_mappers": "mappings.mappers.mapper",
    "register_mapper": "mappings.mappers.mapper",
    "search": "mappings.layer_search",
    "search_layers": "mappings.layer_search",
    "search_many": "mappings.layer_search",
    "search_network": "mappings.network_search",
}

__all__ = [
    "Front",
    "LayerBound",
    "LayerSearch",
    "Mapping",
    "MappingResult",
    "NetworkChoice",
    "NetworkSearch",
    "dataflow_mapping",
    "join_network",
    "layer_front",
    "list_dataflows",
    "list_mappers",
    "register_mapper",
    "search",
    "search_layers",
    "search_many",
    "search_network",
]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
