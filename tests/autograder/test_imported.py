"""Archives as people really send them: each test is of a kind, tried in many layouts."""

import io
import itertools
import random
import re
import shutil
import time
import unicodedata
import zipfile

import nbformat
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_lms import NAME, archive, laid, numbers, taken_in, zip_of
from typer.testing import CliRunner

from autograder import cli, leftovers
from autograder.answers import assignment
from autograder.authoring import demo
from autograder.classroom import arranging, gradebook, grading, handins, identity, lms
from autograder.classroom.platforms import dates
from autograder.errors import Refused
from autograder.paths import Course

LAYOUTS = {
    "folders": lambda who, number, file: f"{who}/{file}",
    "class": lambda who, number, file: f"class/{who}/{file}",
    "nbgrader": lambda who, number, file: f"submitted/{who}/{NAME}/{file}",
    "moodle": lambda who, number, file: f"{who}_{number}_assignsubmission_file_/{file}",
    "brightspace": lambda who, number, file: f"{number}-5 - {who} - 1 mars 2026 1200/{file}",
    "exchange": lambda who, number, file: f"inbound/{who}+{NAME}+2026-03-01 12:00:00 -03/{file}",
    "gradescope": lambda who, number, file: f"assignment_3_export/submission_{number}/{file}",
}
everywhere = pytest.mark.parametrize("layout", LAYOUTS)
NOTEBOOK = '{"cells": [], "nbformat": 4}'


def notebook(text):
    """A file that is known for a notebook by what it holds."""
    return NOTEBOOK.replace("4", f'4, "metadata": {{"of": "{text}"}}')


@pytest.fixture
def fast(monkeypatch):
    """Without a gradebook, which takes a second to make."""
    monkeypatch.setattr(identity, "enter", lambda who, _: None)


# --- a number, two students


ADA, EVE = "Ada Lovelace_7_assignsubmission_file_/x.ipynb", "Eve_7_assignsubmission_file_/x.ipynb"


@pytest.mark.parametrize("first, second", [(ADA, EVE), (EVE, ADA)])
def test_a_number_under_two_names_is_nobodys_over_several_archives_too(tmp_path, first, second):
    taken_in(tmp_path, {first: "1"})
    course, taken = taken_in(tmp_path, {second: "2"})
    assert set(numbers(course).values()) == {None} and len(numbers(course)) == 2
    assert "The number 7 stands under several names" in taken.left_out[0] and taken.status == 1
    before = numbers(course), laid(course)
    for members in ({first: "1"}, {second: "2"}, {first: "1", second: "2"}):  # and so it stays
        _, again = taken_in(tmp_path, members)
        assert (numbers(course), laid(course)) == before
        assert len(again.there) == len(members) and again.students == again.left_out == []


def test_both_at_once_after_one_was_known_keeps_her_folder(tmp_path):
    taken_in(tmp_path, {ADA: "1"})
    course, taken = taken_in(tmp_path, {ADA: "1", EVE: "2"})
    assert numbers(course) == {"ada-lovelace-7": None, "Eve-7": None}
    assert taken.there == ["ada-lovelace-7"]


def test_whose_number_it_is_an_instructor_may_decide(tmp_path):
    for members in ({ADA: "1"}, {EVE: "2"}):
        course, _ = taken_in(tmp_path, members)
    with gradebook.opened(course) as book:
        book.update_or_create_student("Eve-7", lms_user_id="7")
    for members in ({ADA: "1"}, {EVE: "2"}, {ADA: "1", EVE: "2"}):
        taken_in(tmp_path, members)
        assert numbers(course) == {"ada-lovelace-7": None, "Eve-7": "7"}


# --- zip files


@everywhere
@pytest.mark.parametrize("file", ["work.zip", "WORK.ZIP", "deep/er/work.zip"])
def test_a_zip_beside_a_notebook_is_opened(fast, tmp_path, layout, file):
    inside = zip_of({"home/x.ipynb": notebook("zip"), "data.csv": "d"})
    members = {
        LAYOUTS[layout]("ada", 7, "draft.ipynb"): notebook("draft"),
        LAYOUTS[layout]("ada", 7, file): inside,
        LAYOUTS[layout]("ada", 7, "data.zip"): zip_of({"numbers.csv": "1"}),
        LAYOUTS[layout]("alan", 8, "x.ipynb"): notebook("alan"),
    }
    course, taken = taken_in(tmp_path, members)
    (folder,) = [
        path for path in course.submitted.iterdir() if "alan" not in path.name and "8" not in path.name
    ]
    held = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    texts = b" ".join(held.values())
    assert notebook("draft").encode() in texts and notebook("zip").encode() in texts
    assert "data.zip" in held and taken.status == 0, taken


