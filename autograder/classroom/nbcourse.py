"""Grade any nbgrader course, in the default layout: ``source/<assignment>/*.ipynb``, ``submitted/<student>/<assignment>/``.

nbgrader's own preprocessors put a submission in order and its own rule gives the marks; only the kernel is another: a
room (``rooms``), where the tests run beside the student's code, as that course's author expects.
An ``nbgrader_config.py`` is not read.
"""

import contextlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import nbformat
import numpy as np
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from nbgrader.api import MissingEntry
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

from autograder.answers import assignment
from autograder.answers.assignment import grade_id
from autograder.answers.handed_in import Ungradable, decoded
from autograder.answers.marks import _ENDED, BY_HAND, TIMED_OUT
from autograder.answers.results import Check, Graded, Outcome
from autograder.authoring import markers
from autograder.classroom import gradebook, handins, journal
from autograder.classroom.grade import ungradable
from autograder.classroom.grading import Steps, grade_each
from autograder.classroom.pool import side_by_side
from autograder.errors import CourseError, Refused
from autograder.rooms import engine
from autograder.rooms.line import Stopped
from autograder.rooms.stand_in import Room, StudentError

SECONDS_A_CELL = 30  # as nbgrader has it
MOST_FILES = 48 * 2**20  # bytes of files beside the notebooks; a room can write 64 MB
_IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.ipynb"]  # as nbgrader has it


@dataclass(frozen=True)
class Source:
    """An assignment of a course: its folder in ``source/``."""

    name: str


@dataclass
class Master:
    """What the gradebook knows of an assignment's notebook.  Answers two questions of ``OverwriteCells`` in its place."""

    name: str
    kernelspec: dict
    sources: dict = field(default_factory=dict)  # grade_id -> the cell as released
    graded: dict = field(default_factory=dict)  # grade_id -> greatest number of points; task cells too

    def find_source_cell(self, name, _notebook, _assignment):
        return self._found(self.sources, name)

    def find_graded_cell(self, name, _notebook, _assignment):
        return SimpleNamespace(max_score=self._found(self.graded, name))

    def _found(self, cells, name):
        if name not in cells:
            raise MissingEntry(f"No cell {name!r} in {self.name}")
        return cells[name]


@dataclass
class Assignment:
    """An assignment as the gradebook has it, and the files that lie beside its notebooks."""

    name: str
    notebooks: dict  # name -> Master
    files: dict  # path -> bytes


def assignments(course):
    """The assignments in ``source/`` that are not this course's own, in order."""
    found = {path.parent.name for path in course.source.glob("*/*.ipynb")}
    return [Source(name) for name in sorted(found - set(assignment.names()))]


def chosen(course, names):
    """The named assignments of a course, or those that were handed in.  Raises ``Refused`` for an unknown name."""
    known = {source.name: source for source in assignments(course)}
    for name in names or ():
        if name not in known:
            raise Refused(f"{course.source} has no assignment {name!r}. It has: {', '.join(known)}.")
    return [known[name] for name in names or known if names or handins.places(course, name)]


# --- the instructor's side


def load(course, name):
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
    if sum(map(len, files.values())) > MOST_FILES:
        raise Refused(f"The files in {course.source / name} have more than {MOST_FILES >> 20} MB together.")
    return Assignment(name, masters, files)


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


def _stepped(step, file, notebook, resources):
    """One of nbgrader's steps.  Raises ``CourseError`` for whatever it stumbles over."""
    try:
        return step().preprocess(notebook, resources)
    except Exception as fault:
        raise CourseError(
            f"{file} cannot be released: {step.__name__} of nbgrader says {type(fault).__name__}: {fault}"
        ) from fault


def _released(course, made):
    """The notebooks as students got them: name -> notebook."""
    found = {}
    for name, master in made.notebooks.items():
        path = course.source / made.name / f"{name}.ipynb"
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


def _files(folder):
    """The instructor's files beside the notebooks: path within the folder -> bytes."""
    found = {}
    for name in sorted(find_all_files(str(folder), _IGNORED)):
        path = Path(name)
        if path.is_file():
            if path.stat().st_size > MOST_FILES:
                raise Refused(f"{path} has more than {MOST_FILES >> 20} MB.")
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _rehearse(course, made, how):
    """Run the instructor's notebooks once, so that the warm process imports what they import."""
    for path in sorted((course.source / made.name).glob("*.ipynb")):
        line = engine._fork(how.confined)
        try:
            room = Room(lambda request, line=line: line.ask(request, 10 * how.seconds))
            _furnish(room, made.files)
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code":
                    room.request(do="run", source=cell.source)
            modules = room.request(do="modules")["result"]
            # not the course's own helpers: students may hand in others
            own = {Path(name).parts[0].removesuffix(".py") for name in made.files}
            engine.warm(how.confined).preload(
                [name for name in modules if isinstance(name, str) and name.partition(".")[0] not in own]
            )
        except (Stopped, StudentError):
            pass  # slower, not wrong
        finally:
            line.end()


# --- a submission


class _Overwrite(OverwriteCells):
    """nbgrader's own, asking a ``Master`` rather than the database."""

    def preprocess(self, notebook, resources):
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


