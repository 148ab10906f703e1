"""Marks from the gradebook  ->  a table that a learning platform or a spreadsheet takes."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.classroom import gradebook, grading
from autograder.errors import Refused
from autograder.paths import Course

Value = str | float | None  # in a cell of a table
FORMATS = ("csv", "canvas", "moodle")
_STARTS = frozenset("=+-@|%\N{MINUS SIGN}")  # with what a spreadsheet lets a formula begin


@dataclass
class Mark:
    """One student's mark of one assignment, with marks by hand and without what being late costs; ``score`` is None where there is none yet."""

    student: str
    name: str  # first and last name, or the id
    number: str  # in the LMS, or empty
    assignment: str
    score: float | None
    max_score: float
    by_hand: bool  # something is still to be marked by hand


def marks(course: Course, assignments: Iterable[str]) -> list[Mark]:
    """The marks in the gradebook, by assignment and student."""
    found = []
    with gradebook.read(course) as book:
        for assignment in assignments:
            for row in sorted(book.assignment_submissions(assignment), key=lambda row: row.student.id):
                who = row.student
                name = " ".join(filter(None, (who.first_name, who.last_name)))
                found.append(
                    Mark(
                        who.id,
                        name or who.id,
                        who.lms_user_id or "",
                        assignment,
                        max(0.0, row.score - row.late_submission_penalty)
                        if gradebook.is_marked(row)
                        else None,
                        row.max_score,
                        bool(row.needs_manual_grade),
                    )
                )
    return found


def exportable(course: Course, names: Sequence[str] | None = None) -> list[str]:
    """The named assignments, or all that have marks.  Raises ``Refused``, and makes nothing, where one was never graded."""
    graded = set(grading.graded_assignments(course)) if course.database.is_file() else set()
    if course.database.is_file():
        with gradebook.read(course) as book:  # nbgrader's own commands may have graded others
            graded |= {row.name for row in book.assignments if row.num_submissions}
    if not graded:
        raise Refused(f"Nothing has been graded in {course.root} yet. Run `grade` first.")
    for name in names or ():
        if name not in graded:
            known = ", ".join(sorted(graded))
            raise Refused(f"{name} has not been graded in {course.root}. There are marks for: {known}.")
    return list(names or sorted(graded))


def table(found: Sequence[Mark], form: str) -> str:
    """The marks as the text of a CSV file that ``form``, one of ``FORMATS``, wants."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = {"csv": _plain, "canvas": _canvas, "moodle": _moodle}[form](found)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Value) -> str:
    """A value as it may stand in a table: a number as such, a text without control characters and never as a formula.

    A spreadsheet looks at the first character that is seen, and takes full-width signs for plain ones.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:g}"
    plain = "".join(
        c for c in value if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    seen = re.sub(r"^[\s\u2800\u3164\u115f\u1160\uffa0]+", "", plain)  # these last show nothing, either
    first = unicodedata.normalize("NFKC", seen[:1]).strip()[:1]
    return f"'{plain}" if first in _STARTS else plain


def _plain(found: Iterable[Mark]) -> Iterator[list[Value]]:
    yield ["student", "name", "assignment", "score", "max_score", "needs_manual_grade"]
    for mark in found:
        yield [mark.student, mark.name, mark.assignment, mark.score, mark.max_score, int(mark.by_hand)]


def _canvas(found: Sequence[Mark]) -> Iterator[list[Value]]:
    """A column an assignment; Canvas finds students by its own number, else by the login."""
    columns = list(dict.fromkeys(mark.assignment for mark in found))
    most = {mark.assignment: mark.max_score for mark in found}
    students: dict[str, tuple[Mark, dict[str, float | None]]] = {}
    for mark in found:
        students.setdefault(mark.student, (mark, {}))[1][mark.assignment] = mark.score
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *columns]
    yield ["    Points Possible", "", "", "", "", *(most[column] for column in columns)]
    for mark, scores in students.values():
        login = "" if mark.number else mark.student
        yield [mark.name, mark.number, "", login, "", *(scores.get(column) for column in columns)]


def _moodle(found: Sequence[Mark]) -> Iterator[list[Value]]:
    """The grading worksheet of one assignment."""
    if len({mark.assignment for mark in found}) > 1:
        raise Refused("Moodle takes the marks of one assignment at a time: name one.")
    yield ["Identifier", "Full name", "Grade", "Maximum Grade"]
    for mark in found:
        identifier = f"Participant {mark.number}" if mark.number else mark.student
        yield [identifier, mark.name, mark.score, mark.max_score]
