"""Run a submission: what each cell did, and how the student's functions behave on probes.

``run`` is the whole interface.  The student's cells run in a student room (``rooms``), forked from a warm process; the
tests run here, against stand-ins, so that a student's code never meets a test.
"""

import ast
import builtins
import copy
import re
import time
import traceback
from dataclasses import dataclass, field, replace
from functools import cache
from types import FunctionType

import nbformat
import numpy as np
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.answers.assignment import exercise_of, grade_id
from autograder.answers.marks import CHECKS, in_hidden_part
from autograder.errors import Refused
from autograder.rooms import confine
from autograder.rooms.line import Stopped, warm
from autograder.rooms.stand_in import Function, Room, StudentError, student_error

SECONDS_A_CELL = 20
ALTOGETHER = 15  # times that, for a notebook with all its replays
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
    """What came of it.  ``stopped`` tells which cells ended badly: cell index -> why, as ``Stopped`` has it, or "late"."""

    notebook: nbformat.NotebookNode
    observations: dict = field(default_factory=dict)  # exercise -> encoded observations, or None
    stopped: dict = field(default_factory=dict)
    suspect: set = field(default_factory=set)  # cells whose errors could tell of hidden inputs


def _fork(confined):
    """A fresh student room; where the warm process has died, from a new one."""
    try:
        return warm(confined).fork()
    except OSError:
        warm(confined).control.close()
        warm.cache_clear()
        return warm(confined).fork()


def start(how):
    """Start the warm process now, so that it imports while other things are done.

    Raises ``Refused`` where this machine cannot isolate and ``how`` asks for it.
    """
    if how.confined and (lacks := confine.missing()):
        raise Refused(
            " ".join(lacks)
            + " Student code would run with your rights: grade elsewhere, or say --no-isolation if you trust every notebook."
        )
    warm(how.confined)


def ready(how):
    """Wait until student rooms can be had: before other processes share the warm one."""
    warm(how.confined).await_ready()


def run(notebook, probes=None, how=How()):
    """Execute the code cells of a rebuilt notebook in order, then observe its functions on the encoded probes.

    A cell that hangs or ends its process is given up, together with the checks of its exercise; a new room
    replays what came before it, so that the other exercises keep their marks.
    """
    result = _run_to_the_end(Run(notebook), probes or {}, how)
    if result.suspect:
        _words_of_a_room_that_saw_nothing_hidden(result, how)
    return result


def _run_to_the_end(result, probes, how, *, only=None):
    """``only`` names the exercises whose tests are run; all where it is None."""
    given_up = set()  # exercises that are not run again
    deadline = time.monotonic() + ALTOGETHER * how.seconds
    while True:
        attempt = _Attempt(result, given_up, how, _fork(how.confined), deadline, only)
        try:
            attempt.cells()
            attempt.observe(probes)
            return result
        except Stopped:
            if time.monotonic() < deadline:
                continue
            for index, cell in enumerate(result.notebook.cells):
                if cell.cell_type == "code" and cell.execution_count is None:
                    result.stopped.setdefault(index, "late")
            return result
        finally:
            attempt.end()


