"""What a late hand-in loses: nbgrader's own rule, as the course's ``nbgrader_config.py`` sets it.

``c.LateSubmissionPlugin.penalty_method``, or a plugin of the course's own in ``c.AssignLatePenalties.plugin_class``; the
assignment's date is in the gradebook.
"""

import contextlib
import logging
import sys
from dataclasses import dataclass

from nbgrader.api import MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import Refused


@dataclass
class Rules:
    """``apply`` enters the penalties of one submission; where the course has no rule, those that are there stay."""

    nbgraders: AssignLatePenalties | None

    def apply(self, book, graded):
        if self.nbgraders is None:
            return
        try:
            submission = book.find_submission(graded.assignment, graded.student)
        except MissingEntry:
            return
        late = submission.total_seconds_late
        for notebook in submission.notebooks:
            book.db.refresh(notebook)  # its score is a sum that the database makes
            penalty = (
                self.nbgraders.plugin_inst.late_submission_penalty(graded.student, notebook.score, late)
                if late
                else None
            )
            notebook.late_submission_penalty = (
                None if penalty is None else self.nbgraders._check_late_penalty(notebook, penalty)
            )
        book.db.commit()


def rules(course):
    """The course's rules.  Raises ``Refused`` where its ``nbgrader_config.py`` cannot be read."""
    path = course.root / "nbgrader_config.py"
    if not path.is_file():
        return Rules(None)
    before = list(sys.path)
    sys.path.insert(0, str(course.root))  # a plugin lies beside it
    try:
        with contextlib.chdir(course.root):
            config = PyFileConfigLoader(path.name, path=str(course.root)).load_config()
            made = AssignLatePenalties(config=config)
            made.log.setLevel(logging.ERROR)
            made.init_plugin()
    except Exception as fault:  # whatever stands in there
        raise Refused(f"{path} cannot be read ({type(fault).__name__}: {fault}).") from None
    finally:
        sys.path[:] = before
    plugin = made.plugin_inst
    no_rule = type(plugin) is LateSubmissionPlugin and plugin.penalty_method == "none"
    return Rules(None if no_rule else made)
