"""Killed at any moment and run again, the grader ends with the gradebook of an undisturbed run."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import feedback, gradebook, grading
from autograder.classroom.journal import Journal
from autograder.errors import Refused
from autograder.paths import ROOT, Course

NAME = demo.ASSIGNMENT
CLASS = ["right", "four-misconceptions", "syntax-error", "cut-off-file", "two-mistakes-in-one"]
KILLS = 5


def make(root):
    """A small class, laid out in ``root``."""
    course = Course(root)
    students = demo.students(assignment.load(NAME))
    for student in CLASS:
        folder = course.submitted / student / NAME
        folder.mkdir(parents=True)
        content = students[student]
        text = content if isinstance(content, str) else nbformat.writes(content)
        (folder / f"{NAME}.ipynb").write_text(text)
    return course


def contents(course):
    """All that matters of a gradebook: marks, flags and comments by student and cell."""
    rows = {}
    with Gradebook(course.database_url) as book:
        for submission in book.assignment_submissions(NAME):
            notebook = submission.notebooks[0]
            grades = {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in notebook.grades}
            comments = {c.name: c.auto_comment for c in notebook.comments}
            rows[submission.student.id] = grades, comments
    return rows


def start(course):
    command = [sys.executable, "-m", "autograder", "grade", NAME, "--course", str(course.root), "--resume"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(course):
    """Processes that mention the course's folder or are rooms of a grader that is gone."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if str(course.root) in line]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    course = make(tmp_path_factory.mktemp("whole") / "course")
    began = time.monotonic()
    grading.grade_class(course, assignment.load(NAME))
    return contents(course), time.monotonic() - began


def test_killed_again_and_again_it_ends_as_undisturbed(tmp_path, undisturbed):
    expected, seconds = undisturbed
    course = make(tmp_path / "course")
    dice = random.Random(3)
    killed = 0
    for _ in range(KILLS):
        running = start(course)
        try:
            running.wait(timeout=dice.uniform(0.5, 1.2 * seconds + 3))
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            killed += 1
        running.communicate()
    assert killed >= 1, "the test never killed anything"
    running = start(course)
    _, said = running.communicate(timeout=300)
    assert running.returncode == 0, said
    assert contents(course) == expected
    time.sleep(1)
    assert processes_of(course) == []


# Moments at which the process that comes by is killed: the function that it is about to leave or to enter.
MOMENTS = {
    "worker, before anything is written": ("worker", Journal, "keep", "before"),
    "worker, after the journal": ("worker", Journal, "keep", "after"),
    "worker, between the page and the notebook": ("worker", feedback, "write", "after"),
    "writer, before a submission": ("writer", gradebook, "record", "before"),
    "writer, within a transaction": ("writer", gradebook, "_record", "after"),
    "writer, after a submission": ("writer", gradebook, "record", "after"),
}


def grade_and_die(course, who, where, name, when, *, at):
    """Grade in a process of its own; ``who`` kills itself at its ``at``-th coming by.  Returns how that process ended."""
    grader = os.fork()
    if grader:
        return os.waitstatus_to_exitcode(os.waitpid(grader, 0)[1])
    try:
        writer, stock, calls = os.getpid(), getattr(where, name), [0]
        once = course.root / "killed"

        def deadly(*args, **more):
            mine = (os.getpid() == writer) == (who == "writer")
            calls[0] += mine
            kill = mine and calls[0] == at and not once.exists()
            if kill:
                once.touch()
            if kill and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = stock(*args, **more)
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(where, name, deadly)
        grading.grade_class(course, assignment.load(NAME))
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_the_worst_moment(tmp_path, undisturbed, moment):
    who, where, name, when = MOMENTS[moment]
    course = make(tmp_path / "course")
    ended = grade_and_die(course, who, where, name, when, at=2)
    assert (course.root / "killed").exists(), "the test never killed anything"
    if who == "writer":
        assert ended == -signal.SIGKILL
        written = contents(course)
        assert all(written[student] == undisturbed[0][student] for student in written), "half a submission"
        grading.grade_class(course, assignment.load(NAME))
    else:
        assert ended == 0  # another worker took the submission over
    assert contents(course) == undisturbed[0]
    for student in CLASS:
        assert feedback.path(course, student, NAME).stat().st_size > 500


def test_a_second_run_takes_what_is_known(tmp_path, undisturbed, monkeypatch):
    from autograder.rooms import engine

    course = make(tmp_path / "course")
    made = assignment.load(NAME)
    grading.grade_class(course, made)

    def never(*_, **__):
        raise AssertionError("ran again")

    monkeypatch.setattr(engine, "run", never)
    again = grading.grade_class(course, made)
    assert contents(course) == undisturbed[0]
    assert {graded.student for graded in again} == set(CLASS)
    path = course.submitted / "right" / NAME / f"{NAME}.ipynb"
    path.write_text(path.read_text() + " ")
    changed = {g.student: g for g in grading.grade_class(course, made)}["right"]
    assert "(AssertionError)" in changed.reason  # other bytes: it had to run


def test_a_locked_gradebook_is_told_and_nothing_is_half_written(tmp_path):
    course = make(tmp_path / "course")
    made = assignment.load(NAME)
    gradebook.record_assignment(course, made)
    with sqlite3.connect(course.database) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Refused, match=r"locked.*Another program.*run the same command again"):
            grading.grade_class(course, made)
        holder.rollback()
    with Gradebook(course.database_url) as book:
        assert book.assignment_submissions(NAME) == []


def test_a_damaged_gradebook_is_told(tmp_path):
    course = make(tmp_path / "course")
    course.database.write_bytes(b"not a database" * 100)
    with pytest.raises(Refused, match="damaged"):
        grading.grade_class(course, assignment.load(NAME))
    assert course.database.read_bytes() == b"not a database" * 100


@pytest.fixture
def small_disk(tmp_path):
    """A file system that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_half_written(small_disk, tmp_path, undisturbed):
    """Room for some submissions; with more room, the same command ends as undisturbed."""
    course = make(small_disk / "course")
    made = assignment.load(NAME)
    with pytest.raises(Refused, match=r"(full|No space).*run the same command again"):
        grading.grade_class(course, made)
    written = contents(course)
    assert all(written[student] == undisturbed[0][student] for student in written), "half a submission"
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    grading.grade_class(course, made)
    assert contents(course) == undisturbed[0]
