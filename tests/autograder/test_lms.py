"""From a learning platform's archive to marks that it takes back."""

import csv
import io
import re
import shutil
import unicodedata
import zipfile

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from autograder import cli
from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import arranging, exporting, gradebook, grading, identity, lms
from autograder.classroom.platforms import dates
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
    monkeypatch.setattr(arranging, "MOST_BYTES", 100)
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


# --- every layout, and who a file belongs to


def taken_in(tmp_path, members, **how):
    """Take an archive in; returns (course, Taken)."""
    course = Course(tmp_path / "course")
    return course, lms.take_in(archive(tmp_path / "a.zip", members), course, NAME, **how)


def laid(course):
    """Student -> path in the folder -> text, the time aside."""
    found = {}
    for path in sorted(course.submitted.rglob("*")):
        if path.is_file() and path.name != "timestamp.txt":
            student, _, *rest = path.relative_to(course.submitted).parts
            found.setdefault(student, {})["/".join(rest)] = path.read_text()
    return found


def numbers(course):
    with gradebook.opened(course) as book:
        return {student.id: student.lms_user_id for student in book.students}


LAYOUTS = {
    "canvas, names with numbers": (
        {"s_001_101_9001_x.ipynb": "a", "s_002_LATE_102_9002_x.ipynb": "b"},
        {"s_001-101": "101", "s_002-102": "102"},
    ),
    "canvas, names that end in a number": (
        {"s_11_101_9001_x.ipynb": "a", "s_12_102_9002_x.ipynb": "b"},
        {"s_11-101": "101", "s_12-102": "102"},
    ),
    "canvas, files that begin with a number": (
        {"ada_7_9001_01_x.ipynb": "a", "alan_8_9002_01_x.ipynb": "b"},
        {"ada-7": "7", "alan-8": "8"},
    ),
    "canvas, with a stray file": (
        {"ada_7_9001_x.ipynb": "a", "alan_8_9002_x.ipynb": "b", "alan_8_text.html": "t"},
        {"ada-7": "7", "alan-8": "8"},
    ),
    "canvas, anonymous": (
        {"anon_Ab1Cd_9001_x.ipynb": "a", "LATE_anon_Ef2Gh_9002_x.ipynb": "b", "ada_7_9003_x.ipynb": "c"},
        {"anon_Ab1Cd": None, "anon_Ef2Gh": None, "ada-7": "7"},
    ),
    "moodle, folders in folders": (
        {"s_1_101_assignsubmission_file_/work/x.ipynb": "a", "Ada L_102_assignsubmission_file_/x.ipynb": "b"},
        {"s_1-101": "101", "ada-l-102": "102"},
    ),
    "moodle, no underscore behind": (
        {"Ada L_101_assignsubmission_file/x.ipynb": "a", "Alan T_102_assignsubmission_file/x.ipynb": "b"},
        {"ada-l-101": "101", "alan-t-102": "102"},
    ),
    "blackboard": (
        {
            "Homework 1_s_001_attempt_2026-03-01-12-00-00_x.ipynb": "a",
            "Homework 1_s_001_attempt_2026-03-01-12-00-00.txt": "Name: Ada Lovelace (s_001)\nAssignment: Homework 1\n",
            "Homework 1_s_002_attempt_2026-03-02-12-00-00_my_x.ipynb": "b",
            "Homework 1_s_002_attempt_2026-03-02-12-00-00.txt": "Name: Alan Turing (s_002)\n",
        },
        {"s_001": None, "s_002": None},
    ),
    "blackboard, without its own files": (
        {"HW_ada_attempt_2026-03-01-12-00-00_x.ipynb": "a", "HW_alan_attempt_2026-03-01-12-00-00_x.ipynb": "b"},
        {"ada": None, "alan": None},
    ),
    "blackboard, an assignment with numbers": (
        {"HW_3_4_ada_attempt_2026-03-01-12-00-00_x.ipynb": "a", "HW_3_4_alan_attempt_2026-03-01-12-00-00_x.ipynb": "b"},
        {"ada": None, "alan": None},
    ),
    "brightspace": (
        {"7-55 - Ada Lovelace - Mar 1, 2026 1200 PM/x.ipynb": "a", "8-55 - Alan Turing - 1 March, 2026 9-05 AM/x.ipynb": "b", "index.html": ""},
        {"ada-lovelace-7": "7", "alan-turing-8": "8"},
    ),
    "brightspace, flat": (
        {"7-55 - Ada Lovelace - Mar 1, 2026 1200 PM - x.ipynb": "a", "8-55 - Alan T - Mar 1, 2026 905 AM - x - 2.ipynb": "b"},
        {"ada-lovelace-7": "7", "alan-t-8": "8"},
    ),
    "gradescope": (
        {
            "assignment_3_export/submission_70/x.ipynb": "a",
            "assignment_3_export/submission_71/x.ipynb": "b",
            "assignment_3_export/submission_metadata.yml": "submission_70:\n  :submitters:\n  - :name: Ada L\n    :sid: s070\n  :created_at: 2026-03-01 12:00:00 Z\nsubmission_71: !ruby/object:Thing\n  :submitters:\n  - :name: Alan T\n    :email: alan@example.org\n",
        },
        {"s070": None, "alan-example.org": None},
    ),
    "nbgrader's submitted": (
        {f"submitted/ada/{NAME}/{NAME}.ipynb": "a", f"submitted/alan/{NAME}/{NAME}.ipynb": "b"},
        {"ada": None, "alan": None},
    ),
    "nbgrader's submitted, without its folder": (
        {f"ada/{NAME}/{NAME}.ipynb": "a", f"alan/{NAME}/{NAME}.ipynb": "b"},
        {"ada": None, "alan": None},
    ),
    "a folder around nbgrader's": (
        {f"course/submitted/ada/{NAME}/{NAME}.ipynb": "a", f"course/submitted/alan/{NAME}/x.ipynb": "b"},
        {"ada": None, "alan": None},
    ),
    "one student of nbgrader's": ({f"submitted/ada/{NAME}/{NAME}.ipynb": "a"}, {"ada": None}),
    "nbgrader's exchange": (
        {f"inbound/ada+{NAME}+2026-03-01 12:00:00 UTC/x.ipynb": "a", f"inbound/al+an+{NAME}+2026-03-01 12:00:00.000000 UTC+r4nd/x.ipynb": "b"},
        {"ada": None, "al-an": None},
    ),
    "backslashes": ({"class\\ada\\x.ipynb": "a", "class\\alan\\work\\x.ipynb": "b"}, {"ada": None, "alan": None}),
    "an outer folder": ({"class/ada/sub/x.ipynb": "a", "class/alan/x.ipynb": "b"}, {"ada": None, "alan": None}),
    "one student with a folder": ({"ada/work/x.ipynb": "a"}, {"ada": None}),
    "other letter case": ({"ada/x.IPYNB": "a", "alan/x.Ipynb.txt": "b"}, {"ada": None, "alan": None}),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_tells_students_and_numbers(tmp_path, layout):
    members, expected = LAYOUTS[layout]
    course, taken = taken_in(tmp_path, members)
    assert taken.left_out == [] and taken.status == 0
    assert numbers(course) == expected
    texts = [files[f"{NAME}.ipynb"] for files in laid(course).values()]
    assert sorted(texts) == sorted(text for name, text in members.items() if "ipynb" in name.lower())


@pytest.mark.parametrize("name", ["Hw.IPYNB", "hw.Ipynb", "hw (1).IPYNB"])
def test_a_notebook_finds_its_name_whatever_the_letters_of_its_ending(name):
    files = {(name,): b"mine", ("other.IPYNB",): b"other"}
    assert arranging.arranged(files, ["hw"]) == {"hw.ipynb": b"mine", "other.IPYNB": b"other"}


GROUP = """submission_70:
  :submitters:
  - :name: Ada Lovelace
    :sid: 's070'
    :email: ada@example.org
  - :name: Alan Turing
    :email: alan@example.org
  :created_at: 2026-03-02 12:00:00 Z
submission_71:
  :submitters:
  - :name: Grace Hopper
    :sid: 72
  :created_at: 2026-03-01 12:00:00 Z
"""


def test_a_group_of_gradescopes_is_each_of_its_members(tmp_path):
    members = {f"assignment_3_export/submission_{n}/x.ipynb": f"{n}" for n in (70, 71)}
    members["assignment_3_export/submission_metadata.yml"] = GROUP
    course, taken = taken_in(tmp_path, members)
    held = laid(course)
    assert {student: files[f"{NAME}.ipynb"] for student, files in held.items()} == {
        "s070": "70",
        "alan-example.org": "70",
        "72": "71",
    }
    times = {path.read_text() for path in course.submitted.glob("*/*/timestamp.txt")}
    assert times == {f"2026-03-0{day} 12:00:00.000000 UTC" for day in (1, 2)}
    assert taken.left_out == [] and taken.status == 0
    assert "submission_70 is a group's (Ada Lovelace, Alan Turing)" in " ".join(taken.remarks)
    grading.grade_class(course, assignment.load(NAME))
    exported = rows(lms.table(lms.marks(course, [NAME]), "csv"))[1:]
    assert [row[:2] for row in exported] == [
        ["72", "Grace Hopper"],
        ["alan-example.org", "Alan Turing"],
        ["s070", "Ada Lovelace"],
    ]


def test_who_stands_in_two_submissions_of_gradescopes_has_handed_in_the_later(tmp_path):
    """Somebody left a group, or came into one, and both submissions are there."""
    members = {f"submission_{n}/x.ipynb": f"{n}" for n in (70, 71, 72)}
    both = GROUP.replace("Grace Hopper\n    :sid: 72", "Ada Lovelace\n    :sid: 's070'")
    members["submission_metadata.yml"] = both + GROUP.partition("submission_71:")[2].join(
        ["submission_72:", ""]
    )
    course, taken = taken_in(tmp_path, members)
    assert {student: files[f"{NAME}.ipynb"] for student, files in laid(course).items()} == {
        "s070": "70",
        "alan-example.org": "70",
        "72": "72",
    }
    (told,) = taken.left_out
    assert told == "submission_71/x.ipynb was left out: those who handed it in have a later submission."


@pytest.mark.parametrize(
    "members, owner",
    [
        ({"ada/x.ipynb": "ada", "eve/ada_7_1234_x.ipynb": "eve"}, "eve"),
        ({"ada/x.ipynb": "ada", "eve/Ada_7_assignsubmission_file_/x.ipynb": "eve"}, "eve"),
        ({"ada/x.ipynb": "ada", "eve/ada/x.ipynb": "eve"}, "eve"),
        ({"ada_7_1_x.ipynb": "ada", "eve_8_2_ada_7_1_x.ipynb": "eve"}, "eve-8"),
        ({"ada_7_1_Bob_9_assignsubmission_file_x.ipynb": "ada", "eve_8_2_Ada_7_assignsubmission_file_x.ipynb": "eve"}, "eve-8"),
        ({"Ada_7_assignsubmission_file_/x.ipynb": "ada", "Eve_8_assignsubmission_file_/Ada_7_assignsubmission_file_/x.ipynb": "eve"}, "eve-8"),
        ({"Ada_7_assignsubmission_file_x.ipynb": "ada", "Eve_8_assignsubmission_file_Ada_7_assignsubmission_file_x.ipynb": "eve"}, "eve-8"),
        ({"HW_ada_attempt_2026-03-01-12-00-00_x.ipynb": "ada", "HW_eve_attempt_2026-03-01-12-00-00_HW_ada_attempt_2026-03-01-12-00-00_x.ipynb": "eve"}, "eve"),
    ],
)  # fmt: skip
def test_a_students_file_name_makes_nobody_else(tmp_path, members, owner):
    course, _ = taken_in(tmp_path, members)
    texts = {student: set(files.values()) for student, files in laid(course).items()}
    assert texts[owner] == {"eve"}
    assert sum("ada" in held for held in texts.values()) == 1 and len(texts) == 2


def test_what_can_be_read_in_two_ways_gets_no_number(tmp_path):
    """``s_12`` may be a name, or s with the number 12: no mark may go to a wrong number."""
    members = {"ada_7_9000_x.ipynb": "a", "s_12_102_9002_x.ipynb": "b"}
    course, taken = taken_in(tmp_path, members)
    assert set(numbers(course).values()) == {"7", None}
    assert "two ways" in taken.left_out[0] and taken.status == 1


def test_a_number_under_two_names_is_nobodys(tmp_path):
    members = {"Ada_7_assignsubmission_file_/x.ipynb": "a", "Eve_7_assignsubmission_file_/x.ipynb": "b"}
    course, taken = taken_in(tmp_path, members)
    assert numbers(course) == {"Ada-7": None, "Eve-7": None}
    assert "several names" in taken.left_out[0]


def test_the_last_attempt_counts(tmp_path):
    members = {f"HW_ada_attempt_2026-03-0{day}-12-00-00_x.ipynb": str(day) for day in (2, 1)}
    course, taken = taken_in(tmp_path, members)
    assert laid(course)["ada"] == {f"{NAME}.ipynb": "2"}
    assert "earlier attempt" in taken.left_out[0]


# --- nothing is lost, nothing overwritten


def test_names_that_become_one_are_numbered_apart_for_good(tmp_path):
    both = {"s+001/x.ipynb": "plus", "s 001/x.ipynb": "blank", "s-001/x.ipynb": "dash"}
    course, taken = taken_in(tmp_path, both)
    before = laid(course)
    assert {files[f"{NAME}.ipynb"] for files in before.values()} == {"plus", "blank", "dash"}
    assert before["s-001"] == {f"{NAME}.ipynb": "dash"}
    assert sum("is another student" in remark for remark in taken.remarks) == 2
    for name, text in both.items():  # each alone, later: still its own folder
        _, again = taken_in(tmp_path, {name: text + " again"}, replace=True)
        student = again.students[0]
        assert laid(course)[student] == {f"{NAME}.ipynb": text + " again"}
        assert before[student] == {f"{NAME}.ipynb": text}


def test_letter_case_alone_keeps_nobody_apart(tmp_path):
    course, _ = taken_in(tmp_path, {"Ada/x.ipynb": "1", "ada/x.ipynb": "2"})
    assert len({student.casefold() for student in students_of(course)}) == 2


def test_the_same_archive_again_changes_nothing(tmp_path):
    members = {"ada/x.ipynb": "1", "alan/x.ipynb": "2"}
    taken_in(tmp_path, members)
    _, again = taken_in(tmp_path, members)
    assert again.students == [] and again.there == ["ada", "alan"] and again.status == 0
    _, other = taken_in(tmp_path, {"ada/x.ipynb": "new", "alan/x.ipynb": "2"})
    assert other.status == 1 and "ada has a submission already" in other.left_out[0]
    _, none = taken_in(tmp_path, {"ada/x.ipynb": "new"})
    assert none.status == 2


def test_files_come_along_and_several_notebooks_stay_apart(tmp_path):
    members = {"ada/work/x.ipynb": "n", "ada/work/data/d.csv": "d", "ada/helper.py": "h", "alan/a/x.ipynb": "1", "alan/b/x.ipynb": "2"}  # fmt: skip
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {
        "ada": {f"{NAME}.ipynb": "n", "data/d.csv": "d", "helper.py": "h"},
        "alan": {"a/x.ipynb": "1", "b/x.ipynb": "2"},
    }
    assert taken.status == 0


def test_another_courses_notebooks_keep_their_names(tmp_path):
    members = {
        "ada_7_1_problem1.ipynb": "1",
        "ada_7_2_Problem2-1.ipynb": "2",
        "ada_7_3_notes.ipynb": "3",
    }
    course, _ = taken_in(tmp_path, members, expected=["problem1", "problem2"])
    assert laid(course)["ada-7"] == {"problem1.ipynb": "1", "problem2.ipynb": "2", "notes.ipynb": "3"}


def zip_of(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return made.getvalue()


def nested(depth, inner):
    for _ in range(depth):
        inner = {"in.zip": zip_of(inner)}
    return inner["in.zip"]


def test_zips_within_zips_to_a_depth(tmp_path):
    members = {
        "ada/work.zip": zip_of({"work/x.ipynb": "1", "work/d.csv": "d", "__MACOSX/work/._x.ipynb": ""}),
        "alan/work.zip": nested(3, {"x.ipynb": "2"}),
        "grace/work.zip": nested(4, {"x.ipynb": "3"}),
        "eve/work.zip": zip_of({"../../../evil.ipynb": "4", "x.ipynb": "4"}),
    }
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {
        "ada": {f"{NAME}.ipynb": "1", "d.csv": "d"},
        "alan": {f"{NAME}.ipynb": "2"},
        "eve": {f"{NAME}.ipynb": "4"},
    }
    assert any(reason.startswith("grace was left out") for reason in taken.left_out)
    assert any("leads out of the archive" in reason for reason in taken.left_out)


def test_a_bomb_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(arranging, "MOST_BYTES", 10_000)
    many = zip_of({f"{n}.csv": bytes(3000 + n) for n in range(100)} | {"x.ipynb": "{}"})
    _, taken = taken_in(tmp_path, {"ada/x.ipynb": "{}", "eve/x.zip": many})
    assert taken.students == ["ada"]
    assert any(reason.startswith("eve") for reason in taken.left_out)


def test_a_damaged_member_costs_nobody_else(tmp_path):
    names = ["ada/x.ipynb", "alan/x.ipynb", "grace/x.ipynb"]
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, name * 200 + "".join(map(str, range(400))))
    data = bytearray(path.read_bytes())
    at = data.find(b"alan/x.ipynb") + 30
    data[at : at + 20] = bytes(20)
    path.write_bytes(bytes(data))
    taken = lms.take_in(path, Course(tmp_path / "course"), NAME)
    assert taken.students == ["ada", "grace"] and taken.status == 1
    assert any("alan" in reason and "damaged" in reason for reason in taken.left_out)


def test_links_in_an_archive_and_on_the_disk_are_not_followed(tmp_path):
    link = zipfile.ZipInfo("eve/x.ipynb")
    link.external_attr = 0o120777 << 16
    course = Course(tmp_path / "course")
    (tmp_path / "away").mkdir()
    course.submitted.mkdir(parents=True)
    (course.submitted / "alan").symlink_to(tmp_path / "away")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(link, "../../secret")
        made.writestr("ada/x.ipynb", "{}")
        made.writestr("alan/x.ipynb", "{}")
    taken = lms.take_in(path, course, NAME)
    assert taken.students == ["ada"] and not list((tmp_path / "away").iterdir())
    assert len(taken.left_out) == 2


def test_programs_and_other_assignments_are_no_hand_ins(tmp_path):
    members = {
        f"submitted/ada/{NAME}/{NAME}.ipynb": "1",
        f"submitted/ada/{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb": "0",
        "submitted/.ipynb_checkpoints/x.ipynb": "0",
        "__MACOSX/submitted/ada/._x.ipynb": "0",
        "submitted/ada/ps2/ps2.ipynb": "2",
    }
    course, taken = taken_in(tmp_path, members, others={"ps2"})
    assert laid(course) == {"ada": {f"{NAME}.ipynb": "1"}}
    assert (
        len(taken.left_out) == 1 and "ps2" in taken.left_out[0] and "3 files of programs" in taken.remarks[0]
    )


def test_of_a_whole_course_only_the_hand_ins_are_taken(tmp_path):
    members = {
        f"c/submitted/ada/{NAME}/x.ipynb": "1",
        f"c/source/{NAME}/{NAME}.ipynb": "s",
        "c/gradebook.db": "g",
    }
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {"ada": {f"{NAME}.ipynb": "1"}}
    assert len(taken.left_out) == 2 and taken.status == 1


def test_a_notebook_is_known_by_what_it_holds(tmp_path):
    notebook = '{"cells": [], "nbformat": 4}'
    members = {"ada/x.json": notebook, "alan/x.txt": notebook, "grace/x": notebook, "eve/x.txt": "a letter"}
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {who: {f"{NAME}.ipynb": notebook} for who in ("ada", "alan", "grace")}
    assert len(taken.left_out) == 1 and "eve" in taken.left_out[0]


def test_the_time_of_handing_in_is_kept(tmp_path):
    dated = zipfile.ZipInfo("ada/x.ipynb", (2026, 3, 1, 12, 0, 0))
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(dated, "{}")
        made.writestr(zipfile.ZipInfo("alan/x.ipynb"), "{}")  # 1980: no date is known
        made.writestr(zipfile.ZipInfo("grace/x.ipynb", (2026, 3, 2, 12, 0, 0)), "{}")
        made.writestr("grace/timestamp.txt", "2026-02-02 12:00:00.000000 UTC")
    course = Course(tmp_path / "course")
    lms.take_in(path, course, NAME)
    times = {p.parent.parent.name: p.read_text() for p in course.submitted.glob("*/*/timestamp.txt")}
    assert times == {"ada": "2026-03-01 12:00:00.000000 UTC", "grace": "2026-02-02 12:00:00.000000 UTC"}
    assert dates.read_date("Mar 1, 2026 1205 PM").isoformat() == "2026-03-01T12:05:00"
    # in a platform's archive the files' dates are those of the download: nobody is late by them
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("lovelaceada_7_1234_x.ipynb", (2026, 12, 1, 12, 0, 0)), "{}")
        made.writestr(zipfile.ZipInfo("turingalan_LATE_8_1235_x.ipynb", (2026, 12, 1, 12, 0, 0)), "{}")
    canvas = Course(tmp_path / "canvas")
    assert len(lms.take_in(tmp_path / "canvas.zip", canvas, NAME).students) == 2
    assert not list(canvas.submitted.rglob("timestamp.txt"))
    # on a platform a student's own timestamp.txt says nothing
    members = {"HW_ada_attempt_2026-03-01-12-00-00_x.ipynb": "{}", "HW_ada_attempt_2026-03-01-12-00-00_timestamp.txt": "2020-01-01 00:00:00 UTC"}  # fmt: skip
    other = Course(tmp_path / "other")
    lms.take_in(archive(tmp_path / "c.zip", members), other, NAME)
    assert next(other.submitted.rglob("timestamp.txt")).read_text() == "2026-03-01 12:00:00.000000 UTC"


