"""The library that draws the page's charts: plotly.js, as the package ``plotly`` carries it, packed into the page."""

from __future__ import annotations

import base64
import gzip
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def library() -> str:
    """Its text. Nothing of the package is imported."""
    package = find_spec("plotly")
    assert package is not None, "plotly is installed with this package"
    assert package.submodule_search_locations
    return (Path(package.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


@cache
def packed_library() -> str:
    """The same as base64 of gzip, a third as long; ``charts.js`` unpacks it. The same bytes every time."""
    return base64.b64encode(gzip.compress(library().encode(), mtime=0)).decode()


@cache
def sheets_of_maps() -> tuple[str, ...]:
    """Ids of style sheets for maps, which it adds as soon as it runs unless an element has that id.

    No page here has maps, and its policy refuses sheets that are not its own.
    """
    return tuple(re.findall(r'getElementById\("([0-9a-f]{64})"\)', library()))
