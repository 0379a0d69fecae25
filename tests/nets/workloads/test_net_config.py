"""Once-for-All's, ProxylessNAS' and MCUNet's ``net.config``: written here from networks that are known otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nets import load_network, load_space
from nets.errors import InputError
from nets.imports.named import named_network
from nets.network import Network
from nets.spaces.ofa_mobile import MobileBlock


def conv(into: int, out: int, **more: Any) -> dict[str, Any]:
    return {"name": "ConvLayer", "in_channels": into, "out_channels": out, "has_shuffle": False, **more}


def block(into: int, out: int, kernel: int, stride: int, ratio: float, **more: Any) -> dict[str, Any]:
    part = {
        "name": "MBInvertedConvLayer", "in_channels": into, "out_channels": out, "kernel_size": kernel,
        "stride": stride, "expand_ratio": ratio, **more,
    }  # fmt: skip
    shortcut = {"name": "IdentityLayer"} if stride == 1 and into == out else None
    return {"name": "MobileInvertedResidualBlock", "mobile_inverted_conv": part, "shortcut": shortcut}


def classifier(into: int) -> dict[str, Any]:
    return {"name": "LinearLayer", "in_features": into, "out_features": 1000, "dropout_rate": 0}


def mcunet_in1() -> dict[str, Any]:
    """MCUNet for 96 pixels, block by block."""
    rows = [
        (16, 8, 3, 1, 1), (8, 16, 3, 2, 4), (16, 16, 3, 1, 3), (16, 24, 7, 2, 3), (24, 24, 3, 1, 5),
        (24, 40, 3, 2, 5), (40, 40, 7, 1, 4), (40, 48, 5, 1, 4), (48, 48, 3, 1, 3), (48, 48, 3, 1, 4),
        (48, 96, 7, 2, 5), (96, 96, 5, 1, 4), (96, 96, 5, 1, 4), (96, 160, 3, 1, 6),
    ]  # fmt: skip
    return {
        "name": "ProxylessNASNets",
        "bn": {"momentum": 0.1, "eps": 1e-5},
        "first_conv": conv(3, 16, kernel_size=3, stride=2, act_func="relu6"),
        "blocks": [block(*row, act_func="relu6", use_se=False) for row in rows],
        "feature_mix_layer": None,
        "classifier": classifier(160),
        "resolution": 96,
    }


def ofa_subnet(config: dict[str, Any]) -> dict[str, Any]:
    """A subnet of Once-for-All's MobileNetV3 as its code writes it."""
    space = load_space("ofa-mbv3-w1.0")
    blocks = [each for each in space.blocks(config) if isinstance(each, MobileBlock)]
    rows = [block(16, 16, 3, 1, 1, mid_channels=None, act_func="relu")]
    for each in blocks:
        activation = "h_swish" if each.activation == "h_swish" else "relu"
        row = (each.in_channels, each.out_channels, each.kernel, each.stride, each.expansion)
        squeeze = each.squeeze_channels is not None
        rows.append(block(*row, mid_channels=each.mid_channels, act_func=activation, use_se=squeeze))
    return {
        "name": "MobileNetV3",
        "first_conv": conv(3, 16, kernel_size=3, stride=2, act_func="h_swish"),
        "blocks": rows,
        "final_expand_layer": conv(160, 960, kernel_size=1, act_func="h_swish"),
        "feature_mix_layer": conv(960, 1280, kernel_size=1, use_bn=False, act_func="h_swish"),
        "classifier": classifier(1280),
    }


def written(folder: Path, content: dict[str, Any], name: str = "net.config") -> str:
    (folder / name).write_text(json.dumps(content))
    return str(folder / name)


def shapes(network: Network) -> list[Any]:
    return [layer.shape_key for layer in network.layers]


@pytest.mark.parametrize("name", ["net.config", "mcunet.json"])
def test_an_mcunet_is_the_reference_network(name: str, tmp_path: Path) -> None:
    found, known = named_network(written(tmp_path, mcunet_in1(), name)), load_network("mcunet_in1")
    assert (found.resolution, found.macs, found.params) == (96, known.macs, known.params)
    assert shapes(found) == shapes(known)


def test_a_subnet_of_once_for_all_is_what_its_space_says(tmp_path: Path) -> None:
    space = load_space("ofa-mbv3-w1.0")
    config = space.min_config() | {"r": 160}
    (tmp_path / "run.config").write_text(json.dumps({"image_size": 160, "n_epochs": 120}))
    found, known = named_network(written(tmp_path, ofa_subnet(config))), space.network(config)
    assert (found.resolution, found.macs, found.params) == (160, known.macs, known.params)
    assert named_network(written(tmp_path, ofa_subnet(config)), resolution=128).resolution == 128


def test_blocks_that_were_searched_away_are_left_out(tmp_path: Path) -> None:
    content = mcunet_in1()
    empty = {"name": "MobileInvertedResidualBlock", "mobile_inverted_conv": {"name": "ZeroLayer", "stride": 1}}
    content["blocks"].insert(3, empty | {"shortcut": {"name": "IdentityLayer"}})
    assert named_network(written(tmp_path, content)).macs == load_network("mcunet_in1").macs
    content["blocks"][3] = empty | {"shortcut": None}
    with pytest.raises(InputError, match="neither layers nor a shortcut"):
        named_network(written(tmp_path, content))


@pytest.mark.parametrize(
    "change, match",
    [
        ({"name": "ShuffleNet"}, "name"),
        ({"blocks": []}, "blocks"),
        ({"classifier": classifier(161)}, "in_features: 161 must be the 160 channels"),
        ({"first_conv": conv(3, 16, kernel_size=3, stride=0)}, "stride"),
        ({"first_conv": conv(3, 16, kernel_size=3, groups=2)}, "groups"),
        ({"feature_mix_layer": conv(320, 1280)}, "in_channels: 320 must be the 160 channels"),
    ],
)
def test_what_is_no_such_network_is_refused(change: dict[str, Any], match: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=match):
        named_network(written(tmp_path, mcunet_in1() | change))
