"""How a search goes, for a person watching: a bar on a terminal, and nothing where standard error is none."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from cosearch.problem.objective import Objective

if TYPE_CHECKING:
    from cosearch.evaluation.design import Design


class Progress:
    """Shows on standard error what is made small, the best so far and by how much it improved, and the time left.

    The time left is of the stage: it runs down between generations, and gives way to the time spent where no end is
    known.

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
        self._first = math.inf
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
            self._bar.update(self._bar.task_ids[0], stage=text, ends=math.nan, began=time.monotonic())

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """See :class:`cosearch.search.observer.Observer`."""
        if self._bar is None:
            return
        now = time.monotonic()
        self._done += len(designs)
        elapsed = now - self._began
        ends = now + elapsed / self._done * (self._trials - self._done)
        rate = f"{evaluations / elapsed:,.0f} evaluations/s"
        self._bar.update(self._bar.task_ids[0], completed=self._done, best=self._improved(best), rate=rate, ends=ends)

    def _improved(self, best: Design) -> str:
        """The best so far, and by how much it is below the first that kept every limit."""
        if not best.feasible:
            return "none keeps every limit yet"
        if math.isinf(self._first):
            self._first = best.value
        gained = f", {1 - best.value / self._first:.1%} less than at first" if best.value < self._first else ""
        return f"{self._objective.title} {best.value:.4g} {self._objective.unit}{gained}"


def clock(seconds: float) -> str:
    """A time for people."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _bar(stream: TextIO, trials: int):  # type: ignore[no-untyped-def]
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task
    from rich.progress import Progress as Bar
    from rich.table import Column
    from rich.text import Text

    class Words(ProgressColumn):
        """A text that gives way where the terminal is narrow, so that count and time stay whole."""

        def __init__(self, field: str) -> None:
            super().__init__(Column())
            self._field = field

        def render(self, task: Task) -> Text:
            return Text(str(task.fields[self._field]), no_wrap=True, overflow="ellipsis")

    class Time(ProgressColumn):
        def get_table_column(self) -> Column:
            return Column(no_wrap=True)

        def render(self, task: Task) -> Text:
            now, ends = time.monotonic(), task.fields["ends"]
            if math.isnan(ends) or task.finished:
                return Text(f"{clock(now - task.fields['began'])} so far")
            return Text(f"{clock(max(ends - now, 0))} left")

    bar = Bar(
        Words("stage"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        Time(),
        Words("best"),
        Words("rate"),
        console=Console(file=stream),
        transient=True,
    )
    bar.add_task("", total=trials, stage="starting", best="", rate="", ends=math.nan, began=time.monotonic())
    return bar
