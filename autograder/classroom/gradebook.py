"""Marks and comments into nbgrader's gradebook.  This module is its only writer."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import nbgrader.api
from alembic.config import Config
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import ComputeChecksums, SaveCells
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from sqlalchemy.exc import DatabaseError, SAWarning, SQLAlchemyError

from autograder.answers.assignment import Assignment
from autograder.answers.cells import exercise_of, id_of
from autograder.answers.results import Check, Graded, Outcome
from autograder.errors import Refused
from autograder.paths import Course


@contextmanager
def _version_asked_here():
    """nbgrader starts a program, ``alembic``, to learn the version of a new gradebook, which needs it on the PATH
    and seconds of time.  Alembic's own library says the same."""
    stock = nbgrader.api.get_alembic_version
    nbgrader.api.get_alembic_version = _alembic_version
    try:
        yield
    finally:
        nbgrader.api.get_alembic_version = stock


def _alembic_version():
    config = Config()
    config.set_main_option("script_location", str(Path(nbgrader.api.__file__).parent / "alembic"))
    return ScriptDirectory.from_config(config).get_current_head()


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The course's gradebook, made where there is none."""
    course.root.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), _version_asked_here():
        # nbgrader 0.9.6 builds its rows in an order that SQLAlchemy 2.1 remarks upon; the rows come out right
        warnings.simplefilter("ignore", SAWarning)
        try:
            made = Gradebook(course.database_url)
        except DatabaseError as fault:
            raise _unusable(course, fault) from fault
        with made as book:
            # one writer: what it has read of the assignment stays true, and need not be read again after each commit
            book.db().expire_on_commit = False
            try:
                yield book
            except (
                DatabaseError,
                InvalidEntry,
            ) as fault:  # nbgrader turns some of the former into the latter
                raise _unusable(course, fault) from fault


@contextmanager
def read(course: Course) -> Iterator[Gradebook]:
    """The gradebook for those who only look: whatever is damaged in it is told in a sentence."""
    try:
        with opened(course) as book:
            yield book
    except (
        SQLAlchemyError,
        ValueError,
    ) as fault:  # a date that is none, text that is none, a row without its other half
        raise _unusable(course, fault) from fault


def _unusable(course, fault):
    """What to do about a gradebook that cannot be written, in words."""
    said = " ".join(str(getattr(fault, "orig", fault)).split())[:300]
    if "locked" in said:
        advice = "Another program is writing to it; close it (formgrader?) and run the same command again."
    elif "full" in said:
        advice = "The disk is full; make room and run the same command again."
    elif "readonly" in said or "unable to open" in said:
        advice = "It may not be written; check the permissions of the file and its folder."
    else:
        advice = "It may be damaged; put a copy back, or move it away to start a new one."
    return Refused(
        f"The gradebook {course.database} cannot be used ({said}). {advice} What was graded is kept and not run again."
    )


@contextmanager
def _one_transaction(book):
    """Let nbgrader's own commits wait, so that a submission is written whole or, if the grader is killed, not at all."""
    book.db.commit = book.db.flush
    try:
        yield
    except BaseException:
        book.db.rollback()
        raise
    finally:
        del book.db.commit
    book.db.commit()


def record_assignment(course: Course, assignment: Assignment) -> None:
    """Tell the gradebook which cells the assignment has, as ``nbgrader generate_assignment`` does."""
    with opened(course) as book:
        book.update_or_create_assignment(assignment.name)
    resources = {
        "nbgrader": {
            "notebook": assignment.name,
            "assignment": assignment.name,
            "db_url": course.database_url,
        }
    }
    notebook, _ = ComputeChecksums().preprocess(assignment.solution, resources)
    SaveCells().preprocess(notebook, resources)


def record(book: Gradebook, graded: Graded, timestamp: datetime | None = None) -> None:
    """Write one result.  What an instructor entered by hand, marks and comments, stays."""
    with _one_transaction(book):
        _record(book, graded, timestamp)


def _record(book, graded, timestamp):
    _submission(book, graded, timestamp)
    notebook = book.find_submission_notebook(graded.assignment, graded.assignment, graded.student)
    ungradable = graded.status != "graded"
    points = {
        check.id: check.points for outcome in graded.outcomes for check in outcome.checks if not check.waits
    }
    for grade in notebook.grades:
        grade.auto_score = None if ungradable else points.get(grade.name)
        # as nbgrader does it: what has no automatic mark, or has one by hand already, is for a person to look at
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
    comments = {outcome.id: _comment(outcome) for outcome in graded.outcomes}
    for comment in notebook.comments:
        comment.auto_comment = graded.reason if ungradable else comments.get(comment.name)


