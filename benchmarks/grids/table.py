"""What is known of the designs of a grid, in a file of lines to which several processes add."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grids.problem import BOXES, BUDGET, STAGES, Problem
from cosearch.bounds.grid import Ints
from cosearch.search.last_mapping import GAP

Key = tuple[str, str]
Figures = Sequence[float]


class Table:
    """Bounds and costs of designs, by what each is and the design.

    Args:
        path: of the file; what it holds is not looked for again.
        problem: whose designs they are.

    Raises:
        SystemExit: the file is of another problem.
    """

    def __init__(self, path: Path, problem: Problem) -> None:
        self._path, self._problem = path, problem
        self._known: dict[Key, list[float]] = {}
        self._read = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        head = f"{problem.name} {BUDGET} {problem.choices} mapped to {GAP} or {BOXES} cuts"
        if not path.exists() or not path.stat().st_size:
            path.write_text(json.dumps([head]) + "\n", encoding="utf-8")
        with path.open(encoding="utf-8") as lines:
            if json.loads(lines.readline()) != [head]:
                raise SystemExit(f"--tables: {path} is of another grid; delete it or give another folder")
            self._read = lines.tell()
        self.refresh()

    def refresh(self) -> None:
        """Read what other processes added."""
        with self._path.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                kind, design, found = json.loads(line)
                self._known[kind, design] = found
                self._read += len(line)

    def bound(self, design: Ints, stage: int) -> float:
        """What a design costs at least, by a stage of :data:`STAGES` after the first."""
        return self._found(STAGES[stage], design, lambda: [self._problem.bound(design, stage)])[0]

    def cost(self, design: Ints) -> Figures:
        """Energy and latency, mapped by the optimal mapper."""
        return self._found("mapped", design, lambda: self._problem.cost(design))

    def quick_cost(self, design: Ints) -> Figures:
        """Energy and latency, mapped as a search does."""
        return self._found("quick", design, lambda: self._problem.quick_cost(design))

    def look(self, kind: str, design: Ints, find: Callable[[], Figures]) -> Figures:
        """Energy and latency as one strategy's search maps the design."""
        return self._found(kind, design, find)

    def value(self, design: Ints) -> float:
        """The objective, mapped by the optimal mapper."""
        energy, latency = self.cost(design)
        return self._problem.value((energy, latency))

    def _found(self, kind: str, design: Ints, find: Callable[[], Figures]) -> Figures:
        key = kind, " ".join(map(str, design.tolist()))
        if key not in self._known:
            self.refresh()
        if key not in self._known:
            found = [float(figure) for figure in find()]
            line = json.dumps([*key, found]) + "\n"
            with self._path.open("ab", buffering=0) as lines:
                os.write(lines.fileno(), line.encode())  # one write, so that lines of processes do not mix
            self._known[key] = found
        return self._known[key]


@dataclass(frozen=True)
class Place:
    """Where what is known of a problem lies.

    Attributes:
        name, size: of the problem.
        folder: of the tables.
    """

    name: str
    size: str
    folder: Path

    def table(self) -> tuple[Problem, Table]:
        """The problem and its table, made once in a process."""
        if self not in _tables:
            problem = Problem(self.name, self.size)
            _tables[self] = problem, Table(self.folder / f"{self.name}-{self.size}.jsonl", problem)
        return _tables[self]


_tables: dict[Place, tuple[Problem, Table]] = {}
