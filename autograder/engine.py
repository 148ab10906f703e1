"""Run a submission: what each cell did, and how the student's functions behave on probes.

``run`` is the whole interface.  The student's cells run in a student room (``rooms``), forked from a warm process; the
tests run here, against stand-ins, so that a student's code never meets a test.
"""

import ast
import atexit
import time
import traceback
from dataclasses import dataclass, field, replace
from functools import cache

import nbformat
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, is_locked, is_solution

from .assignment import exercise_of, grade_id
from .errors import Refused
from .marks import CHECKS
from .rooms import confine
from .rooms.line import Stopped, Warm
from .rooms.stand_in import Function, Room, StudentError, student_error

SECONDS_A_CELL = 20
SECONDS_TO_REHEARSE = 180
LONGEST_OUTPUT = 256 * 1024  # characters
SHOWN = ("text/plain", "image/png")  # what is kept of a cell's rich outputs


@dataclass(frozen=True)
class How:
    """How submissions are run."""

    seconds: int = SECONDS_A_CELL  # for one cell, and for one exercise's probes
    confined: bool = True  # isolated from the machine
    split: bool = (
        True  # tests in a room of their own; otherwise beside the student's code, as nbgrader has them
    )


@dataclass
class Run:
    """What came of it.  ``stopped`` tells which cells ended badly: cell index -> "timeout" or "died"."""

    notebook: nbformat.NotebookNode
    observations: dict = field(default_factory=dict)  # exercise -> encoded observations, or None
    stopped: dict = field(default_factory=dict)


@cache
def _warm(confined):
    warm = Warm(confined=confined)
    atexit.register(warm.close)
    return warm


def start(how):
    """Start the warm process now, so that it imports while other things are done.

    Raises ``Refused`` where this machine cannot isolate and ``how`` asks for it.
    """
    if how.confined and (lacks := confine.missing()):
        raise Refused(
            " ".join(lacks)
            + " Student code would run with your rights: grade elsewhere, or say --no-isolation if you trust every notebook."
        )
    _warm(how.confined)


def run(notebook, probes=None, how=How()):
    """Execute the code cells of a rebuilt notebook in order, then observe its functions on the encoded probes.

    A cell that hangs or ends its process is given up, together with the checks of its exercise; a new room
    replays what came before it, so that the other exercises keep their marks.
    """
    result = Run(notebook)
    given_up = set()  # exercises that are not run again
    while True:
        attempt = _Attempt(result, given_up, how, _warm(how.confined).fork())
        try:
            attempt.cells()
            attempt.observe(probes or {})
            return result
        except Stopped:
            continue
        finally:
            attempt.line.end()


def rehearse(notebook, probes, how):
    """Run the instructor's own notebook, and have the warm process import whatever it came to import.

    torch, for one, imports half a second's worth of modules at the first gradient.
    """
    result = Run(notebook)
    warm = _warm(how.confined)
    attempt = _Attempt(result, set(), replace(how, seconds=SECONDS_TO_REHEARSE), warm.fork())
    try:
        attempt.cells()
        attempt.observe(probes)
        warm.preload(attempt.room.request(do="modules")["result"])
    finally:
        attempt.line.end()
    return result


def _belongs_to(cell):
    """The exercise of a solution or test cell, or None."""
    return grade_id(cell) if is_solution(cell) else exercise_of(grade_id(cell))


