"""Worker processes, forked from the grader: each takes one task at a time, and one that dies is replaced.

The standard library's pool gives up as a whole when one of its processes dies, and cannot tell which task it was at.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Self, TypeVar, cast

from autograder.rooms import confine

T = TypeVar("T")  # a task
R = TypeVar("R")  # its result
TRIES = 2  # a task whose worker died is given to another one, once


class Died(Exception):
    """The worker at this task died, and another one, too."""


class Pool(Generic[T, R]):
    """``work(task)`` in ``count`` processes.  ``work`` may be any function; tasks and results are pickled."""

    def __init__(self, work: Callable[[T], R], count: int) -> None:
        self.work, self.count = work, count
        self.workers: dict[Connection, BaseProcess] = {}
        self.tasks: dict[Connection, tuple[T, int]] = {}  # with the tries that it takes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.workers.values():
            process.kill()
        for pipe, process in self.workers.items():
            process.join()
            pipe.close()

    def results(self, tasks: Iterable[T]) -> Iterator[tuple[T, R | Died]]:
        """(task, result) pairs as they come.  Where both workers died, the result is a ``Died``.

        Raises what ``work`` raised.
        """
        waiting = deque((task, 1) for task in tasks)
        while waiting or self.tasks:
            while waiting and len(self.workers) < self.count:
                self._hire()
            for pipe in self.workers:
                if waiting and pipe not in self.tasks:
                    self._give(pipe, waiting)
            for pipe in cast(list[Connection], wait(list(self.tasks))):
                task, tries = self.tasks.pop(pipe)
                try:
                    kind, result = pickle.loads(pipe.recv_bytes())
                except (EOFError, OSError):
                    self._bury(pipe)
                    if tries < TRIES:
                        waiting.append((task, tries + 1))
                    else:
                        yield task, Died()
                    continue
                if kind == "raised":
                    raise result
                yield task, result

    def _hire(self):
        # forked: what the grader has imported and read is there at once
        forking = multiprocessing.get_context("fork")
        here, there = forking.Pipe()
        process = forking.Process(target=self._serve, args=(there, here), daemon=True)
        process.start()
        there.close()
        self.workers[here] = process

    def _give(self, pipe, waiting):
        with contextlib.suppress(OSError):  # it died while it had nothing to do; ``wait`` will tell
            pipe.send(waiting[0][0])
        self.tasks[pipe] = waiting.popleft()

    def _bury(self, pipe):
        process = self.workers.pop(pipe)
        process.kill()
        process.join()
        pipe.close()

    def _serve(self, pipe: Connection, others: Connection) -> None:
        """A worker's life."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to answer
        confine.die_with_parent()
        others.close()
        if "torch" in sys.modules:  # the threads that it may have had stayed behind; it would wait for them
            sys.modules["torch"].set_num_threads(1)
        for other in self.workers:  # else their ends would not be seen
            other.close()
        while True:
            try:
                task = pipe.recv()
            except (EOFError, OSError):
                os._exit(0)
            answer: tuple[str, Any]
            try:
                answer = "done", self.work(task)
            except Exception as fault:
                answer = "raised", fault
            try:
                message = pickle.dumps(answer)
            except Exception as fault:
                message = pickle.dumps(("raised", RuntimeError(f"{type(fault).__name__}: {fault}")))
            pipe.send_bytes(message)


def side_by_side(*functions: Callable[[], Any]) -> list[Any]:
    """Call each function in a process of its own; what it imports and keeps goes with it.  Returns their results.

    Raises what one of them raised, or ``Died``.
    """

    def call(number: int) -> Any:
        return functions[number]()

    with Pool(call, len(functions)) as pool:
        results = dict(pool.results(range(len(functions))))
    for result in results.values():
        if isinstance(result, Died):
            raise result
    return [results[number] for number in range(len(functions))]
