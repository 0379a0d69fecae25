"""The tasks of an executor whose workers may die: which of them wait, and what becomes of those that a worker had.

A task is the same for a process at the end of a pipe and for a worker at the end of a network: a pickled call, which
:func:`perform` turns into a pickled outcome.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

MOST_DEATHS: Final = 5
"""Workers that may be killed at one task before it is taken to be what kills them."""


@dataclass(slots=True, eq=False)
class Task:
    """A pickled call, its answer, and how many workers may have died of it."""

    call: bytes
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0

    @classmethod
    def of(cls, function: Callable[[Any], Any], argument: Any) -> Task:
        """The call of a function."""
        return cls(pickle.dumps((function, argument), pickle.HIGHEST_PROTOCOL))

    def settle(self, outcome: bytes) -> None:
        """Take what :func:`perform` said for the answer."""
        try:
            well, value = pickle.loads(outcome)
        except Exception as error:
            well, value = False, error
        if well:
            self.future.set_result(value)
        else:
            self.future.set_exception(value)


class Ledger:
    """Tasks that wait for a worker, in order.

    Attributes:
        waiting: given to nobody.
    """

    def __init__(self) -> None:
        self.waiting: deque[Task] = deque()

    def take_back(self, tasks: Sequence[Task], running: int) -> list[Task]:
        """Let the tasks of a worker that is gone wait again, before all others.

        Args:
            tasks: that it was given, in order.
            running: how many of them, from the first, it may have died of.

        Returns:
            Those that too many have died of; they wait no longer.
        """
        for task in tasks[:running]:
            task.deaths += 1
        self.waiting.extendleft(task for task in reversed(tasks) if task.deaths <= MOST_DEATHS)
        return [task for task in tasks if task.deaths > MOST_DEATHS]


def perform(call: bytes) -> bytes:
    """Do a task, on a worker: whether it went well, and what was returned or raised."""
    try:
        function, argument = pickle.loads(call)
        return pickle.dumps((True, function(argument)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
