"""Cases held against another tool's figures: each equal, explained by something known, or different."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from nets.errors import InputError

Case = TypeVar("Case")

VERDICTS: Final = ("equal", "explained", "different", "not evaluated")


@dataclass
class Comparison:
    """What became of one case.

    Attributes:
        tool: whose figures they are.
        compared: how many figures were.
        differs: what differs, with both figures.
        explained: why others differ, or why nothing could be compared.
    """

    tool: str
    compared: int = 0
    differs: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)

    def equals(self, mine: float, theirs: float, tolerance: float = 0.0) -> bool:
        """Whether a figure is theirs; one that is not must be explained, or said to differ."""
        self.compared += 1
        return abs(mine - theirs) <= tolerance

    def check(self, what: str, mine: float, theirs: float, tolerance: float = 0.0) -> None:
        """Compare a figure that nothing explains."""
        if not self.equals(mine, theirs, tolerance):
            self.differs.append(f"{what} {mine:,.10g}, {self.tool} {theirs:,.10g}")

    @property
    def verdict(self) -> str:
        """One of :data:`VERDICTS`."""
        if self.differs:
            return "different"
        if not self.compared:
            return "not evaluated"
        return "explained" if self.explained else "equal"

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {"verdict": self.verdict, "differs": self.differs, "explained": self.explained}


def compare_all(
    description: str | None,
    tool: str,
    cases: Callable[[Path], Iterable[tuple[str, Case]]],
    compare: Callable[[Case], Comparison],
) -> int:
    """Read the command line, compare every case of a folder, and print.

    Args:
        description: for ``--help``.
        tool: whose cases they are.
        cases: (name, case) of all in a folder.
        compare: compares one; the InputError and KeyError that it raises make its case a different one.

    Returns:
        The exit status: 1 when a case is different, or there is none.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help=f"of cases of {tool}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rows: dict[str, Comparison] = {}
    for name, case in cases(options.folder):
        try:
            rows[name] = compare(case)
        except (InputError, KeyError) as error:
            rows[name] = Comparison(tool, differs=[f"cannot be read: {error}"])
    verdicts = [row.verdict for row in rows.values()]
    count = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    if options.json:
        summary = {"cases": len(rows)} | {verdict.replace(" ", "_"): number for verdict, number in count.items()}
        compared = sum(row.compared for row in rows.values())
        figures = {"figures_compared": compared, "rows": {name: row.to_dict() for name, row in rows.items()}}
        print(json.dumps(summary | figures))
    else:
        for name, row in rows.items():
            print(f"{name:<44}{row.verdict:<14}{row.compared:>4} figures  {'; '.join(row.differs + row.explained)}")
        print(
            f"{count['equal']} of {len(rows)} cases equal, {count['explained']} equal but for what is explained, "
            f"{count['different']} different, {count['not evaluated']} not evaluated"
        )
    return 1 if count["different"] or not rows else 0


def json_cases(folder: Path) -> Iterator[tuple[str, Any]]:
    """(name, content) of every JSON file of a folder."""
    for path in sorted(folder.glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))
