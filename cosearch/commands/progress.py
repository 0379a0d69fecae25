"""How a search goes, for a person watching: a bar on a terminal, and nothing where standard error is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from cosearch.problem.objective import Objective

if TYPE_CHECKING:
    from cosearch.evaluation.design import Design


class Progress:
    """Shows on standard error the best value so far, evaluations a second and the time left.

    Args:
        trials: accelerators to evaluate.
        objective: what the value is of.
        quiet: show nothing.
        stream: where to.
    """

    def __init__(self, trials: int, objective: Objective, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._trials, self._objective = trials, objective
        self._done, self._began = 0, time.monotonic()
        self._bar = None if quiet or not self._stream.isatty() else _bar(self._stream, trials)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, text: str) -> None:
        """See :class:`cosearch.search.observer.Observer`."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=text)

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """See :class:`cosearch.search.observer.Observer`."""
        if self._bar is None:
            return
        self._done += len(designs)
        elapsed = time.monotonic() - self._began
        left = elapsed / self._done * (self._trials - self._done)
        found = f"{self._objective.title} {best.value:.3g} {self._objective.unit}"
        if not best.feasible:
            found = "none keeps every limit yet"
        rate = f"{evaluations / elapsed:,.0f} evaluations/s"
        self._bar.update(self._bar.task_ids[0], completed=self._done, best=found, rate=rate, left=f"{left:.0f} s left")


def _bar(stream: TextIO, trials: int):  # type: ignore[no-untyped-def]
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[best]}"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        console=Console(file=stream),
        transient=True,
    )
    bar.add_task("starting", total=trials, best="", rate="", left="")
    return bar
