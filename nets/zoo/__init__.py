"""Reference networks, one module per family; importing this package enters them all into the registry."""

from nets.zoo import (  # noqa: F401  (imported for what they register)
    auto_deeplab,
    cells,
    classic,
    concatenating,
    efficientnet,
    generators,
    language,
    mcunet,
    mobile_search,
    mobilenet,
    ofa_specialised,
    pose,
    proxyless,
    resnet,
    shufflenet,
    sparse,
    transformer,
    unet,
)
from nets.zoo.registry import NetworkInfo, list_networks, load_network, network_info, register_network

__all__ = ["NetworkInfo", "list_networks", "load_network", "network_info", "register_network"]
