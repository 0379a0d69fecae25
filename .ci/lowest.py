"""Print the lowest version of everything that the project needs, as constraints for pip."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]
for text in PROJECT["dependencies"]:
    needed = Requirement(text)
    (lowest,) = (one.version for one in needed.specifier if one.operator == ">=")
    print(f"{needed.name}=={lowest}")