# --- what is there already


VARIANTS = {
    "other spelling": f"{NAME.replace('-', '_')}/{NAME}.ipynb",
    "capitals": f"{NAME.upper()}/{NAME}.ipynb",
    "further in": f"{NAME}/work/deeper/{NAME}.ipynb",
    "spelled otherwise, further in": f"{NAME.replace('-', ' ')}/work/mine.ipynb",
    "no folder": "my homework.ipynb",
    "beside an empty folder": f"{NAME.replace('-', '_')}/x.ipynb",
    "a zip": f"{NAME}/work.zip",
    "only a picture": f"{NAME}/photo.jpg",
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_hand_in_that_is_there_is_not_shadowed(fast, tmp_path, variant):
    made = assignment.load(NAME)
    course = Course(tmp_path / "course")
    path = course.submitted / "ada" / VARIANTS[variant]
    path.parent.mkdir(parents=True)
    path.write_text(nbformat.v4.writes(made.released), encoding="utf-8")
    if variant == "beside an empty folder":
        (course.submitted / "ada" / NAME).mkdir()
    before = laid(course)
    place = handins.of_student(course.submitted / "ada", NAME)
    new = {"ada/x.ipynb": notebook("new"), "alan/x.ipynb": notebook("alan")}
    _, taken = taken_in(tmp_path, new)
    assert taken.students == ["alan"] and "ada has a submission already" in taken.left_out[0]
    assert laid(course)["ada"] == before["ada"]
    assert handins.of_student(course.submitted / "ada", NAME) == place
    _, taken = taken_in(tmp_path, new, replace=True)
    assert "ada" in taken.students
    assert laid(course)["ada"] == {f"{NAME}.ipynb": notebook("new")}
    assert [p.student for p in handins.places(course, NAME)] == ["ada", "alan"]
    assert grading.passed_over(course, handins.places(course, NAME)) == []


def test_a_folder_laid_by_hand_keeps_its_name(tmp_path):
    course = Course(tmp_path / "course")
    folder = course.submitted / "Ada Lovelace" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text("1")
    _, taken = taken_in(tmp_path, {"Ada Lovelace/x.ipynb": "2", "alan/x.ipynb": "3"})
    assert taken.students == ["alan"] and list(laid(course)) == ["Ada Lovelace", "alan"]


@pytest.mark.parametrize("where", ["ada", f"ada/{NAME}"])
def test_a_file_in_the_place_of_a_folder_costs_nobody_else(tmp_path, where):
    path = tmp_path / "course" / "submitted" / where
    path.parent.mkdir(parents=True)
    path.write_text("a file")
    _, taken = taken_in(tmp_path, {"ada/x.ipynb": "1", "alan/x.ipynb": "2"})
    assert taken.students == ["alan"] and "a file stands in the place" in taken.left_out[0]
    assert path.read_text() == "a file"


# --- zones, dates, times


ZONES = {
    "UTC": "10:00:00", "-03": "13:00:00", "+0530": "04:30:00", "-09:30": "19:30:00", "UTC+01:00": "09:00:00", "": "10:00:00", "GMT": "10:00:00",
}  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", ["10:00:00", "10:00:00.000000", "10_00_00", "10-00-00.5"])
@pytest.mark.parametrize("more", ["", "+Wm9P2x"])
def test_the_exchange_in_any_zone(fast, tmp_path, zone, clock, more):
    blank = " " if zone else ""
    members = {
        f"inbound/a+da+{NAME}+2026-11-01 {clock}{blank}{zone}{more}/x.ipynb": "1",
        f"inbound/alan+{NAME}+2026-11-01 {clock}{blank}{zone}{more}/x.ipynb": "2",
        f"inbound/alan+{NAME}+2026-11-01 09{clock[2:]}{blank}{zone}{more}/x.ipynb": "an earlier one",
    }
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {"a-da": {f"{NAME}.ipynb": "1"}, "alan": {f"{NAME}.ipynb": "2"}}
    assert all("earlier attempt" in reason for reason in taken.left_out) and len(taken.left_out) == 1
    said = (course.submitted / "alan" / NAME / "timestamp.txt").read_text()
    assert said.startswith(f"2026-11-01 {ZONES[zone]}"), said


def test_attempts_are_ordered_by_time_whatever_the_zone(tmp_path):
    members = {
        f"inbound/ada+{NAME}+2026-11-01 10:00:00 -0300/x.ipynb": "13 h",
        f"inbound/ada+{NAME}+2026-11-01 12:00:00 UTC/x.ipynb": "12 h",
    }
    course, _ = taken_in(tmp_path, members)
    assert laid(course)["ada"] == {f"{NAME}.ipynb": "13 h"}


DATES = [
    "Mar 1, 2026 1205 PM", "1 mars 2026 1205", "1. März 2026 12:05", "2026年3月1日 1205", "2026년 3월 1일 오후 1205", "1 de março de 2026 1205",
    "mar. 1, 2026 12-05 p. m.", "١ مارس ٢٠٢٦ ١٢٠٥", "1 марта 2026 г. 1205", "1 Mart 2026 1205", "1 maart 2026 1205", "den 1 mars 2026 1205",
    "01-03-2026 1205", "2569-03-01 1205", "1 märz, 26 1205 x", "३१ मार्च २०२६ १२०५",
]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("flat", [False, True])
def test_brightspace_in_any_language(tmp_path, date, flat):
    sign = " - " if flat else "/"
    members = {
        f"7-55 - Ada - Lovelace - {date}{sign}x.ipynb": "1",
        f"8-55 - Alan Turing - {date}{sign}my - work 12 2026 1305.ipynb": "2",
        "index.html": "",
    }
    course, taken = taken_in(tmp_path, members)
    assert taken.layout == "Brightspace" and taken.left_out == []
    assert numbers(course) == {"ada-lovelace-7": "7", "alan-turing-8": "8"}
    assert dates.read_date(date) in (None, dates.read_date("2026-03-01 12:05"))
    times = list(course.submitted.rglob("timestamp.txt"))
    assert bool(times) != any("could not be read" in remark for remark in taken.remarks)


def test_a_doubtful_date_is_no_date():
    for text in (
        "01-03-2026 1205",
        "mar 3 novembre 2026 1205",
        "31 February 2026 1200",
        "1 mars 2026",
        "Mar 1, 2026 2599",
    ):
        assert dates.read_date(text) is None


def extended(seconds):
    return b"UT\x05\x00\x01" + int(seconds).to_bytes(4, "little")


@pytest.mark.parametrize("zone, hour", [("UTC0", "12"), ("XYZ-2", "10")])
def test_a_clock_on_the_wall_is_told_from_a_time(tmp_path, monkeypatch, zone, hour):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        path, course = tmp_path / "a.zip", Course(tmp_path / "course")
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(zipfile.ZipInfo("ada/x.ipynb", (2026, 3, 1, 12, 0, 0)), "{}")
            exact = zipfile.ZipInfo("alan/x.ipynb", (2026, 3, 1, 23, 0, 0))
            exact.extra = extended(1772366400)  # 12:00 UTC
            made.writestr(exact, "{}")
        taken = lms.take_in(path, course, NAME)
    finally:
        monkeypatch.undo()
        time.tzset()
    times = {p.parent.parent.name: p.read_text()[:13] for p in course.submitted.glob("*/*/timestamp.txt")}
    assert times == {"ada": f"2026-03-01 {hour}", "alan": "2026-03-01 12"}
    assert any("local time" in remark for remark in taken.remarks) and taken.status == 0


def test_canvas_tells_who_was_late(tmp_path):
    members = {"ada_LATE_7_12_x.ipynb": "1", "alan_8_13_x.ipynb": "2", "LATE_anon_Xy12_14_x.ipynb": "3"}
    _, taken = taken_in(tmp_path, members)
    assert "marks as late, without saying when: ada-7, anon_Xy12." in " ".join(taken.remarks)


# --- who handed in nothing


NOTHING = {
    "checkpoints": [".ipynb_checkpoints/x-checkpoint.ipynb"],
    "an empty folder": [""],
    "empty folders": ["", "work/"],
    "a picture": ["photo.jpg"],
    "leftovers": ["THUMBS.DB", "~$x.ipynb"],
    "an empty file's folder and checkpoints": ["", ".ipynb_checkpoints/", ".ipynb_checkpoints/x-checkpoint.ipynb"],
}  # fmt: skip


@everywhere
@pytest.mark.parametrize("nothing", NOTHING)
def test_who_handed_in_nothing_is_named(fast, tmp_path, layout, nothing):
    members = {
        LAYOUTS[layout]("ada", 7, "x.ipynb"): "1",
        LAYOUTS[layout]("bob", 9, "x.ipynb"): "2",
        **{LAYOUTS[layout]("alan", 8, file): "" for file in NOTHING[nothing]},
    }
    course, taken = taken_in(tmp_path, members)
    assert len(taken.students) == 2 and taken.status == 1
    told = [reason for reason in taken.left_out if "alan" in reason or "submission_8" in reason]
    assert len(told) == 1 and re.search(r"empty|programs leave|no notebook", told[0]), taken
    assert len(list(course.submitted.iterdir())) == 2


def test_a_class_with_one_notebook_is_a_class(tmp_path):
    members = {"class/ada/x.ipynb": "1", "class/alan/.ipynb_checkpoints/x-checkpoint.ipynb": "2"}
    course, taken = taken_in(tmp_path, members)
    assert list(laid(course)) == ["ada"] and "class/alan was left out" in taken.left_out[0]


def test_an_archive_of_nothing_names_everybody(tmp_path):
    members = {"ada/": "", "alan/.ipynb_checkpoints/x-checkpoint.ipynb": "2"}
    with pytest.raises(Refused) as refused:
        taken_in(tmp_path, members)
    assert "ada was left out" in str(refused.value) and "alan was left out" in str(refused.value)
    _, taken = taken_in(tmp_path, members | {"bob/photo.jpg": ""})
    assert taken.status == 2 and len(taken.left_out) == 3


def test_grading_names_who_handed_in_nothing(tmp_path):
    course = Course(tmp_path)
    for folder in (
        "empty",
        "checks/.ipynb_checkpoints",
        "picture",
        f"ada/{NAME}",
        "elsewhere/01-visual-attention",
    ):
        (course.submitted / folder).mkdir(parents=True)
    (course.submitted / "checks" / ".ipynb_checkpoints" / "x-checkpoint.ipynb").touch()
    (course.submitted / "picture" / "me.png").touch()
    (course.submitted / "bob.zip").touch()
    told = grading.passed_over(course, grading.places(course, assignment.load(NAME)))
    assert [line.partition(" ")[0] for line in told] == ["bob.zip", "checks", "empty", "picture"]
    assert "import" in told[0] and "me.png" in told[3]


# --- the order of an archive decides nothing


MANY = {
    "canvas, one name twice": [("ada_7_12_x.ipynb", "older"), ("ada_7_13_x.ipynb", "newer"), ("al_8_14_x.ipynb", "al")],
    "the same member twice": [("ada/x.ipynb", "1"), ("ada/x.ipynb", "2"), ("al/x.ipynb", "3")],
    "letters": [("ada/x.ipynb", "1"), ("ada/X.IPYNB", "2"), ("ada/x.ipynb.txt", "3"), ("al/x.ipynb", "4")],
    "by content": [("ada/x.txt", notebook("1")), ("ada/x.json", notebook("2")), ("ada/x", notebook("3")), ("al/x.ipynb", "4")],
    "zips": [("ada/a.zip", zip_of({"x.ipynb": "1"})), ("ada/b.zip", zip_of({"x.ipynb": "2"})), ("al/x.ipynb", "4")],
    "a file and a folder": [("ada/w.zip", zip_of({"x.ipynb": "1"})), ("ada/w", "2"), ("al/x.ipynb", "4")],
    "two attempts without dates": [("7-5 - Ada - 01-03-2026 1205/x.ipynb", "1"), ("7-5 - Ada - 02-03-2026 1205/x.ipynb", "2"), ("8-5 - Al - 01-03-2026 1205/x.ipynb", "3")],
    "ids that become one": [("s 1/x.ipynb", "1"), ("s+1/x.ipynb", "2"), ("s-1/x.ipynb", "3"), ("S-1/x.ipynb", "4")],
    "moodle": [("Ada_7_assignsubmission_file_/x.ipynb", "1"), ("Ada_7_assignsubmission_onlinetext_/x.ipynb", "2"), ("Al_8_assignsubmission_file_/x.ipynb", "3")],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", MANY)
def test_the_order_of_an_archive_decides_nothing(fast, tmp_path, kind):
    seen = []
    orders = list(itertools.permutations(MANY[kind]))
    for number, members in enumerate(random.Random(1).sample(orders, min(12, len(orders)))):
        path, course = tmp_path / f"{number}.zip", Course(tmp_path / str(number))
        with zipfile.ZipFile(path, "w") as made:
            for name, content in members:
                made.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0)), content)
        taken = lms.take_in(path, course, NAME)
        seen.append((laid(course), sorted(taken.left_out), taken.remarks))
    assert all(one == seen[0] for one in seen)
    held = [text for files in seen[0][0].values() for text in files.values()]
    assert len(held) == len(MANY[kind]), "nothing is lost"
    if kind.startswith("canvas"):
        assert (
            seen[0][0]["ada-7"][f"{NAME}.ipynb"] == "newer"
            if len(seen[0][0]["ada-7"]) == 1
            else "newer" in seen[0][0]["ada-7"]["x.ipynb"]
        )


