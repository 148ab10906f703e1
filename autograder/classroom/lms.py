"""To and from a learning management system: its archive of submissions in, a table of marks that it takes out.

Canvas names the files of its archive ``lovelaceada_[LATE_]7_1234_homework.ipynb`` (student 7, submission 1234), Moodle
``Ada Lovelace_7_assignsubmission_file_/homework.ipynb`` (participant 7), or the same without the slash.  Any other archive
has a folder a student.  What stands in there is kept in nbgrader's gradebook, so that the marks find their way back.
"""

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from autograder.answers.handed_in import LARGEST
from autograder.classroom import gradebook
from autograder.errors import Refused

FORMATS = ("csv", "canvas", "moodle")
_CANVAS = re.compile(r"(?:[^/]+/)?(?P<name>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)")
_MOODLE = re.compile(r"(?:[^/]+/)?(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_file_/?(?P<file>[^/]+)")
_FOLDER = re.compile(r"(?:[^/]+/)*?(?P<name>[^/]+)/(?P<file>[^/]+)")


@dataclass
class Taken:
    """What came of an archive."""

    students: list = field(default_factory=list)  # whose submission was put into submitted/
    notes: list = field(default_factory=list)  # what was left out or kept, in sentences


def take_in(archive, course, assignment, *, replace=False):
    """Put an archive's notebooks into ``submitted/``.  Returns ``Taken``.

    Nothing of the archive is run or unpacked elsewhere; of each file at most 20 MB are read.  A submission that is there already
    stays, unless ``replace``.  Raises ``Refused`` for what is no archive of notebooks.
    """
    if not archive.is_file():
        raise Refused(f"There is no file {archive}.")
    try:
        with zipfile.ZipFile(archive) as opened:
            found = _students(opened)
            taken = Taken()
            for student, (_, _, members) in sorted(found.items()):
                _take_one(opened, course, assignment, student, members, replace, taken)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as fault:
        raise Refused(f"{archive} cannot be read as a zip archive ({fault}).") from None
    if not found:
        raise Refused(f"{archive} holds no notebook (.ipynb) of a student that could be told by its name.")
    with gradebook.opened(course) as book:
        for student, (number, name, _) in found.items():
            first, _, last = name.rpartition(" ")
            about = {"first_name": first or None, "last_name": last, "lms_user_id": number} if number else {}
            book.update_or_create_student(student, **about)
    return taken


def _students(opened):
    """Student id -> (number in the LMS or None, name, members)."""
    found = {}
    for member in opened.infolist():
        path = member.filename
        if (
            member.is_dir()
            or not path.endswith(".ipynb")
            or "__MACOSX" in path
            or ".ipynb_checkpoints" in path
        ):
            continue
        match = _MOODLE.fullmatch(path) or _CANVAS.fullmatch(path) or _FOLDER.fullmatch(path)
        if match is None:
            continue
        parts = match.groupdict()
        number = parts.get("number")
        plain = re.sub(r"[^\w.]+", "-", parts["name"]).strip("-.").lower() or "student"
        student = (
            f"{plain}-{number}"
            if number
            else re.sub(r"[^\w.-]+", "-", parts["name"]).strip("-.") or "student"
        )
        found.setdefault(student, (number, parts["name"], []))[2].append((member, parts["file"]))
    return found


def _take_one(opened, course, assignment, student, members, replace, taken):
    folder = course.submitted / student / assignment
    if folder.exists() and not replace:
        taken.notes.append(f"{student} has a submission already; it stays (--replace takes the archive's).")
        return
    contents = {}
    for member, name in members:
        with opened.open(member) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            taken.notes.append(f"{student}: {name} has more than {LARGEST >> 20} MB and was left out.")
            continue
        contents[PurePosixPath(name).name] = content
    if not contents:
        return
    if len(contents) == 1:
        contents = {f"{assignment}.ipynb": next(iter(contents.values()))}
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.ipynb"):
        path.unlink()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    taken.students.append(student)


# --- marks


@dataclass
class Mark:
    """One student's mark of one assignment, marks by hand included; ``score`` is None where there is none yet."""

    student: str
    name: str  # first and last name, or the id
    number: str  # in the LMS, or empty
    assignment: str
    score: float | None
    max_score: float
    by_hand: bool  # something is still to be marked by hand


def marks(course, assignments):
    """The marks in the gradebook: a list of ``Mark``, by assignment and student."""
    found = []
    with gradebook.opened(course) as book:
        for assignment in assignments:
            for row in sorted(book.assignment_submissions(assignment), key=lambda row: row.student.id):
                grades = [grade for notebook in row.notebooks for grade in notebook.grades]
                known = any(g.auto_score is not None or g.manual_score is not None for g in grades)
                who = row.student
                name = " ".join(filter(None, (who.first_name, who.last_name)))
                found.append(
                    Mark(
                        who.id,
                        name or who.id,
                        who.lms_user_id or "",
                        assignment,
                        row.score if known else None,
                        row.max_score,
                        bool(row.needs_manual_grade),
                    )
                )
    return found


def table(found, form):
    """The marks as the text of a CSV file that ``form``, one of ``FORMATS``, wants."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows({"csv": _plain, "canvas": _canvas, "moodle": _moodle}[form](found))
    return text.getvalue()


def _number(score):
    return "" if score is None else f"{score:g}"


def _cell(text):
    """A spreadsheet takes a text that begins like this for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _plain(found):
    yield ["student", "name", "assignment", "score", "max_score", "needs_manual_grade"]
    for mark in found:
        score, most = _number(mark.score), _number(mark.max_score)
        yield [_cell(mark.student), _cell(mark.name), mark.assignment, score, most, int(mark.by_hand)]


def _canvas(found):
    """A column an assignment; Canvas finds students by its own number, else by the login."""
    columns = list(dict.fromkeys(mark.assignment for mark in found))
    most = {mark.assignment: _number(mark.max_score) for mark in found}
    students = {}
    for mark in found:
        students.setdefault(mark.student, (mark, {}))[1][mark.assignment] = _number(mark.score)
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *columns]
    yield ["    Points Possible", "", "", "", "", *(most[column] for column in columns)]
    for mark, scores in students.values():
        login = "" if mark.number else mark.student
        yield [_cell(mark.name), mark.number, "", _cell(login), "", *(scores.get(c, "") for c in columns)]


def _moodle(found):
    """The grading worksheet of one assignment."""
    if len({mark.assignment for mark in found}) > 1:
        raise Refused("Moodle takes the marks of one assignment at a time: name one.")
    yield ["Identifier", "Full name", "Grade", "Maximum Grade"]
    for mark in found:
        identifier = f"Participant {mark.number}" if mark.number else _cell(mark.student)
        yield [identifier, _cell(mark.name), _number(mark.score), _number(mark.max_score)]
