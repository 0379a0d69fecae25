"""The six commands of docs/supernets.md, run as they stand there but for sizes that would take minutes."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cosearch.conftest import Cosearch

torch = pytest.importorskip("torch", reason="torch is not installed")

PAGE = Path(__file__).resolve().parents[3] / "docs" / "supernets.md"
SMALLER = {
    "--steps 900": "--steps 12", "--min-accuracy 97.5": "--min-accuracy 1", "--min-accuracy 90": "--min-accuracy 1"
}  # fmt: skip
TRAIN = ["supernet", "train", "x.pt", "--data", "digits"]
QUICKER = "--trials 2 --evaluations 4 --last-evaluations 4 --resolution 12 --no-baselines --jobs 1"


def blocks(section: str) -> dict[str, str]:
    """The first block of each kind in a section of the page, by its kind."""
    (text,) = re.findall(rf"^## {section}\n(.*?)^## ", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return dict(reversed(re.findall(r"^```(\w+)[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)))


@pytest.fixture
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subnets are measured on a handful."""
    from nets.accuracy import from_supernet

    def fewer_images(supernet: Any, data: Any, **_: Any) -> from_supernet.SupernetAccuracy:
        return real(supernet, data, calibration_images=32, images=40)

    real = from_supernet.SupernetAccuracy
    monkeypatch.setattr(from_supernet, "SupernetAccuracy", fewer_images)
    monkeypatch.setattr(from_supernet, "SAMPLE", 30)
    torch.set_num_threads(1)


