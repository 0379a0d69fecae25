"""A search whose network keeps limits by itself: what is found keeps them and says so, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosearch import Budget, CoSearch
from nets.accuracy.small import footprint_of
from nets.accuracy.train import write_pairs
from nets.errors import InputError
from nets.spaces import all_codes, load_space
from tests.cosearch.conftest import Cosearch
from tests.nets.spaces.own import SMALL

QUICK = ["--budget", "area=1mm2", "--trials", "4", "--evaluations", "4", "--last-evaluations", "4", "--jobs", "1"]
QUICK += ["--last-mapper", "cmaes", "--no-baselines", "--quiet"]
SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]
TAKEN = [footprint_of(SPACE.network(config)) for config in EVERY]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A search among networks of which the largest are the most accurate."""
    table = tmp_path_factory.mktemp("tables") / "top1.csv"
    top1 = 60 + 10 * np.log10([taken.macs / min(one.macs for one in TAKEN) for taken in TAKEN])
    write_pairs(table, SPACE, EVERY, np.round(top1, 2))
    return ["search", "--space", SMALL, "--predictor", str(table), "--min-accuracy", "61", *QUICK]


def test_the_network_keeps_the_limits_and_says_so(words: list[str], tmp_path: Path, cosearch: Cosearch) -> None:
    sram = int(np.median([one.sram for one in TAKEN]))
    macs = int(np.median([one.macs for one in TAKEN]))
    limit = ("--limit", f"sram={sram}B", "--limit", f"macs={macs / 1e3}k")
    run = tmp_path / "run"
    said = cosearch(*words, *limit, "--out", run, "--json").json
    (network,) = said["networks"]
    taken = TAKEN[EVERY.index(network["config"])]
    assert said["within_limit"] == {"sram": taken.sram, "macs": taken.macs}
    assert taken.sram <= sram
    assert taken.macs <= macs
    replay = cosearch("evaluate", run / "best.yaml", "--json").json
    assert replay["exact"]
    assert replay["within_limit"] == said["within_limit"]
    assert "by itself" in cosearch("evaluate", run / "best.yaml").out
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "peak memory by itself" in page
    assert "MACs by itself" in page
    assert cosearch("search", "--resume", run).status == 0


def test_limits_that_nothing_keeps_end_before_a_run(words: list[str], tmp_path: Path, cosearch: Cosearch) -> None:
    said = cosearch(*words, "--limit", "sram=1B", "--out", tmp_path / "run")
    assert said.status == 3
    assert f"the least found is sram {min(one.sram for one in TAKEN):,}" in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"limit": "sram=320"}, "sram"),
        ({"limit": ("ram=320KB",)}, "'ram' is not known; did you mean 'sram'"),
        ({"limit": ("sram=320KB", "sram=1MB")}, "is limited twice"),
        ({"limit": "sram=320KB", "networks": ("mobilenet_v2",)}, "the networks are given"),
    ],
)
def test_limits_that_are_none_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CoSearch(budget=Budget.parse("area=1mm2"), **options)  # type: ignore[arg-type]