def _words_of_a_room_that_saw_nothing_hidden(result, how):
    """Put what a student's code says without having met a hidden input in the place of what it said after that.

    An exception's text, or a number in a result, could carry a hidden input that a function has kept from an earlier call.
    """
    shown = copy.deepcopy(result.notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.source = _HIDDEN.sub("", cell.source) if is_grade(cell) else cell.source
            cell.outputs, cell.execution_count = [], None
    only = {_belongs_to(shown.cells[index]) for index in result.suspect}
    again = _run_to_the_end(Run(shown, stopped=dict(result.stopped)), {}, how, only=only)
    for index in result.suspect:
        output = _error(result.notebook.cells[index])
        found = _error(again.notebook.cells[index])
        if output is None:
            continue
        at_the_check = [frame for frame in output.traceback if frame.startswith("Cell In[0], line ")]
        if found is not None:
            own = [frame for frame in found.traceback if not frame.startswith("Cell In[0], line ")]
            output.update(ename=found.ename, evalue=found.evalue, traceback=at_the_check + own)
        elif output.ename in CHECKS:
            output.update(evalue=_ONLY_LATER, traceback=at_the_check)
        else:
            known = isinstance(getattr(builtins, output.ename, None), type)
            output.update(ename=output.ename if known else "Exception", evalue="", traceback=at_the_check)


_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*$", re.MULTILINE | re.DOTALL)
_ONLY_LATER = "This check fails only after other calls of your function. Does it keep something from one call to the next?"


def _error(cell):
    return next((output for output in cell.get("outputs", ()) if output.output_type == "error"), None)


def rehearse(notebook, probes, how):
    """Run the instructor's own notebook, and have the warm process import whatever it came to import.

    torch, for one, imports half a second's worth of modules at the first gradient.
    """
    result = Run(notebook)
    rooms = warm(how.confined)
    deadline = time.monotonic() + 10 * SECONDS_TO_REHEARSE
    attempt = _Attempt(result, set(), replace(how, seconds=SECONDS_TO_REHEARSE), rooms.fork(), deadline)
    try:
        attempt.cells()
        attempt.observe(probes, all_of_them=True)
        given = [cell.source for cell in notebook.cells if _is_given(cell)]
        rooms.preload(attempt.room.request(do="modules")["result"], given if how.split else ())
    finally:
        attempt.end()
    return result


def _belongs_to(cell):
    """The exercise of a solution or test cell, or None."""
    return grade_id(cell) if is_solution(cell) else exercise_of(grade_id(cell))


def _is_given(cell):
    """A code cell that the course has written for everybody to use."""
    return cell.cell_type == "code" and is_locked(cell) and not is_grade(cell)


class _Attempt:
    """One student room's life."""

    def __init__(self, result, given_up, how, line, deadline, only=None):
        self.result, self.given_up, self.how, self.line = result, given_up, how, line
        self.deadline, self.only = deadline, only
        self.until = None
        self.seen_hidden = False  # this room's code has been called by hidden tests
        self.theirs = set()  # names that stand for the student's
        self.room = Room(lambda request: line.ask(request, max(0.05, self.until - time.monotonic())))
        self.tests = {"__name__": "__main__"}  # the test room's names

    def end(self):
        """End the room, and let go of all that the tests made: through torch's graphs it holds itself alive."""
        self.line.end()
        self.tests.clear()

    def cells(self):
        for index, cell in enumerate(self.result.notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if index in self.result.stopped:
                self._given(cell)
                continue
            if is_grade(cell) and not self._wanted(_belongs_to(cell)):
                continue
            self.until = min(time.monotonic() + self.how.seconds, self.deadline)
            cell.execution_count = index + 1
            try:
                is_test = is_grade(cell) and not is_solution(cell)
                cell.outputs = self._test(cell) if is_test and self.how.split else self._run(cell)
                self._suspect(index, cell)
            except Stopped as stopped:
                cell.outputs = []
                if time.monotonic() >= self.deadline and stopped.why == "timeout":
                    stopped.why = "late"
                self.result.stopped[index] = stopped.why
                self.given_up.add(_belongs_to(cell))
                raise

    def _wanted(self, exercise):
        return exercise not in self.given_up and (self.only is None or exercise in self.only)

    def observe(self, probes, *, all_of_them=False):
        """Only exercises that have something to explain, unless ``all_of_them``."""
        for exercise, made in probes.items():
            if exercise in self.given_up or exercise in self.result.observations:
                continue
            if not all_of_them and self._passed(exercise):
                continue
            self.until = min(time.monotonic() + self.how.seconds, self.deadline)
            self.result.observations[exercise] = None
            try:
                answer = self.room.request(do="observe", exercise=exercise, probes=made)
                self.result.observations[exercise] = answer.get("result")
            except StudentError:
                continue
            except Stopped:
                self.given_up.add(exercise)
                raise

    def _passed(self, exercise):
        """True where its tests ran and none had anything to say."""
        tests = [
            cell for cell in self.result.notebook.cells if is_grade(cell) and _belongs_to(cell) == exercise
        ]
        return all(cell.execution_count is not None and not cell.outputs for cell in tests)

    def _suspect(self, index, cell):
        """Note an error whose words may hold what hidden tests have passed on.

        What a hidden part says is left: ``marks`` passes on the course's own words of it, and no others.
        """
        output = _error(cell)
        told = output is not None and not (is_grade(cell) and in_hidden_part(output, cell))
        if told and self.seen_hidden and output.ename != "NotImplementedError":
            self.result.suspect.add(index)
        if is_grade(cell) and not is_solution(cell) and _HIDDEN.search(cell.source):
            self.seen_hidden = True

    def _given(self, cell):
        """What the course wrote runs here too, whatever the student's room makes of it.

        Returns the names of the functions that it defines: tests may pass these to the student's.
        """
        if not (self.how.split and _is_given(cell)):
            return []
        exec(_compiled(cell.source, grade_id(cell)), self.tests)
        names = [name for name in _defined(cell, None) if isinstance(self.tests.get(name), FunctionType)]
        self.room.given.update({name: self.tests[name] for name in names})
        return names

    def _run(self, cell):
        """A cell of the student's, or one that is given: runs over there, and here too where the course wrote it."""
        given = self._given(cell)
        if self.how.split and is_solution(cell):
            for name in _defined(cell, grade_id(cell)):
                # never in the place of what the tests themselves use: their helpers, NumPy, what is built in
                if name == grade_id(cell) or name in self.theirs or not self._taken(name):
                    self.theirs.add(name)
                    self.tests[name] = Function(self.room, name)
        try:
            answer = self.room.request(do="run", source=cell.source, given=given)
        except (StudentError, MemoryError) as error:
            return [_student_output(error, [], self.result.notebook)]
        return _outputs(answer, self.result.notebook)

    def _taken(self, name):
        return name in self.tests or name.startswith("_") or hasattr(builtins, name)

    def _test(self, cell):
        """A test, here, against the stand-ins.

        Where the function changed what it was given, the test must pass without these changes too: else a function could
        make the expected result, which is computed from the same arrays, what it returns.
        """
        self.room.changes = 0
        outputs = self._tested(cell)
        if self.room.changes and not any(output.output_type == "error" for output in outputs):
            self.room.write_back = False
            try:
                again = self._tested(cell)
            finally:
                self.room.write_back = True
            if any(output.output_type == "error" for output in again):
                return again
        return outputs

    def _tested(self, cell):
        """Like a notebook cell's, a test's last expression is its result."""
        body, last = _split(cell.source, grade_id(cell))
        try:
            with np.errstate(all="ignore"):
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
    """The names that tests may call: the exercise's own, and what else the cell defines at top level.

    Read off the text: Python's parser is not to be had by whoever writes the cell.
    """
    return {exercise, *re.findall(r"^(?:def|class)[ \t]+([A-Za-z_]\w*)", cell.source, re.MULTILINE)}


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
                mime: data[mime][: 4 * LONGEST_OUTPUT]
                for mime in SHOWN
                if isinstance(data.get(mime), str) and (mime == "text/plain" or _BASE64.fullmatch(data[mime]))
            }
            kind = "execute_result" if part.get("result") is True else "display_data"
            made.append(
                new_output(kind, texts, **({"execution_count": 1} if kind == "execute_result" else {}))
            )
    if isinstance(answer.get("raised"), dict):
        error = student_error(answer["raised"])
        made.append(_student_output(error, [], notebook))
    return made


_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")  # a page would show the rest as it is


def _student_output(error, frames, notebook):
    """An exception of the student's code.  It may call itself what it likes; it is never taken for a check's words.

    The line is shown only if it is one of the submission.
    """
    kind = type(error).__name__
    where = error.where if isinstance(error.where, str) else ""
    line = where.partition(": ")[2]
    numbers = [
        number
        for cell in notebook.cells
        if line and not is_locked(cell)
        for number, own in enumerate(cell.source.splitlines(), start=1)
        if own.strip() == line
    ]
    own = [f"Cell In[0], in your code\n----> {numbers[0]} {line}"] if numbers else []
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
