"""What may lie in a student's folder: it is read once, or refused with a reason, and never stops the class."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.answers import assignment, handed_in
from autograder.answers.handed_in import Ungradable, printable, read_file, read_folder
from autograder.answers.results import Graded
from autograder.classroom import grading
from autograder.classroom.journal import Journal, digests
from autograder.paths import Course
from autograder.rooms import engine

NAME = assignment.names()[0]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "submitted" / "ada" / NAME
    made.mkdir(parents=True)
    return made


def giant(path):
    with path.open("wb") as file:
        file.truncate(40 * 2**30)


def device(path):
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # an endless stream of zeros
    except PermissionError:
        pytest.skip("only root makes devices")


NO_FILES = {
    "a pipe": os.mkfifo,
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a folder": Path.mkdir,
    "a giant that holds nothing": giant,
    "a device": device,
}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", [f"{NAME}.ipynb", "other.ipynb", "data.csv", "timestamp.txt"])
def test_what_is_no_ordinary_file_is_named_and_not_waited_for(folder, make, name):
    (folder / "good.txt").write_text("good")
    make(folder / name)
    with pytest.raises(Ungradable, match=name.replace(".", r"\.")):
        read_file(folder / name)
    found = read_folder(folder)
    assert found.files == {"good.txt": b"good"}
    if make is not Path.mkdir:
        assert list(found.left_out) == [name] and name in found.notes[0]
        with pytest.raises(Ungradable, match=name.replace(".", r"\.")):
            found.notebook(name)


def test_thousands_of_files_are_refused(folder):
    for number in range(handed_in.MOST_FILES + 1):
        (folder / f"{number}.txt").touch()
    with pytest.raises(Ungradable, match="more than 500 files"):
        read_folder(folder)


def test_files_that_are_too_much_together_are_refused(folder, monkeypatch):
    monkeypatch.setattr(handed_in, "MOST_BYTES", 1000)
    for number in range(3):
        (folder / f"{number}.bin").write_bytes(b"x" * 400)
    with pytest.raises(Ungradable, match="together"):
        read_folder(folder)


def test_folders_within_folders_without_end(folder):
    here = folder
    for _ in range(60):
        here = here / "d"
        here.mkdir()
    (here / "deep.txt").touch()
    assert read_folder(folder).files == {}


@pytest.mark.parametrize("part", ["student", "assignment"])
def test_a_folder_that_is_a_link_is_no_hand_in(tmp_path, folder, part):
    (folder / f"{NAME}.ipynb").write_text("{}")
    eve = tmp_path / "submitted" / "eve"
    if part == "student":
        eve.symlink_to(folder.parent)
    else:
        eve.mkdir()
        (eve / NAME).symlink_to(folder)
    with pytest.raises(Ungradable, match="link"):
        read_folder(eve / NAME)


@given(st.binary(min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_name_can_be_told(raw):
    said = printable(os.fsdecode(raw.replace(b"/", b"_").replace(b"\0", b"_")))
    said.encode("utf-8")
    assert said and said.isprintable()


def test_names_that_are_not_text(tmp_path, folder):
    odd = os.fsdecode(b"m\xfcller")
    (folder / f"{odd}.csv").touch()
    found = read_folder(folder)
    assert found.files == {} and "UTF-8" in found.notes[0]
    other = tmp_path / "submitted" / odd / NAME
    other.mkdir(parents=True)
    with pytest.raises(Ungradable, match="UTF-8"):
        read_folder(other)


class Class:
    """A class whose marks are the length of what was handed in, so that it shows which bytes were graded."""

    def __init__(self, root):
        self.course, self.graded = Course(root), []
        self.made = assignment.load(NAME)
        self.meanwhile = lambda path: None

    def hand_in(self, student, text):
        path = self.course.submitted / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def grade(self, *, fresh=False):
        digest = digests("how")

        def grade(found):
            self.meanwhile(self.course.submitted / found.student / NAME / f"{NAME}.ipynb")
            size = len(found.files[f"{NAME}.ipynb"])
            return Graded(found.student, NAME, notes=[f"{size} bytes"]), {NAME: nbformat.v4.new_notebook()}

        how = engine.How(confined=False)
        steps = grading.Steps(
            prepare=lambda: None,
            read=lambda place: place.read(beside=True),
            digest=lambda found: digest(sorted(found.files.items())),
            grade=grade,
            record=lambda *_: None,
            released=dict,
        )
        engine.start(how)
        results = grading.grade_each(
            self.course, self.made, steps, workers=1, fresh=fresh, how=how, done=lambda _: None
        )
        return {graded.student: graded.notes or graded.reason for graded in results}


@pytest.fixture
def classroom(tmp_path):
    return Class(tmp_path)


def test_a_file_exchanged_while_it_is_graded_does_not_inherit_the_mark(classroom):
    classroom.hand_in("ada", "right")
    classroom.meanwhile = lambda path: path.write_text("nothing at all")
    assert classroom.grade() == {"ada": ["5 bytes"]}
    classroom.meanwhile = lambda path: None
    assert classroom.grade() == {"ada": ["14 bytes"]}, "what lies there now is another text"


def test_a_fresh_run_overwrites_what_was_known(classroom):
    classroom.hand_in("ada", "right")
    assert classroom.grade() == {"ada": ["5 bytes"]}
    kept = next(Journal(classroom.course).folder.rglob("*/*.json"))
    kept.write_text(kept.read_text().replace("5 bytes", "old mark"))
    assert classroom.grade() == {"ada": ["old mark"]}
    assert classroom.grade(fresh=True) == {"ada": ["5 bytes"]}
    assert classroom.grade() == {"ada": ["5 bytes"]}


def test_no_folder_stops_the_others(classroom):
    classroom.hand_in("ada", "right")
    for number, make in enumerate(NO_FILES.values()):
        path = classroom.hand_in(f"odd-{number}", "")
        path.unlink()
        make(path)
    (classroom.course.submitted / "eve").symlink_to(classroom.course.submitted / "ada")
    odd = classroom.course.submitted / os.fsdecode(b"m\xfcller")
    shutil.copytree(classroom.course.submitted / "ada", odd)
    found = classroom.grade()
    assert found.pop("ada") == ["5 bytes"] and len(found) == len(NO_FILES) + 2
    assert "link" in found["eve"] and "UTF-8" in found["m\\xfcller"]
    assert all(isinstance(reason, str) for reason in found.values()), found
