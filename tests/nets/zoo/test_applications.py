"""Generators and pose estimation: parameters to the last one, work by the way it was published."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.errors import InputError
from nets.network import Network


def with_zeros(network: Network) -> int:
    """Multiply-accumulates as published: transposed convolutions at the resolution of their output.

    Three of four products of a doubling are with zeros then.
    """
    transposed = sum(layer.macs for layer in network.layers if ".phase" in layer.name)
    return network.macs + 3 * transposed


def test_stylegan2_has_its_published_parameters() -> None:
    """30,370,060 in the PyTorch implementation in common use; 144 G multiply-accumulates (Lin et al. 2021)."""
    network = load_network("stylegan2")
    assert network.params == 30_370_060
    assert with_zeros(network) == pytest.approx(144e9, rel=0.02)


def test_an_image_is_made_at_any_power_of_two() -> None:
    assert load_network("stylegan2", 256).layers[-1].P == 256
    with pytest.raises(InputError, match="resolution: 200 must be one of 4, 8, 16"):
        load_network("stylegan2", 200)


@pytest.mark.parametrize(("size", "gmacs"), [("xs", 1.2), ("s", 5.0), ("m", 7.8), ("l", 13.7)])
def test_litepose_works_as_much_as_published(size: str, gmacs: float) -> None:
    """Of its README (CrowdPose), whose counter includes norms and activations: within a twentieth, and below."""
    macs = with_zeros(load_network(f"litepose_{size}")) / 1e9
    assert macs == pytest.approx(gmacs, rel=0.05)
    assert macs < gmacs


def test_heat_maps_stand_at_a_quarter_and_half_of_the_image() -> None:
    network = load_network("litepose_s")
    assert [network.layer(f"output{index}.add").P for index in (1, 2)] == [112, 224]
    assert [network.layer(f"output{index}.add").G for index in (1, 2)] == [28, 14]


@pytest.mark.parametrize(
    ("size", "parameters", "gmacs"), [("s", 10.15, 333.25), ("m", 21.62, 460.93), ("l", 44.42, 695.03)]
)
def test_auto_deeplab_as_published(size: str, parameters: float, gmacs: float) -> None:
    """Liu et al. 2019, table 4, for images of two squares: parameters to every digit; MACs 5 to 6 % below its count."""
    network = load_network(f"auto_deeplab_{size}", 1024)
    assert round(network.params / 1e6, 2) == parameters
    assert 0.935 < 2 * network.macs / 1e9 / gmacs < 0.955


def test_auto_deeplab_gives_every_pixel_a_class() -> None:
    last = load_network("auto_deeplab_s", 256).layers[-1]
    assert (last.P, last.Q, last.G) == (256, 256, 19)
    with pytest.raises(InputError, match="resolution: 500 must be a multiple of 32"):
        load_network("auto_deeplab_s", 500)
