"""Grade any nbgrader course, in the default layout: ``source/<assignment>/*.ipynb``, ``submitted/<student>/<assignment>/``.

nbgrader's own preprocessors put a submission in order and its own rule gives the marks; only the kernel is another: a
room (``rooms``), where the tests run beside the student's code, as that course's author expects.
An ``nbgrader_config.py`` is not read.
"""

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    DeduplicateIds,
    InstantiateTests,
    LockCells,
    OverwriteCells,
    SaveCells,
)
from nbgrader.utils import determine_grade, find_all_files, is_grade

from autograder.answers import hidden
from autograder.answers.assignment import names as own_names
from autograder.answers.cells import grade_id
from autograder.answers.handed_in import IGNORED, MOST_BYTES, HandedIn, Ungradable, decoded
from autograder.answers.marks import BY_HAND, ENDED, TIMED_OUT
from autograder.answers.results import Check, Graded, Outcome
from autograder.authoring import markers
from autograder.classroom import gradebook, handins, journal
from autograder.classroom.grade import ungradable
from autograder.classroom.grading import Result, Steps, grade_each
from autograder.classroom.handins import Place
from autograder.classroom.journal import Notebooks
from autograder.classroom.pool import side_by_side
from autograder.errors import CourseError, Refused
from autograder.paths import Course
from autograder.rooms import engine, stock
from autograder.rooms.engine import How
from autograder.rooms.line import Stopped

SECONDS_A_CELL = 30  # as nbgrader has it
_NOT_BESIDE = [*IGNORED, "*.ipynb"]


@dataclass(frozen=True)
class Source:
    """An assignment of a course: its folder in ``source/``."""

    name: str


@dataclass
class Master:
    """What the gradebook knows of an assignment's notebook.  Answers two questions of ``OverwriteCells`` in its place."""

    name: str
    kernelspec: dict[str, Any]
    sources: dict[str, SimpleNamespace] = field(default_factory=dict)  # grade_id -> the cell as released
    graded: dict[str, float] = field(
        default_factory=dict
    )  # grade_id -> greatest number of points; task cells too

    def find_source_cell(self, name: str, _notebook: str, _assignment: str) -> SimpleNamespace:
        return self._found(self.sources, name)

    def find_graded_cell(self, name: str, _notebook: str, _assignment: str) -> SimpleNamespace:
        return SimpleNamespace(max_score=self._found(self.graded, name))

    def _found(self, cells, name):
        if name not in cells:
            raise MissingEntry(f"No cell {name!r} in {self.name}")
        return cells[name]


@dataclass
class NbgraderAssignment:
    """An assignment as the gradebook has it, and the files that lie beside its notebooks."""

    name: str
    notebooks: dict[str, Master]
    files: dict[str, bytes]  # by path


def assignments(course: Course) -> list[Source]:
    """The assignments in ``source/`` that are not this course's own, in order."""
    found = {path.parent.name for path in course.source.glob("*/*.ipynb")}
    return [Source(name) for name in sorted(found - set(own_names()))]


def chosen(course: Course, names: Sequence[str] | None) -> list[Source]:
    """The named assignments of a course, or those that were handed in.  Raises ``Refused`` for an unknown name."""
    known = {source.name: source for source in assignments(course)}
    for name in names or ():
        if name not in known:
            raise Refused(f"{course.source} has no assignment {name!r}. It has: {', '.join(known)}.")
    return [known[name] for name in names or known if names or handins.places(course, name)]


# --- the instructor's side


def load(course: Course, name: str) -> NbgraderAssignment:
    """Read an assignment from the gradebook; where it is not in there, enter it first, as ``nbgrader generate_assignment``."""
    with gradebook.opened(course) as book:
        known = bool(book.update_or_create_assignment(name).notebooks)
    if not known:
        paths = sorted((course.source / name).glob("*.ipynb"))
        for made in [_generated(course, name, path) for path in paths]:  # all or none
            _stepped(SaveCells, f"source/{name}", *made)
    with gradebook.opened(course) as book:
        masters = {}
        for notebook in book.find_assignment(name).notebooks:
            master = Master(notebook.name, json.loads(notebook.kernelspec or "{}"))
            if master.kernelspec.get("language", "python") != "python":
                raise Refused(
                    f"{name}/{notebook.name}.ipynb is in {master.kernelspec['language']}; only Python can be graded."
                )
            for cell in notebook.source_cells:
                master.sources[cell.name] = SimpleNamespace(
                    name=cell.name,
                    cell_type=cell.cell_type,
                    locked=cell.locked,
                    source=cell.source,
                    checksum=cell.checksum,
                )
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                master.graded[cell.name] = cell.max_score
            masters[notebook.name] = master
    files = _files(course.source / name)
    if sum(map(len, files.values())) > MOST_BYTES:
        raise Refused(f"The files in {course.source / name} have more than {MOST_BYTES >> 20} MB together.")
    return NbgraderAssignment(name, masters, files)


