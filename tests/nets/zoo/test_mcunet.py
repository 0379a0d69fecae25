"""MCUNet's networks and their baselines against published counts and published memory."""

from __future__ import annotations

import pytest

from nets import list_networks, load_network
from nets.peak_memory import early_sram_of, peak_activation_words, sram_of

COUNTS = {
    "mcunet_in0": (48, 6_364_224, 749_840),
    "mcunet_in1": (96, 12_790_096, 636_232),
    "mcunet_in2": (160, 67_287_200, 729_392),
    "mcunet_in3": (176, 81_785_520, 737_408),
    "mcunet_in4": (160, 125_874_400, 1_732_640),
    "mcunet_mbv2_w0_3": (80, 7_299_968, 634_408),
    "mcunet_mbv2_w0_35": (144, 23_499_152, 750_280),
    "mcunet_proxyless_w0_25": (112, 10_691_008, 569_600),
    "mcunet_proxyless_w0_3": (176, 38_282_216, 754_280),
}
"""Pixels, MACs and parameters of the released configurations; the tables round them: 6.4 M and 0.7 M to 125.9 M and
1.7 M, 7.3 M and 0.63 M, 23.5 M and 0.75 M, 10.7 M and 0.57 M, 38.3 M and 0.75 M."""

EARLY = {
    "mcunet_in0": (45, 54),
    "mcunet_in1": (90, 107),
    "mcunet_in2": (325, 242),
    "mcunet_in3": (333, 293),
    "mcunet_in4": (413, 456),
    "mcunet_mbv2_w0_3": (94, 98),
    "mcunet_mbv2_w0_35": (303, 308),
    "mcunet_proxyless_w0_25": (98, 114),
    "mcunet_proxyless_w0_3": (242, 292),
}
"""KiB of mit-han-lab/tinyml, mcunet/README.md (d25cd4b): "Act" and TinyEngine's "SRAM"."""

FIRST_RELEASE = {
    "mcunet_in0": 45,
    "mcunet_in1": 90,
    "mcunet_in2": 200,
    "mcunet_in3": 242,
    "mcunet_mbv2_w0_35": 284,
    "mcunet_proxyless_w0_3": 242,
}
"""KiB of mit-han-lab/tinyengine, README.md as first released (c71768b)."""

MEASURED = {
    "mcunet_in0": 49,
    "mcunet_in1": 96,
    "mcunet_in2": 215,
    "mcunet_in3": 260,
    "mcunet_in4": 416,
    "mcunet_mbv2_w0_35": 295,
    "mcunet_proxyless_w0_3": 259,
}
"""KiB of the same README since 719fb9b, "peak memory (SRAM)", the last column."""


def test_all_are_held() -> None:
    assert list_networks("mcunet_*") == sorted(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_published(name: str) -> None:
    network = load_network(name)
    assert (network.resolution, network.macs, network.params) == COUNTS[name]


@pytest.mark.parametrize("name", MEASURED)
def test_memory_is_the_engines(name: str) -> None:
    assert round(sram_of(load_network(name)).total / 1024) == MEASURED[name]


@pytest.mark.parametrize("name", FIRST_RELEASE)
def test_its_first_release_counted_activations_alone(name: str) -> None:
    assert sram_of(load_network(name)).activations / 1024 == pytest.approx(FIRST_RELEASE[name], abs=0.5)


@pytest.mark.parametrize("name", EARLY)
def test_the_first_tables_had_a_buffer_for_shortcuts(name: str) -> None:
    """Activations with nothing in place (cut or rounded to whole KiB), and the memory of the engine of 2021."""
    network = load_network(name)
    activations, memory = EARLY[name]
    assert peak_activation_words(network) / 1024 == pytest.approx(activations, abs=0.8)
    assert early_sram_of(network) / 1024 == pytest.approx(memory, abs=0.5)
