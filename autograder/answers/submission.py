"""From a file that a student handed in to a notebook that can be graded, or the reason why not.

Nothing of the file is run here.  What the student may write is kept: solution cells and cells of their own.
Everything else, the tests above all, comes from the instructor's notebook.
"""

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import is_grade, is_solution

from autograder.answers import assignment as assignments
from autograder.answers.assignment import Assignment
from autograder.answers.cells import grade_id, id_of, is_answer, is_given, is_missing, is_untouched
from autograder.answers.handed_in import HandedIn, Ungradable, decoded, printable, read_file
from autograder.answers.recognise import answered, bound, identify, is_released, is_stub
from autograder.errors import Refused
from autograder.words import counted, first_of

MOST_CELLS = 2000
MOST_NAMED = 5  # cells in a note


@dataclass
class Submission:
    """A notebook ready to run: its code cells in order, each with the exercise that it belongs to."""

    notebook: nbformat.NotebookNode
    notes: list[str] = field(default_factory=list)  # what was repaired, for the student

    @property
    def blank(self) -> set[str]:
        """The exercises whose cell holds the stub; another cell may answer them."""
        return self._answers(is_untouched)

    @property
    def missing(self) -> set[str]:
        """The exercises whose cell is not there."""
        return self._answers(is_missing)

    @property
    def texts(self) -> list[str]:
        """What runs, in order."""
        return [cell.source for cell in self.notebook.cells if cell.cell_type == "code"]

    def _answers(self, are: Callable[[nbformat.NotebookNode], bool]) -> set[str]:
        return {id_of(cell) for cell in self.notebook.cells if is_answer(cell) and are(cell)}


def read(path: str | Path) -> nbformat.NotebookNode:
    """Read a notebook file.  Raises ``Ungradable``."""
    path = Path(path)
    return parse(read_file(path), printable(path.name))


def parse(data: bytes, name: str) -> nbformat.NotebookNode:
    """The notebook in the bytes of a file called ``name``.  Raises ``Ungradable``."""
    if not data:
        raise Ungradable(f"{name} is empty. Save the notebook in Jupyter and hand it in again.")
    try:
        raw = json.loads(decoded(data))
    except (ValueError, RecursionError):
        raise Ungradable(
            f"{name} is not a notebook: it does not hold valid JSON. Open it in Jupyter, save it and hand it in again."
        ) from None
    if isinstance(raw, dict) and "worksheets" in raw and "cells" not in raw:
        raw = _upgraded(raw, name)
    return _as_notebook(raw, name)


