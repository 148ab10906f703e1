"""Which of the instructor's cells a student's cell is, and what a cell binds.

A hosted notebook may have stripped metadata and numbered ids anew, a formatter may have laid out every line otherwise.
Read off the text and its tokens: Python's parser, which deep nesting can bring down, is not to be had by whoever writes the cell.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from functools import lru_cache

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from autograder.answers.assignment import Assignment
from autograder.answers.cells import grade_id

LONGEST = 30_000  # characters of a cell whose layout is looked through
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER)


def same_lines(source: str) -> str:
    """A text without what editors do to its lines' ends."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


@lru_cache(maxsize=4096)
def without_layout(source: str) -> tuple[str, ...] | None:
    """What is left of a cell's text when a formatter has been through it; None where that cannot be told."""
    if len(source) > LONGEST:
        return None
    words = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.INDENT:
                words.append("{")
            elif token.type == tokenize.DEDENT:
                words.append("}")
            elif token.type == tokenize.STRING:
                words.append(" ".join(token.string.replace("'", '"').split()))
            elif token.type not in _LAYOUT and token.string not in "(),":
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError):  # not whole, or with a magic in it
        return None
    return tuple(words)


@lru_cache(maxsize=1024)
def _binding(name: str) -> re.Pattern[str]:
    name = re.escape(name)
    return re.compile(
        rf"\b(?:def|class)[ \t]+{name}\b"
        rf"|\bas[ \t]+{name}\b"
        rf"|\bimport\b[^\n]*\b{name}\b"
        rf"|[\[(]['\"]{name}['\"]\][ \t]*=(?!=)"
        rf"|(?:^|[;:])[ \t]*(?:[\w*]+[ \t]*[,=][ \t]*){{0,9}}{name}[ \t]*(?:,[\w ,*]{{0,200}})?(?::[^\n=]{{0,200}})?=(?!=)",
        re.MULTILINE,
    )


def bound(source: str, names: Iterable[str]) -> list[str]:
    """Which of the names a cell binds, as far as its text tells: by def, class, import or assignment, at any depth."""
    return [name for name in names if name in source and _binding(name).search(source)]


def is_stub(source: str, assignment: Assignment, exercise: str) -> bool:
    """Whether an answer's cell is as it was released."""
    released = assignment.released_cells[exercise].source
    return same_lines(source) == same_lines(released) or (
        bound(source, [exercise]) == [exercise]
        and without_layout(source) is not None
        and without_layout(source) == without_layout(released)
    )


def is_released(cell: NotebookNode, assignment: Assignment, known: str) -> bool:
    """Whether a cell's text is the released one, laid out in whatever way."""
    released = assignment.released_cells[known].source
    return same_lines(cell.source) == same_lines(released) or (
        without_layout(cell.source) is not None and without_layout(cell.source) == without_layout(released)
    )


def identify(notebook: NotebookNode, assignment: Assignment) -> dict[int, str]:
    """Index of a student's cell -> id of the instructor's cell that it is.

    By metadata, else by the cell's id, else by its text; and where an answer was found in none of these ways, the cell that
    binds its name and stands where the answer belongs.
    """
    found: dict[int, str] = {}
    for index, cell in enumerate(notebook.cells):
        if (name := grade_id(cell)) in assignment.cells:
            found[index] = name
        elif cell.get("id") in assignment.cells:
            found[index] = cell["id"]
    unknown = [i for i, cell in enumerate(notebook.cells) if i not in found and cell.cell_type == "code"]
    if unknown:
        by_text = {same_lines(cell.source): name for name, cell in assignment.released_cells.items()}
        found.update(
            {i: by_text[text] for i in unknown if (text := same_lines(notebook.cells[i].source)) in by_text}
        )
    unknown = [i for i in unknown if i not in found]
    if unknown and set(assignment.cells) - set(found.values()):
        by_words = {without_layout(cell.source): name for name, cell in assignment.released_cells.items()}
        by_words.pop(None, None)
        for i in unknown:
            words = without_layout(notebook.cells[i].source)
            if words in by_words:
                found[i] = by_words[words]
    _find_answers(notebook, assignment, found)
    return found


def _find_answers(notebook: NotebookNode, assignment: Assignment, found: dict[int, str]) -> None:
    """Add the answers that stand in their place, between the same cells of the course as in the released notebook.

    Of several in one place the last counts, as where the notebook is run.  What stands elsewhere stays where it is.
    """
    order = {name: place for place, name in enumerate(assignment.cells)}
    present = {order[name] for name in found.values()}
    open_ = [e.id for e in assignment.exercises if order[e.id] not in present]
    chosen: dict[str, int] = {}  # exercise -> index
    before = -1  # the place of the course's cell before this one
    for index, cell in enumerate(notebook.cells):
        if index in found:
            before = order[found[index]]
        elif cell.cell_type == "code":
            for name in bound(cell.source, open_):
                place = order[name]
                again = name in chosen and before == place
                if again or (
                    name not in chosen
                    and not present.intersection(range(before + 1, place + 1))
                    and before < place
                ):
                    found.pop(chosen.get(name, -1), None)
                    found[index] = name
                    chosen[name], before = index, place
                    present.add(place)
                    break


def answered(
    notebook: NotebookNode, assignment: Assignment, found: Mapping[int, str] | None = None
) -> set[str]:
    """The exercises that something in a notebook answers, as far as its text tells."""
    found = identify(notebook, assignment) if found is None else found
    names = [exercise.id for exercise in assignment.exercises]
    done: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        known = found.get(index)
        if known is None or not is_solution(assignment.cells[known]):
            if cell.cell_type == "code" and (known is None or not is_released(cell, assignment, known)):
                done.update(bound(cell.source, names))
        elif not is_stub(cell.source, assignment, known):
            done.update([known, *bound(cell.source, names)])
    return done
