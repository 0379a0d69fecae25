"""Command line, environment and file: which wins, and what is refused."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch.commands.settings import fill
from nets.errors import InputError
from tests.cosearch.conftest import QUICK, Cosearch

KINDS: dict[str, Any] = {"seed": int, "budget": list, "time_limit": float, "quiet": bool, "out": Path, "space": str}


def filled(environment: dict[str, str], text: str | None, tmp_path: Path, **given: Any) -> dict[str, Any]:
    args = Namespace(**(dict.fromkeys(KINDS) | given))
    file = tmp_path / "run.toml"
    if text is not None:
        file.write_text(text)
    fill(args, KINDS, environment, None if text is None else file)
    return {name: value for name, value in vars(args).items() if value is not None}


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    text = "seed = 1\ntime-limit = 5\nspace = 'a'"
    assert filled({"COSEARCH_SEED": "2", "COSEARCH_SPACE": "b"}, text, tmp_path, seed=3) == {
        "seed": 3,
        "space": "b",
        "time_limit": 5.0,
    }
    assert filled({"COSEARCH_SEED": "2", "HOME": "/"}, None, tmp_path) == {"seed": 2}
    assert filled({}, "time_limit = 0.5\nbudget = ['area=5mm2', 'pes=8']", tmp_path) == {
        "time_limit": 0.5,
        "budget": ["area=5mm2", "pes=8"],
    }
    assert filled({"COSEARCH_QUIET": "true"}, "budget = 'pes=8'\nout = 'there'", tmp_path) == {
        "quiet": True,
        "budget": ["pes=8"],
        "out": Path("there"),
    }


@pytest.mark.parametrize(
    "environment, text, rule",
    [
        ({"COSEARCH_SEDE": "1"}, None, "did you mean 'COSEARCH_SEED'?"),
        ({"COSEARCH_SEED": "one"}, None, "COSEARCH_SEED: 'one' must be a whole number"),
        ({"COSEARCH_QUIET": "maybe"}, None, "must be true or false"),
        ({}, "sede = 1", "did you mean 'seed'?"),
        ({}, "seed = 1.5", "run.toml: seed (line 1): 1.5 must be a whole number"),
        ({}, "seed = true", "must be a whole number"),
        ({}, "seed = '1'", "must be a whole number"),
        ({}, "quiet = 1", "must be true or false"),
        ({}, "budget = [5]", "budget[0] (line 1): 5 must be text"),
        ({}, "[search]\nseed = 1", "run.toml: 'search' is not known"),
        ({}, "seed = ", "is not sound TOML"),
    ],
)
def test_what_is_no_option_is_refused(environment: dict[str, str], text: str | None, rule: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        filled(environment, text, tmp_path)
    assert rule in str(refused.value)


def test_a_search_from_a_file(cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.toml"
    file.write_text("network = 'squeezenet1_1'\nbudget = 'area=2mm2'\nseed = 1\nno-baselines = true\ntrials = 99\n")
    monkeypatch.setenv("COSEARCH_SEED", "2")
    run = tmp_path / "run"
    assert cosearch("search", "--config", file, "--out", run, *QUICK).status == 0
    options = yaml.safe_load((run / "config.yaml").read_text())["options"]
    assert options["networks"] == ["squeezenet1_1"]
    assert (options["seed"], options["trials"], options["baselines"]) == (2, 4, False)
    refused = cosearch("search", "--resume", run, "--config", file)
    assert refused.status == 4
    assert "--trials was 4 and is now 99" in refused.err
    assert cosearch("search", "--config", tmp_path / "none.toml").status == 2


def test_a_dry_run_says_what_it_would_do_and_leaves_nothing(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["search", "--network", "squeezenet1_1", "--budget", "area=2mm2", "--out", tmp_path / "run", *QUICK]
    plan = cosearch(*words, "--dry-run", "--json").json
    assert not (tmp_path / "run").exists()
    assert (plan["trials"], plan["generations"]) == (4, 1)
    assert plan["mappings"] >= 4 * 20 * plan["mapped_shapes"] > 0
    assert plan["accelerators_at_most"] > 1e6
    assert plan["subnets"] is None
    assert plan["expected_s"] > 0
    said = cosearch(*words, "--dry-run")
    assert said.status == 0
    assert "4 accelerators" in said.out


def test_verbose_says_more_on_standard_error(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["search", "--network", "squeezenet1_1", "--no-baselines", *QUICK, "--json"]
    quiet, loud = (cosearch(*words, "--out", tmp_path / name, *more) for name, more in (("a", []), ("b", ["-v"])))
    assert "generation" not in quiet.err
    assert "generation of 4" in loud.err
    assert loud.json["value"] == quiet.json["value"]
