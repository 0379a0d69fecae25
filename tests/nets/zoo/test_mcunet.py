"""MCUNet's networks against their published figures, and its configurations' own counts."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.peak_memory import sram_of


@pytest.mark.parametrize(
    "name, resolution, macs, params",
    [
        ("mcunet_in0", 48, 6_364_224, 749_840),
        ("mcunet_in1", 96, 12_790_096, 636_232),
        ("mcunet_in2", 160, 67_287_200, 729_392),
        ("mcunet_in3", 176, 81_785_520, 737_408),
        ("mcunet_in4", 160, 125_874_400, 1_732_640),
    ],
)
def test_counts_are_published(name: str, resolution: int, macs: int, params: int) -> None:
    """The README's table rounds them: 6.4, 12.8, 67.3, 81.8 and 125.9 M MACs; 0.75, 0.64, 0.73, 0.74, 1.73 M."""
    network = load_network(name)
    assert (network.resolution, network.macs, network.params) == (resolution, macs, params)


@pytest.mark.parametrize(
    "name, kib", [("mcunet_in0", 49), ("mcunet_in1", 96), ("mcunet_in2", 215), ("mcunet_in3", 260), ("mcunet_in4", 416)]
)
def test_memory_is_published(name: str, kib: int) -> None:
    """TinyEngine's README, "peak memory (SRAM)", the last column (commit 0363956)."""
    assert round(sram_of(load_network(name)).total / 1024) == kib
