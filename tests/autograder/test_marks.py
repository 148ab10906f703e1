"""From outputs to points and messages."""

import json
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

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


class Exercise:
    id, tests = "f", ("test-f-all",)


def marked(*outputs, count=1, source="", **stopped):
    cell = new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"nbgrader": META})
    run = Run(nbformat.v4.new_notebook(cells=[cell]), stopped={0: stopped["why"]} if stopped else {})
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


# What a person reads of a failed check on a hidden input: the course's words only.
GIVEN = new_code_cell("NAMES = ['keys', 7]", metadata={"nbgrader": {"locked": True, "grade_id": "given"}})
OWN = new_code_cell("theirs = 'own words'")


def told_of_hidden(wording, said, name="CheckFailed"):
    """What is told where a check says ``said`` in its hidden part, in which ``wording`` stands."""
    source = f"f(1)\n### BEGIN HIDDEN TESTS\ncheck(f(2), {wording})\n### END HIDDEN TESTS"
    failure = error(name, said, ["Cell In[9], line 3\n----> 3 check(f(2))"])
    meta = {"nbgrader": META}
    cell = new_code_cell(source, outputs=[failure], execution_count=1, metadata=meta)
    return marks.checks_of(Run(nbformat.v4.new_notebook(cells=[GIVEN, OWN, cell]), stopped={}), Exercise)[0]


MANY = 'f"One of many: {a} of {b} is wrong."'
BOTH = '(f"{a} is wrong.", f"{a} of {b} is wrong.")'
SHORT = 'f"{a} of {b} is wrong."'


@pytest.mark.parametrize(
    ("wording", "said", "told"),
    [
        ("'No gaps here.'", "No gaps here.", "No gaps here."),
        (MANY, "One of many: 3 of 4 is wrong.", "One of many: … of … is wrong."),
        (MANY, "One of many: 3 of keys is wrong.", "One of many: … of keys is wrong."),
        (MANY, "One of many: keys of 4 of 5 is wrong.", "One of many: keys of … is wrong."),
        (MANY, "One of many: float32 of torch.float64 is wrong.", None),
        (MANY, "One of many: own words of f is wrong.", "One of many: … of … is wrong."),
        (MANY, "One of many: 3 of 4 is right.", marks._UNSEEN_WORDING),
        (MANY, "Two of many: 3 of 4 is wrong.", marks._UNSEEN_WORDING),
        (BOTH, "p of q is wrong.", "… of … is wrong."),
        ('f"{a}, but {b} is wrong."', ", but 4 is wrong.", ", but … is wrong."),
        (SHORT, "keys at (0, 1) of 4 is wrong.", "keys … of … is wrong."),
        (SHORT, "keys at 1 at 2 of 4 is wrong.", "keys … of … is wrong."),
        (SHORT, "4711 at (0, 1) of 4 is wrong.", "… of … is wrong."),
        ('f"{a} is {b} is wrong."', "3 is wrong.", marks._UNSEEN_WORDING),  # one " is " is not two
        ('f"The name is {a} here."', "The name is  here.", None),
        ('f"ab a{x}a b"', "ab a b", marks._UNSEEN_WORDING),  # its ends overlap
    ],
)
def test_of_a_hidden_input_the_courses_words_are_told_and_not_the_gaps(wording, said, told):
    assert told_of_hidden(wording, said) == Check("test-f-all", 0.0, 3.0, said if told is None else told)


def test_where_an_error_has_no_line_it_counts_as_hidden():
    assert marked(error("ValueError", "SECRET"), source=SOURCE).message == marks.ENDED[marks.UNSEEN]
    assert marked(error("ValueError", "told"), source="f(1)").message == "Your code raised ValueError: told"


@pytest.mark.parametrize(("text", "points"), [("0", 0), ("0.5", 0.5), ("3", 3), ("'many'", 3)])
def test_a_mark_may_be_anything_from_nothing_to_all(text, points):
    assert marked(result(text)).points == points


def test_a_result_that_is_no_number_hides_no_faulty_one():
    with pytest.raises(CourseError, match=r"gave 9\.0 of 3 points"):
        marked(result("'many'"), result("9"))


