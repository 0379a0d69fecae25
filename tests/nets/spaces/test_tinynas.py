"""MCUNet's space design: the 108 spaces, what fits a device, and which space it picks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.errors import InfeasibleError, InputError
from nets.peak_memory import peak_activation_words
from nets.spaces import load_space
from nets.spaces.tinynas import (
    DEVICES,
    RESOLUTIONS,
    WIDTHS,
    Subspace,
    flash_bytes,
    judge_spaces,
    pick_space,
    sram_bytes,
)

SPACE = load_space("tinynas")


def test_there_are_108_spaces() -> None:
    """Each of them with 7371^5 * 9 architectures."""
    assert len(WIDTHS) * len(RESOLUTIONS) == 108
    assert SPACE.total_size == 108 * 7371**5 * 9


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_memory_of_a_chain_of_blocks_is_that_of_the_network(seed: int) -> None:
    config = SPACE.sample(np.random.default_rng(seed))
    network, blocks = SPACE.network(config), SPACE.blocks(config)
    assert sram_bytes(blocks) == peak_activation_words(network, in_place_depthwise=True)
    assert flash_bytes(blocks) == network.params
    in_place, apart = sram_bytes(blocks), peak_activation_words(network)
    assert apart / 2 <= in_place <= apart


JUDGED = judge_spaces(*DEVICES["STM32F746"], samples=40, widths=(0.3, 0.5, 0.8), resolutions=(96, 160, 224))


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
    (endless,) = judge_spaces(10**12, 10**12, samples=40, widths=(0.5,), resolutions=(160,))
    (limited,) = (space for space in JUDGED if (space.width, space.resolution) == (0.5, 160))
    assert endless.fitting == 1.0
    assert 0.0 < limited.fitting < 1.0
    assert set(limited.macs) <= set(endless.macs)
    assert next(space for space in JUDGED if (space.width, space.resolution) == (0.8, 224)).macs == ()


def test_a_larger_device_picks_a_space_that_works_more() -> None:
    """As in the paper, from 256 kB of SRAM to 512 kB and 2 MB of flash."""
    means = []
    for device in ("STM32F412", "STM32F746", "STM32H743"):
        judged = judge_spaces(*DEVICES[device], samples=20, widths=(0.4, 0.5, 0.7), resolutions=(128, 160, 192))
        means.append(pick_space(judged).mean)
    assert means == sorted(means)
    assert means[0] < means[2]


def test_the_same_seed_picks_the_same_whatever_else_is_judged() -> None:
    alone = judge_spaces(*DEVICES["STM32F746"], samples=40, widths=(0.5,), resolutions=(160,))
    assert alone == [space for space in JUDGED if (space.width, space.resolution) == (0.5, 160)]
    other = judge_spaces(*DEVICES["STM32F746"], samples=40, seed=1, widths=(0.5,), resolutions=(160,))
    assert other != alone


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


@pytest.mark.parametrize(
    ("change", "message"),
    [({"sram": 0}, "sram: 0 must be at least 1"), ({"widths": (0.55,)}, "width: 0.55 must be one of 0.2, 0.3")],
)
def test_bad_requests_are_refused(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"sram": 320_000, "flash": 10**6, "samples": 1, "resolutions": (48,)}
    with pytest.raises(InputError, match=message):
        judge_spaces(**(arguments | change))  # type: ignore[arg-type]
