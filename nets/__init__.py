"""What is computed: layers, networks, search spaces and their accuracy.

Names load on first use, so that ``import nets`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from nets.imports.named import named_network
    from nets.imports.onnx_file import from_onnx
    from nets.imports.torch_export import from_torch
    from nets.layer import Layer
    from nets.network import Network
    from nets.spaces import list_spaces, load_space
    from nets.zoo import list_networks, load_network, network_info

_HOMES = {
    "Layer": "nets.layer",
    "Network": "nets.network",
    "from_onnx": "nets.imports.extras",
    "from_torch": "nets.imports.extras",
    "list_networks": "nets.zoo",
    "list_spaces": "nets.spaces",
    "load_network": "nets.zoo",
    "load_space": "nets.spaces",
    "named_network": "nets.imports.named",
    "network_info": "nets.zoo",
}

__all__ = [
    "Layer",
    "Network",
    "from_onnx",
    "from_torch",
    "list_networks",
    "list_spaces",
    "load_network",
    "load_space",
    "named_network",
    "network_info",
]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
