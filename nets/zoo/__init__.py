"""Reference networks, one module per family; importing this package enters them all into the registry."""

from nets.zoo import mobilenet, resnet
from nets.zoo.registry import NetworkInfo, list_networks, load_network, network_info, register_network

__all__ = ["NetworkInfo", "list_networks", "load_network", "mobilenet", "network_info", "register_network", "resnet"]
