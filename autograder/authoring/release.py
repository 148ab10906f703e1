"""solutions/*.md  ->  exercises/<name>/<name>.ipynb, by nbgrader's own preprocessors."""

import copy
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from traitlets.config import Config

from autograder.answers import assignment as assignments
from autograder.answers.assignment import Assignment
from autograder.authoring import markers
from autograder.authoring.near_misses import KINDS
from autograder.errors import CourseError
from autograder.paths import EXERCISES, ROOT, Course

# The order is that of nbgrader's GenerateAssignment, which ends in the same notebook.
_PREPROCESSORS = (
    LockCells,
    ClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
)
STUB = "raise NotImplementedError()"


def nbgrader_config() -> Config:
    """The settings that the course's notebooks are made with; ``nbgrader_config.py`` uses the same."""
    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    return config


def student_version(assignment: Assignment) -> str:
    """The notebook that students get, as text.  Raises ``CourseError`` where an author's slip would release too much or nothing."""
    file = f"solutions/{assignment.name}.md"
    if not assignment.exercises:
        raise CourseError(f"{file} has no solution cell: there is nothing to release.")
    for exercise in assignment.exercises:
        if not exercise.tests:
            raise CourseError(
                f"{file}, cell {exercise.id!r}: no test cell belongs to it. Nothing was released."
            )
    markers.check(assignment.solution, file)
    exporter = NotebookExporter(config=Config({"Exporter": {"default_preprocessors": []}}))
    for preprocessor in _PREPROCESSORS:
        exporter.register_preprocessor(preprocessor(config=nbgrader_config()), enabled=True)
    notebook = copy.deepcopy(assignment.solution)
    try:
        text, _ = exporter.from_notebook_node(notebook, {"nbgrader": {"notebook": assignment.name}})
    except Exception as fault:  # nbgrader names no file
        raise CourseError(
            f"{file} cannot be released: nbgrader says {type(fault).__name__}: {fault}"
        ) from fault
    released = nbformat.reads(text, as_version=4)
    for cell in released.cells:
        for marker in KINDS:
            if f"BEGIN {marker}" in cell.source or f"END {marker}" in cell.source:
                raise CourseError(
                    f"solutions/{assignment.name}.md: a {marker} marker is left in cell {cell.id!r}."
                )
    return nbformat.writes(released, indent=1) + "\n"


def write_source(assignment: Assignment, course: Course) -> Path:
    """Write the instructor's notebook where nbgrader looks for it: ``source/<name>/<name>.ipynb``."""
    path = course.source / assignment.name / f"{assignment.name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(assignment.solution, path)
    return path


def release(name: str, *, check: bool = False) -> tuple[Path, bool]:
    """Write the student version of an assignment; with ``check`` only compare.  Returns (path, whether it differed)."""
    assignment = assignments.load(name)
    path = assignments.released_path(name, EXERCISES)
    text = student_version(assignment)
    differs = not path.is_file() or path.read_text(encoding="utf-8") != text
    if differs and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(".new")  # a run that is broken off leaves what was released before
        whole.write_text(text, encoding="utf-8")
        whole.replace(path)
    return path.relative_to(ROOT), differs
