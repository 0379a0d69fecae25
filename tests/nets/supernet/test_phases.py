"""Progressive shrinking's phases: what is open when, and the published schedule."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nets.errors import InputError
from nets.spaces import load_space
from nets.supernet import Phase, plain_phase, published_phases, short_phases
from nets.supernet.phases import phase_names
from nets.supernet.training import learning_rate


def test_the_published_schedule() -> None:
    """Golden: mit-han-lab/once-for-all's train_ofa_net.py, with 1000 steps an epoch."""
    phases = published_phases(load_space("ofa-mbv3-w1.0"), 1000)
    table = [
        (p.name, dict(p.open), p.steps, p.warmup_steps, p.learning_rate, p.subnets, p.teacher_share) for p in phases
    ]
    assert table == [
        ("full", {}, 180_000, 0, 8e-2, 1, 0.0),
        ("kernel", {"ks": 3}, 125_000, 5000, 3e-2, 1, 1.0),
        ("depth 1", {"ks": 3, "d": 2}, 25_000, 0, 2.5e-3, 2, 1.0),
        ("depth 2", {"ks": 3, "d": 3}, 125_000, 5000, 7.5e-3, 2, 1.0),
        ("expand 1", {"ks": 3, "d": 3, "e": 2}, 25_000, 0, 2.5e-3, 4, 1.0),
        ("expand 2", {"ks": 3, "d": 3, "e": 3}, 125_000, 5000, 7.5e-3, 4, 1.0),
    ]
    assert sum(p.steps for p in published_phases(load_space("ofa-mbv3-w1.0"), 1000, scale=0.001)) == 605


def test_published_rates_grow_with_the_batch() -> None:
    space = load_space("ofa-mbv3-w1.0")
    rates = [[phase.learning_rate for phase in published_phases(space, 10, batch=batch)] for batch in (64, 256)]
    assert rates[1] == [4 * rate for rate in rates[0]]
    assert 32 * rates[0][0] == pytest.approx(2.56)  # the paper's 2.6 at 2048 images


@pytest.mark.parametrize("space_id, steps", [("ofa-digits", 6), ("ofa-digits", 901), ("ofa-resnet50", 50)])
def test_a_short_schedule_has_the_same_phases(space_id: str, steps: int) -> None:
    """As many steps in all as asked for, at least one of each phase; the first does not distil, the others do."""
    space = load_space(space_id)
    phases = short_phases(space, steps)
    published = published_phases(space, 10)
    assert [(p.name, p.open, p.subnets, p.teacher_share > 0) for p in phases] == [
        (p.name, p.open, p.subnets, p.teacher_share > 0) for p in published
    ]
    assert sum(phase.steps for phase in phases) == steps


def test_a_short_schedule_goes_down_one_cosine() -> None:
    """Over all phases: the rate of every step is what a single phase of as many steps would have."""
    phases = short_phases(load_space("ofa-digits"), 400)
    whole = Phase("x", steps=400, learning_rate=phases[0].learning_rate)
    rates = [learning_rate(phase, step) for phase in phases for step in range(phase.steps)]
    assert rates == pytest.approx([learning_rate(whole, step) for step in range(400)])
    assert phases[-1].steps == pytest.approx(200, abs=2)


def test_resnet50_has_no_kernels_and_widths_instead() -> None:
    assert phase_names(load_space("ofa-resnet50")) == [
        *("full", "depth 1", "depth 2", "expand 1", "expand 2", "width 1", "width 2")
    ]


def test_subnets_keep_to_what_is_open() -> None:
    """And reach all of it: gene by gene, every open choice occurs."""
    space = load_space("ofa-mbv3-w1.0")
    seen = {}
    for phase in published_phases(space, 1):
        rng = np.random.default_rng(0)
        drawn = [phase.sample(space, rng) for _ in range(100)]
        seen[phase.name] = tuple(
            sorted({value for config in drawn for value in config[gene]} - {0}) for gene in ("ks", "d", "e")
        )
        assert len({config["r"] for config in drawn}) > 15  # the resolution is free from the start
    assert seen == {
        "full": ([7], [4], [6]),
        "kernel": ([3, 5, 7], [4], [6]),
        "depth 1": ([3, 5, 7], [3, 4], [6]),
        "depth 2": ([3, 5, 7], [2, 3, 4], [6]),
        "expand 1": ([3, 5, 7], [2, 3, 4], [4, 6]),
        "expand 2": ([3, 5, 7], [2, 3, 4], [3, 4, 6]),
    }


def test_the_plain_phase_opens_everything() -> None:
    """Also of a space with widths and an optional stem convolution."""
    space, rng = load_space("ofa-resnet50"), np.random.default_rng(0)
    drawn = [plain_phase(space, steps=1, learning_rate=1.0).sample(space, rng) for _ in range(100)]
    assert {config["d"][0] for config in drawn} == {0, 2}
    assert {value for config in drawn for value in config["w"]} == {0, 1, 2}


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    phase = Phase("x", steps=110, learning_rate=1.0, warmup_steps=10)
    rates = [learning_rate(phase, step) for step in range(110)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert max(rates) == rates[10] == 1.0
    assert rates[60] == pytest.approx(0.5)
    assert 0 < rates[-1] < 1e-3
    assert all(later < earlier for earlier, later in pairwise(rates[10:]))


def test_bad_phases_are_refused() -> None:
    space = load_space("ofa-digits")
    with pytest.raises(InputError, match="'x': steps: 0 must be at least 1"):
        Phase("x", steps=0)
    with pytest.raises(InputError, match="warmup_steps: 3 must be 0 to 2"):
        Phase("x", steps=2, warmup_steps=3)
    with pytest.raises(InputError, match="learning_rate: 0 must be above 0"):
        Phase("x", learning_rate=0)
    with pytest.raises(InputError, match="teacher_share: -1 must be at least 0"):
        Phase("x", teacher_share=-1)
    with pytest.raises(InputError, match="must rise between 0 and 1"):
        Phase("x", cosine=(0.5, 0.4))
    with pytest.raises(InputError, match="steps: 5 must be at least 6, the number of phases"):
        short_phases(space, 5)
    with pytest.raises(InputError, match="scale: 0 must be above 0"):
        published_phases(space, 10, scale=0)
    with pytest.raises(InputError, match="batch: 0 must be at least 1"):
        published_phases(space, 10, batch=0)
