"""From a learning platform's archive to marks that it takes back."""

import csv
import io
import zipfile

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import gradebook, grading, lms
from autograder.errors import Refused
from autograder.paths import Course

NAME = demo.ASSIGNMENT


def archive(path, members):
    with zipfile.ZipFile(path, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def right():
    made = assignment.load(NAME)
    return nbformat.v4.writes(demo.answered(made, demo.solved(made)))


def students_of(course):
    return sorted(path.name for path in course.submitted.iterdir())


def rows(text):
    return list(csv.reader(io.StringIO(text)))


NAMED = {
    "canvas": (
        {"lovelaceada_7_1234_homework.ipynb": "{}", "turingalan_LATE_8_1235_homework-2.ipynb": "{}"},
        ["lovelaceada-7", "turingalan-8"],
    ),
    "moodle with folders": (
        {"Ada Lovelace_7_assignsubmission_file_/a.ipynb": "{}", "Émilie du Châtelet_9_assignsubmission_file_/b.ipynb": "{}"},
        ["ada-lovelace-7", "émilie-du-châtelet-9"],
    ),
    "moodle without folders": ({"Ada Lovelace_7_assignsubmission_file_a.ipynb": "{}"}, ["ada-lovelace-7"]),
    "a folder a student": ({"class/ada/a.ipynb": "{}", "class/alan/a.ipynb": "{}", "class/ada/.ipynb_checkpoints/a-checkpoint.ipynb": "{}"}, ["ada", "alan"]),
}  # fmt: skip


@pytest.mark.parametrize("platform", NAMED)
def test_students_are_told_by_the_archive(tmp_path, platform):
    members, expected = NAMED[platform]
    course = Course(tmp_path / "course")
    taken = lms.take_in(archive(tmp_path / "a.zip", members), course, NAME)
    assert taken.students == expected == students_of(course)
    for student in expected:
        assert (course.submitted / student / NAME / f"{NAME}.ipynb").read_text() == "{}"


def test_what_is_there_stays_unless_replaced(tmp_path):
    course = Course(tmp_path / "course")
    lms.take_in(archive(tmp_path / "a.zip", {"ada/a.ipynb": "{}"}), course, NAME)
    again = archive(tmp_path / "b.zip", {"ada/b.ipynb": '{"b": 1}'})
    taken = lms.take_in(again, course, NAME)
    assert taken.students == [] and "stays" in taken.notes[0]
    path = course.submitted / "ada" / NAME / f"{NAME}.ipynb"
    assert path.read_text() == "{}"
    assert lms.take_in(again, course, NAME, replace=True).students == ["ada"]
    assert path.read_text() == '{"b": 1}'


@pytest.mark.parametrize(
    "name",
    ["../../evil/a.ipynb", "/etc/evil.ipynb", "../a_1_2_x.ipynb", "a/../../b.ipynb", "..\\evil\\a.ipynb", "../x.ipynb"],
)  # fmt: skip
def test_an_archive_writes_nowhere_else(tmp_path, name):
    course = Course(tmp_path / "in" / "course")
    course.root.mkdir(parents=True)
    lms.take_in(archive(tmp_path / "a.zip", {name: "{}", "ada/a.ipynb": "{}"}), course, NAME)
    written = {path.relative_to(tmp_path).parts[:3] for path in tmp_path.rglob("*") if path.is_file()}
    assert written <= {("a.zip",), ("in", "course", "submitted"), ("in", "course", "gradebook.db")}
    assert all(
        len(path.relative_to(course.submitted).parts) == 3 for path in course.submitted.rglob("*.ipynb")
    )


def test_what_is_too_large_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(lms, "LARGEST", 100)
    members = {"ada/a.ipynb": "{}", "alan/a.ipynb": " " * 200}
    taken = lms.take_in(archive(tmp_path / "a.zip", members), Course(tmp_path / "course"), NAME)
    assert taken.students == ["ada"]
    assert taken.notes[0].startswith("alan: a.ipynb has more than")


@pytest.mark.parametrize("content", [b"no archive", b"", b"PK\x03\x04" + bytes(40)])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Refused, match="cannot be read as a zip archive"):
        lms.take_in(tmp_path / "a.zip", Course(tmp_path / "course"), NAME)
    with pytest.raises(Refused, match="no notebook"):
        lms.take_in(archive(tmp_path / "b.zip", {"readme.txt": ""}), Course(tmp_path / "course"), NAME)


@pytest.fixture(scope="module")
def graded(tmp_path_factory, right):
    """Ada is right, Alan's file is broken; Ada came from Canvas."""
    folder = tmp_path_factory.mktemp("lms")
    course = Course(folder / "course")
    members = {"Ada Lovelace_7_1234_x.ipynb": right, "Alan Turing_8_1235_x.ipynb": "{}"}
    lms.take_in(archive(folder / "a.zip", members), course, NAME)
    grading.grade_class(course, assignment.load(NAME))
    return course


def test_marks_go_back_under_the_platforms_numbers(graded):
    found = lms.marks(graded, [NAME])
    assert rows(lms.table(found, "canvas")) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME],
        ["    Points Possible", "", "", "", "", "20"],
        ["Ada Lovelace", "7", "", "", "", "20"],
        ["Alan Turing", "8", "", "", "", ""],  # ungradable is not zero
    ]
    assert rows(lms.table(found, "moodle"))[1:] == [
        ["Participant 7", "Ada Lovelace", "20", "20"],
        ["Participant 8", "Alan Turing", "", "20"],
    ]
    assert rows(lms.table(found, "csv"))[1:] == [
        ["ada-lovelace-7", "Ada Lovelace", NAME, "20", "20", "0"],
        ["alan-turing-8", "Alan Turing", NAME, "", "20", "1"],
    ]


def test_marks_by_hand_are_exported(graded):
    with gradebook.opened(graded) as book:
        for grade in book.find_submission_notebook(NAME, NAME, "alan-turing-8").grades:
            grade.manual_score = 0.5
        book.db.commit()
    try:
        assert rows(lms.table(lms.marks(graded, [NAME]), "csv"))[2][3] == "10"
    finally:
        with gradebook.opened(graded) as book:
            for grade in book.find_submission_notebook(NAME, NAME, "alan-turing-8").grades:
                grade.manual_score = None
            book.db.commit()


def test_a_spreadsheet_runs_no_students_name():
    mark = lms.Mark("=1+1", "@SUM(A1)", "", "x", 1.0, 2.0, False)
    for form in lms.FORMATS:
        cells = [cell for row in rows(lms.table([mark], form)) for cell in row]
        assert not any(cell.startswith(("=", "@")) for cell in cells)


def test_the_commands(graded, tmp_path):
    def run(*words):
        return CliRunner().invoke(cli.app, [*words, "--course", str(graded.root)], catch_exceptions=False)

    assert "Ada Lovelace" in run("export", NAME).output
    assert "2 pages" in run("feedback").output
    page = (graded.root / "report" / f"{NAME}.html") if run("report").exit_code == 0 else None
    assert "half of the class" in page.read_text() and "alan-turing-8" in page.read_text()
    with pytest.raises(Refused, match="--format"):
        run("export", "--format", "xls")
    with pytest.raises(Refused, match="no assignment"):
        run("import", "nope", str(tmp_path / "a.zip"))
    members = {"grace_9_1236_x.ipynb": "{}"}
    assert "Taken in: 1" in run("import", NAME, str(archive(tmp_path / "b.zip", members))).output
