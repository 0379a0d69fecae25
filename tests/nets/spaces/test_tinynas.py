"""MCUNet's space design: the 108 spaces, what fits a device, and which space it picks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets import load_network
from nets.errors import InfeasibleError, InputError
from nets.peak_memory import peak_activation_words, sram_of
from nets.spaces import load_space
from nets.spaces.space_design import (
    DEVICES,
    Subspace,
    draw_spaces,
    flash_bytes,
    judge_spaces,
    pick_space,
    sram_of_chain,
)
from nets.spaces.tinynas import RESOLUTIONS, WIDTHS

SPACE = load_space("tinynas")


def test_there_are_108_spaces() -> None:
    """Each of them with (12^2 + 12^3 + 12^4)^5 * 12 architectures."""
    assert len(WIDTHS) * len(RESOLUTIONS) == 108
    assert SPACE.total_size == 108 * 22608**5 * 12


MCUNETS = {
    "mcunet_in0": (0.6, [3, 3, 2, 3, 2, 1], "533 755 75 353 35 3", "434 545 54 545 64 6"),
    "mcunet_in1": (0.5, [2, 2, 2, 3, 3, 1], "33 73 37 533 755 3", "43 35 54 434 544 6"),
    "mcunet_in2": (0.5, [4, 3, 2, 3, 4, 1], "5735 375 75 353 5553 5", "3655 566 45 554 6434 5"),
    "mcunet_in3": (0.5, [4, 3, 3, 3, 3, 1], "7375 555 375 573 373 7", "3554 555 564 555 654 5"),
    "mcunet_in4": (1.0, [3, 3, 3, 3, 3, 1], "735 737 737 355 775 5", "354 544 333 433 433 4"),
}
"""Width, depths, kernels and expansions of the published networks, stage by stage."""


@pytest.mark.parametrize("name", MCUNETS)
def test_the_published_networks_are_in_the_space(name: str) -> None:
    width, depths, kernels, expansions = MCUNETS[name]
    config: dict[str, Any] = SPACE.min_config() | {"w": [WIDTHS.index(width)], "d": depths}
    for gene, digits in (("ks", kernels), ("e", expansions)):
        slots: list[int] = []
        for depth, stage in zip(SPACE.depths, digits.split()):
            slots += [int(digit) for digit in stage] + [0] * (depth.slots - len(stage))
        config[gene] = slots
    known = load_network(name)
    found = SPACE.network(SPACE.canonical(config | {"r": known.resolution}))
    assert (found.macs, found.params) == (known.macs, known.params)
    assert [layer.shape_key for layer in found.layers] == [layer.shape_key for layer in known.layers]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_memory_of_a_chain_of_blocks_is_that_of_the_network(seed: int) -> None:
    config = SPACE.sample(np.random.default_rng(seed))
    network, blocks = SPACE.network(config), SPACE.blocks(config)
    assert sram_of_chain(blocks) == sram_of(network)
    assert flash_bytes(blocks) == network.params
    in_place, apart = sram_of_chain(blocks).activations, peak_activation_words(network)
    assert apart / 2 <= in_place <= apart


DRAWN = draw_spaces(samples=40, widths=(0.3, 0.5, 0.8), resolutions=(96, 160, 224))
JUDGED = judge_spaces(DRAWN, *DEVICES["STM32F746"])


def test_the_distribution_rises_to_one() -> None:
    for space in JUDGED:
        macs, shares = space.distribution()
        assert macs == sorted(macs)
        assert len(macs) == round(space.fitting * 40)
        if macs:
            assert shares[-1] == 1.0
            assert macs[0] <= space.mean <= macs[-1]
            share_below_p80 = sum(value <= space.p80 for value in macs) / len(macs)
            assert share_below_p80 == pytest.approx(0.8, abs=1 / len(macs))


def test_what_is_kept_fits_and_what_is_not_does_not() -> None:
    """A device without limits keeps all; the widest images fit no small memory."""
    endless, limited = (
        next(space for space in judged if (space.width, space.resolution) == (0.5, 160))
        for judged in (judge_spaces(DRAWN, 10**12, 10**12), JUDGED)
    )
    assert endless.fitting == 1.0
    assert 0.0 < limited.fitting < 1.0
    assert set(limited.macs) <= set(endless.macs)
    assert next(space for space in JUDGED if (space.width, space.resolution) == (0.8, 224)).macs == ()


def test_a_larger_device_picks_a_space_that_works_more() -> None:
    """As in the paper, from 256 kB of SRAM to 512 kB and 2 MB of flash."""
    drawn = draw_spaces(samples=20, widths=(0.4, 0.5, 0.7), resolutions=(128, 160, 192))
    devices = ("STM32F412", "STM32F746", "STM32H743")
    means = [pick_space(judge_spaces(drawn, *DEVICES[device])).mean for device in devices]
    assert means == sorted(means)
    assert means[0] < means[2]


def test_the_same_seed_draws_the_same_whatever_else_is_drawn() -> None:
    def figures(seed: int) -> list[list[int]]:
        (alone,) = draw_spaces(samples=40, seed=seed, widths=(0.5,), resolutions=(160,))
        return [alone.sram.tolist(), alone.flash.tolist(), alone.macs.tolist()]

    among = next(space for space in DRAWN if (space.width, space.resolution) == (0.5, 160))
    assert figures(0) == [among.sram.tolist(), among.flash.tolist(), among.macs.tolist()]
    assert figures(1) != figures(0)


def test_the_space_of_the_papers_figure_is_picked() -> None:
    """80th percentiles of 50.3M (78.7 % top-1 in the end) against 32.3M (74.2 %)."""
    red = Subspace(0.5, 112, 100, tuple(int(50.3e6) for _ in range(50)))
    black = Subspace(0.7, 80, 100, tuple(int(32.3e6) for _ in range(90)))
    assert pick_space([black, red], criterion="p80") is red
    assert pick_space([black, red]) is red


def test_a_space_in_which_hardly_anything_fits_is_not_picked() -> None:
    lucky = Subspace(1.0, 224, 1000, (10**9,))
    steady = Subspace(0.5, 160, 1000, (10**7,) * 800)
    assert pick_space([lucky, steady]) is steady
    with pytest.raises(InfeasibleError, match=r"width 1.0 at 224 pixels has the most, 0.1%"):
        pick_space([lucky, dataclasses.replace(steady, macs=())])


def test_bad_requests_are_refused() -> None:
    with pytest.raises(InputError, match="sram: 0 must be at least 1"):
        judge_spaces(DRAWN, 0, 10**6)
    with pytest.raises(InputError, match=r"width: 0.55 must be one of 0.2, 0.3"):
        draw_spaces(widths=(0.55,))
    with pytest.raises(InputError, match="resolution: 50 must be one of 48, 64"):
        draw_spaces(resolutions=(50,))
    with pytest.raises(InputError, match="samples: 0 must be at least 1"):
        draw_spaces(samples=0)
