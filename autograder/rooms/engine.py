"""Run a submission: what each cell did, and how the student's functions behave on probes.

``run`` is the whole interface.  The student's cells run in a student room (``rooms``), forked from a warm process; the
tests run here, against stand-ins, so that a student's code never meets a test.
"""

import copy
import time
from collections.abc import Callable, Container
from dataclasses import replace

from nbformat import NotebookNode

from autograder.answers.cells import belongs_to, is_given, is_test
from autograder.answers.marks import UNSEEN
from autograder.rooms.attempt import MOST_REPLAYS, Attempt, GivenUp, Probes, Run
from autograder.rooms.line import Stopped, warm
from autograder.rooms.opening import ALTOGETHER, HOW, SECONDS_A_CELL, How, ready, start

__all__ = ["HOW", "SECONDS_A_CELL", "How", "Run", "ready", "rehearse", "run", "start"]

SECONDS_TO_REHEARSE = 180


def run(
    notebook: NotebookNode, probes: Probes | None = None, how: How = HOW, deadline: float | None = None
) -> Run:
    """Execute the code cells of a rebuilt notebook in order, then observe its functions on the encoded probes.

    A cell that hangs or ends its process is given up, together with the checks of its exercise; a new room
    replays what came before it, so that the other exercises keep their marks.  A check that has its verdict keeps it:
    else a notebook that ends its own process would be tried until chance favours it.

    The parts of all checks that students see come first, then the probes, then the hidden parts.  So nothing that a student's
    code says (an error's kind and text, a line, an order, how it behaves on a probe, how often and in what way its process
    ended) was said after it had met a hidden input; what a hidden part gives is points.

    An answer is what its name is bound to, wherever that was done: where a check stands, as in Jupyter; and where what students
    see of it objects and the name is bound anew further below, when all cells have run.  The hidden part then asks that answer.
    """
    result, probes = Run(notebook), probes or {}
    given_up: GivenUp = {}
    deadline = deadline or time.monotonic() + ALTOGETHER * how.seconds
    result.deadline = deadline

    def whole(attempt: Attempt) -> None:
        attempt.cells()
        attempt.observe(_to_explain(result, probes, given_up, pending=attempt.pending))
        attempt.hidden_parts()

    _replayed(result, how, deadline, whole, given_up)
    for index, cell in enumerate(notebook.cells):
        if is_test(cell) and index not in result.judged | result.refused:
            cell.outputs, cell.execution_count = [], None  # its hidden part, at least, was never asked
    late = _to_explain(result, probes, given_up)
    if late:  # only a hidden part objects: its exercise is observed in a room that met none
        quiet = Run(
            _untested(notebook),
            stopped=dict(result.stopped),
            observations=result.observations,
            later=result.later,
        )

        def look(attempt: Attempt) -> None:
            attempt.cells(with_checks=False)
            attempt.observe({name: asked for name, asked in late.items() if name not in result.observations})

        _replayed(quiet, how, deadline, look, given_up)
    return result


def _to_explain(result: Run, probes: Probes, given_up: GivenUp, pending: Container[int] = ()) -> Probes:
    """The probes of exercises that lost points and were not observed yet.  ``pending`` are checks without a verdict so far."""
    lost = {
        belongs_to(cell)
        for index, cell in enumerate(result.notebook.cells)
        if is_test(cell) and index not in pending and (cell.execution_count is None or cell.outputs)
    }
    wanted = lost - set(given_up) - set(result.observations) - result.unanswered
    return {name: asked for name, asked in probes.items() if name in wanted}


def _replayed(
    result: Run, how: How, deadline: float, do: Callable[[Attempt], None], given_up: GivenUp
) -> None:
    """``do`` with one room after another, until it comes to its end, or there were too many, or it is too late."""
    while True:
        attempt = Attempt(result, given_up, how, deadline)
        try:
            do(attempt)
            return
        except Stopped:
            result.replays += 1
            result.replays_told += not result.met_hidden
            if time.monotonic() < deadline and result.replays <= MOST_REPLAYS:
                continue
            why = "often" if result.replays > MOST_REPLAYS else "late"
            for index, cell in enumerate(result.notebook.cells):
                never_ran = cell.cell_type == "code" and cell.execution_count is None
                if never_ran or (is_test(cell) and index not in result.judged | result.refused):
                    result.stopped.setdefault(index, UNSEEN if result.met_hidden else why)
            return
        finally:
            attempt.end()


def _untested(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it was before it ran."""
    quiet = copy.deepcopy(notebook)
    for cell in quiet.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return quiet


def rehearse(notebook: NotebookNode, probes: Probes, how: How) -> Run:
    """Run the instructor's own notebook, and have the warm process import whatever it came to import.

    torch, for one, imports half a second's worth of modules at the first gradient.
    """
    result = Run(notebook)
    deadline = time.monotonic() + 10 * SECONDS_TO_REHEARSE
    attempt = Attempt(result, {}, replace(how, seconds=SECONDS_TO_REHEARSE), deadline)
    try:
        attempt.cells()
        attempt.observe(probes)
        attempt.hidden_parts()
        given = [cell.source for cell in notebook.cells if is_given(cell)]
        warm(how.confined).preload(attempt.room.request(do="modules")["result"], given if how.split else ())
    finally:
        attempt.end()
    return result