def said_of(lines: list[str], cosearch: Cosearch) -> list[Any]:
    """What commands of the page print as JSON, smaller and quicker."""
    said = []
    for line in lines:
        for long, short in SMALLER.items():
            line = line.replace(long, short)
        words = shlex.split(line)[1:]
        quicker = QUICKER if words[0] == "search" and "--resume" not in words else ""
        quicker = "--evaluations 8 --mappings 4 --resolution 12" if words[0] == "nas" else quicker
        done = cosearch(*words, "--json", *quicker.split())
        assert done.status == 0, f"{line}\n{done.err}"
        said.append(json.loads(done.out))
    return said


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("few_images")
def test_six_commands_lead_from_images_to_a_design(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = blocks("Six commands")["bash"].splitlines()
    assert len(lines) == 6
    said = said_of(lines, cosearch)

    trained, known, measured, found, replayed, exported = said
    assert trained["steps"] == 12
    assert (known["space"], known["trained on"], known["steps"]) == ("ofa-digits", "digits", "12 of 12")
    assert 0 <= measured["top1_percent"] <= 100
    assert "40 held-out images of digits" in measured["estimates"]
    assert replayed["networks"] == found["networks"]
    assert "40 held-out images of digits" in json.dumps(found["networks"])
    assert exported["macs"] == 133_352
    assert (tmp_path / "subnet.onnx").stat().st_size > 50_000


@pytest.mark.usefixtures("few_images")
def test_a_supernet_of_a_space_of_ones_own_is_searched(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nets.spaces import registry

    monkeypatch.chdir(tmp_path)
    page = blocks("Of your own space")
    (tmp_path / "my_digits.py").write_text(page["python"])
    try:
        trained, known, found, resumed, searched = said_of(page["bash"].splitlines(), cosearch)
        assert trained["steps"] == 12
        assert known["space"] == found["networks"][0]["space"] == "my_digits:small"
        assert "measured with the supernet's weights" in json.dumps(found["networks"])
        assert resumed["networks"] == found["networks"]
        assert searched["best"] is not None

        (tmp_path / "small.pt").write_bytes((tmp_path / "small.pt").read_bytes() + b" ")
        changed = cosearch("search", "--resume", "own", "--space", "my_digits:small=small.pt")
        assert (changed.status, "small.pt" in changed.err) == (4, True)
        registry._loaded.pop("my_digits:small")  # as in a process that has not been asked for it
        for words in (["search", "--resume", "own"], ["nas", "--space", "small.pt", "--data", "digits"]):
            refused = cosearch(*words)
            assert "is code of somebody's own, which no file can have imported" in refused.err
        other = cosearch("nas", "--space", "my_digits:small=other.pt", "--data", "digits")
        assert "other.pt" in other.err
    finally:
        registry._loaded.pop("my_digits:small", None)
        sys.modules.pop("my_digits", None)


def test_sampled_pairs_are_what_measuring_gives(cosearch: Cosearch, tmp_path: Path) -> None:
    from nets.accuracy.from_supernet import measure_from
    from nets.accuracy.train import read_pairs
    from nets.spaces import load_space
    from nets.supernet import Supernet, save_supernet

    supernet, out = tmp_path / "digits.pt", tmp_path / "pairs.csv"
    save_supernet(Supernet(load_space("ofa-digits")), supernet, data="digits")
    done = cosearch("supernet", "sample", supernet, "--data", "digits", "--count", 3, "--out", out, "--json")
    assert done.json["subnets"] == 3
    pairs = read_pairs(out, load_space("ofa-digits"))
    measured = measure_from(supernet, "digits").predict_batch(pairs.configs)[0]
    assert pairs.top1 == pytest.approx(measured, abs=1e-4)


@pytest.mark.parametrize(
    "words, hint",
    [
        (["search", "--space", "none.pt", "--data", "digits"], "cannot be read"),
        (["search", "--space", "none.pt"], "a supernet's subnets are measured on images"),
        (["search", "--data", "digits"], "give SUPERNET.pt"),
        (["supernet", "train", "x.pt"], "--data"),
        (["supernet", "train", "x.pt", "--data", "nowhere"], "is not a folder of images"),
        (["supernet", "train", "x.pt", "--data", "digits", "--space", "ofa-digit"], "did you mean 'ofa-digits'?"),
        (["supernet", "train", "x.pt", "--data", "digits", "--space", "tinynas"], "has no supernet"),
        (["supernet", "train", "x.pt", "--data", "digits", "--steps", "3"], "must be at least 6"),
        (["supernet", "train", "x.pt", "--data", "digits", "--resume"], "cannot be read"),
        (["supernet", "train", "none/x.pt", "--data", "digits"], "is in a folder that does not exist"),
        (
            ["supernet", "train", "x.pt", "--data", "digits", "--steps", "6", "--phase", "dept-2"],
            "did you mean 'depth-2'",
        ),
        (
            ["supernet", "train", "x.pt", "--data", "digits", "--phase", "full", "--phase", "depth-1"],
            "kernel lies between",
        ),
        (["supernet", "train", "x.pt", "--data", "digits", "--classes", "10"], "speaks of a supernet to begin with"),
        (["supernet", "train", "x.pt", "--data", "digits", "--from", "none.pt"], "cannot be read"),
        (
            ["supernet", "train", "x.pt", "--data", "digits", "--out", "y.pt"],
            "--out: 'y.pt' is an option of load, sample",
        ),
        (["supernet", "info", "none.pt", "--from", "x.pt"], "--from: 'x.pt' is an option of train"),
        (["supernet", "info", "none.pt"], "cannot be read"),
        (["supernet", "load", "none.pth", "--space", "ofa-resnet50", "--out", "y.pt"], "cannot be read"),
    ],
)
def test_bad_requests_leave_nothing_behind(
    words: list[str], hint: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cosearch(*words)
    assert done.status == 2
    assert hint in done.err
    assert len(done.err.splitlines()) == 1
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])


def test_a_trained_supernet_is_not_lost_by_a_forgotten_option(cosearch: Cosearch, tmp_path: Path) -> None:
    """Training never begins anew in a file that is there, and goes on only with the options that it was begun with."""
    words = ["supernet", "train", tmp_path / "x.pt", "--data", "digits", "--steps", "6", "--batch", "8", "--quiet"]
    assert cosearch(*words).status == 0
    kept = (tmp_path / "x.pt").read_bytes()
    again = cosearch(*words)
    assert again.status == 2
    assert "exists already; --resume goes on with it" in again.err
    other = cosearch(*words[:-2], "16", "--resume")
    assert other.status == 4
    assert "was begun with --batch 8, and 16 was given" in other.err
    assert (tmp_path / "x.pt").read_bytes() == kept
    assert cosearch(*words, "--resume").status == 0
    loaded = cosearch("supernet", "load", tmp_path / "x.pt", "--space", "ofa-mbv3-w1.0", "--out", tmp_path / "y.pt")
    assert loaded.status == 2
    assert "is a supernet of ofa-digits that cosearch wrote" in loaded.err


def test_one_phase_from_given_weights_with_a_new_classifier(cosearch: Cosearch, tmp_path: Path) -> None:
    """Only that phase's steps are taken; other classes than the data's need to be asked for."""
    from nets.spaces import load_space
    from nets.supernet import Supernet, load_supernet, save_supernet

    begin, out = tmp_path / "begin.pt", tmp_path / "out.pt"
    given = Supernet(load_space("ofa-digits"), classes=37)
    save_supernet(given, begin)
    words = ["supernet", "train", out, "--data", "digits", "--steps", 12, "--batch", 8, "--phase", "depth-2", "--from"]
    refused = cosearch(*words, begin)
    assert refused.status == 2
    assert "classes: 37 must be the 10 of the data; --classes 10 gives it a new classifier" in refused.err
    assert cosearch(*words, begin, "--classes", 9).status == 2
    done = cosearch(*words, begin, "--classes", 10)
    assert done.status == 0
    assert "depth 2: step 1 of 1" in done.err
    trained = load_supernet(out)
    assert trained.classes == 10
    again = cosearch(*words, begin, "--resume")
    assert again.status == 4
    assert "--from speaks of a training that begins" in again.err


def test_the_best_epoch_is_kept_and_a_subnet_is_trained_on(cosearch: Cosearch, tmp_path: Path) -> None:
    from nets.spaces import load_space
    from nets.supernet import Supernet

    words = ["supernet", "train", tmp_path / "x.pt", "--data", "digits", "--phase", "full", "--steps", 6, "--batch", 99]
    trained = cosearch(*words, "--best", tmp_path / "best.pt", "--quiet", "--json")
    assert trained.json["best"] == str(tmp_path / "best.pt")
    assert cosearch("supernet", "info", tmp_path / "best.pt", "--json").json["trained on"] == "digits"
    again = cosearch(*words[:2], tmp_path / "y.pt", *words[3:], "--best", tmp_path / "best.pt")
    assert (again.status, "--best" in again.err, "exists already" in again.err) == (2, True, True)

    out = tmp_path / "subnet.pth"
    tune = ["supernet", "tune", tmp_path / "best.pt", "--data", "digits", "--config", "min", "--out", out, "--batch", 9]
    assert "--steps" in cosearch(*tune).err
    tuned = cosearch(*tune, "--steps", 2, "--quiet", "--json").json
    assert 0 <= tuned["top1_percent"] <= 100
    space = load_space("ofa-digits")
    subnet = Supernet(space).extract(space.min_config())
    subnet.load_state_dict(torch.load(out, weights_only=True))
