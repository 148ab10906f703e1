"""A page for the student: hint first, then what the checks said, then the line where their code stopped.

Everything that a student may have written is escaped by the template; the page has no script.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["points"] = lambda number: f"{number:g}"


def page(graded):
    """The feedback page of one submission, as HTML text."""
    return _TEMPLATES.get_template("feedback.html").render(graded=graded)


def path(course, student, assignment):
    """Where a student's page lies: as nbgrader keeps its own."""
    return course.feedback / student / assignment / f"{assignment}.html"


def write(course, graded):
    """Write the page of one submission."""
    target = path(course, graded.student, graded.assignment)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(graded), encoding="utf-8")
