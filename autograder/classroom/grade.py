"""Grade one submission, start to end.  The order of the steps is the order of the package."""

import copy
import time

import nbformat

from autograder.answers import marks, submission
from autograder.answers.assignment import Assignment, exercise_of, grade_id
from autograder.answers.diagnose import Diagnosis
from autograder.answers.results import Graded, Outcome
from autograder.errors import CourseError
from autograder.rooms import engine

HOW = engine.How()


def prepare(made, diagnosis, how=HOW):
    """Get ready to grade an assignment: rehearse the instructor's notebook, which must earn every point.

    Raises ``Refused`` where isolation is not to be had, ``CourseError`` for a solution that fails its own checks.
    """
    engine.start(how)
    ran = engine.rehearse(copy.deepcopy(made.solution), diagnosis.probes, how)
    for exercise in made.exercises:
        for check in marks.checks_of(ran, exercise):
            if check.points < check.max_points:
                raise CourseError(f"solutions/{made.name}.md fails its own check {check.id}: {check.message}")


def grade_notebook(
    made: Assignment, handed_in: submission.Submission, diagnosis: Diagnosis, *, student="you", how=HOW
):
    """Run a rebuilt notebook and mark it.  Returns (Graded, the executed notebook)."""
    started = time.perf_counter()
    blank = handed_in.blank
    probes = {name: made_probes for name, made_probes in diagnosis.probes.items() if name not in blank}
    ran = engine.run(handed_in.notebook, probes, how)
    outcomes = []
    for exercise in made.exercises:
        checks = marks.checks_of(ran, exercise, blank=exercise.id in blank)
        lost = any(check.points < check.max_points for check in checks)
        hints = diagnosis.hints(exercise.id, ran.observations.get(exercise.id)) if lost else []
        outcomes.append(Outcome(exercise.id, checks, hints, blank=exercise.id in blank))
    graded = Graded(student, made.name, outcomes=outcomes, notes=list(handed_in.notes))
    graded.notes += _broken_cells(ran.notebook)
    if ran.replays:
        graded.notes.append(_REPLAYED.format(times="once" if ran.replays == 1 else f"{ran.replays} times"))
    graded.seconds = time.perf_counter() - started
    return graded, ran.notebook


_REPLAYED = (
    "A cell of your notebook ended its process or did not come back, so the notebook was begun again {times}. What had been "
    "checked before was not checked again."
)


def _broken_cells(notebook):
    """A sentence for each answer cell that does not even run."""
    notes = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or exercise_of(grade_id(cell)):
            continue
        failure = next((o for o in cell.get("outputs", ()) if o.output_type == "error"), None)
        if failure is not None:
            name = grade_id(cell) or "a cell of your own"
            notes.append(f"The cell {name} does not run: {failure.ename}: {marks.said_by(failure)}")
    return notes


def ungradable(student, assignment, reason):
    """The record of a submission that could not be graded."""
    return Graded(student, assignment, status="ungradable", reason=str(reason))


def grade_file(path, made=None, *, student="you", diagnosis=None, how=HOW):
    """Read and grade one file: (Graded, executed notebook or None)."""
    made, handed_in = submission.gradable(path, made)
    return grade_notebook(made, handed_in, diagnosis or Diagnosis(made), student=student, how=how)


def grade_handed_in(handed_in, made, diagnosis, *, how=HOW):
    """Grade what was read of ``submitted/<student>/<assignment>``: (Graded, name -> executed notebook, or None).

    Never raises for what a student did.
    """
    try:
        name, notes = submission.choose(handed_in, made)
        _, rebuilt = submission.recognised(submission.parse(handed_in.files[name], name), name, made)
        graded, notebook = grade_notebook(made, rebuilt, diagnosis, student=handed_in.student, how=how)
    except submission.Ungradable as reason:
        return ungradable(handed_in.student, made.name, reason), None
    graded.notes[:0] = [*notes, *handed_in.notes]
    return graded, {made.name: notebook}


def save(notebook, course, student, assignment, name):
    """Keep the executed notebook where formgrader looks for it."""
    path = course.autograded / student / assignment / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    # without nbformat's check against its schema, which takes as long as the grading
    path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