def test_the_later_of_two_files_keeps_the_name(tmp_path):
    path, course = tmp_path / "a.zip", Course(tmp_path / "course")
    for hours in ((9, 10), (10, 9)):
        with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as made:
            for hour in hours:
                made.writestr(zipfile.ZipInfo("ada/x.ipynb", (2026, 3, 1, hour, 0, 0)), str(hour))
        lms.take_in(path, course, NAME, replace=True)
        assert laid(course)["ada"] == {"x.ipynb": "10", "x_2.ipynb": "9"}


# --- leftovers


LEFT = ["Thumbs.db", ".DS_Store", "desktop.ini", "Icon\r", "~$x.ipynb", "._x.ipynb", "__MACOSX/x.ipynb", ".ipynb_checkpoints/x-checkpoint.ipynb", ".~x.ipynb", "x.ipynb:Zone.Identifier"]  # fmt: skip


@given(st.sampled_from(LEFT), st.sampled_from([str.upper, str.lower, str.title, str]), st.sampled_from(["", "ada/", "ada/work/"]))  # fmt: skip
def test_leftovers_in_any_letters(name, letters, where):
    assert leftovers.first_in(tuple(f"{where}{letters(name)}".split("/"))) is not None


@pytest.mark.parametrize("name", LEFT)
def test_leftovers_are_nobodys_and_cost_nothing(fast, tmp_path, name):
    members = {"ada/x.ipynb": "1", f"ada/{name.upper()}": "2", f"ada/{name}": "3", name: "4"}
    course, taken = taken_in(tmp_path, members)
    assert laid(course) == {"ada": {f"{NAME}.ipynb": "1"}}
    assert taken.status == 0 and "files of programs" in " ".join(taken.remarks), taken


