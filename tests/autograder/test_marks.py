"""From outputs to points and messages."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from autograder.answers import assignment, marks
from autograder.answers.results import Check
from autograder.authoring import demo
from autograder.errors import CourseError
from autograder.paths import ROOT
from autograder.rooms.engine import Run

META = {
    "grade": True,
    "solution": False,
    "locked": True,
    "grade_id": "test-f-all",
    "points": 3,
    "schema_version": 3,
}


def marked(*outputs, count=1, source="", **stopped):
    cell = new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"nbgrader": META})
    run = Run(nbformat.v4.new_notebook(cells=[cell]), stopped={0: stopped["why"]} if stopped else {})

    class Exercise:
        id, tests = "f", ("test-f-all",)

    return marks.checks_of(run, Exercise)[0]


def error(name, text, traceback=()):
    return new_output("error", ename=name, evalue=text, traceback=list(traceback))


def result(text):
    return new_output("execute_result", {"text/plain": text}, execution_count=1)


def test_a_silent_check_gives_its_points():
    assert marked() == Check("test-f-all", 3.0, 3.0)


def test_a_warning_on_stderr_costs_nothing():
    assert marked(new_output("stream", name="stderr", text="RuntimeWarning")).points == 3


def test_a_failed_check_says_its_own_words():
    check = marked(error("AssertionError", "The rows should sum to one."))
    assert (check.points, check.message) == (0, "The rows should sum to one.")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ValueError", "shapes do not match", "Your code raised ValueError: shapes do not match"),
        ("NotImplementedError", "", "Not answered yet"),
        ("NameError", "name 'f' is not defined", "renamed"),
        ("SyntaxError", "expected ':' (12345.py, line 1)", "an error of syntax: expected ':' (line 1)"),
        ("AssertionError", "", "Your code raised AssertionError."),
    ],
)
def test_exceptions_are_introduced_in_words(name, text, said):
    assert said in marked(error(name, text)).message


@pytest.mark.parametrize(("why", "said"), [("timeout", "never ends"), ("died", "ended the Python process")])
def test_a_cell_that_was_stopped_earns_nothing(why, said):
    check = marked(why=why)
    assert check.points == 0
    assert said in check.message


SOURCE = "visible(1)\n### BEGIN HIDDEN TESTS\nhidden(2)\n### END HIDDEN TESTS\nvisible(3)"


@pytest.mark.parametrize(("line", "hidden"), [(1, False), (3, True), (5, False)])
def test_what_was_raised_on_a_hidden_input_is_not_passed_on(line, hidden):
    """A student's code could put what it is called with into its exception."""
    frames = [
        f"Cell \x1b[32mIn[9], line {line}\x1b[0m\n----> {line} f(SECRET)",
        "Cell In[4], line 2, in f(x)\n----> 2     raise ValueError(x)",
    ]
    check = marked(error("ValueError", "SECRET", frames), source=SOURCE)
    assert ("SECRET" not in check.message) == hidden
    assert ("ValueError" in check.message) != hidden and (check.where is None) == hidden


def test_partial_credit_is_the_number_returned():
    assert marked(result("1.5")).points == 1.5


@pytest.mark.parametrize("text", ["4.0", "nan", "inf", "-1"])
def test_a_mark_out_of_range_is_a_fault_of_the_course(text):
    with pytest.raises(CourseError, match="test-f-all"):
        marked(result(text))


def test_the_students_line_is_shown_and_the_tests_are_not():
    traceback = [
        "Cell In[9], line 3\n      2 # a check\n----> 3 check(secret(f(1)))",
        "Cell In[4], line 2, in f(x)\n      1 def f(x):\n----> 2     return x @ x",
    ]
    check = marked(error("ValueError", "no", traceback))
    assert check.where == "line 2     return x @ x"


def test_two_graders_say_the_same_of_an_answer_that_draws(tmp_path):
    """The parameters that a student's module has drawn for itself are in what a check says of it."""
    path = tmp_path / f"{demo.ASSIGNMENT}.ipynb"
    nbformat.write(demo.students(assignment.load(demo.ASSIGNMENT))["four-misconceptions"], path)
    said = []
    for number in range(2):
        found = tmp_path / f"{number}.jsonl"
        command = [sys.executable, "-m", "autograder", "check", str(path), "--json", str(found)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        said.append(json.loads(found.read_text())["exercises"])
    assert said[0] == said[1]
    assert any("yours is" in message for exercise in said[0] for message in exercise["messages"])