@pytest.mark.parametrize(
    ("stopped", "count", "said"),
    [
        ({0: "timeout"}, None, "timeout"),  # the answer itself did not end
        ({1: "timeout"}, None, "late"),  # another exercise's did not
        ({0: "timeout", 2: "died"}, None, "died"),
        ({0: "timeout"}, 1, None),
        ({}, None, "late"),
    ],
)
def test_why_a_check_did_not_run_is_told(stopped, count, said):
    cells = [
        new_code_cell(metadata={"nbgrader": {"solution": True, "grade_id": name}}) for name in ("f", "g")
    ]
    cells.append(new_code_cell(execution_count=count, metadata={"nbgrader": META}))
    check = marks.checks_of(Run(nbformat.v4.new_notebook(cells=cells), stopped=stopped), Exercise)
    assert check == [Check("test-f-all", *((0.0, 3.0, marks.ENDED[said]) if said else (3.0, 3.0)))]


def test_what_nobody_answered_earns_nothing_whatever_its_check_gave():
    cell = new_code_cell(execution_count=1, metadata={"nbgrader": META})
    run = Run(nbformat.v4.new_notebook(cells=[cell]), stopped={}, unanswered={"f"})
    assert marks.checks_of(run, Exercise) == [Check("test-f-all", 0.0, 3.0, marks._NOT_ANSWERED)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("SyntaxError", "bad (1.py, line 2)", "it has an error of syntax and does not run: bad (line 2)"),
        ("CellTimeoutError", "long", "it did not come back in time and was stopped."),
        ("SystemExit", "0", "it ends itself by SystemExit before its last line."),
        ("ValueError", "no", "it does not run to its end: ValueError: no"),
        ("ValueError", "", "it does not run to its end: ValueError."),
    ],
)
def test_why_a_cell_did_not_run_to_its_end(name, text, said):
    assert marks.why_it_stopped(error(name, text), "it") == said


def test_a_check_that_was_broken_off_says_so():
    assert marked(error("CellTimeoutError", "long")).message == marks.ENDED["timeout"]


def test_of_a_missing_name_it_is_told_where_its_cell_stopped():
    def stopping(name, **roles):
        about = {"nbgrader": {"grade_id": name, **roles}}
        return new_code_cell(outputs=[error("ValueError", "no")], execution_count=1, metadata=about)

    def said(*cells):
        failed = new_code_cell(
            outputs=[error("NameError", "name 'f' is not defined")],
            execution_count=1,
            metadata={"nbgrader": META},
        )
        run = Run(nbformat.v4.new_notebook(cells=[*cells, failed]), stopped={})
        return marks.checks_of(run, Exercise)[0].message

    runs = new_code_cell(metadata={"nbgrader": {"grade_id": "f", "solution": True}})
    why = "f is not defined: the cell f does not run to its end: ValueError: no"
    assert said(stopping("g", solution=True), stopping("f", solution=True)) == why
    renamed = "A name is missing: name 'f' is not defined. Was a function renamed, or a cell deleted?"
    assert said(stopping("f"), stopping("g", solution=True), runs) == renamed


def test_a_cell_of_prose_raised_nothing():
    assert marks.failure_of(new_markdown_cell("It is a mean.")) is None


def test_of_the_students_own_lines_the_last_is_shown():
    frames = [
        "Cell In[4], line 2, in f(x)\n----> 2     return \x1b[31mg(x)\x1b[0m",
        "Cell In[4], line 5, in g(x)\n----> 5     return \x1b[31mx @ x\x1b[0m",
        "Cell In[2], line 8, in check(x)\n----> 8     check(x)",
        "File /lib/numpy/core.py:7, in matmul(a)\n----> 7     raise ValueError",
    ]
    assert marked(error("ValueError", "no", frames)).where == "line 5     return x @ x"


def test_what_a_person_marks_waits_unless_nothing_was_written_there():
    def cell(name, **about):
        return new_markdown_cell(metadata={"nbgrader": {"grade_id": name, "missing": False, **about}})

    made = SimpleNamespace(by_hand={"written": 1, "empty": 2.0, "elsewhere": 3.0})

    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("written"),
            cell("empty", untouched=True),
            cell("elsewhere", untouched=True, missing=True),
            new_code_cell("of_no_id = 1"),
        ]
    )
    assert list(marks.by_hand(made, notebook)) == [
        (Check("written", 0.0, 1.0, marks.BY_HAND, waits=True), False),
        (Check("empty", 0.0, 2.0), True),
        (Check("elsewhere", 0.0, 3.0, marks.BY_HAND, waits=True), False),
    ]


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
