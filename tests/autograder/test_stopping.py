"""A grader that is interrupted says in a sentence what is kept; one that is killed leaves no process behind."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from attacks import skip_where_nothing_isolates

from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import grading
from autograder.paths import ROOT, Course

skip_where_nothing_isolates()

NAME = "01-visual-attention"
KILLS = 3
FORKING = """
import sys
from autograder.rooms import line
dumps = line.json.dumps
line.json.dumps = lambda settings: dumps({**settings, "mark": sys.argv[1]})
warm = line.Warm()
warm.await_ready()
print("ready", flush=True)
while True:
    warm.fork().end()
"""


def bearing(mark):
    """The processes, ended ones left out, whose command line bears a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def gone(mark, seconds=10):
    until = time.monotonic() + seconds
    while bearing(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return not bearing(mark)


def test_no_room_outlives_a_grader_that_is_killed_at_any_moment():
    dice = random.Random(5)
    for number in range(KILLS):
        mark = f"mark-{os.getpid()}-{number}"
        grader = subprocess.Popen(
            [sys.executable, "-c", FORKING, mark], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert grader.stdout.readline() == "ready\n"
        time.sleep(0.01 + 0.1 * dice.random())
        grader.kill()
        grader.wait()
        assert gone(mark), f"kill {number}"


@pytest.fixture
def course(tmp_path):
    course, made = Course(tmp_path / "class"), assignment.load(NAME)
    slow = demo.solved(made) | {"softmax": "import time\ntime.sleep(1.5)\n" + demo.solved(made)["softmax"]}
    for number in range(8):
        folder = course.submitted / f"s{number}" / NAME
        folder.mkdir(parents=True)
        notebook = demo.answered(made, slow)
        notebook.cells.append(nbformat.v4.new_code_cell(f"mine = {number}"))
        nbformat.write(notebook, folder / f"{NAME}.ipynb")
    return course


def test_ctrl_c_is_answered_in_a_sentence_and_what_was_graded_is_kept(course):
    """The whole group gets the signal, as from a terminal."""
    command = [sys.executable, "-m", "autograder", "grade", NAME, "--course", str(course.root)]
    grader = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    pages = course.feedback / "s0" / NAME / f"{NAME}.html"
    until = time.monotonic() + 120
    while not pages.exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(grader.pid, signal.SIGINT)
    _, said = grader.communicate(timeout=30)
    assert grader.returncode == 130
    assert "What was graded is kept" in said and "Traceback" not in said and "Aborted" not in said
    assert gone(str(course.root))
    kept = len(list((course.root / ".grading").glob("*/*.json")))
    assert 0 < kept < 8
    results = grading.grade_class(course, assignment.load(NAME))
    assert len(results) == 8 and all(graded.score == graded.max_score for graded in results)
