"""``nbgrader export``, nbgrader's own command, with our truth: a hand-in that could not be graded has no mark, not zero.

``c.ExportApp.plugin_class`` of an ``nbgrader_config.py`` names ``CsvExport``.
"""

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from autograder.classroom.exporting import cell
from autograder.classroom.gradebook import is_marked

COLUMNS = (  # those of nbgrader's CsvExportPlugin, in its order
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


class CsvExport(ExportPlugin):
    """The table that nbgrader's own plugin writes; both scores are empty where a hand-in has no mark."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to ``--to``, else to ``grades.csv``."""
        path = Path(self.to or "grades.csv")
        wanted, students = ({str(name) for name in names} for names in (self.assignment, self.student))
        self.log.info("Exporting grades to %s", path)
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not wanted or assignment.name in wanted) and (not students or student.id in students):
                        row = _row(gradebook, assignment, student)
                        # a name may hold a comma, or begin as a formula does
                        table.writerow({key: _text(value) for key, value in row.items()})


def _row(gradebook: Gradebook, assignment: Any, student: Any) -> dict[str, Any]:
    row = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "timestamp": None,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    try:
        handed_in = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # who handed in nothing has zero, as nbgrader has it
        return row | {"raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    row["timestamp"] = handed_in.timestamp
    penalty = row["late_submission_penalty"] = handed_in.late_submission_penalty
    if is_marked(handed_in):
        row["raw_score"] = handed_in.score
        row["score"] = max(0.0, handed_in.score - penalty)
    return row


def _text(value):
    """A value as nbgrader writes it: numbers and times as Python says them."""
    return cell(value) if value is None or isinstance(value, str) else str(value)
