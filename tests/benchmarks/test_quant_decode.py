"""Measured speed-ups of quantised weights: the best of each is taken, and what is too far off is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quant_decode import compare, main, read_best

CSV = """# by hand
model,quant,size_GiB,machine,threads,llamacpp_tps,iqk_tps
gpt2,F16,1,here,2,10.0,
gpt2,F16,1,here,4,9.0,11.0
gpt2,Q8_0,1,here,4,{rate},12.0
"""


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Of GPT-2, whose tied table stays wide: about 1.3 times as fast."""
    path = tmp_path / "measured.csv"
    path.write_text(CSV.format(rate=1.0))
    (one,) = compare(read_best(path))
    assert one.measured == 12 / 11
    path.write_text(CSV.format(rate=11 * one.predicted * 1.01))
    return path


def test_the_best_rates_are_compared(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(measured)]) == 0
    assert "-1.0%" in capsys.readouterr().out
    measured.write_text(measured.read_text().replace("9.0,11.0", "9.0,11.9"))
    assert main([str(measured), "--json"]) == 1


def test_nothing_of_eight_bits_is_no_success(tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    path.write_text("\n".join(CSV.splitlines()[:3]))
    assert main([str(path)]) == 1