def _submission(book, graded, timestamp):
    """The row of a submission, made where there is none; of the time of handing in, what is known stays."""
    book.update_or_create_student(graded.student)
    when = {"timestamp": timestamp} if timestamp else {}
    return book.update_or_create_submission(graded.assignment, graded.student, **when)


def _comment(outcome):
    if outcome.blank:
        return "No response."
    if outcome.waiting:
        return None
    return "\n\n".join([hint.hint for hint in outcome.hints] + outcome.messages) or None


def record_notebooks(
    book: Gradebook,
    graded: Graded,
    notebooks: Mapping[str, NotebookNode] | None,
    timestamp: datetime | None = None,
) -> None:
    """Write one result of another course: marks and comments as nbgrader's SaveAutoGrades takes them from the cells.

    ``notebooks`` has the executed notebooks by name, or is None where the submission is ungradable.
    """
    with _one_transaction(book):
        submission = _submission(book, graded, timestamp)
        for notebook in submission.notebooks:
            _record_notebook(notebook, notebooks, graded.reason)


def _record_notebook(notebook, executed, reason):
    missing = executed is not None and notebook.name not in executed
    cells = executed[notebook.name].cells if executed and not missing else ()
    points = {id_of(cell): determine_grade(cell)[0] for cell in cells if is_grade(cell)}
    for grade in notebook.grades:
        grade.auto_score = 0 if missing else points.get(grade.name)
        grade.needs_manual_grade = not missing and (
            grade.auto_score is None or grade.manual_score is not None
        )
    comments = {
        id_of(cell): "No response."
        for cell in cells
        if is_solution(cell)
        and not is_task(cell)
        and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    }
    for comment in notebook.comments:
        comment.auto_comment = reason if executed is None else comments.get(comment.name)


def is_marked(submission: SubmittedAssignment) -> bool:
    """Whether a hand-in has a mark, the grader's or a person's; one that could not be graded has none until a person gives it."""
    return any(
        grade.auto_score is not None or _by_hand(grade)
        for notebook in submission.notebooks
        for grade in notebook.grades
    )


def decided(book: Gradebook, graded: Graded) -> Graded:
    """A result with what stands in the gradebook: marks by hand, extra credit, comments, the penalty for being late.

    What the grader found stays where nobody entered anything else.
    """
    try:
        row = book.find_submission(graded.assignment, graded.student)
    except MissingEntry:
        return graded
    notebooks = {notebook.name: notebook for notebook in row.notebooks}
    outcomes = graded.outcomes
    if graded.status != "graded" and any(
        _by_hand(grade) for book_ in row.notebooks for grade in book_.grades
    ):
        notes = [f"{graded.reason} It was marked by hand.", *graded.notes]
        graded = replace(graded, status="graded", reason=None, notes=notes)
        outcomes = [outcome for notebook in row.notebooks for outcome in _only_by_hand(notebook)]
    return replace(
        graded,
        outcomes=[_outcome(outcome, notebooks, graded.assignment) for outcome in outcomes],
        penalty=sum(notebook.late_submission_penalty or 0.0 for notebook in row.notebooks),
        seconds_late=row.total_seconds_late,
        handed_in=f"{row.timestamp:%Y-%m-%d %H:%M} UTC" if row.timestamp else None,
    )


def _outcome(outcome, notebooks, assignment):
    """An exercise, or, in another course, a notebook, with what a person entered."""
    whole = outcome.id in notebooks
    notebook = notebooks.get(outcome.id if whole else assignment)
    if notebook is None:
        return outcome
    grades = {grade.name: grade for grade in notebook.grades}
    checks = [_check(check, grades.get(check.id)) for check in outcome.checks]
    comments = [
        f"{comment.name}: {comment.manual_comment}" if whole else comment.manual_comment
        for comment in notebook.comments
        if comment.manual_comment and (whole or comment.name == outcome.id)
    ]
    full = all(check.points >= check.max_points for check in checks)
    return replace(outcome, checks=checks, comments=comments, hints=[] if full else outcome.hints)


def _check(check, grade):
    """A check with the mark that a person gave it."""
    if grade is None or not _by_hand(grade):
        return check
    points = check.points if grade.manual_score is None else grade.manual_score
    marked = {"waits": False, "message": None} if check.waits and grade.manual_score is not None else {}
    return replace(check, points=points + (grade.extra_credit or 0.0), by_hand=True, **marked)


def _by_hand(grade):
    return grade.manual_score is not None or bool(grade.extra_credit)


def _only_by_hand(notebook):
    """The outcomes of a notebook that was never run."""
    found: dict[str, list[Check]] = {}
    for grade in notebook.grades:
        name = exercise_of(grade.name) or notebook.name
        found.setdefault(name, []).append(Check(grade.name, 0.0, grade.cell.max_score))
    return [Outcome(name, checks) for name, checks in found.items()]
