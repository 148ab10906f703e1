"""nbgrader's own commands work on the course's notebooks, and give the same marks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.answers import bank
from autograder.authoring import demo, release
from autograder.classroom import grading
from autograder.paths import ROOT, Course

COMPARED = ["half-done", "four-misconceptions", "syntax-error"]


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


def some_students(made):
    """Of each assignment one who is right, and one of whose answers some are right, some wrong, one missing, one broken; of one a few more.

    Not right are only answers on which no other builds: for the rest nbgrader takes points twice, and we do not.
    """
    right = demo.solved(made)
    wrong = {exercise: entries[-1].source for exercise, entries in bank.load(made).wrong.items()}
    alone = [name for name in right if name not in set().union(*made.helpers.values())]
    mixed = right | {name: wrong[name] for name in alone[::2]}
    blank, *others = alone[1::2]
    mixed[blank] = made.released_cells[blank].source
    for broken in others[:1]:
        mixed[broken] = mixed[broken].replace("):", ")", 1)
    found = {"right": demo.answered(made, right), "mixed": demo.answered(made, mixed)}
    if made.name == demo.ASSIGNMENT:
        more = demo.students(made)
        return found | {student: more[student] for student in COMPARED}
    return found


@pytest.fixture(scope="module")
def course(made, tmp_path_factory):
    """A course folder with the project's configuration and a few submissions."""
    course = Course(tmp_path_factory.mktemp("course"))
    config = (ROOT / "nbgrader_config.py").read_text()
    (course.root / "nbgrader_config.py").write_text(
        config.replace("str(Path(__file__).resolve().parent)", repr(str(course.root)))
    )
    release.write_source(made, course)
    for student, notebook in some_students(made).items():
        folder = course.submitted / student / made.name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{made.name}.ipynb")
    return course


def test_generate_assignment_makes_the_released_notebook(course, made):
    nbgrader(course, "generate_assignment", made.name)
    theirs = nbformat.read(course.root / "exercises" / made.name / f"{made.name}.ipynb", as_version=4)
    assert theirs.cells == made.released.cells


def test_autograde_gives_the_same_marks(course, made):
    nbgrader(course, "autograde", made.name)
    with Gradebook(course.database_url) as book:
        theirs = {s.student.id: s.score for s in book.assignment_submissions(made.name)}
    shutil.rmtree(course.autograded)
    course.database.unlink()
    ours = {graded.student: graded.score for graded in grading.grade_class(course, made)}
    assert set(theirs) == set(some_students(made))
    assert theirs["right"] == sum(exercise.max_points for exercise in made.exercises)
    assert theirs == ours
    with Gradebook(course.database_url) as book:
        assert {s.student.id: s.score for s in book.assignment_submissions(made.name)} == ours