@pytest.mark.parametrize(
    "name", ["notes.ipynb", "thumbs.ipynb", "icon.png", "x~1.ipynb", ".ipynb", "_x.ipynb"]
)
def test_what_people_name_so_is_theirs(name):
    assert leftovers.first_in(("ada", name)) is None


# --- a notebook is known by what it holds


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("file", ["x.txt", "x.json", "x", "x.ipynb", "x.ipynb.txt", "X.TXT", "x.pdf"])
def test_a_notebook_in_any_coding_and_under_any_name(fast, tmp_path, code, file):
    data = ("\n " + notebook("é")).encode(code)
    course, taken = taken_in(
        tmp_path, {f"ada/{file}": data, "alan/letter.txt": "{a letter}".encode("utf-16")}
    )
    assert taken.students == ["ada"] and len(taken.left_out) == 1
    assert (course.submitted / "ada" / NAME / f"{NAME}.ipynb").read_bytes() == data


def test_a_notebook_under_another_name_beside_a_notebook(tmp_path):
    course, _ = taken_in(tmp_path, {"ada/notes.ipynb": "1", "ada/work.txt": notebook("2"), "al/x.ipynb": "3"})
    assert set(laid(course)["ada"]) == {"notes.ipynb", "work.ipynb"}


# --- too much


