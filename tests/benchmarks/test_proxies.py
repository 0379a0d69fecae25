"""The comparison of proxies: rankings that are known, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import proxies as benchmark
from nets.errors import InputError


def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Of a ranking that is right, one upside down, one of chance, and MACs that err a little."""
    monkeypatch.setattr(benchmark, "RESAMPLES", 100)
    rng = np.random.default_rng(0)
    top1 = np.linspace(70, 78, 60)
    scores = {
        "right": np.exp(top1),
        "reversed": -top1,
        "chance": rng.normal(size=60),
        "macs": top1 + rng.normal(size=60),
    }
    table: dict[str, dict[str, Any]] = benchmark.compare(scores, dict.fromkeys(scores, 0.1), top1, seed=0)
    return table


def test_rankings_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    table = compared(monkeypatch)
    assert table["right"]["kendall_tau"] == pytest.approx(1)
    assert table["right"]["spearman_rho"] == pytest.approx(1)
    assert table["right"]["kendall_interval"] == pytest.approx([1, 1])
    assert table["reversed"]["kendall_tau"] == pytest.approx(-1)
    assert table["macs"]["tau_over_macs_interval"] == [0, 0]


def test_intervals_hold_chance_and_part_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    table = compared(monkeypatch)
    low, high = table["chance"]["kendall_interval"]
    assert low < 0 < high
    assert table["right"]["tau_over_macs_interval"][0] > 0
    assert table["chance"]["tau_over_macs_interval"][1] < 0


def test_every_proxy_scores_a_subnet() -> None:
    pytest.importorskip("torch")
    from nets.accuracy import list_proxies
    from nets.spaces import load_space

    scores = benchmark.score_subnet(load_space("ofa-mbv3-w1.0").min_config() | {"r": 224}, 36, 0)
    assert list(scores) == list_proxies()
    assert scores["macs"][0] == 121_278_672
    assert scores["params"][0] == 3_410_792


def test_too_few_subnets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--subnets"):
        benchmark.subnets(None, 2, 224, 0)
    file = tmp_path / "pairs.csv"
    config = "7 " * 20 + "," + "6 " * 20 + ",4 4 4 4 4,224,77"
    file.write_text(f"source,ks,e,d,r,top1\ndynas_t,{config}\n")
    with pytest.raises(InputError, match="more than the 1"):
        benchmark.subnets(str(file), 12, 224, 0)
