"""One ledger for all executors: tasks of the dead come back in their order, and what kills workers is given up."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from cosearch.executors.ledger import MOST_DEATHS, Ledger, Task, perform
from nets.errors import InputError


def refuse(name: str) -> None:
    raise InputError("--speed", name, "is too much")


def given(count: int) -> list[Task]:
    return [Task.of(abs, -number) for number in range(count)]


@pytest.mark.parametrize("function, argument, answer", [(abs, -3, 3), (len, "four", 4)])
def test_an_outcome_is_that_of_the_call(function: Any, argument: Any, answer: int) -> None:
    task = Task.of(function, argument)
    task.settle(perform(task.call))
    assert task.future.result() == answer


def test_an_error_travels_whole() -> None:
    task = Task.of(refuse, "9000")
    task.settle(perform(task.call))
    with pytest.raises(InputError, match="'9000' is too much"):
        task.future.result()


@pytest.mark.parametrize("outcome", [b"", b"no pickle", pickle.dumps(3)])
def test_an_outcome_that_cannot_be_read_is_an_error(outcome: bytes) -> None:
    task = Task.of(abs, 1)
    task.settle(outcome)
    assert isinstance(task.future.exception(), Exception)


@pytest.mark.parametrize("running", [1, 2])
def test_the_tasks_of_a_dead_worker_wait_first_and_in_order(running: int) -> None:
    ledger, tasks = Ledger(), given(5)
    ledger.waiting.extend(tasks[3:])
    assert ledger.take_back(tasks[:3], running) == []
    assert list(ledger.waiting) == tasks
    assert [task.deaths for task in tasks] == [int(place < running) for place in range(5)]


def test_a_task_that_kills_one_worker_after_another_waits_no_longer() -> None:
    ledger, (poison, other) = Ledger(), given(2)
    for _ in range(MOST_DEATHS):
        ledger.waiting.clear()
        assert ledger.take_back([poison, other], running=1) == []
    ledger.waiting.clear()
    assert ledger.take_back([poison, other], running=1) == [poison]
    assert list(ledger.waiting) == [other]
