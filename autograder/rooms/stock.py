"""Run a notebook as stock nbgrader does: from top to bottom in one room, the tests beside the student's code, files beside it.

For the notebooks of any nbgrader course, as that course's author expects it.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.answers.marks import ENDED, TIMED_OUT
from autograder.rooms.line import Stopped, warm
from autograder.rooms.opening import ALTOGETHER, How, OpenRoom
from autograder.rooms.outputs import own_lines
from autograder.rooms.stand_in import StudentError

FilesBeside = Mapping[str, bytes]  # by their paths within the folder where cells run
SLOWER = 10  # times as long as a student's cell: what an instructor's may take


def run(notebook: NotebookNode, files: FilesBeside, how: How) -> FilesBeside:
    """Execute all code cells in one room; a cell that does not come back is left out, and the others run again without it.

    ``files`` lie where the cells run.  Returns them as the notebook leaves them.  Raises ``Stopped`` where the
    process ends, or all takes too long: nbgrader gives no marks then.
    """
    deadline = time.monotonic() + ALTOGETHER * how.seconds
    stopped: set[int] = set()
    lines = own_lines(notebook)
    while True:
        opened = OpenRoom(how, deadline)
        index: int | None = None
        try:
            _furnish(opened, files)
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type == "code" and cell.source.strip() and index not in stopped:
                    cell.execution_count = index + 1
                    opened.start_clock()
                    cell.outputs = opened.shown_by(cell.source, lines)
            return _written(opened, files)
        except Stopped as fault:
            if fault.why == "timeout" and (index is None or time.monotonic() >= deadline):
                fault.why = "late"
            if fault.why != "timeout" or index is None:
                raise
            stopped.add(index)
            notebook.cells[index].outputs = [
                new_output("error", ename=TIMED_OUT, evalue=ENDED["timeout"], traceback=[])
            ]
        finally:
            opened.end()


def rehearse(notebook: NotebookNode, files: FilesBeside, how: How) -> None:
    """Run an instructor's notebook, and have the warm process import what it imports."""
    slowly = replace(how, seconds=SLOWER * how.seconds)
    opened = OpenRoom(slowly, time.monotonic() + ALTOGETHER * slowly.seconds)
    try:
        _furnish(opened, files)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                opened.start_clock()
                opened.room.request(do="run", source=cell.source)
        modules = opened.room.request(do="modules")["result"]
        # not the course's own helpers: students may hand in others
        own = {name.partition("/")[0].removesuffix(".py") for name in files}
        warm(how.confined).preload(
            [name for name in modules if isinstance(name, str) and name.partition(".")[0] not in own]
        )
    except (Stopped, StudentError):
        pass  # slower, not wrong
    finally:
        opened.end()


def _furnish(opened: OpenRoom, files: FilesBeside) -> None:
    opened.start_clock()
    sent = {name: np.frombuffer(data, dtype=np.uint8) for name, data in files.items()}
    opened.room.request(do="files", files=sent, environment={"NBGRADER_EXECUTION": "autograde"})


def _written(opened: OpenRoom, files: FilesBeside) -> FilesBeside:
    """The files that a notebook leaves to the next, or, where that cannot be told, those that it was given."""
    opened.start_clock()
    try:
        found = opened.room.request(do="written").get("result")
    except (Stopped, StudentError):
        return files
    if not isinstance(found, dict):
        return files
    return {
        name: data.tobytes()
        for name, data in found.items()
        if isinstance(name, str) and isinstance(data, np.ndarray) and _is_inside(name)
    }


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return "\0" not in name and len(name) < 1000 and not path.is_absolute() and ".." not in path.parts
