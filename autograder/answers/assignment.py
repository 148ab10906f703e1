"""An assignment: the instructor's notebook, its exercises, and the cells that grade them."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbgrader.utils import is_solution

from autograder.answers import hidden
from autograder.answers.cells import exercise_of, grade_id, id_of, is_answer, is_by_hand, is_given, is_test
from autograder.errors import CourseError, Refused
from autograder.paths import RELEASED, SOLUTIONS

# nbgrader wants every field; a solution file need only write those that differ.
_NBGRADER_DEFAULTS = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}

_TWIN = re.compile(r"^# include: solution (\w+)\n", re.MULTILINE)
_INCLUDE = re.compile(r"^# include: ([\w-]+\.py)\n?", re.MULTILINE)


def names() -> list[str]:
    """The assignments of this course, in their order."""
    return sorted(path.stem for path in SOLUTIONS.glob("*.md"))


@dataclass(frozen=True)
class Exercise:
    """One function or class to be written, and the ids of its test cells."""

    id: str
    tests: tuple[str, ...]
    max_points: float


@dataclass(frozen=True)
class Assignment:
    """An assignment by name; ``solution`` is the instructor's notebook."""

    name: str
    solution: nbformat.NotebookNode

    @cached_property
    def cells(self) -> dict[str, nbformat.NotebookNode]:
        """The instructor's cells that nbgrader knows, by id, in order."""
        return {name: cell for cell in self.solution.cells if (name := grade_id(cell))}

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        tests = [cell for cell in self.cells.values() if is_test(cell)]
        return tuple(
            Exercise(
                name,
                tuple(id_of(cell) for cell in tests if exercise_of(id_of(cell)) == name),
                sum(
                    float(cell.metadata.nbgrader.points) for cell in tests if exercise_of(id_of(cell)) == name
                ),
            )
            for name, cell in self.cells.items()
            if is_answer(cell)
        )

    @cached_property
    def by_hand(self) -> dict[str, float]:
        """The points of the cells that a person marks, by id, in order."""
        return {
            name: float(cell.metadata.nbgrader.points)
            for name, cell in self.cells.items()
            if is_by_hand(cell)
        }

    @cached_property
    def helpers(self) -> dict[str, set[str]]:
        """Exercise -> the other exercises that its solution calls."""
        return {exercise.id: set(_with_helpers(exercise.id, self.cells)[1:]) for exercise in self.exercises}

    @cached_property
    def released(self) -> nbformat.NotebookNode:
        """What students got: the committed notebook."""
        return nbformat.read(released_path(self.name), as_version=4)

    @cached_property
    def released_cells(self) -> dict[str, nbformat.NotebookNode]:
        """The released cells that nbgrader knows, by id."""
        return {name: cell for cell in self.released.cells if (name := grade_id(cell))}

    @cached_property
    def namespace(self) -> dict[str, Any]:
        """What the given cells and the solutions define, by name."""
        return _run({name: cell.source for name, cell in self._code.items()}, {"__name__": "solution"})

    def answered(self, exercise: str, source: str) -> Any:
        """The function or class that ``exercise`` names where ``source`` stands in its cell, all else being the solution."""
        names = list(self._code)
        behind = names[names.index(exercise) + 1 :]
        given = takewhile(
            lambda name: not is_solution(self._code[name]), behind
        )  # such a cell may wrap the answer
        sources = {exercise: source} | {name: self._code[name].source for name in given}
        return _run(sources, dict(self.namespace))[exercise]

    @cached_property
    def _code(self) -> dict[str, nbformat.NotebookNode]:
        """The given cells and the solutions, by id."""
        return {
            name: cell
            for name, cell in self.cells.items()
            if is_given(cell) or (cell.cell_type == "code" and is_answer(cell))
        }


def _run(sources: dict[str, str], space: dict[str, Any]) -> dict[str, Any]:
    """``space`` after the cells with these ``sources``, by id, have run in it."""
    for name, source in sources.items():
        exec(compile(source, f"<{name}>", "exec"), space)
    return space


def released_path(name: str, folder: Path = RELEASED) -> Path:
    return folder / name / f"{name}.ipynb"


def _included(source, faulty):
    """A cell's text with each line ``# include: FILE`` replaced by ``solutions/shared/FILE``."""

    def text(line):
        path = SOLUTIONS / "shared" / line.group(1)
        if not path.is_file():
            raise CourseError(f"{faulty}: there is no solutions/shared/{line.group(1)} to include.")
        return path.read_text(encoding="utf-8").strip() + "\n\n\n"

    return _INCLUDE.sub(text, source).rstrip("\n")


