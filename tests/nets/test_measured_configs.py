"""Files of measured subnets go round, whatever genes the space has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.documents.model import Positive
from nets.documents.table import read_table
from nets.documents.table_model import row_model
from nets.errors import InputError
from nets.measured_configs import read_configs, write_configs
from nets.spaces import load_space


@pytest.mark.parametrize("space", ["ofa-digits", "ofa-resnet50", "efficientnet", "proxyless"])
def test_what_was_written_is_read(space: str, tmp_path: Path) -> None:
    subnets, rng = load_space(space), np.random.default_rng(0)
    configs = [subnets.sample(rng) for _ in range(20)]
    write_configs(tmp_path / "a.csv", subnets, configs, "loss", [str(row / 4 + 1) for row in range(20)])
    table = read_table(tmp_path / "a.csv", (), of="losses")
    read, (losses,) = read_configs(table, subnets, "losses", ("loss", Positive))
    assert list(read) == [subnets.canonical(config) for config in configs]
    assert losses.tolist() == [row / 4 + 1 for row in range(20)]


def test_the_first_value_that_is_not_allowed_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('loss,note\n1,"a\nb"\n-2,c\n-3,d\n')
    table = read_table(tmp_path / "a.csv", ["loss"], of="losses")
    with pytest.raises(InputError, match=r"a\.csv: line 4: loss: -2.0 must be a number greater than zero"):
        table.read(row_model((), ("loss", Positive)))


def test_a_column_that_is_missing_may_be_one_that_is_mistyped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("los\n1\n")
    with pytest.raises(InputError, match="'loss' is missing; losses have it; rename 'los'"):
        read_table(tmp_path / "a.csv", ["loss"], of="losses")


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_a_row_of_another_length_than_the_header_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"loss,run\n1,2\n{row}\n")
    with pytest.raises(InputError, match=r"line 3: .* must have 2 fields"):
        read_table(tmp_path / "a.csv", ["loss"], of="losses")
