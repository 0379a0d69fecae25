"""Which files of other tools' repositories are read, and why the others are not.

    python benchmarks/examples_read.py DIR [--why]

DIR holds a copy of a repository, or a part of it. Machines are files with ``architecture``, ``arch``, ``memories`` or
``cores``, and those that end in ``.cfg``, ``.scala`` or ``.h``; networks are workloads in YAML, ``.csv`` and ``.onnx``.
Other files are passed over. Exit status 1 where a file is neither read nor refused in words.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.presets import load_accelerator
from accel_models.systems import load_system
from nets import named_network
from nets.errors import CosearchError

_KINDS: Final[tuple[tuple[str, str, tuple[Callable[[str], Any], ...]], ...]] = (
    ("chip", r"^(cores|core_connectivity)[ \t]*:", (load_system, load_accelerator)),
    ("machine", r"^(architecture|arch|memories)[ \t]*:", (load_accelerator,)),
    ("network", r"^(workload[ \t]*:|- +(id|operator_type)[ \t]*:)", (named_network,)),
)
"""What a YAML file is that has such a line, and what may read it."""
_BY_SUFFIX: Final[dict[str, tuple[str, tuple[Callable[[str], Any], ...]]]] = {
    ".cfg": ("machine", (load_accelerator,)),
    ".scala": ("machine", (load_accelerator,)),
    ".h": ("machine", (load_accelerator,)),
    ".csv": ("network", (named_network,)),
    ".onnx": ("network", (named_network,)),
}


def kind_of(path: Path) -> tuple[str, tuple[Callable[[str], Any], ...]] | None:
    """What a file is, and its readers in the order in which they are tried; ``None`` for no file of another tool's."""
    if path.suffix in _BY_SUFFIX:
        return _BY_SUFFIX[path.suffix]
    if path.suffix not in (".yaml", ".yml"):
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    return next(((kind, readers) for kind, sign, readers in _KINDS if re.search(sign, text, re.MULTILINE)), None)


def why_refused(path: Path, readers: tuple[Callable[[str], Any], ...]) -> str | None:
    """What the last of some readers says of a file that none of them reads; ``None`` where one does.

    Raises:
        Exception: whatever a reader ends with that is no refusal.
    """
    why = None
    for read in readers:
        try:
            read(str(path))
        except CosearchError as error:
            why = str(error)
        else:
            return None
    return why


def main() -> int:
    """Read and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--why", action="store_true", help="list refused files with the reason of each")
    args = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for path in sorted(args.folder.rglob("*")):
        found = kind_of(path) if path.is_file() else None
        if found is None:
            continue
        kind, readers = found
        try:
            why = why_refused(path, readers)
        except Exception as error:  # a fault of ours, which the count shows
            counts[kind, "failed"] += 1
            print(f"{path.relative_to(args.folder)}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        counts[kind, "read" if why is None else "refused"] += 1
        if why is not None and args.why:
            print(f"{path.relative_to(args.folder)}: {why}")
    for kind in ("machine", "chip", "network"):
        row = [counts[kind, end] for end in ("read", "refused", "failed")]
        if any(row):
            print(f"{kind + 's':<10}{row[0]:>6} read{row[1]:>6} refused{row[2]:>6} failed")
    return 1 if any(end == "failed" and count for (_, end), count in counts.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