def _with_helpers(exercise: str, cells: dict[str, nbformat.NotebookNode]) -> list[str]:
    """An exercise and all others that its solution calls, itself or through another, by name."""
    found, wanted = list[str](), [exercise]
    while wanted:
        found.append(wanted.pop())
        tree = ast.parse(cells[found[-1]].source)
        called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        wanted += [
            name
            for name, cell in cells.items()
            if name in called and is_answer(cell) and name not in (*found, *wanted)
        ]
    return found


def _with_solution(source, cells, faulty):
    """A check's text with the line ``# include: solution NAME`` replaced by ``solutions/shared/twin.py`` and the solution,
    called ``_NAME``; what it uses of other exercises comes along.  Raises ``CourseError`` where that would be released.
    """

    def text(line):
        number = source.count("\n", 0, line.start()) + 1
        if line.group(1) not in cells or number not in hidden.parts(source).lines:
            raise CourseError(
                f"{faulty}: {line.group().strip()!r} must name a solution, and stand in a hidden part."
            )
        taken = _with_helpers(line.group(1), cells)
        known = "|".join(map(re.escape, taken))
        renamed = [
            re.sub(
                rf"\b({known})\b", r"_\1", re.sub(r"^ *### .*\n?", "", cells[name].source, flags=re.MULTILINE)
            )
            for name in taken
        ]
        parts = [_included("# include: twin.py\n", faulty), *renamed]
        return "\n\n\n".join(parts) + "\n\n\n"

    return _TWIN.sub(text, source)


def _read(path):
    """The notebook that a file of MyST Markdown is.  Raises ``CourseError`` where it cannot be read whole."""
    try:
        text = path.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as fault:  # whatever a slip in the head of a file or of a cell brings about
        told = " ".join(str(fault).split())[:300]
        raise CourseError(f"{path.name} cannot be read ({type(fault).__name__}: {told}).") from None
    opened = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"```\{code-cell\}", line):
            opened = number
        elif line.rstrip() == "```":
            opened = 0
    if opened:
        raise CourseError(f"{path.name} ends within the cell that line {opened} begins. Was it saved whole?")
    return notebook


def _must_be_named(meta, file, index):
    """Raise ``CourseError`` where the metadata of a cell have no ``grade_id``, or points that are no number."""
    name = meta.get("grade_id") if isinstance(meta, dict) else None
    if not isinstance(name, str) or not name:
        raise CourseError(f"{file}, cell {index + 1}: its nbgrader metadata have no grade_id.")
    if "points" not in meta and (meta.get("grade") or meta.get("task")):
        raise CourseError(f"{file}, cell {name!r}: it gives marks, and has no points.")
    if not isinstance(meta.get("points", 0), int | float):
        raise CourseError(f"{file}, cell {name!r}: its points, {meta['points']!r}, are no number.")


def load(name: str) -> Assignment:
    """Read ``solutions/<name>.md``.  Raises ``Refused`` for an unknown name, ``CourseError`` for a faulty file."""
    path = SOLUTIONS / f"{name}.md"
    if not path.is_file():
        raise Refused(f"There is no assignment {name!r}. This course has: {', '.join(names())}.")
    notebook = _read(path)
    taken = set()
    for index, cell in enumerate(notebook.cells):
        meta = cell.metadata.get("nbgrader")
        if meta:
            _must_be_named(meta, path.name, index)
            graded = "points" in meta
            cell.metadata["nbgrader"] = {
                **_NBGRADER_DEFAULTS,
                "grade": graded and not meta.get("task"),
                "locked": graded and not meta.get("solution"),
                "cell_type": cell.cell_type,
                **meta,
            }
            if meta["grade_id"] in taken:
                raise CourseError(f"{path.name}: two cells are called {meta['grade_id']!r}.")
            taken.add(meta["grade_id"])
            if is_given(cell):
                cell.source = _included(cell.source, path.name)
        # Ids that stay the same from release to release, so that a cell is known even without its metadata.
        cell["id"] = meta["grade_id"][:64] if meta else f"cell-{index}"
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["course"] = {"assignment": name}
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    assignment = Assignment(name, notebook)
    for test in (cell for cell in assignment.cells.values() if is_test(cell)):
        if test.cell_type == "code":
            test.source = _with_solution(test.source, assignment.cells, path.name)
        if exercise_of(grade_id(test)) not in assignment.cells:
            raise CourseError(
                f"{path.name}: the test cell {grade_id(test)!r} belongs to no exercise; its name should be test-<exercise>-<aspect>."
            )
    return assignment
