"""A mistake is paid for once: an answer that calls another exercise's is asked again beside the course's own version of that."""

import copy
import time

from autograder.answers import marks
from autograder.answers.assignment import Assignment
from autograder.answers.cells import exercise_of, grade_id, id_of, is_answer, is_test
from autograder.rooms import engine
from autograder.rooms.attempt import Probes


def ask_again(
    assignment: Assignment, ran: engine.Run, probes: Probes, how: engine.How
) -> dict[str, list[str]]:
    """Give checks in ``ran`` the points that they miss only because the answer calls one that has lost points itself.

    The solution stands in that one's place, in a room of its own that ends with these checks: no other check is asked there,
    so that a notebook which looks at the solution gains nothing by it.  How the answer behaves on the probes is seen there, too:
    a mistake of its own is then known by itself.

    Code can tell in which of the rooms it is, and be one answer here and another one there.  So an exercise gains only where
    all checks that have passed pass again, and all takes no longer than one notebook may.

    Returns exercise -> the exercises that were replaced for it, of those that gained.
    """
    had = {exercise.id: marks.checks_of(ran, exercise) for exercise in assignment.exercises}
    lost = {
        name: [check for check in checks if check.points < check.max_points] for name, checks in had.items()
    }
    lost = {name: checks for name, checks in lost.items() if checks}
    asked = {name: assignment.helpers[name] & lost.keys() for name in lost if name not in ran.unanswered}
    replaced = set().union(*asked.values())
    asked = {name: helpers for name, helpers in asked.items() if helpers and name not in replaced}
    if not asked or time.monotonic() >= ran.deadline:
        return {}
    probes = {name: inputs for name, inputs in probes.items() if name in asked}
    beside = engine.run(_beside(assignment, ran.notebook, asked, replaced), probes, how, ran.deadline)
    ran.observations.update({name: seen for name, seen in beside.observations.items() if seen is not None})
    gained = {}
    for exercise in (exercise for exercise in assignment.exercises if exercise.id in asked):
        now = {check.id: check.points for check in marks.checks_of(beside, exercise)}
        if any(now[check.id] < check.points for check in had[exercise.id]):
            continue
        for check in lost[exercise.id]:
            if now[check.id] > check.points:
                _take_over(check.id, ran, beside)
                gained[exercise.id] = sorted(asked[exercise.id])
    return gained


def _beside(assignment, notebook, asked, replaced):
    """The notebook before it ran, with the solutions of those ``replaced`` and the checks of those ``asked``."""
    beside = copy.deepcopy(notebook)
    beside.cells = [
        cell for cell in beside.cells if not is_test(cell) or exercise_of(grade_id(cell)) in asked
    ]
    for cell in beside.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if is_answer(cell) and id_of(cell) in replaced:
            cell.source = assignment.cells[id_of(cell)].source
            cell.metadata.nbgrader["untouched"] = False
    return beside


def _take_over(check, ran, beside):
    """The check's verdict in ``ran`` is the one that it had in ``beside``."""
    index, cell = next((i, cell) for i, cell in enumerate(ran.notebook.cells) if grade_id(cell) == check)
    other = next(cell for cell in beside.notebook.cells if grade_id(cell) == check)
    cell.outputs, cell.execution_count = other.outputs, index + 1
    ran.stopped.pop(index, None)
