"""From what each cell did to points and messages."""

import ast
import copy
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Protocol

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from autograder.answers import hidden
from autograder.answers.assignment import Assignment, Exercise
from autograder.answers.cells import belongs_to, grade_id, is_answer, is_given
from autograder.answers.results import Check
from autograder.errors import CourseError
from autograder.words import counted

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
CHECKS = ("CheckFailed", "AssertionError")  # what a check raises; its text is meant for the student
TIMED_OUT = "CellTimeoutError"  # a cell that was broken off; nbclient's name
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
BY_HAND = "This answer is marked by hand."
_NOT_ANSWERED = "Not answered yet: the cell still raises NotImplementedError."
UNSEEN = "unseen"  # it ended while a hidden part was asked, or after that
ENDED = {  # why a cell has no end: what the student is told
    "timeout": "Your code did not come back in time, and was stopped. Is there a loop that never ends?",
    "died": "Your code ended the Python process itself (exit() or the like), so the checks could not run.",
    "crashed": "Your code crashed the Python process (far too deep a recursion, or a fault in compiled code), so the checks could not run.",
    "killed": "Your code was ended by the system, most likely for want of memory, so the checks could not run.",
    "garbled": "Your code meddled with the process that runs it, so the checks could not go on.",
    UNSEEN: "On an input that you do not see, your code raised an exception, ended its process or did not come back. "
    "Try other sizes, other scales, float32.",
    "often": "Your notebook ended its process, or did not come back, too many times, so this was not run any more.",
    "late": "Your notebook took too long as a whole, so this was not run any more.",
}


_FORBIDDEN = {
    "PermissionError": "While grading, code may compute and use files of its own folder, nothing else: no other files, network or programs.",
    "MemoryError": "Your code asked for more memory than it may have (3 GB).",
    "BlockingIOError": "Your code asked for more threads than it may have.",
}


class Ran(Protocol):
    """A notebook that has run, as ``rooms`` tells of it."""

    @property
    def notebook(self) -> NotebookNode: ...
    @property
    def stopped(self) -> Mapping[int, str]: ...  # index of a cell without an end -> why, a key of ENDED
    @property
    def unanswered(self) -> set[str]: ...  # exercises that nothing in the notebook answers


def checks_of(run: Ran, exercise: Exercise) -> list[Check]:
    """The marks of an exercise's test cells, in order."""
    blank = exercise.id in run.unanswered
    cells = {grade_id(cell): (index, cell) for index, cell in enumerate(run.notebook.cells) if is_grade(cell)}
    stopped = next(
        (why for index, why in run.stopped.items() if belongs_to(run.notebook.cells[index]) == exercise.id),
        None,
    )
    made = []
    for name in exercise.tests:
        index, cell = cells[name]
        worth = float(cell.metadata.nbgrader.points)
        if blank:
            made.append(Check(name, 0.0, worth, _NOT_ANSWERED))
        elif index in run.stopped or not _ran(cell):
            made.append(Check(name, 0.0, worth, ENDED[run.stopped.get(index, stopped or "late")]))
        else:
            made.append(_mark(cell, name, worth, run.notebook))
    return made


def by_hand(assignment: Assignment, notebook: NotebookNode) -> Iterator[tuple[Check, bool]]:
    """For each cell that a person marks: its check, and whether nothing was written there, which is nothing, as nbgrader has it."""
    cells = {grade_id(cell): cell for cell in notebook.cells}
    for name, worth in assignment.by_hand.items():
        about = cells[name].metadata.nbgrader
        # where the cell itself is gone, the answer may stand in another one
        blank = about.get("untouched", False) and not about["missing"]
        yield Check(name, 0.0, worth, None if blank else BY_HAND, waits=not blank), blank


def _ran(cell):
    return cell.execution_count is not None


def _mark(cell, name, worth, notebook):
    """nbgrader's own rule, except that a warning on stderr costs nothing."""
    quiet = copy.copy(cell)
    quiet.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
    _refuse_impossible(quiet, name, worth)
    points, _ = determine_grade(quiet)
    failure = failure_of(quiet)
    if failure is None:
        return Check(name, float(points), worth)
    unseen = in_hidden_part(failure, cell)
    message = _message(failure, unseen, notebook)
    if unseen and failure.ename in CHECKS:
        message = _only_the_courses_words(message, cell, notebook)
    # of a hidden input not even the line is told, which the student's code could choose by what it met
    return Check(name, float(points), worth, message, None if unseen else _where(failure))


def _only_the_courses_words(message, cell, notebook):
    """A check's message on a hidden input, without what is not the course's own wording: a number that came back, a name.

    What a function returns may hold what it was called with, and so may what is told of it: of which type it is, how many
    parts it has, and of how many axes.
    """
    if message in _texts(cell):
        return message
    cells = [cell, *(other for other in notebook.cells if is_given(other))]
    known = {*_DTYPES, *(text for one in cells for text in _texts(one))}
    for wording in sorted({wording for one in cells for wording in _wordings(one.source)}, key=_length):
        gaps = _gaps(message, wording)
        if gaps is not None:
            told = (_if_known(gap, known) + text for gap, text in zip(gaps, wording[1:], strict=True))
            return wording[0] + "".join(told)
    return _UNSEEN_WORDING


_UNSEEN_WORDING = "On an input that you do not see, what comes back is not right."
_DTYPES = {f"{of}float{size}" for of in ("", "torch.") for size in (32, 64)}


