"""Completion as a shell does it: the script is read by a real shell, which is then asked to complete words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cosearch.cli import command_parser
from cosearch.commands import COMMANDS
from cosearch.commands.completion import completion_script
from cosearch.strategies.samplers import SAMPLERS
from mappings import list_mappers
from tests.cosearch.conftest import Cosearch

COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$(complete -p cosearch | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""

NAMED = ("network", "accelerator", "mapper", "space", "sampler", "objective", "method")

bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "cosearch"
    path.write_text(completion_script("bash"))
    return path


def complete(script: Path, *words: str, cwd: Path | None = None) -> list[str]:
    """What bash offers for the last of the words that follow ``cosearch``."""
    command = ["bash", "--norc", "-c", COMPLETE, "bash", str(script), "cosearch", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)
    assert "not found" not in done.stderr
    return done.stdout.split()


@bash
@pytest.mark.parametrize(
    "words, offered",
    [
        (("",), list(COMMANDS)),
        (("ro",), ["roofline"]),
        (("search", "--net"), ["--network"]),
        (("search", "--network", "resnet5"), ["resnet50", "resnet50d"]),
        (("search", "--sampler", ""), list(SAMPLERS)),
        (("search", "--seed", "1", "--objectives", "a"), ["accuracy", "area"]),
        (("map", "--mapper", ""), list_mappers()),
        (("map", "--tiles", ""), ["ragged", "perfect", "even", "uneven", "ragged-uneven"]),
        (("roofline", "alexn"), ["alexnet"]),
        (("roofline", "alexnet", "nvdla_"), ["nvdla_1024", "nvdla_256"]),
        (("networks", "show", "vgg1"), ["vgg16", "vgg16_bn"]),
        (("accelerators", "show", "shid"), ["shidiannao"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("nas", "--method", "evol"), ["evolution"]),
        (("nas", "--objective", "m"), ["macs", "mnas-soft", "mnas-hard"]),
    ],
    ids=" ".join,
)
def test_bash_completes(script: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert complete(script, *words) == offered


@bash
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_taken_by_default_is_offered(command: str, script: Path) -> None:
    for action in command_parser(command)._actions:
        if action.dest in NAMED and action.option_strings and isinstance(action.default, str):
            assert action.default in complete(script, command, action.option_strings[0], "")


@bash
def test_bash_completes_folders_of_runs_and_files(script: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "run.toml").touch()
    assert complete(script, "report", "ru", cwd=tmp_path) == ["runs"]
    assert sorted(complete(script, "search", "--config", "ru", cwd=tmp_path)) == ["run.toml", "runs"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
def test_fish_completes(tmp_path: Path) -> None:
    (tmp_path / "cosearch.fish").write_text(completion_script("fish"))
    asked = "source cosearch.fish; complete -C 'cosearch search --network resnet5'; complete -C 'cosearch ro'"
    done = subprocess.run(["fish", "-N", "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["resnet50", "resnet50d", "roofline"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_accepts_its_script(shell: str, cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch("completion", shell)
    assert (said.status, said.err) == (0, "")
    for name in (*COMMANDS, "resnet50", "nvdla_256", "annealing"):
        assert name in said.out
    path = tmp_path / "script"
    path.write_text(said.out)
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    subprocess.run([shell, "-n", str(path)], check=True, timeout=60)


def test_completion_as_json_and_of_no_shell(cosearch: Cosearch) -> None:
    assert cosearch("completion", "zsh", "--json").json["script"].startswith("#compdef cosearch")
    said = cosearch("completion", "powershel")
    assert (said.status, said.out) == (2, "")
