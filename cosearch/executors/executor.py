"""What every executor does."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from nets.errors import CosearchError

T = TypeVar("T")
R = TypeVar("R")

MOST_DEATHS = 5
"""Workers that may be killed at one task before it is taken to be what kills them."""


MOST_TASK_S = 1.0
"""How long a task of several things may be: a slow worker must not hold up the others."""


class ExecutorError(CosearchError):
    """Workers that cannot be had, or no longer can."""


class Executor(Protocol):
    """Runs functions on arguments.

    Attributes:
        threads: that a function may use where it runs.
        least_task_s: how long a task must be to be worth sending.
    """

    threads: int
    least_task_s: float

    @property
    def workers(self) -> int:
        """Tasks that run at the same time, as of now."""

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """Begin a task; calling what is returned waits for its answer, or raises what the function raised.

        Raises:
            ExecutorError: there are no workers any more, or they die of this task.
        """

    def beside(self, function: Callable[[], None]) -> Callable[[], None]:
        """Do something here while workers work; calling what is returned waits until it is done.

        Where there are no workers, nothing is done: it is left to whoever needs it.
        """

    def __enter__(self) -> Self:
        """Use it in a ``with`` block: it is closed at its end."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the workers; tasks that are not begun are dropped."""


def task_sizes(count: int, workers: int, seconds_each: float, least_s: float) -> list[int]:
    """How many things go into each task: an equal share for every worker, unless that is too short or too long.

    Args:
        count: things to do.
        workers: that share them.
        seconds_each: that one takes; zero when it is not known yet: then every worker gets one task.
        least_s: what a task is worth sending for.
    """
    tasks = min(workers, count)
    if seconds_each > 0:
        least = max(1, math.ceil(min(least_s / seconds_each, count)))
        tasks = max(tasks, math.ceil(min(count * seconds_each / MOST_TASK_S, count)))
        tasks = min(tasks, max(1, count // least))
    return [count * (task + 1) // tasks - count * task // tasks for task in range(tasks)]