# --- any class, in any layout

logins = st.text("abcxyz019_.-", min_size=1, max_size=8).filter(
    lambda name: name.strip("_.-") and name[0] != "."
)
full_names = st.text("abcXYZéß' _-12", min_size=1, max_size=12).filter(lambda name: name.strip(" _-'12"))
file_names = st.sampled_from(
    ["x.ipynb", "a b/x.ipynb", "x_7_1_y.ipynb", "Ada_7_assignsubmission_file_/x.ipynb", "deep/er/x.IPYNB", "x-2.ipynb"]
)  # fmt: skip


def flat(name):
    return name.replace("/", " ")


ANY_LAYOUT = {
    "folders": lambda who, number, file: f"{who}/{file}",
    "nbgrader": lambda who, number, file: f"submitted/{who}/{NAME}/{flat(file)}",
    "backslashes": lambda who, number, file: f"{who}/{file}".replace("/", "\\"),
    "moodle": lambda who, number, file: f"{who}_{number}_assignsubmission_file_/{file}",
    "moodle flat": lambda who, number, file: f"{who}_{number}_assignsubmission_file_{flat(file)}",
    "canvas": lambda who, number, file: f"{re.sub(r'[^a-z]', '', who.lower()) or 'x'}_{number}_{90000 + number}_{flat(file)}",
    "brightspace": lambda who, number, file: f"{number}-5 - {who} - Mar 1, 2026 1200 PM/{file}",
}  # fmt: skip


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(ANY_LAYOUT)),
    st.lists(
        st.tuples(logins | full_names, file_names), min_size=2, max_size=5, unique_by=lambda one: one[0]
    ),
)
def test_any_class_in_any_layout_comes_back_under_its_owners(tmp_path_factory, layout, people):
    """Each hand-in has a folder of its own, and no number goes to another student."""
    folder = tmp_path_factory.mktemp("any")
    members, owners = {}, {}
    for number, (who, file) in enumerate(people, start=101):
        members[ANY_LAYOUT[layout](who, number, file)] = f"{number}"
        owners[f"{number}"] = who
    path, course = archive(folder / "a.zip", members), Course(folder / "course")
    # the gradebook is slow to make; who goes into it is what is looked at
    entered = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(identity, "enter", lambda who, _: entered.update(who.ids))
        taken = lms.take_in(path, course, NAME)
    assert taken.left_out == [], (members, taken)
    found = laid(course)
    assert len(found) == len(people) == len(taken.students)
    for owner, student in entered.items():
        (text,) = found[student].values()
        assert list(found[student]) == [f"{NAME}.ipynb"]
        assert owner.number in (None, text)
        if layout != "canvas":
            assert owner.login == owners[text]