def test_what_was_taken_in_is_graded(tmp_path, monkeypatch):
    """The one that was worked on counts though it lies in a zip, UTF-16 is read, and a giant gets a row and stops nobody."""
    made = assignment.load(NAME)
    monkeypatch.setattr(arranging, "MOST_BYTES", 2_000_000)
    right = nbformat.v4.writes(demo.answered(made, demo.solved(made)))
    members = {
        "ada/first.ipynb": nbformat.v4.writes(made.released),
        "ada/work.zip": zip_of({"x.ipynb": right}),
        "alan/x.txt": right.encode("utf-16"),
        "giant/x.ipynb": " " * 3_000_000,
    }
    course, taken = taken_in(tmp_path, members)
    assert taken.students == ["ada", "alan"] and any("giant" in reason for reason in taken.left_out)
    rows = {graded.student: graded for graded in grading.grade_class(course, made)}
    assert [rows[who].score for who in ("ada", "alan")] == [rows["ada"].max_score] * 2
    assert "work/x.ipynb" in " ".join(rows["ada"].notes)
    assert rows["giant"].status == "ungradable" and "x.ipynb has more than" in rows["giant"].reason
    _, taken = taken_in(tmp_path, {"giant/x.ipynb": right, "alan/x.txt": right.encode("utf-16")})
    assert taken.students == ["giant"] and taken.there == ["alan"]  # a smaller one came


