"""From a file that a student handed in to a notebook that can be graded, or the reason why not.

Nothing of the file is run here.  What the student may write is kept: solution cells and cells of their own.
Everything else, the tests above all, comes from the instructor's notebook.
"""

import copy
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade, is_solution

from autograder.answers import assignment
from autograder.answers.assignment import grade_id
from autograder.answers.handed_in import Ungradable, printable, read_file
from autograder.errors import Refused

MOST_CELLS = 2000


@dataclass
class Submission:
    """A notebook ready to run: its code cells in order, each with the exercise that it belongs to."""

    notebook: nbformat.NotebookNode
    notes: list[str] = field(default_factory=list)  # what was repaired, for the student

    @property
    def blank(self):
        """The exercises whose cell still holds the stub."""
        return {
            grade_id(cell)
            for cell in self.notebook.cells
            if is_solution(cell) and cell.metadata.nbgrader.get("untouched")
        }


def read(path):
    """Read a notebook file.  Raises ``Ungradable``."""
    path = Path(path)
    return parse(read_file(path), printable(path.name))


def parse(data, name):
    """The notebook in the bytes of a file called ``name``.  Raises ``Ungradable``."""
    if not data:
        raise Ungradable(f"{name} is empty. Save the notebook in Jupyter and hand it in again.")
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Ungradable(
            f"{name} is not a notebook: it does not hold valid JSON. Open it in Jupyter, save it and hand it in again."
        ) from None
    return _as_notebook(raw, name)


def _as_notebook(raw, name):
    """JSON -> a notebook of format 4 in which every cell is well-formed.  Raises ``Ungradable``."""
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        hint = (
            " It is from Jupyter before 2015; open and save it in a newer one."
            if isinstance(raw, dict) and "worksheets" in raw
            else ""
        )
        raise Ungradable(f"{name} is not a Jupyter notebook: it has no list of cells.{hint}")
    if not raw["cells"]:
        raise Ungradable(f"{name} has no cells. Was the right file handed in?")
    if len(raw["cells"]) > MOST_CELLS:
        raise Ungradable(
            f"{name} has {len(raw['cells'])} cells, more than {MOST_CELLS}. Remove those that you do not need."
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
            source=source.encode("utf-8", "replace").decode("utf-8"),
            metadata=nbformat.NotebookNode(),
        )
        if made.cell_type == "code":
            made.update(outputs=[], execution_count=None)
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


def which_assignment(notebook, name):
    """The name of the assignment that a notebook answers.  Raises ``Ungradable``."""
    known = assignment.names()
    claimed = notebook.metadata.get("course", {}).get("assignment")
    if claimed in known:
        return claimed
    shares = {made: _share_of_cells(notebook, assignment.load(made)) for made in known}
    best = max(shares, key=shares.get, default=None)
    if best is None or shares[best] == 0:
        raise Ungradable(
            f"{name} is a notebook, but none of this course's: no cell of it is known here. Hand in one of: {', '.join(known)}."
        )
    return best


def _share_of_cells(notebook, made):
    found = _identify(notebook, made)
    return len(set(found.values())) / max(1, len(made.cells))


def _identify(notebook, made):
    """Index of a student's cell -> id of the instructor's cell that it is: by metadata, else by cell id, else by text.

    Hosted services strip metadata, editors renumber ids; a cell that defines the exercise's name is its answer.
    """
    found = {}
    for index, cell in enumerate(notebook.cells):
        if grade_id(cell) in made.cells:
            found[index] = grade_id(cell)
        elif cell.get("id") in made.cells:
            found[index] = cell["id"]
    released = {cell.source: grade_id(cell) for cell in made.released.cells if grade_id(cell)}
    missing = set(made.cells) - set(found.values())
    for index, cell in enumerate(notebook.cells):
        if index in found or cell.cell_type != "code":
            continue
        text = released.get(cell.source)
        if text is None:
            defined = re.findall(r"^(?:def|class)\s+(\w+)", cell.source, re.MULTILINE)
            text = next((name for name in defined if name in missing and is_solution(made.cells[name])), None)
        if text in missing:
            found[index] = text
            missing.discard(text)
    return found