def _upgraded(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook as Jupyter wrote it before 2015, in sheets, brought to format 4 by nbformat.  Raises ``Ungradable``."""
    try:
        for cell in (cell for sheet in raw["worksheets"] for cell in sheet["cells"]):
            if cell["cell_type"] == "code":
                cell["outputs"] = []  # they count for nothing, and need not be sound
        upgraded = nbformat.reads(json.dumps({"metadata": {}, **raw}), as_version=4)
        for cell in upgraded.cells:
            del cell["id"]  # drawn by chance
    except Exception as fault:  # whatever a damaged file brings about
        raise Ungradable(
            f"{name} is in a form from before 2015 and damaged ({type(fault).__name__}). Open it in Jupyter, save it and hand it in again."
        ) from None
    return dict(upgraded)


def _as_notebook(raw: Any, name: str) -> nbformat.NotebookNode:
    """JSON -> a notebook of format 4 in which every cell is well-formed.  Raises ``Ungradable``."""
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        raise Ungradable(f"{name} is not a Jupyter notebook: it has no list of cells.")
    if not raw["cells"]:
        raise Ungradable(f"{name} has no cells. Was the right file handed in?")
    if len(raw["cells"]) > MOST_CELLS:
        raise Ungradable(
            f"{name} has {counted(len(raw['cells']), 'cell')}, more than {MOST_CELLS}. Remove those that you do not need."
        )
    notebook = nbformat.v4.new_notebook()
    if isinstance(raw.get("metadata"), dict) and isinstance(raw["metadata"].get("course"), dict):
        notebook.metadata["course"] = dict(raw["metadata"]["course"])
    for index, cell in enumerate(raw["cells"], start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            raise Ungradable(
                f"{name} is damaged: cell {index} is no proper cell. Open it in Jupyter, save it and hand it in again."
            )
        # Put together by hand: nbformat's own makers validate each cell against the schema, which takes 40 ms a notebook.
        # Half a surrogate pair can be written in JSON, but in no file.
        made = nbformat.NotebookNode(
            cell_type=cell["cell_type"],
            source=source.encode("utf-8", "replace")
            .decode("utf-8")
            .replace("\r\n", "\n")
            .replace("\r", "\n"),
            metadata=nbformat.NotebookNode(),
        )
        if made.cell_type == "code":
            made.update(outputs=[], execution_count=None)
        elif _are_pictures(cell.get("attachments")):
            made["attachments"] = cell["attachments"]
        meta = cell["metadata"].get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
        if isinstance(meta, dict) and isinstance(meta.get("grade_id"), str):
            # its other fields are the instructor's to say
            made.metadata["nbgrader"] = nbformat.NotebookNode(grade_id=meta["grade_id"])
        made["id"] = (
            cell["id"]
            if isinstance(cell.get("id"), str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell["id"])
            else f"own-{index}"
        )
        notebook.cells.append(made)
    return notebook


def _are_pictures(attachments):
    """Whether this is what Jupyter keeps of pictures that were pasted into text: name -> type -> text."""
    return isinstance(attachments, dict) and all(
        isinstance(kinds, dict) and all(isinstance(text, str) for text in kinds.values())
        for kinds in attachments.values()
    )


def which_assignment(notebook: nbformat.NotebookNode, name: str) -> str:
    """The name of the assignment that a notebook answers.  Raises ``Ungradable``."""
    known = assignments.names()
    claimed = notebook.metadata.get("course", {}).get("assignment")
    if claimed in known:
        return claimed
    shares = {other: _share_of_cells(notebook, assignments.load(other)) for other in known}
    best = max(shares, key=lambda other: shares[other], default=None)
    if best is None or shares[best] == 0:
        raise Ungradable(
            f"{name} is a notebook, but none of this course's: no cell of it is known here. Hand in one of: {', '.join(known)}."
        )
    return best


def _share_of_cells(notebook, assignment):
    found = identify(notebook, assignment)
    return len({*found.values(), *answered(notebook, assignment, found)}) / max(1, len(assignment.cells))


def rebuild(
    notebook: nbformat.NotebookNode, assignment: Assignment, name: str = "this notebook"
) -> Submission:
    """The student's answers and own cells, in the instructor's frame: a ``Submission``.

    Own cells stay behind the cell that they followed.  Raises ``Ungradable`` where nothing of the assignment is left.
    """
    claimed = notebook.metadata.get("course", {}).get("assignment")
    if claimed in assignments.names() and claimed != assignment.name:
        raise Ungradable(
            f"{name} is the notebook of {claimed}, not of {assignment.name}. Hand in the right one."
        )
    found = identify(notebook, assignment)
    holds_answers = any(is_solution(assignment.cells[known]) for known in found.values())
    if not holds_answers and not answered(notebook, assignment, found):
        raise Ungradable(
            f"{name} holds none of the answers to {assignment.name}. Start from the released notebook and hand that in."
        )
    notes: list[str] = []
    chosen = _chosen(notebook, assignment, found, notes)
    own = _own_cells(notebook, assignment, found, chosen)
    return Submission(_assemble(notebook, assignment, chosen, own, set(found.values()), notes), notes)


def _chosen(
    notebook: nbformat.NotebookNode, assignment: Assignment, found: Mapping[int, str], notes: list[str]
) -> dict[str, int | None]:
    """Exercise, or cell that is marked by hand -> index of the cell that is its answer, None where that was left as released or is gone."""
    copies: dict[str, list[int]] = {}
    for index, known in found.items():
        if is_solution(assignment.cells[known]):
            copies.setdefault(known, []).append(index)
    chosen: dict[str, int | None] = {}
    for exercise in (*(exercise.id for exercise in assignment.exercises), *assignment.by_hand):
        indices = sorted(copies.get(exercise, ()))
        worked = [i for i in indices if not is_stub(notebook.cells[i].source, assignment, exercise)]
        # a cell that was turned into text is an answer, too, if there is no other
        best = next((i for i in worked if notebook.cells[i].cell_type == "code"), next(iter(worked), None))
        if best is not None and not _stands_by(notebook, found, indices[0], best):
            best = None  # it runs where it stands, as a cell of one's own
        chosen[exercise] = best
        if len(worked) > 1:
            notes.append(
                f"The cell {exercise} occurs twice, in two versions. They run in their order: the last word counts."
            )
        elif worked and len(indices) > 1:
            notes.append(f"The cell {exercise} occurs twice. The copy that you worked on is taken as yours.")
    return chosen


def _stands_by(notebook, found, first, index):
    """Whether nothing that runs stands between the first of a cell's copies and this one."""
    return not any(
        cell.cell_type == "code" and found.get(i) != found[index]
        for i, cell in enumerate(notebook.cells[first:index], start=first)
    )


def _own_cells(notebook, assignment, found, chosen):
    """Id of a cell of the course's -> the student's own cells that follow it, in their order; None -> those before the first."""
    own: dict[str | None, list[nbformat.NotebookNode]] = {}
    last: str | None = None
    passed: set[str | None] = set()
    exercises = [exercise.id for exercise in assignment.exercises]
    for index, cell in enumerate(notebook.cells):
        known = found.get(index)
        kept = known is None
        if known is not None and cell.cell_type == "code":
            if is_solution(assignment.cells[known]):
                kept = index != chosen[known] and not is_stub(cell.source, assignment, known)
            else:  # in a cell of the course's, which is put back as it was, an answer may have been written
                kept = bool(bound(cell.source, exercises)) and not is_released(cell, assignment, known)
        if kept and not (known and is_given(assignment.cells[known])):
            own.setdefault(last, []).append(_plain(cell))
            kept = False
        first_or_chosen = known not in passed if chosen.get(known) is None else index == chosen[known]
        if known is not None and first_or_chosen:
            last = known
            passed.add(known)
        if kept:  # behind a given cell, which it may need
            own.setdefault(last, []).append(_plain(cell))
    return own


def _plain(cell):
    """A cell of the student's own: text and type, without tags or claims."""
    kept = copy.deepcopy(cell)
    kept.metadata = nbformat.NotebookNode()
    return kept


def _assemble(student, assignment, chosen, own, present, notes):
    notebook = nbformat.v4.new_notebook(metadata=copy.deepcopy(assignment.solution.metadata))
    notebook.cells.extend(own.get(None, ()))
    gone = []
    for cell in assignment.solution.cells:
        known = grade_id(cell)
        if known is None:
            continue  # prose; the student's copy of it is among their own cells
        placed = copy.deepcopy(cell)
        if is_solution(cell):
            answer = chosen[known]
            placed.source = (
                assignment.released_cells[known].source if answer is None else student.cells[answer].source
            )
            if answer is not None and "attachments" in student.cells[answer]:
                placed["attachments"] = student.cells[answer]["attachments"]
            placed.metadata.nbgrader["untouched"] = answer is None
            placed.metadata.nbgrader["missing"] = known not in present
        elif known not in present and is_grade(cell):
            gone.append(known)
        notebook.cells.append(placed)
        notebook.cells.extend(own.get(known, ()))
    if gone:
        notes.append(
            f"Checks that are not in the notebook as they were released were put in: {first_of(gone, MOST_NAMED)}."
        )
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):  # ids must be unique
        while cell["id"] in seen:
            cell["id"] = f"again-{index}-{len(seen)}"
            index += 1
        seen.add(cell["id"])
    return notebook


