"""What a late hand-in loses: nbgrader's own rule, as the course's ``nbgrader_config.py`` sets it.

``c.LateSubmissionPlugin.penalty_method``, or a plugin of the course's own in ``c.AssignLatePenalties.plugin_class``; the
assignment's date is in the gradebook.  The file is read, not run: it may have been written for another machine.
"""

import ast
import importlib
import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.classroom import gradebook
from autograder.errors import Refused
from autograder.paths import Course
from autograder.words import first_of

_METHOD, _PLUGIN = ("LateSubmissionPlugin", "penalty_method"), ("AssignLatePenalties", "plugin_class")


@dataclass
class Rules:
    """``apply`` enters the penalties of one submission; where the course has no rule, those that are there stay."""

    nbgraders: AssignLatePenalties | None

    def apply(self, book: Gradebook, assignment: str, student: str) -> bool:
        """Enter them.  Returns whether others stood there."""
        if self.nbgraders is None:
            return False
        try:
            submission = book.find_submission(assignment, student)
        except MissingEntry:
            return False
        late, changed = submission.total_seconds_late, False
        for notebook in submission.notebooks:
            penalty = None
            if late:
                book.db.refresh(notebook)  # its score is a sum that the database makes
                penalty = self.nbgraders.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if penalty is not None:
                penalty = self.nbgraders._check_late_penalty(notebook, penalty)
            changed |= (notebook.late_submission_penalty or 0.0) != (penalty or 0.0)
            notebook.late_submission_penalty = penalty
        book.db.commit()
        return changed


def settled(course: Course, assignments: Iterable[str]) -> list[str]:
    """Apply the course's rules to all that is in the gradebook: a date may have been entered since, an extension, a mark.

    Returns a sentence for each assignment in which that changes a mark.
    """
    found = rules(course)
    if found.nbgraders is None or not course.database.is_file():
        return []
    told = []
    with gradebook.read(course) as book:
        for name in assignments:
            students = sorted(row.student_id for row in book.assignment_submissions(name))
            if others := [student for student in students if found.apply(book, name, student)]:
                told.append(
                    f"{name}: what being late costs has changed since it was graded, for {first_of(others, 10)}; their pages say so after `feedback`."
                )
    return told


def rules(course: Course) -> Rules:
    """The course's rules.  Raises ``Refused`` where its ``nbgrader_config.py`` cannot be read, or a plugin not be had."""
    path = course.root / "nbgrader_config.py"
    if not path.is_file():
        return Rules(None)
    try:
        settings = _settings(path.read_text(encoding="utf-8"))
        if _PLUGIN not in settings and settings.get(_METHOD, "none") == "none":
            return Rules(None)
        config = Config()
        if _METHOD in settings:
            config.LateSubmissionPlugin.penalty_method = settings[_METHOD]
        if _PLUGIN in settings:
            config.AssignLatePenalties.plugin_class = _plugin(course, settings[_PLUGIN])
        made = AssignLatePenalties(config=config)
        made.log.setLevel(logging.ERROR)
        made.init_plugin()
    except Exception as fault:  # whatever stands in there
        raise Refused(
            f"{path}: its rule for late hand-ins cannot be read ({type(fault).__name__}: {fault})."
        ) from None
    return Rules(made)


def _settings(text: str) -> dict[tuple[str, str], Any]:
    """(section, name) -> value, of the two settings that count; the last one holds.  A name that was imported is dotted."""
    found: dict[tuple[str, str], Any] = {}
    imported: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            imported.update({part.asname or part.name: f"{node.module}.{part.name}" for part in node.names})
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            match target:
                case ast.Attribute(value=ast.Attribute(attr=section), attr=name) if (section, name) in (
                    _METHOD,
                    _PLUGIN,
                ):
                    value = node.value
                    if isinstance(value, ast.Name):
                        found[section, name] = imported[value.id]
                    else:
                        found[section, name] = ast.literal_eval(value)
    return found


def _plugin(course, dotted):
    """The class of that name; it may lie in a module beside the configuration."""
    module, _, name = dotted.rpartition(".")
    before = list(sys.path)
    sys.path.insert(0, str(course.root))
    try:
        return getattr(importlib.import_module(module), name)
    finally:
        sys.path[:] = before
