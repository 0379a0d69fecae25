"""How commands print what they found."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from cosearch.reports.json_data import finite


def print_figures(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures by name: a line each for people, one object for machines."""
    if as_json:
        print_json(figures)
    else:
        print("\n".join(f"{name}: {value}" for name, value in figures.items()))


def print_names(names: Sequence[str], *, as_json: bool) -> None:
    """Print names: a line each for people, one list for machines."""
    if as_json:
        print_json(names)
    else:
        print("\n".join(names))


def print_json(data: Any) -> None:
    """Print plain data as JSON; a figure that is not finite becomes null, since JSON knows no infinity."""
    json.dump(finite(data), sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def print_proof(gap: float, *, proven: bool, none_better: str, weak: bool = False) -> None:
    """Print how far mappings are from the best possible; ``none_better`` says what a proof rules out.

    ``weak``: the gap is to a bound on what every mapping pays, which says little of how good the mapping is.
    """
    if proven:
        says = f"none: {none_better} (proven)"
    elif not math.isfinite(gap):
        says = "unknown: no bound above zero"
    elif weak:
        says = f"at most {gap:.2%} above the best possible, by a weak bound (not proven optimal)"
    else:
        says = f"at most {gap:.2%} above the best possible (not proven optimal)"
    print(f"gap          {says}")
