"""What a machine's DRAM holds: networks that need more are refused, in words, wherever they would be mapped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from accel_models.families import load_family
from accel_models.presets import save_machine
from accel_models.structure import Structure
from cosearch.cli import main
from cosearch.evaluation.room import require_room
from nets import load_network
from nets.errors import InputError

NETWORK = load_network("squeezenet1_1")
LARGEST = max(layer.input_words + layer.output_words for layer in NETWORK.layers)
NEEDED = NETWORK.params + LARGEST


def limited(capacity_bytes: float) -> Structure:
    machine, _ = load_family("eyeriss_like")
    dram, *inner = machine.levels
    return replace(machine, levels=(replace(dram, capacity_bytes=capacity_bytes), *inner))


def test_what_fits_to_the_last_byte_is_taken_and_one_byte_less_is_refused() -> None:
    require_room(NETWORK, load_family("eyeriss_like")[0].accelerator())
    require_room(NETWORK, limited(NEEDED).accelerator())
    with pytest.raises(
        InputError, match=rf"DRAM.*is 1 B too few for .*parameters and caches take {NETWORK.params:,} B"
    ):
        require_room(NETWORK, limited(NEEDED - 1).accelerator())


def test_the_limit_counts_wherever_a_network_is_mapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "machine.yaml"
    save_machine(limited(NEEDED - 1), path)
    few = ("--network", "squeezenet1_1", "--evaluations", "1")
    commands = (
        ("evaluate", *few, "--accelerator", str(path)),
        ("map", *few, "--accelerator", str(path)),
        ("roofline", "squeezenet1_1", str(path), "--evaluations", "1"),
        ("search", *few, "--machine", str(path), "--vary", "GLB.X=4..8", "--out", str(tmp_path / "run")),
        ("search", "--dry-run", *few, "--machine", str(path), "--vary", "GLB.X=4..8"),
    )
    for command in commands:
        assert main(list(command)) == 2, command
        assert "is 1 B too few for" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_subnets_are_not_held_against_a_limit_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "machine.yaml"
    save_machine(limited(1e9), path)
    assert main(["search", "--dry-run", "--machine", str(path), "--vary", "GLB.X=4..8"]) == 2
    assert "not known of the subnets of a space" in capsys.readouterr().err


def test_keys_and_values_are_held_against_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "machine.yaml"
    save_machine(limited(125e6), path)
    words = ["evaluate", "--network", "gpt2", "--phase", "decode", "--context", "512", "--accelerator", str(path)]
    assert main(words) == 2
    assert "what fits: a context of" in capsys.readouterr().err
    assert main([*words, "--dram-capacity", "1GB"]) == 2
    assert "is more than eyeriss_like has: 125,000,000 B" in capsys.readouterr().err
