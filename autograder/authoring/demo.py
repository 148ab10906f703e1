"""A class to try the grader on: submissions that are right, wrong in known ways, or broken.

Each student is called after what is the matter with the submission.
"""

import copy
import hashlib
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version

import nbformat

from autograder.answers import assignment as assignments
from autograder.answers import bank
from autograder.answers.assignment import Assignment
from autograder.answers.cells import grade_id
from autograder.paths import CODE, PACKAGE, RELEASED, SOLUTIONS, Course

ASSIGNMENT = "03-query-key-value"
TO_LOOK_AT = "four-misconceptions"  # the submission whose feedback page shows most
SECONDS = 6  # a cell; one student loops for ever


def answered(assignment: Assignment, answers: Mapping[str, str]) -> nbformat.NotebookNode:
    """The released notebook with ``answers``, exercise -> source, filled in."""
    notebook = copy.deepcopy(assignment.released)
    for cell in notebook.cells:
        if (name := grade_id(cell)) and name in answers:
            cell.source = answers[name]
    return notebook


def solved(assignment: Assignment) -> dict[str, str]:
    """Exercise -> the solution's source."""
    return {exercise.id: assignment.cells[exercise.id].source for exercise in assignment.exercises}


def mistaken(assignment: Assignment, *ids: str) -> nbformat.NotebookNode:
    """The solution, with the bank's wrong answers of these ids in their exercises' places."""
    known = bank.load(assignment)
    chosen = {entry.exercise: entry.source for entry in known.entries() if entry.id in ids}
    if len(chosen) != len(ids):
        raise KeyError(f"not all of {ids} are in the bank, one an exercise")
    return answered(assignment, {**solved(assignment), **chosen})


def students(assignment: Assignment) -> dict[str, nbformat.NotebookNode | str]:
    """Name -> notebook, or text for files that are none."""
    right = solved(assignment)
    known = bank.load(assignment)
    in_order = list(right)
    twice = answered(assignment, right)
    position = next(i for i, cell in enumerate(twice.cells) if grade_id(cell) == "soft_lookup")
    twice.cells.insert(position + 1, copy.deepcopy(twice.cells[position]))
    twice.cells[position + 1]["id"] = "copied"
    return {
        "right": answered(assignment, right),
        "right-another-way": answered(
            assignment, right | {name: found[0].source for name, found in known.right.items()}
        ),
        "blank": copy.deepcopy(assignment.released),
        "half-done": answered(assignment, {name: right[name] for name in in_order[:4]}),
        "unscaled": mistaken(assignment, "unscaled"),
        "softmax-on-the-wrong-axis": mistaken(assignment, "softmax_over_queries", "softmax_over_hops"),
        "float64-by-accident": mistaken(assignment, "becomes_float64"),
        "penalty-of-positions": mistaken(assignment, "compares_positions"),
        "four-misconceptions": mistaken(
            assignment, "plus_distance", "dot_product_score", "keys_ask", "WithBias"
        ),
        "two-mistakes-in-one": mistaken(assignment, "unscaled_over_queries"),
        "syntax-error": answered(
            assignment, right | {"kernel_pooling": right["kernel_pooling"].replace("):", ")", 1)}
        ),
        "endless-loop": answered(
            assignment, right | {"hop_penalty": "def hop_penalty(A):\n    while True:\n        pass"}
        ),
        "ends-python": answered(
            assignment, right | {"soft_lookup": "def soft_lookup(*args):\n    import os\n    os._exit(0)"}
        ),
        "renamed-file": answered(assignment, right),
        "copied-cell": twice,
        "cut-off-file": nbformat.writes(assignment.released)[:5000],
    }


def make(course: Course, name: str = ASSIGNMENT) -> Assignment:
    """Write the demonstration class into ``course``, which is emptied first.  Returns the assignment."""
    assignment = assignments.load(name)
    shutil.rmtree(course.root, ignore_errors=True)
    for student, content in students(assignment).items():
        file = "my homework (final).ipynb" if student == "renamed-file" else f"{name}.ipynb"
        path = course.submitted / student / name / file
        path.parent.mkdir(parents=True)
        path.write_text(content if isinstance(content, str) else nbformat.writes(content), encoding="utf-8")
    return assignment


def _key():
    """A digest of all that the class's marks depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for top in (PACKAGE, SOLUTIONS, RELEASED, CODE / "attention_course"):
        for path in sorted(
            path for path in top.rglob("*") if path.suffix in (".py", ".md", ".ipynb", ".html")
        ):
            digest.update(str(path.relative_to(top)).encode() + path.read_bytes())
    for name in ("numpy", "torch", "ipython", "nbgrader"):
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()


def is_fresh(course: Course) -> bool:
    """True where the class in ``course`` was graded by this very grader."""
    stamp = course.root / "graded.stamp"
    return stamp.is_file() and stamp.read_text() == _key()


def mark_fresh(course: Course) -> None:
    """Note that the class is graded."""
    (course.root / "graded.stamp").write_text(_key())