def rebuild(notebook, made, name="this notebook"):
    """The student's answers and own cells, in the instructor's frame: a ``Submission``.

    Own cells stay behind the cell that they followed.  Raises ``Ungradable`` where nothing of the assignment is left.
    """
    claimed = notebook.metadata.get("course", {}).get("assignment")
    if claimed in assignment.names() and claimed != made.name:
        raise Ungradable(f"{name} is the notebook of {claimed}, not of {made.name}. Hand in the right one.")
    found = _identify(notebook, made)
    if not any(is_solution(made.cells[known]) for known in found.values()):
        raise Ungradable(
            f"{name} holds none of the answers to {made.name}. Start from the released notebook and hand that in."
        )
    notes = []
    answers, own = {}, {None: []}  # id -> the student's cell; id -> cells that followed it
    last = None
    for index, cell in enumerate(notebook.cells):
        known = found.get(index)
        if known is None:
            own.setdefault(last, []).append(_plain(cell))
            continue
        last = known
        if known not in answers:
            answers[known] = cell
            continue
        notes.append(
            f"The cell {known} occurs twice. The first copy is taken as yours, the other as a cell of your own."
        )
        if is_solution(made.cells[known]):
            stub = _stub(made, known)
            if answers[known].source.strip() == stub and cell.source.strip() != stub:
                answers[known], cell = cell, answers[known]  # the copy that was worked on is the answer
                notes[-1] = f"The cell {known} occurs twice. The copy that you worked on is taken as yours."
            else:
                own.setdefault(known, []).append(_plain(cell))
    return Submission(_assemble(made, answers, own, notes), notes)


def _plain(cell):
    """A cell of the student's own: text and type, without tags or claims."""
    kept = copy.deepcopy(cell)
    kept.metadata = nbformat.NotebookNode()
    return kept


def _stub(made, known):
    return next(cell.source for cell in made.released.cells if grade_id(cell) == known).strip()


def _assemble(made, answers, own, notes):
    notebook = nbformat.v4.new_notebook(metadata=copy.deepcopy(made.solution.metadata))
    notebook.cells.extend(own[None])
    for cell in made.solution.cells:
        known = grade_id(cell)
        if known is None:
            continue  # prose; the student's copy of it is among their own cells
        placed = copy.deepcopy(cell)
        if is_solution(cell):
            placed.metadata.nbgrader["untouched"] = False
            if known in answers:
                placed.source = answers[known].source
                placed.metadata.nbgrader["untouched"] = placed.source.strip() == _stub(made, known)
            else:
                placed.source = _stub(made, known)
                placed.metadata.nbgrader["untouched"] = True
                notes.append(f"The cell {known} is missing from your notebook.")
        elif known not in answers and is_grade(cell):
            notes.append(f"The check {known} is missing from your notebook; it was put back.")
        notebook.cells.append(placed)
        notebook.cells.extend(own.get(known, ()))
    seen = set()
    for index, cell in enumerate(notebook.cells):  # ids must be unique
        while cell["id"] in seen:
            cell["id"] = f"again-{index}-{len(seen)}"
            index += 1
        seen.add(cell["id"])
    return notebook


def choose(handed_in, made):
    """The notebook among the files of a ``HandedIn``: under its own name, or the only one that answers the assignment.

    Returns (name, notes).  Raises ``Ungradable``.
    """
    expected = f"{made.name}.ipynb"
    notebooks = handed_in.notebooks()
    if handed_in.notebook(expected) is not None:
        return expected, []
    candidates = []
    for name, data in sorted(notebooks.items()):
        try:
            if any(is_solution(made.cells[known]) for known in _identify(parse(data, name), made).values()):
                candidates.append(name)
        except Ungradable:
            continue
    if len(candidates) == 1:
        return candidates[0], [f"Your file is called {candidates[0]}; it was taken for {expected}."]
    if candidates:
        listed = ", ".join(candidates)
        raise Ungradable(
            f"There are several notebooks for {made.name} ({listed}). Hand in one, called {expected}."
        )
    for name in handed_in.left_out:
        handed_in.notebook(name)  # says why it was not read
    raise Ungradable(f"No notebook for {made.name} was found. Hand in {expected}.")


def gradable(path, made=None):
    """Read, recognise and rebuild in one go, for one file: (assignment, submission).  Raises ``Ungradable`` or ``Refused``."""
    path = Path(path)
    return recognised(read(path), printable(path.name), made)


def recognised(notebook, name, made=None):
    """Recognise and rebuild a notebook that was read: (assignment, submission).  Raises ``Ungradable`` or ``Refused``."""
    made = made or assignment.load(which_assignment(notebook, name))
    if not assignment.released_path(made.name).is_file():
        raise Refused(
            f"{made.name} has not been released. Run `python -m autograder release {made.name}` first."
        )
    return made, rebuild(notebook, made, name)
