"""How much a file may ask for: beyond any file that means something, far below what a machine can take."""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 64 << 20
"""Of a file of any kind but those that torch writes."""
MOST_YAML_BYTES: Final = 8 << 20
"""Of a text of YAML, of which a megabyte takes about half a second."""
MOST_LINE_BYTES: Final = 1 << 16
"""Of the first line of a file that is otherwise of any size."""
MOST_DEPTH: Final = 100
"""Lists and mappings inside each other."""
MOST_NODES: Final = 500_000
"""Values of a text of YAML, those that aliases and merge keys repeat counted every time."""
MOST_DIGITS: Final = 40
"""Of a whole number; larger ones are written with an exponent."""