# --- tables


@given(st.text(st.characters(), max_size=6), st.sampled_from([*"=+-@＝＋－＠﹦﹢", ""]), st.text(st.characters(), max_size=6))  # fmt: skip
def test_no_cell_begins_a_formula(before, sign, after):
    cell = exporting.cell(before + sign + after)
    assert not any(unicodedata.category(c).startswith("C") for c in cell)
    seen = unicodedata.normalize("NFKC", cell.strip())
    assert not seen.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "start", ["\r=", " =", "\u00a0=", "\u3000=", "\uff1d", "\u200b=", "\ufeff=", "\t=", "\n+", "\x00-"]
)
def test_what_hides_a_formula_is_taken_away(start):
    text = f"{start}1+1"
    mark = lms.Mark(text, text, text, text, 1.0, 2.0, False)
    for form in lms.FORMATS:
        made = lms.table([mark], form)
        assert len(made.splitlines()) == len(rows(made))
        for cell in (cell for row in rows(made) for cell in row):
            assert not unicodedata.normalize("NFKC", cell.strip()).startswith(("=", "+", "-", "@"))
    assert "Points Possible" in lms.table([mark], "canvas")


def test_a_negative_mark_stays_a_number():
    mark = lms.Mark("ada", "Ada", "7", NAME, -0.5, 2.0, False)
    assert rows(lms.table([mark], "csv"))[1][3] == "-0.5"