def in_its_place(released: nbformat.NotebookNode, reason: str) -> nbformat.NotebookNode:
    """What lies in ``autograded/`` for a hand-in that cannot be graded, so that a person sees it and can mark it."""
    notebook = copy.deepcopy(released)
    told = nbformat.v4.new_markdown_cell(f"**This hand-in could not be graded.** {reason}", id="not-graded")
    notebook.cells.insert(0, told)
    return notebook


def choose(handed_in: HandedIn, assignment: Assignment) -> tuple[str, list[str]]:
    """The notebook among the files of a ``HandedIn`` that counts: the one in which most was answered, first of all the one under its own name.

    Returns (name, notes).  Raises ``Ungradable``.
    """
    expected = handed_in.named(f"{assignment.name}.ipynb")
    read: dict[str, tuple[set[str], list[str]]] = {}
    unread: dict[str, Ungradable] = {}
    by_name = sorted(
        handed_in.notebooks().items(), key=lambda item: (item[0] != expected, _depth(item[0]), item[0])
    )
    for name, data in by_name:
        try:
            notebook = parse(data, name)
            rebuilt = rebuild(notebook, assignment, name)
        except Ungradable as reason:
            unread[name] = reason
            continue
        read[name] = answered(notebook, assignment), rebuilt.texts
    if not read:
        if expected in unread:
            raise unread[expected]
        for name in handed_in.left_out:
            handed_in.notebook(name)  # says why it was not read
        if len(unread) == 1:
            raise next(iter(unread.values()))
        raise Ungradable(f"No notebook for {assignment.name} was found. Hand in {expected}.")
    most = max(len(done) for done, _ in read.values())
    best = [name for name, (done, _) in read.items() if len(done) == most]
    name = best[0]
    best = [
        other for other in best if _depth(other) == _depth(name)
    ]  # what lies further in is an older one, or a copy
    if name != expected and any(read[other] != read[name] for other in best):
        listed = ", ".join(best)
        raise Ungradable(
            f"There are several notebooks for {assignment.name} ({listed}). Hand in one, called {expected}."
        )
    notes = [] if name == expected else [f"The file {name} was taken for {expected}."]
    others = [other for other in read if other != name and (_depth(other) == 0 or read[other] != read[name])]
    if others and name == expected:
        there = "is" if len(others) == 1 else "are"
        notes.append(f"Beside {expected} there {there} {', '.join(others)}. {expected} counts.")
    elif name != expected and (expected in read or expected in unread or expected in handed_in.left_out):
        why = "holds fewer answers" if expected in read else "cannot be used"
        notes = [f"{name} counts, since {expected}, which is there as well, {why}."]
    return name, notes


def _depth(name):
    return name.count("/")


def gradable(path: str | Path, assignment: Assignment | None = None) -> tuple[Assignment, Submission]:
    """Read, recognise and rebuild in one go, for one file: (assignment, submission).  Raises ``Ungradable`` or ``Refused``."""
    path = Path(path)
    return recognised(read(path), printable(path.name), assignment)


def recognised(
    notebook: nbformat.NotebookNode, name: str, assignment: Assignment | None = None
) -> tuple[Assignment, Submission]:
    """Recognise and rebuild a notebook that was read: (assignment, submission).  Raises ``Ungradable`` or ``Refused``."""
    assignment = assignment or assignments.load(which_assignment(notebook, name))
    if not assignments.released_path(assignment.name).is_file():
        raise Refused(
            f"{assignment.name} has not been released. Run `python -m autograder release {assignment.name}` first."
        )
    return assignment, rebuild(notebook, assignment, name)
