"""Files of measured subnets go round, whatever genes the space has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.errors import InputError
from nets.measured_configs import config_columns, read_configs, read_table, write_configs
from nets.spaces import load_space


@pytest.mark.parametrize("space", ["ofa-digits", "ofa-resnet50", "efficientnet", "proxyless"])
def test_what_was_written_is_read(space: str, tmp_path: Path) -> None:
    subnets, rng = load_space(space), np.random.default_rng(0)
    configs = [subnets.sample(rng) for _ in range(20)]
    write_configs(tmp_path / "a.csv", subnets, configs, "loss", [str(row / 4) for row in range(20)])
    table = read_table(tmp_path / "a.csv", (*config_columns(subnets), "loss"), of="losses")
    read, losses = read_configs(table, subnets, "loss")
    assert list(read) == [subnets.canonical(config) for config in configs]
    assert losses.tolist() == [row / 4 for row in range(20)]


def test_the_first_value_that_is_not_allowed_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("loss\n1\n-2\n-3\n")
    table = read_table(tmp_path / "a.csv", ["loss"], of="losses")
    loss = np.array([1.0, -2.0, -3.0])
    table.check("loss", loss, loss < 2, "must be small")
    with pytest.raises(InputError, match=r"a\.csv: line 3: loss: -2\.0 must not be negative"):
        table.check("loss", loss, loss >= 0, "must not be negative")


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_a_row_of_another_length_than_the_header_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"loss,run\n1,2\n{row}\n")
    with pytest.raises(InputError, match=r"line 3: .* must have 2 fields"):
        read_table(tmp_path / "a.csv", ["loss"], of="losses")
