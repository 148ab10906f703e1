"""A page for the student: hint first, then what the checks said, then the line where their code stopped.

Everything that a student may have written is escaped by the template; the page has no script.
"""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("autograder"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.filters["points"] = lambda number: f"{number:g}"


def page(graded):
    """The feedback page of one submission, as HTML text."""
    return _TEMPLATES.get_template("feedback.html").render(graded=graded)


def write(course, graded):
    """Write the page to ``feedback/<student>/<assignment>/<assignment>.html``, where nbgrader keeps its own."""
    path = Path(course.feedback) / graded.student / graded.assignment / f"{graded.assignment}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(graded), encoding="utf-8")
    return path
