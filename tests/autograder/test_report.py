"""The page about the class counts what it says it counts."""

import pytest

from autograder.answers.diagnose import Hint
from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom import report
from autograder.paths import Course


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


def test_a_mark_on_the_line_between_two_bars_is_in_the_upper_one_and_full_marks_are_in_the_last():
    marks = [0.0, 0.29, 0.3, 0.6, 3.0]
    class_ = [Graded(str(m), "x", outcomes=[Outcome("f", [Check("t", m, 3.0)])]) for m in marks]
    bars = report.of("x", class_).histogram
    assert [bar["count"] for bar in bars] == [2, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    assert [bar["percent"] for bar in bars] == [100, 50, 50, 0, 0, 0, 0, 0, 0, 50]
    assert [bars[0]["label"], bars[-1]["label"]] == ["0 – 0.3", "2.7 – 3"]


def test_an_assignment_without_points_has_a_histogram():
    nothing = Graded("ada", "x", outcomes=[Outcome("f", [Check("t", 0.0, 0.0)])])
    bars = report.of("x", [nothing]).histogram
    assert bars[0] == {"label": "0 – 1", "count": 1, "percent": 100} and len(bars) == report.BARS


def test_what_a_person_has_still_to_mark_is_named_and_counted_nowhere_else():
    prose = Outcome("why", [Check("why", 0.0, 2.0, "By hand.", waits=True)])
    mixed = Outcome("f", [Check("a", 0.0, 1.0, "Wrong."), Check("b", 0.0, 1.0, "By hand.", waits=True)])
    given = Outcome("g", [Check("g", 0.5, 1.0, by_hand=True)])
    said = Outcome("h", [Check("h", 0.5, 1.0, "Wrong, too.", by_hand=True)])
    seen = report.of("x", [Graded("ada", "x", outcomes=[prose, mixed, given, said])])
    assert seen.waiting == ["ada"] and seen.max_score == 6
    assert [row["id"] for row in seen.exercises] == ["f", "g", "h"]
    assert [row["check"] for row in seen.unexplained] == ["a", "h"]


def test_what_befell_most_comes_first():
    class_ = [
        Graded("ada", "x", outcomes=[outcome("f", 0.0, hints=["rare"]), outcome("g", 0.0)]),
        Graded("alan", "x", outcomes=[outcome("f", 0.0, hints=["often"]), outcome("h", 0.0)]),
        Graded("emmy", "x", outcomes=[outcome("f", 0.0, hints=["often"]), outcome("h", 0.0)]),
    ]
    seen = report.of("x", class_)
    assert [row["id"] for row in seen.misconceptions] == ["often", "rare"]
    assert [(row["check"], len(row["students"])) for row in seen.unexplained] == [
        ("test-h-0", 2),
        ("test-g-0", 1),
    ]
    assert seen.misconceptions[0]["hint"] == "HINT often" and seen.misconceptions[0]["exercise"] == "f"


def test_the_page_lies_in_report(tmp_path):
    target = report.write(Course(tmp_path), report.of("01-x", CLASS))
    assert target == report.path(Course(tmp_path), "01-x") == tmp_path / "report" / "01-x.html"
    assert target.read_text(encoding="utf-8") == report.page(report.of("01-x", CLASS))


def test_the_folder_of_the_page_is_made_where_it_is_not_and_a_page_is_written_anew(tmp_path):
    course = Course(tmp_path / "not" / "there")
    report.write(course, report.of("01-x", []))
    again = report.write(course, report.of("01-x", CLASS))
    assert again.read_text(encoding="utf-8") == report.page(report.of("01-x", CLASS))


def test_shares_are_whole_and_means_have_two_digits():
    class_ = [
        Graded(str(points), "x", outcomes=[outcome("f", points), outcome("g", 1.0)])
        for points in (1.0, 0.0, 0.0)
    ]
    f, g = report.of("x", class_).exercises
    assert (f["full_percent"], f["mean"], g["full_percent"], g["mean"]) == (33, 0.33, 100, 1)


def test_a_check_that_failed_without_a_word_is_told_without_one():
    silent = Graded("ada", "x", outcomes=[Outcome("f", [Check("t", 0.0, 1.0)])])
    assert report.of("x", [silent]).unexplained == [{"check": "t", "message": "", "students": ["ada"]}]


def test_how_a_class_was_graded_is_told():
    assert report.of("x", [Graded("ada", "x", outcomes=[outcome("f", 1.0)], shared=True)]).caveat
    assert report.of("x", CLASS).caveat is None


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