def test_a_damaged_gradebook_is_told_in_a_sentence(graded, tmp_path):
    whole = graded.database.read_bytes()
    name = b"Ada"
    damaged = {
        "no database": b"garbage" * 1000,
        "cut off": whole[: len(whole) // 2],
        "no text": whole.replace(name, b"\xff\xfe\xfd"),
    }
    course = Course(tmp_path)
    shutil.copytree(graded.root / ".grading", course.root / ".grading")
    for held in damaged.values():
        course.database.write_bytes(held)
        with pytest.raises(Refused, match="cannot be used"):
            lms.table(lms.marks(course, lms.exportable(course, [NAME])), "csv")
    course.database.write_bytes(damaged["no database"])
    for command in ("report", "feedback"):
        with pytest.raises(Refused, match="cannot be used"):
            CliRunner().invoke(cli.app, [command, "--course", str(course.root)], catch_exceptions=False)


@pytest.mark.parametrize("command", ["export", "report", "feedback"])
def test_what_was_never_graded_is_told_and_nothing_is_made(graded, tmp_path, command):
    def run(*words, course):
        return CliRunner().invoke(cli.app, [command, *words, "--course", str(course)], catch_exceptions=False)

    with pytest.raises(Refused, match="has not been graded"):
        run(NAME, "01-visual-atention", course=graded.root)
    for words in ((NAME,), ()):
        with pytest.raises(Refused, match=r"Nothing has been graded|has not been graded"):
            run(*words, course=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_the_exit_status_says_whether_all_came_in(tmp_path):
    def run(members):
        path = archive(tmp_path / "a.zip", members)
        return CliRunner().invoke(cli.app, ["import", NAME, str(path), "--course", str(tmp_path / "course")])

    assert run({"ada/x.ipynb": "{}"}).exit_code == 0
    some = run({"ada/x.ipynb": "{}", "eve/work.rar": "rar"})
    assert some.exit_code == 1 and "eve was left out" in some.output and "work.rar" in some.output
    none = run({"ada/x.ipynb": "another"})
    assert none.exit_code == 2 and "stays" in none.output
