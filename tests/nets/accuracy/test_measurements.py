"""Reading measured pairs and finding their search runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy.measurements import founder_restarts, read_measurements, resolution_restarts
from nets.errors import InputError
from nets.spaces import Config, Space, load_space

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks"
HEADER = "source,ks,e,d,r,top1"


@pytest.fixture(scope="module")
def space() -> Space:
    """The measured space."""
    return load_space("ofa-mbv3-w1.0")


def line(config: Config, source: str = "dynas_t", top1: float = 75.0) -> str:
    """One row of a file."""
    genes = ",".join(" ".join(map(str, config[gene])) for gene in ("ks", "e", "d"))
    return f"{source},{genes},{config['r']},{top1}"


def test_a_sweep_of_resolutions_restarts_at_the_lowest() -> None:
    """Not at every change, and not before the highest was seen."""
    assert resolution_restarts(np.array([128, 160, 128, 160, 192, 160, 128, 160, 192, 192, 128])) == [6, 10]
    assert resolution_restarts(np.array([128, 160, 192, 160])) == []


def test_searches_restart_where_rows_descend_from_the_founders_again(space: Space) -> None:
    """Three searches from one starting population, each child a mutant of a recent row of its own search."""
    rng = np.random.default_rng(0)
    founders = [space.sample(rng) for _ in range(50)]
    rows, starts = list(founders), []
    for _ in range(3):
        starts.append(len(rows))
        recent = list(founders)
        for _ in range(200):
            recent = [*recent[-50:], space.mutate(recent[int(rng.integers(len(recent[-50:])))], rng, 0.15)]
            rows.append(recent[-1])
    found = founder_restarts(space.features_batch(rows))
    assert len(found) == 2
    assert np.abs(np.array(found) - starts[1:]).max() <= 5


def test_one_search_is_one_run(space: Space) -> None:
    """Independent rows have no restart."""
    rng = np.random.default_rng(0)
    assert founder_restarts(space.features_batch([space.sample(rng) for _ in range(300)])) == []


def test_a_run_column_names_the_runs(space: Space, tmp_path: Path) -> None:
    """Numbers go by first appearance."""
    rng = np.random.default_rng(0)
    file = tmp_path / "pairs.csv"
    rows = [line(space.sample(rng), top1=70 + index) + f",{run}" for index, run in enumerate("baab")]
    file.write_text("\n".join([HEADER + ",run", *rows]))
    data = read_measurements(file, space)
    assert data.run.tolist() == [0, 1, 1, 0]
    assert data.select(data.run == 1).top1.tolist() == [71.0, 72.0]
    assert set(data.images.tolist()) == {50_000}


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is empty"),
        (HEADER, "has no rows"),
        ("source,ks,e,d,top1\n", "column: 'r' is missing"),
        (HEADER + "\nelsewhere,3,3,2,224,75", "line 2: source: 'elsewhere' is not known"),
        (HEADER + "\ndynas_t,3,3,2,224,75", "line 2.*has 1 entries and must have 5"),
        (HEADER + "\ndynas_t,3,3,2,224", "line 2: .*None.* must have 6 fields"),
    ],
)
def test_a_broken_file_is_refused(space: Space, tmp_path: Path, text: str, message: str) -> None:
    """The message names file, line and column."""
    file = tmp_path / "pairs.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_measurements(file, space)


def test_an_accuracy_that_is_no_percentage_is_refused(space: Space, tmp_path: Path) -> None:
    """A fraction above 0 passes as a very bad subnet, so only the impossible is refused."""
    file = tmp_path / "pairs.csv"
    file.write_text("\n".join([HEADER, line(space.max_config(), top1=101.0)]))
    with pytest.raises(InputError, match="must be a percentage"):
        read_measurements(file, space)


def test_an_absent_file_is_refused(space: Space, tmp_path: Path) -> None:
    """By name."""
    with pytest.raises(InputError, match="cannot be read"):
        read_measurements(tmp_path / "none.csv", space)


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the project")
def test_the_measured_file_has_seven_runs(space: Space) -> None:
    """Three searches at r224 (the third, for accuracy alone, sets in at row 1024) and four sweeps of resolutions."""
    data = read_measurements(CASES / "ofa_mbv3_w10_imagenet_top1.csv", space)
    at_224 = data.run[data.resolution == 224]
    assert np.flatnonzero(np.diff(at_224)).tolist() == [543, 1023]
    assert len(set(data.run.tolist())) == 7
    for run in range(3, 7):
        assert set(data.resolution[data.run == run].tolist()) == {128, 160, 192}