def _generated(course, name, path):
    """A notebook as it is entered into the gradebook, with nbgrader's resources.  Where it has autotests, its cells run in a kernel, with your rights."""
    resources = {
        "nbgrader": {"notebook": path.stem, "assignment": name, "db_url": course.database_url},
        "metadata": {"path": str(path.parent)},
    }
    notebook = nbformat.read(path, as_version=4)
    markers.check(notebook, f"source/{name}/{path.name}", own=False)
    steps = (
        InstantiateTests,
        LockCells,
        ClearSolutions,
        ClearOutput,
        CheckCellMetadata,
        ComputeChecksums,
    )
    with contextlib.chdir(course.root):  # a course's autotests.yml lies there
        for step in steps:
            notebook, resources = _stepped(step, f"source/{name}/{path.name}", notebook, resources)
    return notebook, resources


def slips(course: Course, source: Source) -> list[str]:
    """Sentences on the markers in an assignment's notebooks that nbgrader took for comments when it released them.

    ``load`` refuses them only where it enters the assignment itself: what is in the gradebook, students have.
    """
    found: list[str] = []
    for path in sorted((course.source / source.name).glob("*.ipynb")):
        try:
            notebook = nbformat.read(path, as_version=4)
        except Exception:  # whatever a damaged file brings about: where it is needed, it is told
            continue
        found += markers.slips(notebook, f"source/{source.name}/{path.name}", own=False)
    return [f"{slip} It was released so, and graded as the gradebook has it." for slip in found]


def _stepped(step, file, notebook, resources):
    """One of nbgrader's steps.  Raises ``CourseError`` for whatever it stumbles over."""
    try:
        return step().preprocess(notebook, resources)
    except Exception as fault:
        raise CourseError(
            f"{file} cannot be released: {step.__name__} of nbgrader says {type(fault).__name__}: {fault}"
        ) from fault


def _released(course, assignment):
    """The notebooks as students got them: name -> notebook."""
    found = {}
    for name, master in assignment.notebooks.items():
        path = course.source / assignment.name / f"{name}.ipynb"
        if not path.is_file():
            continue  # the gradebook is all that there is
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            known = master.sources.get(grade_id(cell))
            if known is not None:
                cell.source = known.source  # without the solution
        for step in (ClearOutput, ClearHiddenTests):
            notebook, _ = step().preprocess(notebook, {})
        found[name] = notebook
    return found


def _files(folder: Path) -> dict[str, bytes]:
    """The instructor's files beside the notebooks: path within the folder -> bytes."""
    found = {}
    for name in sorted(find_all_files(str(folder), _NOT_BESIDE)):
        path = Path(name)
        if path.is_file():
            if path.stat().st_size > MOST_BYTES:
                raise Refused(f"{path} has more than {MOST_BYTES >> 20} MB.")
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _rehearse(course, assignment, how):
    """Run the instructor's notebooks once, so that the warm process imports what they import."""
    for path in sorted((course.source / assignment.name).glob("*.ipynb")):
        stock.rehearse(nbformat.read(path, as_version=4), assignment.files, how)


# --- a submission


class _Overwrite(OverwriteCells):
    """nbgrader's own, asking a ``Master`` rather than the database."""

    def preprocess(
        self, notebook: nbformat.NotebookNode, resources: dict[str, Any]
    ) -> tuple[nbformat.NotebookNode, dict[str, Any]]:
        self.gradebook = resources["master"]
        self.notebook_id, self.assignment_id = self.gradebook.name, ""
        return Preprocessor.preprocess(self, notebook, resources)


def _read(data, name):
    """A student's notebook as nbgrader would read it.  Raises ``Ungradable``."""
    try:
        return nbformat.reads(decoded(data), as_version=4)
    except Exception as fault:  # whatever a damaged file brings about
        raise Ungradable(
            f"{name} cannot be read as a notebook ({type(fault).__name__}). Open it in Jupyter, save it and hand it in again."
        ) from None


def _sanitized(data, name, master):
    """The notebook in the bytes of the file ``name``, with locked cells, points and types as released, in the student's order; and notes for the student."""
    notebook = _read(data, name)
    resources = {"master": master}
    try:
        for step in (ClearOutput, DeduplicateIds):
            notebook, resources = step().preprocess(notebook, resources)
        notes = _twins(notebook)
        for step in (_Overwrite, CheckCellMetadata):
            notebook, resources = step().preprocess(notebook, resources)
    except Exception as fault:  # nbgrader gives up on the submission, too
        raise Ungradable(
            f"The grading metadata of {name} is damaged ({type(fault).__name__}: {str(fault)[:200]})."
        ) from None
    if master.kernelspec:
        notebook.metadata["kernelspec"] = dict(master.kernelspec)
    return notebook, notes