def _if_known(text, known):
    """What stands in a gap of the course's sentence: itself where it is the course's, too, else a mark."""
    if not text or text in known:
        return text
    name = text.partition(" at ")[0]  # "z at (0, 1)": the place is another gap
    return f"{name} …" if name != text and name in known else "…"


@cache
def _wordings(source):
    """The sentences with gaps in a cell of the course's: of each the texts before, between and behind its gaps."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            texts = [""]
            for number, part in enumerate(node.values):
                if isinstance(part, ast.Constant):
                    texts[-1] += str(part.value)
                elif texts[-1] or number == 0:  # two gaps beside each other are one
                    texts.append("")
            if len(texts) > 1 and " " in "".join(texts):
                found.add(tuple(texts))
    return frozenset(found)


def _length(wording):
    """Most of the course's own words first."""
    return -len("".join(wording)), wording


def _gaps(message, wording):
    """What stands in the gaps, or None where the message has not this wording.  In one go: a message may be long."""
    first, *between, last = wording
    at, end = len(first), len(message) - len(last)
    if not message.startswith(first) or not message.endswith(last) or end < at:
        return None
    gaps = []
    for text in between:
        found = message.find(text, at, end)
        if found < 0:
            return None
        gaps.append(message[at:found])
        at = found + len(text)
    return [*gaps, message[at:end]]


def _texts(cell):
    """The texts in a cell of the course's."""
    return [
        node.value
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _refuse_impossible(cell, name, worth):
    """A check that returns a number as partial credit must return one between 0 and its points.

    nbgrader would take NaN and numbers below zero for full credit.
    """
    for output in cell.outputs:
        if output.output_type == "execute_result":
            try:
                number = float(output.data["text/plain"])
            except ValueError:
                continue  # not a number: nbgrader's rule for other results holds
            if not (math.isfinite(number) and 0 <= number <= worth):
                raise CourseError(
                    f"The check {name} is faulty: it gave {number} of {counted(worth, 'point')}."
                )


def in_hidden_part(failure: NotebookNode, cell: NotebookNode) -> bool:
    """True where the error came up in lines of a check that students do not see, or where that cannot be told."""
    unseen = hidden.parts(cell.source).lines
    for frame in failure.traceback:
        at = re.match(r"(?:Cell In|Input In)\s*\[\d+\], line (\d+)\n", _ANSI.sub("", frame))
        if at:  # the outermost frame is the check itself
            return int(at.group(1)) in unseen
    return bool(unseen)


def _missing(said, notebook):
    """What became of a name that is not there: where an answer's cell stopped before it had defined it, why it did."""
    for cell in notebook.cells:
        failure = failure_of(cell) if is_answer(cell) else None
        if failure is not None and f"'{grade_id(cell)}'" in said:
            return f"{grade_id(cell)} is not defined: {why_it_stopped(failure, f'the cell {grade_id(cell)}')}"
    return f"A name is missing: {said}. Was a function renamed, or a cell deleted?"


def failure_of(cell: NotebookNode) -> NotebookNode | None:
    """What a cell raised, or None."""
    return next((o for o in cell.get("outputs", ()) if o.output_type == "error"), None)


def why_it_stopped(failure: NotebookNode, cell: str) -> str:
    """A sentence on a cell, named ``cell`` in it, that did not run to its end; it begins with a small letter."""
    said = said_by(failure)
    if failure.ename in SYNTAX:
        return f"{cell} has an error of syntax and does not run: {said}"
    if failure.ename == TIMED_OUT:
        return f"{cell} did not come back in time and was stopped."
    if failure.ename == "SystemExit":
        return f"{cell} ends itself by SystemExit before its last line."
    return (
        f"{cell} does not run to its end: {failure.ename}: {said}"
        if said
        else f"{cell} does not run to its end: {failure.ename}."
    )


def _message(failure, unseen, notebook):
    """A check's own words as they are; an exception of the student's code introduced by a sentence.

    The text of an exception may hold what it was called with; of a hidden input, nothing is passed on.
    """
    said = said_by(failure)
    if failure.ename in CHECKS and said:
        return said
    if unseen:  # not even the exception's kind, which the student's code could have chosen by the input
        return ENDED[UNSEEN]
    if failure.ename == "NotImplementedError":
        return _NOT_ANSWERED
    if failure.ename == "NameError":
        return _missing(said, notebook)
    if failure.ename == TIMED_OUT:
        return ENDED["timeout"]
    if failure.ename in _FORBIDDEN:
        return f"{_FORBIDDEN[failure.ename]} Your code raised {failure.ename}: {said}"
    kind = "an error of syntax" if failure.ename in SYNTAX else failure.ename
    return f"Your code raised {kind}: {said}" if said else f"Your code raised {kind}."


def said_by(failure: NotebookNode) -> str:
    """An exception's text, without the temporary file name that IPython gives a cell."""
    return re.sub(r"\((?:\d+\.py|<ipython-input[^>]*>), (line \d+)\)", r"(\1)", failure.evalue.strip())


def _where(failure):
    """The line at which the student's own functions stopped, as IPython printed it; the innermost of them.

    Frames of check cells are left out: their text is nobody's business.
    """
    if failure.ename in CHECKS:
        return None
    frames = [_ANSI.sub("", frame) for frame in failure.traceback]
    own = [
        frame
        for frame in frames
        if re.match(r"(Cell In|Input In|File <ipython)", frame) and "check" not in frame
    ]
    lines = [line for frame in own for line in frame.splitlines() if re.match(r"\s*-+>\s*\d+", line)]
    return re.sub(r"^\s*-+>\s*", "line ", lines[-1]) if lines else None
