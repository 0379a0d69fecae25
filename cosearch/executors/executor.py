"""What every executor does."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from nets.errors import CosearchError

T = TypeVar("T")
R = TypeVar("R")
Answer = TypeVar("Answer", covariant=True)

MOST_TASK_S = 1.0
"""How long a task of several things may be: a slow worker must not hold up the others."""


class ExecutorError(CosearchError):
    """Workers that cannot be had, or no longer can."""


class Future(Protocol[Answer]):
    """The answer of a task that was begun."""

    def result(self) -> Answer:
        """Wait for the answer; what the function raised is raised here.

        Raises:
            ExecutorError: there are no workers any more, or they die of this task.
        """


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

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """Begin a task.

        Raises:
            ExecutorError: there are no workers any more.
        """

    def run_in_background(self, function: Callable[[], None]) -> Callable[[], None]:
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