def _twins(notebook):
    """Drop what ``DeduplicateIds`` leaves of a copy's metadata; returns a note where there was one.

    nbgrader's next step stumbles over it, and gives up on the submission.
    """
    twins = [cell for cell in notebook.cells if cell.metadata.get("nbgrader") == {}]
    for cell in twins:
        del cell.metadata["nbgrader"]
    return [
        "A cell of the assignment occurs twice. The last copy counts, the other is a cell of your own."
    ] * bool(twins)


def grade_handed_in(handed_in: HandedIn, assignment: NbgraderAssignment, *, how: How) -> Result:
    """Grade what was read of ``submitted/<student>/<assignment>``: (Graded, name -> executed notebook, or None)."""
    student, started = handed_in.student, time.perf_counter()
    try:
        names = {f"{name}.ipynb": name for name in sorted(assignment.notebooks)}
        found = {file: data for file in names if (data := handed_in.notebook(file)) is not None}
        if not found:
            raise Ungradable(f"No notebook of {assignment.name} was found. Hand in: {', '.join(names)}.")
        files = _beside(handed_in, assignment)
        notebooks: Notebooks = {}
        graded = Graded(student, assignment.name, notes=list(handed_in.notes), shared=not how.split)
        for file, data in found.items():
            notebook, notes = _sanitized(data, file, assignment.notebooks[names[file]])
            notebooks[names[file]] = notebook
            graded.notes += notes
            try:
                files = stock.run(notebook, files, how)
            except Stopped as fault:
                raise Ungradable(f"{file}: {ENDED[fault.why]}") from None
        for name, master in assignment.notebooks.items():
            outcome = Outcome(name, _checks(notebooks.get(name), master))
            graded.outcomes.append(outcome)
            if name not in notebooks:
                graded.notes.append(f"{name}.ipynb was not handed in.")
    except Ungradable as reason:
        return ungradable(student, assignment.name, reason), None
    graded.seconds = time.perf_counter() - started
    return graded, notebooks


def _beside(handed_in: HandedIn, assignment: NbgraderAssignment) -> Mapping[str, bytes]:
    """The files that the notebooks find beside them: the student's, and the course's, which win."""
    files = handed_in.beside() | assignment.files
    if sum(map(len, files.values())) > MOST_BYTES:
        raise Ungradable(f"The files handed in have more than {MOST_BYTES >> 20} MB together.")
    return files


def _checks(notebook, master):
    """For the student: each graded cell's points, and why they are not all."""
    cells = {grade_id(cell): cell for cell in notebook.cells if is_grade(cell)} if notebook else {}
    made = []
    for name, worth in master.graded.items():
        cell = cells.get(name)
        if notebook is None:
            made.append(Check(name, 0.0, worth))
        elif cell is None:
            task = name in {grade_id(other) for other in notebook.cells}
            made.append(
                Check(name, 0.0, worth, BY_HAND, waits=True)
                if task
                else Check(name, 0.0, worth, f"The cell {name} is missing from your notebook.")
            )
        else:
            try:
                points, _ = determine_grade(cell)
            except (ValueError, KeyError) as fault:
                raise Ungradable(f"The check {name} gave a result that is no mark: {fault}") from None
            message = BY_HAND if points is None else _message(cell) if points < worth else None
            made.append(Check(name, float(points or 0), worth, message, waits=points is None))
    return made


def _message(cell):
    if cell.cell_type != "code" or cell.metadata.nbgrader.get("solution"):
        return "No response."
    error = next((output for output in cell.outputs if output.output_type == "error"), None)
    if error is None:
        noisy = any(output.output_type == "stream" and output.name == "stderr" for output in cell.outputs)
        return (
            "There was a warning while this check ran; in this course that costs its points."
            if noisy
            else None
        )
    if error.ename == TIMED_OUT:
        return ENDED["timeout"]
    if hidden.is_partly_hidden(cell.source):
        return "A check that you do not see did not pass."
    return f"{error.ename.removesuffix(' of yours')}: {error.evalue}".removeprefix("AssertionError: ")


# --- a class


def grade_class(
    course: Course,
    source: Source,
    *,
    workers: int = 2,
    fresh: bool = False,
    how: How,
    done: Callable[[Graded], object] = lambda graded: None,
) -> list[Graded]:
    """Grade every submission of an assignment and write gradebook, feedback and ``autograded/``; see ``classroom``."""
    engine.start(how, course.folders)
    assignment = load(course, source.name)
    digest = journal.digests(how, assignment.name, repr(assignment.notebooks))

    def record(book: Gradebook, place: Place, graded: Graded, notebooks: Notebooks | None) -> None:
        gradebook.record_notebooks(book, graded, notebooks, place.when())

    steps = Steps(
        prepare=lambda: side_by_side(lambda: _rehearse(course, assignment, how)),
        read=lambda place: place.read(beside=True),
        digest=lambda handed_in: digest(sorted(handed_in.files.items())),
        grade=lambda handed_in: grade_handed_in(handed_in, assignment, how=how),
        record=record,
        released=lambda: _released(course, assignment),
    )
    return grade_each(course, assignment, steps, workers=workers, fresh=fresh, how=how, done=done)