def test_a_zip_of_too_many_stops_nobody(fast, tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.classroom.archive.MOST_MEMBERS", 5)
    members = {
        "ada/x.ipynb": "1",
        "eve/many.zip": zip_of({f"{n}.ipynb": "2" for n in range(9)}),
        "eve/x.ipynb": "3",
    }
    course, taken = taken_in(tmp_path, members)
    assert taken.students == ["ada", "eve"] and "more than 5 files" in taken.left_out[0]
    assert "many.zip" in [path.name for path in course.submitted.rglob("*")]


# --- folders, and zip files that lie in submitted/


def test_an_unpacked_archive_is_taken_in_as_well(tmp_path):
    for layout in LAYOUTS.values():
        members = {layout("ada", 7, "x.ipynb"): "1", layout("alan", 8, "work/x.ipynb"): "2"}
        packed = lms.take_in(
            archive(tmp_path / "a.zip", members), Course(tmp_path / "zip"), NAME, replace=True
        )
        with zipfile.ZipFile(tmp_path / "a.zip") as opened:
            opened.extractall(tmp_path / "unpacked")
        unpacked = lms.take_in(tmp_path / "unpacked", Course(tmp_path / "folder"), NAME, replace=True)
        assert unpacked.layout == packed.layout
        assert laid(Course(tmp_path / "folder")) == laid(Course(tmp_path / "zip"))
        for folder in ("unpacked", "zip", "folder"):
            shutil.rmtree(tmp_path / folder)


def test_what_is_in_submitted_need_not_be_imported(tmp_path):
    course = Course(tmp_path / "course")
    (course.submitted / "ada" / NAME).mkdir(parents=True)
    for path in (course.submitted, course.root, course.submitted / "ada"):
        with pytest.raises(Refused, match="run `grade`"):
            lms.take_in(path, course, NAME)


@pytest.mark.parametrize(
    "members", [{"x.ipynb": "1"}, {"work/x.ipynb": "1", "work/d.csv": "2"}, {"ada/x.ipynb": "1"}]
)
def test_a_zip_in_submitted_is_one_students(tmp_path, members):
    course = Course(tmp_path / "course")
    course.submitted.mkdir(parents=True)
    path = archive(course.submitted / "ada.zip", members)
    assert "import" in grading.passed_over(course, [])[0]
    done = CliRunner().invoke(cli.app, ["import", NAME, str(path), "--course", str(course.root)])
    assert done.exit_code == 0, done.output
    assert (course.submitted / "ada" / NAME / f"{NAME}.ipynb").read_text() == "1"
    assert grading.passed_over(course, handins.places(course, NAME)) == []


def test_a_zip_that_is_the_hand_in_is_told_and_taken_in(tmp_path):
    course = Course(tmp_path / "course")
    (course.submitted / "ada" / NAME).mkdir(parents=True)
    path = archive(course.submitted / "ada" / NAME / "work.zip", {"x.ipynb": "1"})
    (told,) = grading.passed_over(course, handins.places(course, NAME))
    assert f"import ASSIGNMENT {path} --replace" in told
    assert lms.take_in(path, course, NAME).status == 2
    assert lms.take_in(path, course, NAME, replace=True).students == ["ada"]
    assert laid(course) == {"ada": {f"{NAME}.ipynb": "1"}}
    assert grading.passed_over(course, handins.places(course, NAME)) == []


def test_one_name_in_two_kinds_of_letters_is_one_student(fast, tmp_path):
    for form in ("NFC", "NFD", "NFC"):
        course, taken = taken_in(
            tmp_path, {unicodedata.normalize(form, "José/x.ipynb"): "1", "al/x.ipynb": "2"}
        )
    assert taken.there == ["José", "al"] and len(laid(course)) == 2


def test_names_in_macs_letters(tmp_path):
    """Finder writes UTF-8 and does not say so."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for number, who in enumerate("ab"):
            opened.writestr(f"{who}__/x.ipynb", str(number))
    data = made.getvalue().replace(b"a__/", "aé/".encode())
    (tmp_path / "a.zip").write_bytes(data)
    course = Course(tmp_path / "course")
    lms.take_in(tmp_path / "a.zip", course, NAME)
    assert set(laid(course)) == {"aé", "b__"}


# --- what stands around the students


AROUND = {
    "an exchange": (
        {f"exchange/c1/inbound/ada+{NAME}+2026-03-01 12:00:00 UTC/x.ipynb": "1", f"exchange/c1/inbound/al+{NAME}+2026-03-01 12:00:00 UTC/x.ipynb": "2", f"exchange/c1/outbound/{NAME}/{NAME}.ipynb": "out"},
        ["ada", "al"], "outbound",
    ),
    "a class with a stray file": ({"class/ada/x.ipynb": "1", "class/al/x.ipynb": "2", "class/marks.csv": "m"}, ["ada", "al"], "marks.csv"),
    "a zip a student": ({"ada.zip": zip_of({"x.ipynb": "1"}), "al.ZIP": zip_of({"w/x.ipynb": "2"})}, ["ada", "al"], None),
    "a zip a student, among folders": ({"ada.zip": zip_of({"x.ipynb": "1"}), "al/x.ipynb": "2"}, ["ada", "al"], None),
    "what zip_collect leaves": ({f"downloaded/{NAME}/archive/ada_7_12_x.ipynb": "1", f"downloaded/{NAME}/archive/al_8_13_x.ipynb": "2"}, ["ada-7", "al-8"], None),
    "the assignment's folder in another spelling": ({f"ada/{NAME.replace('-', '_')}/x.ipynb": "1", f"al/{NAME.title()}/x.ipynb": "2", "bob/02_context_vectors/x.ipynb": "3"}, ["ada", "al"], "02_context_vectors"),
}  # fmt: skip


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_the_students_is_no_student(fast, tmp_path, around):
    members, students, left_out = AROUND[around]
    course, taken = taken_in(tmp_path, members, others={"02-context-vectors"})
    assert sorted(taken.students) == sorted(students)
    assert [files[f"{NAME}.ipynb"] for _, files in sorted(laid(course).items())] == ["1", "2"]
    assert len(taken.left_out) == bool(left_out) and (not left_out or left_out in taken.left_out[0])


WRAPPED = {
    "a platform's": ({"lovelaceada_101_9001_x.ipynb": "1", "turingalan_102_9002_x.ipynb": "2"}, 2),
    "a platform's, of one": ({"Ada_7_assignsubmission_file_/x.ipynb": "1"}, 1),
    "a class's": ({"ada/x.ipynb": "1", "alan/x.ipynb": "2"}, 2),
    "a class's in a folder": ({"class/ada/x.ipynb": "1", "class/alan/x.ipynb": "2"}, 2),
    "one student's": ({"x.ipynb": "1"}, 1),
    "one student's in a folder": ({"work/x.ipynb": "1", "work/data.csv": "d"}, 1),
}


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("layout", WRAPPED)
def test_a_class_s_archive_that_was_zipped_again_is_read_as_what_it_is(fast, tmp_path, layout, times):
    members, count = WRAPPED[layout]
    for number in range(times):
        members = {f"zip{number}.zip": zip_of(members), "__MACOSX/._zip.zip": b"of macOS"}
    course, taken = taken_in(tmp_path, members)
    found = [files[f"{NAME}.ipynb"] for _, files in sorted(laid(course).items())]
    assert found == ["1", "2"][:count] and len(taken.students) == count
    assert taken.status == 0, taken.left_out


def test_what_cannot_be_told_apart_is_not_told_apart_in_a_second_zip_either(fast, tmp_path):
    inner = zip_of({"A/ada/x.ipynb": "1", "A/bob/x.ipynb": "2", "B/Ada/x.ipynb": "3"})
    _, taken = taken_in(tmp_path, {"all.zip": inner})
    assert taken.students == ["B"] and taken.status == 1


GROUPS = {
    "sections": ({"Section A/ada/x.ipynb": "1", "Section A/bob/x.ipynb": "2", "Section B/eve/w/x.ipynb": "3"}, ["ada", "bob", "eve"], 0),
    "in a class": ({"class/A/ada/x.ipynb": "1", "class/A/bob/x.ipynb": "2", "class/B/eve/x.ipynb": "3", "class/B/eve/d.csv": "d"}, ["ada", "bob", "eve"], 0),
    "attempts": ({"ada/attempt 1/x.ipynb": "1", "ada/attempt 2/x.ipynb": "2", "bob/x.ipynb": "3"}, ["ada", "bob"], 0),
    "a name in two groups": ({"A/ada/x.ipynb": "1", "A/bob/x.ipynb": "2", "B/Ada/x.ipynb": "3"}, ["B"], 2),
    "students and a group": ({"A/ada/x.ipynb": "1", "A/bob/x.ipynb": "2", "eve/x.ipynb": "3"}, ["eve"], 2),
}  # fmt: skip


@pytest.mark.parametrize("layout", GROUPS)
def test_two_students_of_a_group_never_share_a_folder(fast, tmp_path, layout):
    members, students, left_out = GROUPS[layout]
    _, taken = taken_in(tmp_path, members)
    assert sorted(taken.students) == students
    assert len([told for told in taken.left_out if "x.ipynb" in told]) == left_out
    assert taken.status == (1 if left_out else 0)


@pytest.mark.parametrize(
    "members", [{"class/ada/x.ipynb": "1", "class/al/x.ipynb": "2", "class/x.ipynb": "3"}]
)  # fmt: skip
def test_a_folder_that_may_be_a_groups_is_told(fast, tmp_path, members):
    _, taken = taken_in(tmp_path, members)
    assert "holds several folders with notebooks (a" in " ".join(taken.notes)


# --- whatever the mixture, each notebook is laid or named


parts = st.sampled_from(["x.ipynb", "work/x.ipynb", "y.txt", "w.zip", "Thumbs.db", ".ipynb_checkpoints/x-checkpoint.ipynb", "d.csv", "old/x.ipynb", "X.IPYNB"])  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(st.lists(parts, min_size=1, max_size=4, unique=True), min_size=2, max_size=4),
    st.randoms(use_true_random=False),
)
def test_each_notebook_is_laid_and_each_student_named(tmp_path_factory, layout, people, random):
    # around one folder with notebooks, and others without, "class" may as well be a student
    hold = [any(file.casefold().endswith(("x.ipynb", "zip")) for file in files) for files in people]
    assume(layout != "class" or sum(hold) > 1)
    folder = tmp_path_factory.mktemp("mix")
    members, notebooks = [], set()
    for number, files in enumerate(people):
        for file in files:
            text = f"{number} {file}"
            content = text if not file.endswith(("txt", "zip")) else notebook(text)
            if "Thumbs" not in file and "check" not in file and not file.endswith("csv"):
                notebooks.add(content)
            data = zip_of({"in/x.ipynb": content}) if file.endswith("zip") else content
            members.append((LAYOUTS[layout](f"s{number}", 100 + number, file), data))
    random.shuffle(members)
    path, course = folder / "a.zip", Course(folder / "course")
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members:
            made.writestr(name, data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(identity, "enter", lambda who, _: None)
        try:
            taken = lms.take_in(path, course, NAME)
        except Refused as refused:
            assert not notebooks
            told = str(refused)
        else:
            told = " ".join([*taken.students, *taken.left_out])
            found = {text for files in laid(course).values() for text in files.values()}
            assert notebooks <= found
    for number, _ in enumerate(people):
        assert f"s{number}" in told or f"{100 + number}" in told
