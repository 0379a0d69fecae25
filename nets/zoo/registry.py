"""The registry of reference networks: a decorator to enter one, a glob to list them, a name to build one."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from nets.blocks import FeatureMap, PlaneTooSmall
from nets.errors import InputError, unknown

if TYPE_CHECKING:
    from nets.network import Network

InputKind = Literal["image", "sequence"]
Builder = Callable[["Network", FeatureMap], object]

TORCHVISION: Final = "torchvision, IMAGENET1K_V1 weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfo:
    """What is known of a reference network before it is built.

    Attributes:
        name: key of the registry.
        title: what a person calls it.
        build: adds the layers to an empty network, given its input.
        input_kind: ``"image"`` or ``"sequence"``.
        resolution: default rows and columns of the input image; tokens of a sequence model.
        channels: channels of the input.
        top1: published ImageNet top-1 accuracy in percent at the default resolution, ``None`` where there is none.
        top1_source: who published it.
        latency_ms: published milliseconds of an inference on ``device``, ``None`` where there are none.
        device: that they were measured on, and how many images at once if more than one.
    """

    name: str
    title: str
    build: Builder
    input_kind: InputKind
    resolution: int
    channels: int
    top1: float | None
    top1_source: str
    latency_ms: float | None
    device: str


_NETWORKS: dict[str, NetworkInfo] = {}


def register_network(
    name: str,
    title: str,
    *,
    input_kind: InputKind = "image",
    resolution: int = 224,
    channels: int = 3,
    top1: float | None = None,
    top1_source: str = "",
    latency_ms: float | None = None,
    device: str = "",
) -> Callable[[Builder], Builder]:
    """Decorator that enters a builder under ``name``.

    Raises:
        InputError: the name is taken, an accuracy comes without its source, or a latency without its device.
    """
    if name in _NETWORKS:
        raise InputError("register_network: name", name, "is taken")
    if (top1 is None) != (not top1_source):
        raise InputError(f"network {name!r}: top1_source", top1_source, "must come with top1, and top1 with it")
    if (latency_ms is None) != (not device):
        raise InputError(f"network {name!r}: device", device, "must come with latency_ms, and latency_ms with it")

    def enter(build: Builder) -> Builder:
        _NETWORKS[name] = NetworkInfo(
            name=name,
            title=title,
            build=build,
            input_kind=input_kind,
            resolution=resolution,
            channels=channels,
            top1=top1,
            top1_source=top1_source,
            latency_ms=latency_ms,
            device=device,
        )
        return build

    return enter


def list_networks(pattern: str = "*") -> list[str]:
    """Names of the reference networks that match a glob such as ``"mobilenet*"``, sorted."""
    return sorted(fnmatch.filter(_NETWORKS, pattern))


def network_info(name: str) -> NetworkInfo:
    """What is known of a reference network.

    Raises:
        InputError: no such network; names the nearest.
    """
    if name not in _NETWORKS:
        raise unknown("network", name, _NETWORKS)
    return _NETWORKS[name]


def load_network(name: str, resolution: int | None = None, batch: int = 1) -> Network:
    """Build a reference network.

    Args:
        name: as :func:`list_networks` gives it.
        resolution: rows and columns of the input image (tokens of a sequence model); the published one when omitted.
        batch: images per inference.

    Raises:
        InputError: no such network, a batch below 1, or a resolution that the network cannot take.
    """
    from nets.network import Network  # it needs networkx, which listing names does not

    info = network_info(name)
    resolution = info.resolution if resolution is None else resolution
    for field, value in (("resolution", resolution), ("batch", batch)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"network {name!r}: {field}", value, "must be a whole number of at least 1")
    network = Network(name, resolution=resolution)
    shape = FeatureMap.image if info.input_kind == "image" else FeatureMap.sequence
    try:
        info.build(network, shape(resolution, channels=info.channels, batch=batch))
    except PlaneTooSmall as error:
        hint = f"{info.title} was published at {info.resolution}"
        raise InputError(f"network {name!r}: resolution", resolution, f"is too small: {error}", hint) from error
    return network
