"""Run a submission: what each cell did, and how the student's functions behave on probes.

``run`` is the whole interface.  This first engine drives a Jupyter kernel through nbclient, one per submission, with
tests and answers in one room.  It is meant to be replaced; nothing outside this module knows how cells are run.
"""

import inspect
import json
import os
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets.config import Config

from . import observe
from .assignment import exercise_of, grade_id

SECONDS_A_CELL = 20
SECONDS_TO_START = 180
_MIME = "application/vnd.attention-course.observations+json"
_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}


@dataclass
class Run:
    """What came of it.  ``stopped`` tells which cells ended badly: cell index -> "timeout" or "died"."""

    notebook: nbformat.NotebookNode
    observations: dict = field(default_factory=dict)  # exercise -> encoded observations, or None
    stopped: dict = field(default_factory=dict)


class _Stopped(Exception):
    """A cell did not come back."""


def run(notebook, probes=None, *, seconds=SECONDS_A_CELL):
    """Execute the code cells of a rebuilt notebook in order, then observe its functions on the encoded probes.

    A cell that hangs or kills the kernel is given up, together with the checks of its exercise; a new kernel
    replays what came before it, so that the other exercises keep their marks.
    """
    result = Run(notebook)
    given_up = set()  # exercises that are not run again
    while True:
        try:
            _attempt(result, probes or {}, given_up, seconds)
            return result
        except _Stopped:
            continue


def _is_a_students(cell):
    """Could a student's code be what takes so long in this cell?  Only not in the course's locked cells."""
    return is_grade(cell) or not is_locked(cell)


def _belongs_to(cell):
    """The exercise of a solution or test cell, or None."""
    return grade_id(cell) if is_solution(cell) else exercise_of(grade_id(cell))


def _attempt(result, probes, given_up, seconds):
    """One kernel's life.  Raises ``_Stopped`` after noting the cell at which it ended."""
    with TemporaryDirectory(prefix="kernel-") as sockets:
        _live(_client(result.notebook, seconds, sockets), result, probes, given_up)


def _client(notebook, seconds, sockets):
    """A client whose kernel talks over sockets in a folder of its own, not over ports that others could reach."""
    return NotebookClient(
        notebook,
        # the course's own cells import torch, which takes its time on a busy machine; a student's cell gets what is due
        timeout_func=lambda cell: seconds if _is_a_students(cell) else SECONDS_TO_START,
        kernel_name="python3",
        allow_errors=True,
        shutdown_kernel="immediate",  # a student's code has no say in it
        config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}}),
    )


def _live(client, result, probes, given_up):
    client.reset_execution_trackers()
    with client.setup_kernel(env=_environment()):
        for index, cell in enumerate(result.notebook.cells):
            if cell.cell_type != "code" or index in result.stopped:
                continue
            if _belongs_to(cell) in given_up and is_grade(cell):
                continue
            if cell.source.strip():
                _execute(client, cell, index, result, given_up)
        for exercise, made in probes.items():
            if exercise in given_up or exercise in result.observations:
                continue
            probe = nbformat.v4.new_code_cell(_observing(exercise, made))
            result.notebook.cells.append(probe)  # nbclient looks a cell up by its place in the notebook
            try:
                _execute(client, probe, len(result.notebook.cells) - 1, result, given_up, exercise)
            finally:
                result.notebook.cells.pop()
            result.observations[exercise] = _observed(probe)


def _environment():
    return {**os.environ, **_QUIET}


def _execute(client, cell, index, result, given_up, probing=None):
    try:
        client.execute_cell(cell, index, store_history=False)
    except (CellTimeoutError, DeadKernelError) as error:
        why = "timeout" if isinstance(error, CellTimeoutError) else "died"
        if probing:
            result.observations[probing] = None
            given_up.add(probing)
        else:
            result.stopped[index] = why
            given_up.add(_belongs_to(cell))
        raise _Stopped from None


def _observing(exercise, probes):
    """Source of a cell that observes a function, in a namespace of its own."""
    return "\n".join(
        [
            "def _observe():",
            "    import json",
            "    from IPython.display import publish_display_data",
            "    space = {'__name__': 'observe'}",
            f"    exec({inspect.getsource(observe)!r}, space)",
            f"    thing = get_ipython().user_ns.get({exercise!r})",
            f"    seen = space['observe'](thing, json.loads({json.dumps(probes)!r}))",
            f"    publish_display_data({{{_MIME!r}: seen}})",
            "_observe()",
        ]
    )


def _observed(cell):
    for output in cell.outputs:
        if output.output_type == "display_data" and _MIME in output.data:
            return output.data[_MIME]
    return None
