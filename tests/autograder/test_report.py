"""The page about the class counts what it says it counts."""

import pytest

from autograder.answers.diagnose import Hint
from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom import report


def outcome(name, *points, hints=(), blank=False, message="MESSAGE"):
    checks = [
        Check(f"test-{name}-{i}", got, 1.0, None if got else f"{message} {i}") for i, got in enumerate(points)
    ]
    return Outcome(name, checks, [Hint(hint, f"HINT {hint}") for hint in hints], blank=blank)


CLASS = [
    Graded("ada", "x", outcomes=[outcome("f", 1.0, 1.0), outcome("g", 1.0)]),
    Graded("alan", "x", outcomes=[outcome("f", 1.0, 0.0, hints=["a"]), outcome("g", 0.0)]),
    Graded("grace", "x", outcomes=[outcome("f", 0.0, 0.0, hints=["a", "b"]), outcome("g", 0.0)]),
    Graded("kurt", "x", outcomes=[outcome("f", 0.0, 0.0, blank=True), outcome("g", 0.0, blank=True)]),
    Graded("emmy", "x", status="ungradable", reason="It is empty."),
]


@pytest.fixture
def made():
    return report.of("x", CLASS)


def test_marks_are_counted(made):
    assert made.max_score == 3 and made.median == 1
    assert sum(row["count"] for row in made.histogram) == 4
    assert [row["count"] for row in made.histogram if row["count"]] == [2, 1, 1]
    assert [one.student for one in made.ungradable] == ["emmy"]


def test_exercises_are_counted(made):
    f, g = made.exercises
    assert (f["id"], f["full_percent"], f["blank_percent"], f["mean"]) == ("f", 25, 25, 0.75)
    assert (g["id"], g["full_percent"], g["blank_percent"], g["mean"]) == ("g", 25, 25, 0.25)


def test_misconceptions_are_counted_most_frequent_first(made):
    assert [(row["id"], row["students"]) for row in made.misconceptions] == [
        ("a", ["alan", "grace"]),
        ("b", ["grace"]),
    ]


def test_what_no_hint_explains_is_told_and_blank_answers_are_not(made):
    assert [(row["check"], row["students"], row["message"]) for row in made.unexplained] == [
        ("test-g-0", ["alan", "grace"], "MESSAGE 0")
    ]


def test_nothing_that_a_student_wrote_becomes_markup():
    evil = "<script>alert(1)</script>"
    lost = Graded(evil, "x", outcomes=[outcome("f", 0.0, hints=[evil]), outcome("g", 0.0, message=evil)])
    page = report.page(report.of("x", [lost, Graded(evil, "x", status="ungradable", reason=evil)]))
    assert "<script" not in page and page.count("&lt;script&gt;") >= 5


def test_a_class_without_any_marks_has_a_page():
    assert "It is empty." in report.page(report.of("x", CLASS[-1:]))
