"""An answer as what is changed in the solution: a piece of its text, and what stands there instead."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from autograder.errors import CourseError
from autograder.words import counted


@dataclass(frozen=True)
class Change:
    piece: str
    instead: str


def change(piece: str, instead: str) -> Change:
    """``piece`` of the solution's text becomes ``instead``.

    The piece must be found exactly once in the solution, without its docstrings.  Either may have several lines,
    which are written as if the first one were not indented; an empty ``instead`` takes the piece away.
    """
    return Change(piece, instead)


def bare(source: str) -> str:
    """A solution's text without nbgrader's markers and without docstrings, whose words would be taken for pieces."""
    lines = source.splitlines()
    gone = {i for i, line in enumerate(lines) if re.fullmatch(r"### (BEGIN|END) SOLUTION", line.strip())}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            said = node.body[0]
            gone |= set(range(said.lineno - 1, said.end_lineno or said.lineno))
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def _indentation(text, at):
    """That of the line in which position ``at`` lies."""
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" "))]


def _places(text: str, piece: str) -> Iterator[tuple[int, int]]:
    """Where ``piece`` begins and ends in ``text``, indented as the line is in which it begins."""
    first = piece.partition("\n")[0]
    start = text.find(first) if piece else -1
    while start >= 0:
        indented = piece.replace("\n", "\n" + _indentation(text, start))
        if text.startswith(indented, start):
            yield start, start + len(indented)
        start = text.find(first, start + 1)  # places may overlap


def changed(text: str, changes: Iterable[Change], called: str) -> str:
    """The solution's bare text with all ``changes``.  Raises ``CourseError`` where one does not fit, by the name it is ``called``."""
    places = []
    for one in changes:
        found = list(_places(text, one.piece))
        if len(found) != 1:
            often = counted(len(found), "time") if found else "not at all"
            raise CourseError(
                f"{called}: the solution holds the piece {one.piece!r} {often}; it must be there once."
            )
        places.append((*found[0], one.instead))
    places.sort()
    for (_, end, _), (start, _, _) in pairwise(places):
        if start < end:
            raise CourseError(f"{called}: two changes overlap in {text[start:end]!r}.")
    for start, end, instead in reversed(places):
        text = text[:start] + instead.replace("\n", "\n" + _indentation(text, start)) + text[end:]
    return "\n".join(line for line in text.split("\n") if line.strip())
