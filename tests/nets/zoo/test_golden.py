"""MACs and parameters of the reference networks, equal to the last unit.

Sources: torchvision 0.29 and timm 1.0, convolutions and linear layers counted by hooks at batch 1 (for ViT and DeiT
plus the two products of attention; torchvision's own operation counts agree to three digits); ProxylessNAS, from the
networks' published configurations; ShuffleNetV1, BERT and U-Net, closed forms of the papers' architectures.
"""

import pytest

from nets import list_networks, load_network
from nets.consistency import check
from nets.zoo.language import MODELS
from nets.zoo.pose import SIZES

# name: (MACs, parameters, convolutions and linear layers)
GOLDEN = {
    "alexnet": (714_188_480, 61_100_840, 8),
    "bert_base": (11_173_625_856, 109_482_240, 12 * 8),
    "deit_b": (16_848_500_736 + 715_327_488, 86_567_656, 50 + 12 * 4),
    "deit_s": (4_241_218_560 + 357_663_744, 22_050_664, 50 + 12 * 4),
    "deit_t": (1_074_851_328 + 178_831_872, 5_717_416, 50 + 12 * 4),
    "densenet121": (2_834_161_664, 7_978_856, 121),
    "efficientnet_b0": (385_814_752, 5_288_548, 82),
    "efficientnet_b1": (686_802_832, 7_794_184, 116),
    "efficientnet_b2": (993_561_872, 9_109_994, 116),
    "efficientnet_b3": (1_827_141_392, 12_233_232, 131),
    "efficientnet_b4": (4_393_771_024, 19_341_616, 161),
    "efficientnet_b5": (10_266_384_752, 30_389_784, 195),
    "efficientnet_b6": (19_067_593_536, 43_040_704, 225),
    "efficientnet_b7": (37_745_884_192, 66_347_960, 274),
    "fbnet_c": (384_960_160, 5_572_200, 66),
    "googlenet": (1_498_376_192, 6_624_904, 58),
    "mnasnet_0_5": (104_455_968, 2_218_512, 53),
    "mnasnet_a1": (311_579_072, 3_887_038, 66),
    "mnasnet_b1": (314_415_872, 4_383_312, 53),
    "mobilenet_v1": (568_740_352, 4_231_976, 28),
    "mobilenet_v2": (300_774_272, 3_504_872, 53),
    "mobilenet_v3_large": (216_589_760, 5_483_032, 64),
    "mobilenet_v3_small": (56_510_400, 2_542_856, 54),
    "proxyless_cpu": (439_243_864, 4_361_648, 62),
    "proxyless_gpu": (465_260_160, 7_119_848, 44),
    "proxyless_mobile": (320_427_584, 4_080_512, 62),
    "proxyless_mobile14": (580_883_408, 6_857_568, 62),
    "resnet18": (1_814_073_344, 11_689_512, 21),
    "resnet34": (3_663_761_408, 21_797_672, 37),
    "resnet50": (4_089_184_256, 25_557_032, 54),
    "resnet50d": (4_328_824_832, 25_576_264, 56),
    "resnext50_32x4d": (4_230_479_872, 25_028_904, 54),
    "shufflenet_v1_g3": (137_460_672, 1_865_728, 2 + 16 * 3),
    "shufflenet_v2_x0_5": (40_476_448, 1_366_792, 57),
    "shufflenet_v2_x1_0": (144_907_992, 2_278_604, 57),
    "shufflenet_v2_x1_5": (295_759_392, 3_503_624, 57),
    "spnasnet": (333_467_072, 4_421_616, 65),
    "squeezenet1_0": (818_924_576, 1_248_424, 26),
    "squeezenet1_1": (349_151_936, 1_235_496, 26),
    "unet": (150_428_424_448, 31_030_658, 23),
    "unet_same": (192_669_548_544, 31_031_745, 23),
    "vgg16": (15_470_264_320, 138_357_544, 16),
    "vgg16_bn": (15_470_264_320, 138_365_992, 16),
    "vit_b_16": (16_848_500_736 + 715_327_488, 86_567_656, 50 + 12 * 4),
}

