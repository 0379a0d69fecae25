"""Accuracies of a file: to the last digit where they were measured, by a model with its error elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nets.accuracy import accuracy_of, given_predictor, read_accuracies
from nets.accuracy.measured import read_measured
from nets.accuracy.train import read_pairs, train_ridge
from nets.documents import hold
from nets.errors import InputError
from nets.measured_configs import write_configs
from nets.spaces import Config, all_codes, load_space
from tests.nets.spaces.own import SMALL

SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]


def top1_of(config: Config) -> float:
    """An accuracy that rises with MACs."""
    return round(60 + 8 * float(np.log10(SPACE.macs_params(config)[0])) % 30, 2)


def written(folder: Path, count: int, name: str = "top1.csv") -> Path:
    """A file of some networks of all kinds."""
    chosen = EVERY[:: len(EVERY) // count][:count]
    write_configs(folder / name, SPACE, chosen, "top1", [f"{top1_of(config):.2f}" for config in chosen])
    return folder / name


def test_what_was_measured_is_looked_up_and_the_rest_is_the_ridge_of_it(tmp_path: Path) -> None:
    file = written(tmp_path, 60)
    predictor, ridge = read_measured(file, SPACE), train_ridge(read_pairs(file, SPACE), estimates="")
    measured = {SPACE.key(config) for config in read_pairs(file, SPACE).configs}
    assert len(measured) == 60
    top1, error = predictor.predict_batch(EVERY)
    modelled, ridge_error = ridge.predict_batch(EVERY)
    for row, config in enumerate(EVERY):
        if SPACE.key(config) in measured:
            assert (top1[row], error[row]) == (top1_of(config), 0)
            assert predictor.predict(config).measured
        else:
            assert (top1[row], error[row]) == (modelled[row], ridge_error[row])
            assert not predictor.predict(config).measured
    assert ridge_error[0] > 0
    assert "60 subnets measured in top1.csv, which are looked up" in predictor.describe()


def test_the_best_of_a_resolution_is_at_least_all_that_was_measured(tmp_path: Path) -> None:
    predictor = read_measured(written(tmp_path, 60), SPACE)
    for resolution in predictor.domain:
        best = predictor.predict(predictor.most_accurate(resolution)).top1_percent
        here = [config for config in EVERY if config["r"] == resolution]
        assert best >= max(top1_of(config) for config in predictor.looked_up if config["r"] == resolution)
        assert best == predictor.predict_batch(here)[0].max()


def test_of_few_measurements_nothing_else_is_known(tmp_path: Path) -> None:
    predictor = read_measured(written(tmp_path, 12), SPACE)
    top1, _ = predictor.predict_batch(EVERY)
    assert np.isfinite(top1).sum() == 12
    unknown = EVERY[int(np.flatnonzero(np.isnan(top1))[0])]
    with pytest.raises(InputError, match="was not measured, and so few measurements are no model of others"):
        predictor.predict(unknown)
    assert not predictor.reaches([unknown], 1.0)[0]
    best, accuracy = predictor.highest_reachable()
    assert accuracy.top1_percent == top1_of(best) == np.nanmax(top1)


def test_a_measurement_may_state_its_error_and_its_network_by_name(tmp_path: Path) -> None:
    config = SPACE.min_config()
    quoted = json.dumps(config).replace('"', '""')
    (tmp_path / "a.csv").write_text(f'name,top1,error,note\n"{quoted}",71.5,0.25,x\nmax,80,0.5,y\n')
    predictor = read_measured(tmp_path / "a.csv", SPACE)
    said = predictor.predict(config)
    assert (said.top1_percent, said.standard_error) == (71.5, 0.25)
    assert predictor.predict(SPACE.max_config()).top1_percent == 80
    assert predictor.reaches([SPACE.max_config()], 79.5, 0.8)[0]
    assert not predictor.reaches([SPACE.max_config()], 79.5, 0.9)[0]


HEAD = "d,ks,e,r,top1\n"
ROW = "1,3 0,3 0,16,"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "a.csv' is empty"),
        (HEAD, "'.*a.csv' has no rows"),
        ("d,ks,e,r,top\n" + ROW + "70\n", "column: 'top1' is missing; accuracies of .* have it; rename 'top'"),
        (HEAD + ROW + "101\n", r"a.csv: line 2: top1: 101.0 must be a percentage from 0 to 100"),
        (HEAD + ROW + "-1\n", r"line 2: top1: -1.0 must be a percentage"),
        (HEAD + ROW + "nan\n", r"line 2: top1: "),
        (HEAD + ROW + "high\n", r"line 2: top1: 'high' must be a number"),
        (HEAD + ROW + "0.7\n", r"top1: 0.7 is the highest, so these are shares; write percent"),
        (HEAD + "1,9 0,3 0,16,70\n", r"line 2: 9.0 is not of the space \(.*ks\[0\]: 9.0 must be one of 3, 5, 7\)"),
        (HEAD + "1,3,3,16,70\n", r"line 2: .* is not of the space \(.*has 1 entries and must have 2\)"),
        (HEAD + ROW + "70\n" + ROW + "71\n", r"line 3: top1: 71.0 is said of a subnet that line 2 says 70 of"),
        ("name,top1\nsmallest,70\n", r"line 2: 'smallest' is not of the space \(.*must be max, min or genes as JSON"),
        (HEAD.strip() + ",error\n" + ROW + "70,-1\n", r"line 2: error: -1.0 must be a percentage"),
    ],
)
def test_a_file_that_means_nothing_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_measured(tmp_path / "a.csv", SPACE)


def test_the_same_twice_is_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + (ROW + "70\n") * 2)
    assert len(read_measured(tmp_path / "a.csv", SPACE).looked_up) == 1


def test_a_file_is_read_once_for_what_it_holds(tmp_path: Path) -> None:
    file = hold("predictor", written(tmp_path, 12))
    (tmp_path / "top1.csv").unlink()
    assert accuracy_of(SMALL, predictor=file) is given_predictor(file, SMALL)
    with pytest.raises(InputError, match=r"'x.pt' is the file of a supernet, and no predictor"):
        given_predictor(hold("predictor", _touched(tmp_path / "x.pt")), SMALL)
    with pytest.raises(InputError, match=r"says accuracies, and those of the supernet x.pt are measured"):
        accuracy_of("x.pt", "digits", file)


def _touched(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def test_given_networks_have_accuracies_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,top1,error\nresnet50,76.1,0.1\nmine,60,0\nmine,60,0\n")
    known = read_accuracies(tmp_path / "a.csv")
    assert {name: (said.top1_percent, said.standard_error) for name, said in known.items()} == {
        "resnet50": (76.1, 0.1),
        "mine": (60.0, 0.0),
    }
    (tmp_path / "b.csv").write_text("name,top1\nmine,60\nmine,61\n")
    with pytest.raises(InputError, match=r"b.csv: line 3: name: 'mine' has two accuracies, 60.00 .* and 61.00"):
        read_accuracies(tmp_path / "b.csv")
