"""The demonstration class, graded from files to gradebook, feedback and JSON: one run, many looks."""

import json
import re
import signal
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import grading
from autograder.paths import ROOT, Course
from autograder.rooms import engine

EXPECTED = {
    "right": 20, "right-another-way": 20, "renamed-file": 20, "copied-cell": 20, "blank": 0, "half-done": 13,
    "unscaled": 17, "softmax-on-the-wrong-axis": 13, "float64-by-accident": 19, "penalty-of-positions": 18,
    "four-misconceptions": 9, "two-mistakes-in-one": 16, "syntax-error": 17, "endless-loop": 18, "ends-python": 17,
    "cut-off-file": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("class") / "demo")


@pytest.fixture(scope="module")
def graded(course):
    made = demo.make(course)
    results = grading.grade_class(course, made, how=engine.How(seconds=6))
    return {result.student: result for result in results}


def test_everyone_gets_the_mark_that_is_due(graded):
    assert {
        name: result.score if result.status == "graded" else None for name, result in graded.items()
    } == EXPECTED


def test_the_gradebook_says_the_same(course, graded):
    with Gradebook(course.database_url) as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions(demo.ASSIGNMENT)}
    assert scores == {name: mark or 0 for name, mark in EXPECTED.items()}


def test_ungradable_is_not_zero(course, graded):
    assert "valid JSON" in graded["cut-off-file"].reason
    assert graded["cut-off-file"].as_json()["score"] is None
    with Gradebook(course.database_url) as book:
        grades = book.find_submission_notebook(demo.ASSIGNMENT, demo.ASSIGNMENT, "cut-off-file").grades
        assert all(grade.auto_score is None and grade.needs_manual_grade for grade in grades)


@pytest.mark.parametrize(
    ("student", "exercise", "named"),
    [
        ("unscaled", "dot_product_attention", ["unscaled"]),
        ("softmax-on-the-wrong-axis", "structured_self_attention", ["softmax_over_hops"]),
        ("two-mistakes-in-one", "dot_product_attention", ["unscaled", "softmax_over_queries"]),
        ("four-misconceptions", "SelfAttention", ["WithBias"]),
        ("right-another-way", "dot_product_attention", []),
    ],
)
def test_hints_name_the_misconception(graded, student, exercise, named):
    outcome = next(outcome for outcome in graded[student].outcomes if outcome.id == exercise)
    assert [hint.misconception for hint in outcome.hints] == named


def test_an_endless_loop_costs_its_own_exercise_only(graded):
    lost = {outcome.id for outcome in graded["endless-loop"].outcomes if outcome.points < outcome.max_points}
    assert lost == {"hop_penalty"}
    assert (
        "did not come back in time"
        in next(o for o in graded["endless-loop"].outcomes if o.id == "hop_penalty").messages[0]
    )


def test_ending_python_costs_its_own_exercise_only(graded):
    lost = {
        outcome.id: outcome.points
        for outcome in graded["ends-python"].outcomes
        if outcome.points < outcome.max_points
    }
    assert lost == {"soft_lookup": 0}


def test_feedback_shows_hint_then_message_and_nothing_hidden(course, graded):
    page = (course.feedback / "four-misconceptions" / demo.ASSIGNMENT / f"{demo.ASSIGNMENT}.html").read_text()
    assert page.index("What may have happened") < page.index("The example by hand")
    assert "<script" not in page
    everything = "".join(path.read_text() for path in course.feedback.rglob("*.html"))
    made = assignment.load(demo.ASSIGNMENT)
    for cell in made.cells.values():
        hidden = re.search(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, re.DOTALL)
        for name in set(re.findall(r"\b_[a-z]\w*", hidden.group(1))) if hidden else ():
            assert not re.search(rf"(?<!\w){name}\b", everything), name


def test_what_a_hidden_check_says_can_be_read(graded):
    """Only the course's words of it are passed on, and these are whole sentences."""
    said = [message for one in graded.values() for outcome in one.outcomes for message in outcome.messages]
    assert any("At a temperature between the limits" in message for message in said)  # a hidden check's
    assert not any(message.count("…") > 1 for message in said)


def test_the_json_is_the_designs(graded):
    record = json.loads(json.dumps(graded["unscaled"].as_json()))
    assert record["student"] == "unscaled"
    assert record["status"] == "graded"
    assert record["reason"] is None
    assert (record["score"], record["max_score"]) == (17.0, 20.0)
    exercise = next(e for e in record["exercises"] if e["id"] == "dot_product_attention")
    assert exercise["points"] == 1.0
    assert exercise["max_points"] == 4.0
    assert exercise["hints"][0]["misconception"] == "unscaled"
    assert "√d" in exercise["hints"][0]["hint"]
    assert exercise["messages"]


def test_the_executed_notebooks_are_kept_for_formgrader(course, graded):
    """Of one that cannot be graded, the notebook as it was released, with the reason."""
    kept = {path.parent.parent.name for path in course.autograded.rglob("*.ipynb")}
    assert kept == set(EXPECTED)
    nbformat.validate(nbformat.read(next(course.autograded.rglob("*.ipynb")), as_version=4))


def command(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "autograder", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_check_writes_json_and_leaves_no_gradebook(course, graded, tmp_path):
    path = course.submitted / "unscaled" / demo.ASSIGNMENT / f"{demo.ASSIGNMENT}.ipynb"
    before = {p: p.stat().st_mtime_ns for p in course.root.rglob("*")}
    done = command("check", path, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    assert "Divide the scores by √d" in " ".join(done.stdout.split())
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["score"] == 17
    assert {p: p.stat().st_mtime_ns for p in course.root.rglob("*")} == before


@pytest.fixture
def here(monkeypatch, capfd):
    """The whole command, but in this process, whose imports are done: its status and what it said."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["autograder", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capfd.readouterr()

    handler = signal.getsignal(signal.SIGINT)
    yield call
    signal.signal(signal.SIGINT, handler)


BAD = {
    "missing": lambda folder: folder / "missing.ipynb",
    "json": lambda folder: _file(folder / "a.ipynb", "{"),
    "folder": lambda folder: folder,
    "empty": lambda folder: _file(folder / "a.ipynb", ""),
    "no cells": lambda folder: _file(
        folder / "a.ipynb", json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    ),
    "another course": lambda folder: _file(
        folder / "a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    ),
}


def _file(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("kind", BAD)
def test_check_refuses_bad_input_in_one_sentence(here, tmp_path, kind):
    path = BAD[kind](tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, out, err = here("check", path)
    assert status == 2
    assert out == ""
    assert 1 <= len(re.findall(r"\.(?:\s|$)", err)) <= 3
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments", [["grade", "99-nothing"], ["grade", "--course", "/nonexistent"], ["release", "99-nothing"]]
)
def test_commands_refuse_what_is_not_there(here, arguments):
    status, _, err = here(*arguments)
    assert status == 2
    assert "Traceback" not in err
    assert err.strip().endswith(".")


def test_grade_refuses_an_empty_class_and_writes_nothing(here, tmp_path):
    (tmp_path / "submitted").mkdir()
    assert here("grade", "--course", tmp_path)[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["submitted"]
