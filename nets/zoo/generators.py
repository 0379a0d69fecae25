"""StyleGAN2 (Karras et al. 2020, configuration F): a generator of images from a latent of 512 numbers.

The resolution is that of the image made. Published work (144 G, e.g. in Lin et al. 2021) counts the transposed
convolutions at the resolution of their output, zeros included; here only real products count, which are half as many.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from nets.blocks import FeatureMap
from nets.blocks.style import constant, mapping_network, styled_conv, to_rgb
from nets.errors import InputError
from nets.zoo.registry import register_network

if TYPE_CHECKING:
    from nets.network import Network

STYLE: Final = 512
CHANNELS: Final = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32}
"""Of the two convolutions at each resolution."""


@register_network("stylegan2", "StyleGAN2", input_kind="sequence", resolution=1024, channels=STYLE)
def stylegan2(net: Network, latent: FeatureMap) -> None:
    """Up to the resolution asked for, which must be one of 4 to 1024 in powers of 2."""
    resolution = latent.height
    if resolution not in CHANNELS:
        raise InputError(
            f"network {net.name!r}: resolution", resolution, "must be one of " + ", ".join(map(str, CHANNELS))
        )
    style = mapping_network(net, "mapping", replace(latent, height=1))
    x = constant(net, "constant", style, CHANNELS[4])
    x = styled_conv(net, "res4.conv", x, style, CHANNELS[4])
    image = to_rgb(net, "res4.rgb", x, style)
    for size, channels in CHANNELS.items():
        if 4 < size <= resolution:
            x = styled_conv(net, f"res{size}.conv1", x, style, channels, up=True)
            x = styled_conv(net, f"res{size}.conv2", x, style, channels)
            image = to_rgb(net, f"res{size}.rgb", x, style, image)
