"""What the student is told: hint first, then what the checks said, then the line where their code stopped.

A page to look at, and the same as plain text for terminals.  Everything that a student may have written is escaped by the
page's template and loses its control characters in the text; the page has no script.
"""

import sys
import textwrap
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.answers.results import Graded
from autograder.paths import PACKAGE, Course
from autograder.plain import plain
from autograder.words import counted

WIDTH = 100  # characters in a line of the text


def _environment(**more):
    made = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **more,
    )
    made.filters["points"] = lambda number: f"{number:g}"
    made.filters["counted"] = counted
    made.filters["indented"] = lambda text: textwrap.fill(
        text, WIDTH, initial_indent="    ", subsequent_indent="    "
    )
    return made


def _shown(value):
    """Whatever a template shows; what a filter has made fit for a page stays so."""
    if isinstance(value, Markup):
        return Markup(plain(str(value), sys.maxsize))
    return plain(value) if isinstance(value, str) else value


PAGES = _environment(autoescape=True, finalize=_shown)
_TEXTS = _environment(finalize=_shown)


def page(graded: Graded) -> str:
    """The feedback page of one submission, as HTML text."""
    return PAGES.get_template("feedback.html").render(graded=graded)


def text(graded: Graded) -> str:
    """The same as plain text."""
    return _TEXTS.get_template("feedback.txt").render(graded=graded)


def path(course: Course, student: str, assignment: str) -> Path:
    """Where a student's page lies: as nbgrader keeps its own.  The text lies beside it."""
    return course.feedback / student / assignment / f"{assignment}.html"


def write(course: Course, graded: Graded) -> None:
    """Write the page and the text of one submission; beside a page that ``nbgrader generate_feedback`` has made, not over it."""
    target = path(course, graded.student, graded.assignment)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _is_ours(target):
        target = target.with_name(f"{graded.assignment}-hints.html")
    target.write_text(page(graded), encoding="utf-8")
    target.with_suffix(".txt").write_text(text(graded), encoding="utf-8")


_OURS = b"<title>Feedback \xc2\xb7 "


def _is_ours(target):
    """Whether a page may be written over: there is none, or it is one of these."""
    try:
        with target.open("rb") as file:
            return _OURS in file.read(2000)
    except FileNotFoundError:
        return True