# torchvision publishes these parameters, and MACs to three digits of a G
TORCHVISION_ONLY = {"mnasnet_0_75": (0.215, 3_170_208), "mnasnet_1_3": (0.526, 6_282_256)}

# name: (MACs, their rounding, parameters, their rounding), as published
PUBLISHED = {
    # Keras' trainable parameters; MACs of tables 2 and 3 in Zoph et al. 2018
    "nasnet_a_mobile": (564e6, 0.5e6, 5_289_978, 0),
    "nasnet_a_large": (23.8e9, 0.05e9, 88_753_150, 0),
    # table 2 in Real et al. 2019; its MACs are cut, not rounded
    "amoebanet_a_mobile": (555e6, 1e6, 5.1e6, 0.05e6),
    # table 4 in Sandler et al. 2018, whose channels are rounded otherwise; parameters as timm lists mobilenetv2_140
    "mobilenet_v2_1_4": (585e6, 3e6, 6.11e6, 0.005e6),
}


def test_every_network_has_a_golden_row() -> None:
    """Here, or in the file of their kind: language, applications, sparse, mcunet, ofa_specialised."""
    language = {f"{name}{phase}" for name in MODELS for phase in ("", "_decode")}
    applications = {"stylegan2", "minkunet", "spvcnn", *(f"litepose_{size}" for size in SIZES)}
    applications |= {f"auto_deeplab_{size}" for size in "sml"} | set(list_networks("mcunet_*"))
    specialised = set(list_networks("ofa_*"))
    assert set(list_networks()) == {*GOLDEN, *TORCHVISION_ONLY, *PUBLISHED, *language, *applications, *specialised}


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_within_the_rounding_of_the_published_ones(name: str) -> None:
    macs, macs_rounding, params, params_rounding = PUBLISHED[name]
    network = load_network(name)
    assert network.macs == pytest.approx(macs, abs=macs_rounding)
    assert network.params == pytest.approx(params, abs=params_rounding)


@pytest.mark.parametrize("name", GOLDEN)
def test_counts_equal_the_published_ones(name: str) -> None:
    network = load_network(name)
    assert (network.macs, network.params, len(network.mac_layers)) == GOLDEN[name]


@pytest.mark.parametrize("name", TORCHVISION_ONLY)
def test_counts_known_to_three_digits(name: str) -> None:
    gmacs, params = TORCHVISION_ONLY[name]
    network = load_network(name)
    assert network.params == params
    assert network.macs == pytest.approx(gmacs * 1e9, abs=0.5e6)


@pytest.mark.parametrize(
    ("name", "resolution", "macs"),
    [
        ("bert_base", 384, 35_332_816_896),
        ("bert_base", 512, 48_318_382_080),
        ("unet_same", 256, 48_167_387_136),
    ],
)
def test_counts_at_other_resolutions(name: str, resolution: int, macs: int) -> None:
    assert load_network(name, resolution).macs == macs


def test_resnet50_without_its_classifier_is_naas_count() -> None:
    network = load_network("resnet50")
    assert sum(layer.macs for layer in network.layers if layer.kind == "conv") == 4_089_184_256 - 2_048_000


@pytest.mark.parametrize("name", list_networks())
def test_layers_fit_each_other(name: str) -> None:
    check(load_network(name))


@pytest.mark.parametrize("name", list_networks())
def test_a_batch_multiplies_work_and_not_parameters(name: str) -> None:
    one, three = load_network(name), load_network(name, batch=3)
    check(three)
    assert (three.macs, three.params) == (3 * one.macs, one.params)
    assert three.activations == 3 * one.activations
    assert three.peak_memory_words == 3 * one.peak_memory_words


PARTICULAR = ("vit", "deit", "unet", "stylegan2", "litepose", "minkunet", "spvcnn", "auto_deeplab")
"""Networks that take multiples of a number only."""


@pytest.mark.parametrize("name", [name for name in list_networks() if not name.startswith(PARTICULAR)])
def test_layers_fit_each_other_at_odd_resolutions(name: str) -> None:
    check(load_network(name, 193))
