"""Listing, looking up and building reference networks."""

import subprocess
import sys

import pytest

from nets import list_networks, load_network, network_info
from nets.errors import InputError
from nets.zoo import register_network


def test_names_glob() -> None:
    assert list_networks("mobilenet*") == [
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilenet_v2_1_4",
        "mobilenet_v3_large",
        "mobilenet_v3_small",
    ]
    assert list_networks("nothing*") == []


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'mobilenet_v2'"):
        load_network("mobilenetv2")


def test_the_resolution_is_kept_and_defaults_to_the_published_one() -> None:
    assert load_network("efficientnet_b3").resolution == 300
    assert load_network("efficientnet_b3", 224).resolution == 224


@pytest.mark.parametrize("value", [0, -224, 2.5, True])
def test_a_resolution_or_batch_must_be_a_positive_whole_number(value: int) -> None:
    with pytest.raises(InputError, match=r"resolution: .* whole number of at least 1"):
        load_network("resnet18", value)
    with pytest.raises(InputError, match=r"batch: .* whole number of at least 1"):
        load_network("resnet18", batch=value)


@pytest.mark.parametrize(
    ("name", "resolution", "message"),
    [
        ("alexnet", 32, "resolution: 32 is too small: layer 'pool5'.*published at 224"),
        ("densenet121", 16, "resolution: 16 is too small"),
        ("vit_b_16", 225, "must be a multiple of the patch size 16"),
        ("bert_base", 513, "at most the 512 positions"),
        ("unet", 512, "12 more than a multiple of 16"),
        ("unet", 76, "resolution: 76 is too small"),
        ("unet_same", 500, "multiple of 16"),
    ],
)
def test_a_resolution_that_does_not_fit_says_so(name: str, resolution: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_network(name, resolution)


def test_accuracies_come_with_their_source() -> None:
    for name in list_networks():
        info = network_info(name)
        assert (info.top1 is None) == (info.top1_source == "")
        assert info.top1 is None or 39 < info.top1 < 90  # percent; the least is MCUNet's narrowest baseline, 39.3


def test_a_name_is_taken_once() -> None:
    with pytest.raises(InputError, match="is taken"):
        register_network("resnet50", "Another")


def test_an_accuracy_without_a_source_is_refused() -> None:
    with pytest.raises(InputError, match="top1_source"):
        register_network("unheard_of", "Unheard of", top1=99.0)
    assert "unheard_of" not in list_networks()


def test_listing_does_not_load_networkx() -> None:
    code = "import sys, nets; assert nets.list_networks(); print('networkx' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
