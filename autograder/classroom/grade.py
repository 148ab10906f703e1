"""Grade one submission, start to end.  The order of the steps is the order of the package."""

import copy
import time
from collections.abc import Iterable
from pathlib import Path

import nbformat

from autograder.answers import marks, submission
from autograder.answers.assignment import Assignment
from autograder.answers.cells import exercise_of, grade_id, is_by_hand
from autograder.answers.diagnose import Diagnosis
from autograder.answers.handed_in import HandedIn
from autograder.answers.results import Graded, Outcome
from autograder.classroom import once
from autograder.classroom.journal import Notebooks
from autograder.errors import CourseError
from autograder.paths import Course
from autograder.rooms import engine
from autograder.rooms.engine import HOW, How, Run
from autograder.rooms.shell import NO_EXIT, NO_PROGRAMS
from autograder.words import counted


def prepare(assignment: Assignment, diagnosis: Diagnosis, how: How = HOW) -> None:
    """Get ready to grade an assignment: rehearse the instructor's notebook, which must earn every point.

    Raises ``Refused`` where isolation is not to be had, ``CourseError`` for a solution that fails its own checks.
    """
    engine.start(how)
    ran = engine.rehearse(copy.deepcopy(assignment.solution), diagnosis.probes, how)
    for exercise in assignment.exercises:
        for check in marks.checks_of(ran, exercise):
            if check.points < check.max_points:
                raise CourseError(
                    f"solutions/{assignment.name}.md fails its own check {check.id}: {check.message}"
                )


def grade_notebook(
    assignment: Assignment,
    handed_in: submission.Submission,
    diagnosis: Diagnosis,
    *,
    student: str = "you",
    how: How = HOW,
) -> tuple[Graded, nbformat.NotebookNode]:
    """Run a rebuilt notebook and mark it.  Returns (Graded, the executed notebook)."""
    started = time.perf_counter()
    ran = engine.run(handed_in.notebook, diagnosis.probes, how)
    gained = once.ask_again(assignment, ran, diagnosis.probes, how)
    outcomes = []
    for exercise in assignment.exercises:
        checks = marks.checks_of(ran, exercise)
        lost = any(check.points < check.max_points for check in checks)
        hints = diagnosis.hints(exercise.id, ran.observations.get(exercise.id)) if lost else []
        outcomes.append(Outcome(exercise.id, checks, hints, blank=exercise.id in ran.unanswered))
    outcomes += [
        Outcome(check.id, [check], blank=blank) for check, blank in marks.by_hand(assignment, ran.notebook)
    ]
    graded = Graded(
        student, assignment.name, outcomes=outcomes, notes=list(handed_in.notes), shared=not how.split
    )
    graded.notes += _where_answers_stand(handed_in, ran)
    graded.notes += [
        f"{name}: with the course's {_listed(helpers)} in the place of yours more checks pass, and that counts: a mistake is paid for once."
        for name, helpers in gained.items()
    ]
    graded.notes += _broken_cells(ran.notebook)
    if ran.replays_told:  # not those behind a hidden input: how many there are is the code's to choose
        times = "once" if ran.replays_told == 1 else counted(ran.replays_told, "time")
        graded.notes.append(_REPLAYED.format(times=times))
    graded.seconds = time.perf_counter() - started
    return graded, ran.notebook


_REPLAYED = (
    "A cell of your notebook ended its process or did not come back, so the notebook was begun again {times}. What had been "
    "checked before was not checked again."
)


def _where_answers_stand(handed_in: submission.Submission, ran: Run) -> list[str]:
    """Notes on answers that were found elsewhere than in their cells, and on cells that were not found."""
    notes = []
    elsewhere = sorted(handed_in.blank - ran.unanswered)
    if elsewhere:
        notes.append(
            f"{_listed(elsewhere)}: the cell is as it was released or is not there, so what another cell defines was taken as your answer."
        )
    later = sorted(name for name in ran.later if name is not None and name not in elsewhere)
    if later:
        notes.append(
            f"{_listed(later)}: not all checks passed where they stand, but they do when all of your notebook has run. That counts."
        )
    gone = sorted(handed_in.missing & ran.unanswered)
    if gone:
        notes.append(f"{_listed(gone)}: no cell of your notebook holds an answer.")
    return notes


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


MOST_NOTES = 10  # on cells that do not run


def _broken_cells(notebook: nbformat.NotebookNode) -> list[str]:
    """A sentence for each cell of the student's that does not run to its end, or not all of it; of very many, the first."""
    notes = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or exercise_of(grade_id(cell)):
            continue
        if is_by_hand(cell) and cell.metadata.nbgrader.get("untouched"):
            continue  # the stub
        name = f"the cell {grade_id(cell)}" if grade_id(cell) else "a cell of your own"
        warned = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")
        notes += [f"In {name}: {said}" for said in (NO_PROGRAMS, NO_EXIT) if said in warned]
        failure = marks.failure_of(cell)
        if failure is not None:
            note = marks.why_it_stopped(failure, name)
            notes.append(note[0].upper() + note[1:])
    notes = list(dict.fromkeys(notes))
    left = len(notes) - MOST_NOTES
    return notes[:MOST_NOTES] + ([f"So it is with {counted(left, 'cell')} more."] if left > 0 else [])


def ungradable(student: str, assignment: str, reason: str | Exception) -> Graded:
    """The record of a submission that could not be graded."""
    return Graded(student, assignment, status="ungradable", reason=str(reason))


def grade_file(
    path: str | Path,
    assignment: Assignment | None = None,
    *,
    student: str = "you",
    diagnosis: Diagnosis | None = None,
    how: How = HOW,
) -> tuple[Graded, nbformat.NotebookNode]:
    """Read and grade one file: (Graded, executed notebook).  Raises ``Ungradable`` or ``Refused``."""
    assignment, handed_in = submission.gradable(path, assignment)
    return grade_notebook(assignment, handed_in, diagnosis or Diagnosis(assignment), student=student, how=how)


def grade_handed_in(
    handed_in: HandedIn, assignment: Assignment, diagnosis: Diagnosis, *, how: How = HOW
) -> tuple[Graded, Notebooks | None]:
    """Grade what was read of ``submitted/<student>/<assignment>``: (Graded, name -> executed notebook, or None).

    Never raises for what a student did.
    """
    try:
        name, notes = submission.choose(handed_in, assignment)
        _, rebuilt = submission.recognised(submission.parse(handed_in.files[name], name), name, assignment)
        graded, notebook = grade_notebook(assignment, rebuilt, diagnosis, student=handed_in.student, how=how)
    except submission.Ungradable as reason:
        return ungradable(handed_in.student, assignment.name, reason), None
    graded.notes[:0] = [*notes, *handed_in.notes]
    return graded, {assignment.name: notebook}


def save(notebook: nbformat.NotebookNode, course: Course, student: str, assignment: str, name: str) -> None:
    """Keep the executed notebook where formgrader looks for it."""
    path = course.autograded / student / assignment / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    # without nbformat's check against its schema, which takes as long as the grading
    path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
