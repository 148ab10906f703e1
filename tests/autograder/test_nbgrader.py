"""nbgrader's own commands work on the course's notebooks, and give the same marks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import assignment, classroom, demo, release
from autograder.paths import ROOT, Course

NAME = demo.ASSIGNMENT
COMPARED = ["right", "half-done", "four-misconceptions", "syntax-error"]


def nbgrader(course, *arguments):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder with the project's configuration and a few of the demonstration's submissions."""
    course = Course(tmp_path_factory.mktemp("course"))
    config = (ROOT / "nbgrader_config.py").read_text()
    (course.root / "nbgrader_config.py").write_text(
        config.replace("str(Path(__file__).resolve().parent)", repr(str(course.root)))
    )
    made = assignment.load(NAME)
    release.write_source(made, course)
    for student, notebook in demo.students(made).items():
        if student in COMPARED:
            folder = course.submitted / student / NAME
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{NAME}.ipynb")
    return course


def test_generate_assignment_makes_the_released_notebook(course):
    nbgrader(course, "generate_assignment", NAME)
    theirs = nbformat.read(course.root / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    ours = assignment.load(NAME).released
    assert theirs.cells == ours.cells


def test_autograde_gives_the_same_marks(course):
    nbgrader(course, "autograde", NAME)
    with Gradebook(course.database_url) as book:
        theirs = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    shutil.rmtree(course.autograded)
    course.database.unlink()
    ours = {graded.student: graded.score for graded in classroom.grade_class(course, assignment.load(NAME))}
    assert set(theirs) == set(COMPARED)
    assert theirs == ours
    with Gradebook(course.database_url) as book:
        assert {s.student.id: s.score for s in book.assignment_submissions(NAME)} == ours
