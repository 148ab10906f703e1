"""An author's slips in the markers between which a solution or a hidden test stands.

nbgrader looks for the bare words ``BEGIN SOLUTION`` and takes every other spelling for a comment: one letter amiss, and the solution
is released, or the whole cell is emptied.  What is meant as a marker is found here by its letters, then asked for its exact form.
"""

import re
import unicodedata

from nbgrader.utils import is_grade, is_solution

from autograder.errors import CourseError

KINDS = ("SOLUTION", "HIDDEN TESTS")
_EXACT = {f"{edge} {kind}": (edge, kind) for edge in ("BEGIN", "END") for kind in KINDS}
_LETTERS = {words.replace(" ", ""): words for words in _EXACT}
_BY_WORDS = re.compile(r"(BEGIN|START|END)(OF)?(THE)?(SOLUTIONS?|HIDDENTESTS?)")
_SLIP = 2  # letters that may be amiss in what is still taken for a marker


def check(notebook, file, *, own=True):
    """Raise ``CourseError``, naming file, cell and line, where a marker of a notebook would not do what it is meant to do.

    With ``own`` the habits of this course are asked for as well: exactly ``###``, and a region in every solution cell.
    """
    for index, cell in enumerate(notebook.cells, start=1):
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id") or index
        for line, what in _faults(cell, own):
            where = f"{file}, cell {name!r}" + (f", line {line}" if line else "")
            raise CourseError(f"{where}: {what} Nothing was released.")


def _faults(cell, own):
    """Line (from 1; 0 for the cell as a whole) and sentence of each slip in a cell."""
    regions, opened = [], None
    for number, text in enumerate(cell.source.split("\n"), start=1):
        meant = _meant(text)
        if meant is None:
            continue
        shown = text.strip()[:80]
        if own and text.strip() != f"### {meant}":
            yield number, f"{shown!r} should be '### {meant}', alone on its line."
            return
        if meant not in text:
            yield number, f"{shown!r} should be '### {meant}'."
            return
        edge, kind = _EXACT[meant]
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
    fits = {"SOLUTION": is_solution(cell), "HIDDEN TESTS": is_grade(cell)}
    wanted = {"SOLUTION": "solution", "HIDDEN TESTS": "test"}
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


def _meant(text):
    """Which of the four markers a line is, or was meant to be; None for any other line."""
    exact = next((words for words in _EXACT if words in text), None)
    if exact:
        return exact
    plain = unicodedata.normalize("NFKC", text).strip()
    hashes = len(plain) - len(plain.lstrip("#"))
    letters = "".join(c for c in plain if c.isalpha())
    if not hashes and not letters.isupper():
        return None  # code or prose
    upper = letters.upper()
    named = _BY_WORDS.fullmatch(upper) or (hashes > 1 and _BY_WORDS.match(upper))
    if named:
        edge = "END" if named[1] == "END" else "BEGIN"
        return f"{edge} {'SOLUTION' if named[4].startswith('SOLUTION') else 'HIDDEN TESTS'}"
    if hashes > 1 or letters.isupper():
        near = {words: _distance(upper, wanted) for wanted, words in _LETTERS.items()}
        best = min(near, key=near.get)
        return best if near[best] <= _SLIP else None
    return None


def _distance(one, other):
    """How many letters are to be put in, taken out or changed (Levenshtein); counted up to ``_SLIP`` only by length."""
    if abs(len(one) - len(other)) > _SLIP:
        return _SLIP + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        left, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + (a != b))
    return row[-1]