class _Attempt:
    """One student room's life."""

    def __init__(self, result, given_up, how, line):
        self.result, self.given_up, self.how, self.line = result, given_up, how, line
        self.until = None
        self.room = Room(lambda request: line.ask(request, max(0.05, self.until - time.monotonic())))
        self.tests = {"__name__": "__main__"}  # the test room's names

    def cells(self):
        for index, cell in enumerate(self.result.notebook.cells):
            if cell.cell_type != "code" or index in self.result.stopped or not cell.source.strip():
                continue
            if is_grade(cell) and _belongs_to(cell) in self.given_up:
                continue
            self.until = time.monotonic() + self.how.seconds
            cell.execution_count = index + 1
            try:
                is_test = is_grade(cell) and not is_solution(cell)
                cell.outputs = self._test(cell) if is_test and self.how.split else self._run(cell)
            except Stopped as stopped:
                cell.outputs = []
                self.result.stopped[index] = stopped.why
                self.given_up.add(_belongs_to(cell))
                raise

    def observe(self, probes):
        for exercise, made in probes.items():
            if exercise in self.given_up or exercise in self.result.observations:
                continue
            self.until = time.monotonic() + self.how.seconds
            self.result.observations[exercise] = None
            try:
                answer = self.room.request(do="observe", exercise=exercise, probes=made)
                self.result.observations[exercise] = answer.get("result")
            except StudentError:
                continue
            except Stopped:
                self.given_up.add(exercise)
                raise

    def _run(self, cell):
        """A cell of the student's, or one that is given: runs over there, and here too where the course wrote it."""
        answer = self.room.request(do="run", source=cell.source)
        if not self.how.split:
            pass
        elif is_locked(cell):
            exec(_compiled(cell.source, grade_id(cell)), self.tests)
        elif is_solution(cell):
            for name in _defined(cell, grade_id(cell)):
                self.tests[name] = Function(self.room, name)
        return _outputs(answer, self.result.notebook)

    def _test(self, cell):
        """A test, here, against the stand-ins.  Like a notebook cell, its last expression is its result."""
        body, last = _split(cell.source, grade_id(cell))
        try:
            exec(body, self.tests)
            value = eval(last, self.tests) if last is not None else None
        except Stopped:
            raise
        except Exception as error:
            return [_failure(error, grade_id(cell), self.result.notebook)]
        return (
            []
            if value is None
            else [new_output("execute_result", {"text/plain": repr(value)[:200]}, execution_count=1)]
        )


@cache
def _compiled(source, name):
    return compile(source, f"<{name}>", "exec")


@cache
def _split(source, name):
    tree = ast.parse(source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), f"<{name}>", "eval")
    return compile(tree, f"<{name}>", "exec"), last


def _defined(cell, exercise):
    """The names that tests may call: the exercise's own, and what else the cell defines at top level."""
    try:
        tree = ast.parse(cell.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {exercise}
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {exercise} | {node.name for node in tree.body if isinstance(node, kinds)}


def _outputs(answer, notebook):
    """What a cell of the student's showed, as notebook outputs.  The answer may be anything: what has not the right
    shape is dropped, what is too long is cut."""
    made = []
    for name in ("stdout", "stderr"):
        if isinstance(answer.get(name), str) and answer[name]:
            made.append(new_output("stream", name=name, text=answer[name][:LONGEST_OUTPUT]))
    shown = answer.get("shown")
    for part in shown[:100] if isinstance(shown, list) else ():
        data = part.get("data") if isinstance(part, dict) else None
        if isinstance(data, dict):
            texts = {
                mime: data[mime][: 4 * LONGEST_OUTPUT] for mime in SHOWN if isinstance(data.get(mime), str)
            }
            kind = "execute_result" if part.get("result") is True else "display_data"
            made.append(
                new_output(kind, texts, **({"execution_count": 1} if kind == "execute_result" else {}))
            )
    if isinstance(answer.get("raised"), dict):
        error = student_error(answer["raised"])
        made.append(_student_output(error, [], notebook))
    return made


def _student_output(error, frames, notebook):
    """An exception of the student's code.  It may call itself what it likes; it is never taken for a check's words.

    The line is shown only if it is one of the submission.
    """
    kind = type(error).__name__
    where = error.where if isinstance(error.where, str) else ""
    number, _, line = where.partition(": ")
    known = any(line and line in map(str.strip, cell.source.splitlines()) for cell in notebook.cells)
    own = [f"Cell In[0], in your code\n----> {number.removeprefix('line ')} {line}"] if known else []
    name = f"{kind} of yours" if kind in CHECKS else kind
    return new_output("error", ename=name, evalue=str(error), traceback=frames + own)


def _failure(error, name, notebook):
    """Why a test did not pass, in the form in which Jupyter would have kept it."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == f"<{name}>"
    ]
    frames = [f"Cell In[0], line {lines[0]}\n"] if lines else []
    if isinstance(error, StudentError):
        return _student_output(error, frames, notebook)
    return new_output("error", ename=type(error).__name__, evalue=str(error), traceback=frames)