def _furnish(room, files):
    sent = {name: np.frombuffer(data, dtype=np.uint8) for name, data in files.items()}
    room.request(do="files", files=sent, environment={"NBGRADER_EXECUTION": "autograde"})


def _execute(notebook, files, how, name):
    """Run all code cells in one room; a cell that does not come back is left out, and the others run again without it.

    Returns the files as the notebook leaves them.  Raises ``Ungradable`` where the process ends: nbgrader gives no marks then.
    """
    late = time.monotonic() + engine.ALTOGETHER * how.seconds
    stopped, own = set(), engine.own_lines(notebook)
    while True:
        line = engine._fork(how.confined)
        index = None
        try:
            room = Room(
                lambda request, line=line: line.ask(
                    request,
                    max(0.05, min(how.seconds, late - time.monotonic())),
                    interrupt=request.get("do") == "run",
                )
            )
            _furnish(room, files)
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code" or not cell.source.strip() or index in stopped:
                    continue
                cell.execution_count = index + 1
                try:
                    cell.outputs = engine._outputs(room.request(do="run", source=cell.source), own)
                except (StudentError, MemoryError) as fault:
                    cell.outputs = [
                        new_output("error", ename=type(fault).__name__, evalue=str(fault), traceback=[])
                    ]
            return _written(room, files)
        except Stopped as fault:
            if fault.why != "timeout" or index is None or time.monotonic() >= late:
                raise Ungradable(
                    f"{name}: {_ENDED['late' if fault.why == 'timeout' else fault.why]}"
                ) from None
            stopped.add(index)
            notebook.cells[index].outputs = [
                new_output("error", ename=TIMED_OUT, evalue=_ENDED["timeout"], traceback=[])
            ]
        finally:
            line.end()


def _written(room, files):
    """The files that a notebook leaves to the next, or, where that cannot be told, those that it was given."""
    try:
        found = room.request(do="written").get("result")
    except (Stopped, StudentError):
        return files
    if not isinstance(found, dict):
        return files
    return {
        name: data.tobytes()
        for name, data in found.items()
        if isinstance(name, str) and isinstance(data, np.ndarray) and _is_inside(name)
    }


def _is_inside(name):
    path = PurePosixPath(name)
    return "\0" not in name and len(name) < 1000 and not path.is_absolute() and ".." not in path.parts


def grade_handed_in(handed_in, made, *, how):
    """Grade what was read of ``submitted/<student>/<assignment>``: (Graded, name -> executed notebook, or None)."""
    student, started = handed_in.student, time.perf_counter()
    try:
        names = {f"{name}.ipynb": name for name in sorted(made.notebooks)}
        found = {file: data for file in names if (data := handed_in.notebook(file)) is not None}
        if not found:
            raise Ungradable(f"No notebook of {made.name} was found. Hand in: {', '.join(names)}.")
        files = _beside(handed_in, made)
        notebooks = {}
        graded = Graded(student, made.name, notes=list(handed_in.notes), shared=not how.split)
        for file, data in found.items():
            notebook, notes = _sanitized(data, file, made.notebooks[names[file]])
            notebooks[names[file]] = notebook
            graded.notes += notes
            files = _execute(notebook, files, how, file)
        for name, master in made.notebooks.items():
            outcome = Outcome(name, _checks(notebooks.get(name), master))
            graded.outcomes.append(outcome)
            if name not in notebooks:
                graded.notes.append(f"{name}.ipynb was not handed in.")
    except Ungradable as reason:
        return ungradable(student, made.name, reason), None
    graded.seconds = time.perf_counter() - started
    return graded, notebooks


def _beside(handed_in, made):
    """The files that the notebooks find beside them: the student's, and the course's, which win."""
    files = handed_in.beside() | made.files
    if sum(map(len, files.values())) > MOST_FILES:
        raise Ungradable(f"The files handed in have more than {MOST_FILES >> 20} MB together.")
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
        return _ENDED["timeout"]
    if "BEGIN HIDDEN TESTS" in cell.source:
        return "A check that you do not see did not pass."
    return f"{error.ename.removesuffix(' of yours')}: {error.evalue}".removeprefix("AssertionError: ")


# --- a class


def grade_class(course, source, *, workers=2, fresh=False, how, done=lambda graded: None):
    """Grade every submission of an assignment and write gradebook, feedback and ``autograded/``; see ``classroom``."""
    engine.start(how, course.folders)
    made = load(course, source.name)
    digest = journal.digests(how, made.name, repr(made.notebooks))

    def record(book, place, graded, notebooks):
        gradebook.record_notebooks(book, graded, notebooks, place.when())

    steps = Steps(
        prepare=lambda: side_by_side(lambda: _rehearse(course, made, how)),
        read=lambda place: place.read(beside=True),
        digest=lambda handed_in: digest(sorted(handed_in.files.items())),
        grade=lambda handed_in: grade_handed_in(handed_in, made, how=how),
        record=record,
        released=lambda: _released(course, made),
    )
    return grade_each(course, made, steps, workers=workers, fresh=fresh, how=how, done=done)
