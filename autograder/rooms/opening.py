"""Student rooms to be had: whether this machine can isolate them, the warm process, one forked from it and asked in time."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from autograder.errors import Refused
from autograder.rooms import alone, confine, readable
from autograder.rooms.line import Line, warm
from autograder.rooms.outputs import outputs, student_output
from autograder.rooms.stand_in import RemoteRoom, StudentError

SECONDS_A_CELL = 20
ALTOGETHER = 15  # times that, for a notebook with all its replays


@dataclass(frozen=True)
class How:
    """How submissions are run."""

    seconds: float = SECONDS_A_CELL  # for one cell, and for one exercise's probes
    confined: bool = True  # isolated from the machine
    split: bool = (
        True  # tests in a room of their own; otherwise beside the student's code, as nbgrader has them
    )


HOW = How()


def start(how: How, closed: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Start the warm process now, so that it imports while other things are done.

    ``closed`` are folders that no student's code may read.  Raises ``Refused`` where this machine cannot isolate and ``how``
    asks for it.
    """
    if how.confined and (lacks := confine.missing()):
        raise Refused(
            " ".join(lacks)
            + " Student code would run with your rights: grade elsewhere, or say --no-isolation if you trust every notebook."
        )
    if how.confined:
        readable.close(closed)
    if not alone.needed():
        warm(how.confined)


def ready(how: How) -> None:
    """Wait until student rooms can be had: before other processes share the warm one."""
    warm(how.confined).close_folders()


def fork(confined: bool) -> Line:
    """A fresh student room; where the warm process has died, from a new one."""
    if alone.needed():
        return alone.SpawnedLine()
    try:
        return warm(confined).fork()
    except OSError:
        warm(confined).control.close()
        warm.cache_clear()
        return warm(confined).fork()


class OpenRoom:
    """A student room in which cells run, each in its time."""

    def __init__(self, how: How, deadline: float) -> None:
        self.how, self.deadline = how, deadline
        self.most: int | None = None  # bytes that it may hold beyond what it holds, where a check limits them
        self.line = fork(how.confined)
        self.room = RemoteRoom(self._ask)
        self.start_clock()

    def start_clock(self) -> None:
        """From now on the room has a cell's time for what it is asked, and no longer than the notebook has altogether."""
        self.until = min(time.monotonic() + self.how.seconds, self.deadline)

    def shown_by(self, source: str, lines: Mapping[str, int], **more: Any) -> list[NotebookNode]:
        """Run a cell over there; what it showed, as outputs.  ``lines`` are the student's, as ``outputs.own_lines`` has them."""
        try:
            answer = self.room.request(do="run", source=source, **more)
        except (StudentError, MemoryError) as error:
            return [student_output(error, [], lines)]
        return outputs(answer, lines)

    def end(self) -> None:
        """End the room."""
        self.line.end()

    def _ask(self, request: dict[str, Any]) -> Any:
        left = max(0.05, self.until - time.monotonic())
        return self.line.ask(request, left, interrupt=request.get("do") == "run", most=self.most)
