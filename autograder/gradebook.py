"""Marks and comments into nbgrader's gradebook.  This module is its only writer."""

import os
import shutil
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.preprocessors import ComputeChecksums, SaveCells
from sqlalchemy.exc import SAWarning


@contextmanager
def opened(course):
    """The course's gradebook, made where there is none."""
    course.root.mkdir(parents=True, exist_ok=True)
    if (
        shutil.which("alembic") is None
    ):  # nbgrader calls it by name, also where the environment is not activated
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with warnings.catch_warnings():
        # nbgrader 0.9.6 builds its rows in an order that SQLAlchemy 2.1 remarks upon; the rows come out right
        warnings.simplefilter("ignore", SAWarning)
        with Gradebook(course.database_url) as book:
            yield book


def record_assignment(course, made):
    """Tell the gradebook which cells the assignment has, as ``nbgrader generate_assignment`` does."""
    with opened(course) as book:
        book.update_or_create_assignment(made.name)
    resources = {"nbgrader": {"notebook": made.name, "assignment": made.name, "db_url": course.database_url}}
    notebook, _ = ComputeChecksums().preprocess(made.solution, resources)
    SaveCells().preprocess(notebook, resources)


def record(book, graded):
    """Write one result.  What an instructor entered by hand, marks and comments, stays."""
    book.update_or_create_student(graded.student)
    book.update_or_create_submission(graded.assignment, graded.student)
    notebook = book.find_submission_notebook(graded.assignment, graded.assignment, graded.student)
    ungradable = graded.status != "graded"
    points = {check.id: check.points for outcome in graded.outcomes for check in outcome.checks}
    for grade in notebook.grades:
        grade.auto_score = None if ungradable else points.get(grade.name)
        # as nbgrader does it: what has no automatic mark, or has one by hand already, is for a person to look at
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
    comments = {outcome.id: _comment(outcome) for outcome in graded.outcomes}
    for comment in notebook.comments:
        comment.auto_comment = graded.reason if ungradable else comments.get(comment.name)
    book.db.commit()


def _comment(outcome):
    if outcome.blank:
        return "No response."
    return "\n\n".join([hint.hint for hint in outcome.hints] + outcome.messages) or None
