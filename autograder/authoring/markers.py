"""An author's slips in the markers between which a solution or a hidden test stands.

nbgrader looks for the bare words ``BEGIN SOLUTION`` and takes every other spelling for a comment: one letter amiss, and the solution
is released, or the whole cell is emptied.  What is meant as a marker is found (``near_misses``), then asked for its exact form.
"""

from collections.abc import Iterator

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.answers.cells import grade_id, is_test
from autograder.authoring.near_misses import EXACT, meant
from autograder.errors import CourseError


def check(notebook: NotebookNode, file: str, *, own: bool = True) -> None:
    """Raise ``CourseError``, naming file, cell and line, where a marker of a notebook would not do what it is meant to do.

    With ``own`` the habits of this course are asked for as well: exactly ``###``, and a region in every solution cell.
    """
    for slip in slips(notebook, file, own=own):
        raise CourseError(f"{slip} Nothing was released.")


def slips(notebook: NotebookNode, file: str, *, own: bool = True) -> Iterator[str]:
    """A sentence for each cell with such a marker, for those who cannot refuse it any more."""
    for index, cell in enumerate(notebook.cells, start=1):
        name = grade_id(cell) or cell.get("id") or index
        for line, what in _faults(cell, own):
            where = f"{file}, cell {name!r}" + (f", line {line}" if line else "")
            yield f"{where}: {what}"


def _faults(cell, own):
    """Line (from 1; 0 for the cell as a whole) and sentence of each slip in a cell."""
    regions, opened = [], None
    likely = "HIDDEN TESTS" if is_test(cell) else "MARK SCHEME" if is_task(cell) else "SOLUTION"
    prose = cell.cell_type != "code" and not cell.metadata.get("nbgrader")
    for number, text in enumerate(cell.source.split("\n"), start=1):
        words = meant(text, likely=likely, prose=prose, strict=own)
        if words is None:
            continue
        shown = text.strip()[:80]
        if own and text.strip() != f"### {words}":
            yield (
                number,
                f"{shown!r} should be '### {words}', alone on its line; what is no marker, say in other words.",
            )
            return
        if words not in text:
            yield number, f"{shown!r} should be '### {words}'; what is no marker, say in other words."
            return
        edge, kind = EXACT[words]
        if edge == "BEGIN" and opened:
            yield (
                number,
                f"'### BEGIN {kind}' stands within the {opened[0]} region that line {opened[1]} begins.",
            )
            return
        if edge == "BEGIN":
            opened = kind, number
        elif not opened or opened[0] != kind:
            yield number, f"'### END {kind}' ends nothing: there is no '### BEGIN {kind}' before it."
            return
        else:
            regions.append((kind, opened[1], number))
            opened = None
    if opened:
        yield opened[1], f"'### BEGIN {opened[0]}' has no '### END {opened[0]}'."
        return
    yield from _misplaced(cell, regions, own)


def _misplaced(cell, regions, own):
    """Regions that are whole, yet stand in the wrong cell or hold nothing."""
    fits = {"SOLUTION": is_solution(cell), "HIDDEN TESTS": is_grade(cell), "MARK SCHEME": is_task(cell)}
    wanted = {"SOLUTION": "solution", "HIDDEN TESTS": "test", "MARK SCHEME": "task"}
    for kind, begin, end in regions:
        if not fits[kind]:
            yield begin, f"a {kind} region stands in a cell that is no {wanted[kind]} cell."
            return
        held = cell.source.split("\n")[begin : end - 1]
        if cell.cell_type == "code" and _is_empty(held):
            yield begin, f"the {kind} region is empty."
            return
    solved = any(kind == "SOLUTION" for kind, _, _ in regions)
    if own and cell.cell_type == "code" and is_solution(cell) and not solved:
        yield 0, "the solution cell has no SOLUTION region, so that all of it would be taken away."


def _is_empty(lines):
    """Whether code lines do nothing: blank, comments, ``pass`` or an ellipsis."""
    said = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return all(line in ("pass", "...") for line in said)
