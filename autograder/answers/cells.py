"""What a cell of a notebook is for, by nbgrader's metadata: an answer, a check, given to everybody, or the student's own."""

import re

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution, is_task


def grade_id(cell: NotebookNode) -> str | None:
    """A cell's nbgrader id, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def id_of(cell: NotebookNode) -> str:
    """The nbgrader id of a cell that has one: of an answer, a check, what is given."""
    return cell.metadata["nbgrader"]["grade_id"]


def exercise_of(name: str | None) -> str | None:
    """The exercise that a test cell called ``test-<exercise>-<aspect>`` belongs to, or None."""
    found = re.fullmatch(r"test-([A-Za-z_]\w*)-[\w-]+", name or "")
    return found.group(1) if found else None


def belongs_to(cell: NotebookNode) -> str | None:
    """The exercise of an answer's or a check's cell, or None."""
    return grade_id(cell) if is_answer(cell) else exercise_of(grade_id(cell))


def is_answer(cell: NotebookNode) -> bool:
    """Whether a cell is an exercise's: what is written there is asked by checks."""
    return is_solution(cell) and not is_grade(cell)


def is_by_hand(cell: NotebookNode) -> bool:
    """Whether a cell is for a person to mark: an answer in prose or code, or a task whose answer stands around it."""
    return (is_grade(cell) and is_solution(cell)) or is_task(cell)


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a check; an answer that is marked by hand is none."""
    return is_grade(cell) and not is_solution(cell)


def is_given(cell: NotebookNode) -> bool:
    """A code cell that the course has written for everybody to use."""
    return cell.cell_type == "code" and is_locked(cell) and not is_grade(cell)


def is_own(cell: NotebookNode) -> bool:
    """A cell that is neither an answer nor the course's."""
    return not (is_answer(cell) or is_test(cell) or is_locked(cell))


def is_untouched(cell: NotebookNode) -> bool:
    """Whether the cell of an answer in a rebuilt notebook was left as it was released; another cell may answer then."""
    return cell.metadata.nbgrader.get("untouched") is True


def is_missing(cell: NotebookNode) -> bool:
    """Whether the cell of an answer in a rebuilt notebook is not in the one that was handed in."""
    return cell.metadata.nbgrader.get("missing") is True
