"""What every executor does."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from nets.errors import CosearchError

T = TypeVar("T")
R = TypeVar("R")

MOST_DEATHS = 5
"""Workers that may be killed at one task before it is taken to be what kills them."""


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

    def __enter__(self) -> Self:
        """Use it in a ``with`` block: it is closed at its end."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the workers; tasks that are not begun are dropped."""
