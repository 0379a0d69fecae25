"""Published areas: each design once, as the documentation has it, and within a factor of two."""

from __future__ import annotations

import re
from pathlib import Path

from accel_models.silicon import silicon

DOCUMENT = Path(__file__).parents[2] / "docs" / "technology.md"


def test_the_documentation_has_these_ratios() -> None:
    table = dict(re.findall(r"^(\w+) +(?:28|65) .* (\d\.\d\d)   x\d", DOCUMENT.read_text(), re.MULTILINE))
    found = {design.accelerator.name: f"{design.ratio:.2f}" for design in silicon()}
    assert found == {name: table[name] for name in found}
    assert len(found) == 9


def test_expect_a_factor_of_two() -> None:
    assert all(0.5 < design.ratio < 2 for design in silicon())
