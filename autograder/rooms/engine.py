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
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import FunctionType

import nbformat
import numpy as np
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, is_locked

from autograder.answers.assignment import exercise_of, grade_id, is_answer, is_test
from autograder.answers.marks import CHECKS, TIMED_OUT
from autograder.errors import Refused
from autograder.plain import plain
from autograder.rooms import alone, confine, readable
from autograder.rooms.line import Stopped, warm
from autograder.rooms.stand_in import Function, Room, StudentError, student_error

SECONDS_A_CELL = 20
ALTOGETHER = 15  # times that, for a notebook with all its replays
MOST_REPLAYS = 16  # of a notebook whose cells end their process or never come back
MOST_INTERRUPTED = 8  # cells that do not come back, then the student's own are passed over: answers and checks need time, too
SECONDS_TO_REHEARSE = 180
LONGEST_OUTPUT = 256 * 1024  # characters
LONGEST_CODE = 500_000  # characters of a notebook in which the line of an error is looked for
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
    judged: set = field(default_factory=set)  # checks that have their verdict; a replay does not ask again
    refused: set = field(default_factory=set)  # checks whose visible part objected where it stands
    later: set = field(default_factory=set)  # exercises whose answer was found when all cells had run
    unanswered: set = field(default_factory=set)  # exercises that nothing in the notebook answers
    replays: int = 0  # how often a new room had to begin from the start
    interrupted: set = field(default_factory=set)  # cells that were broken off

    @cached_property
    def lines(self):
        return own_lines(self.notebook)


def _fork(confined):
    """A fresh student room; where the warm process has died, from a new one."""
    if alone.needed():
        return alone.Line()
    try:
        return warm(confined).fork()
    except OSError:
        warm(confined).control.close()
        warm.cache_clear()
        return warm(confined).fork()


def start(how, closed=()):
    """Start the warm process now, so that it imports while other things are done.

    ``closed`` are folders that no student's code may read.  Raises ``Refused`` where this machine cannot isolate and ``how``
    asks for it.
    """
    if how.confined and (lacks := confine.missing()):
        raise Refused(
            " ".join(lacks)
            + " Student code would run with your rights: grade elsewhere, or say --no-isolation if you trust every notebook."
        )
    if how.confined:
        readable.close(closed)
    if not alone.needed():
        warm(how.confined)


def ready(how):
    """Wait until student rooms can be had: before other processes share the warm one."""
    warm(how.confined).close_folders()


def run(notebook, probes=None, how=How()):
    """Execute the code cells of a rebuilt notebook in order, then observe its functions on the encoded probes.

    A cell that hangs or ends its process is given up, together with the checks of its exercise; a new room
    replays what came before it, so that the other exercises keep their marks.  A check that has its verdict keeps it:
    else a notebook that ends its own process would be tried until chance favours it.

    The parts of all checks that students see come first, then the probes, then the hidden parts.  So nothing that a student's
    code says (an error's kind and text, a line, an order, how it behaves on a probe) was said after it had met a hidden
    input; what a hidden part gives is points.

    An answer is what its name is bound to, wherever that was done: where a check stands, as in Jupyter; and where what students
    see of it objects and the name is bound anew further below, when all cells have run.  The hidden part then asks that answer.
    """
    result, probes = Run(notebook), probes or {}
    given_up = {}  # exercise -> the cell at which it was given up; its checks behind that are not run
    deadline = time.monotonic() + ALTOGETHER * how.seconds

    def whole(attempt):
        attempt.cells()
        attempt.observe(_to_explain(result, probes, given_up, pending=attempt.pending))
        attempt.hidden_parts()

    _replayed(result, how, deadline, whole, given_up)
    for index, cell in enumerate(notebook.cells):
        if is_test(cell) and index not in result.judged | result.refused:
            cell.outputs, cell.execution_count = [], None  # its hidden part, at least, was never asked
    late = _to_explain(result, probes, given_up)
    if late:  # only a hidden part objects: its exercise is observed in a room that met none
        quiet = Run(
            _untested(notebook),
            stopped=dict(result.stopped),
            observations=result.observations,
            later=result.later,
        )

        def look(attempt):
            attempt.cells(with_checks=False)
            attempt.observe({name: made for name, made in late.items() if name not in result.observations})

        _replayed(quiet, how, deadline, look, given_up)
    return result


def _to_explain(result, probes, given_up, pending=()):
    """The probes of exercises that lost points and were not observed yet.  ``pending`` are checks without a verdict so far."""
    lost = {
        _belongs_to(cell)
        for index, cell in enumerate(result.notebook.cells)
        if is_test(cell) and index not in pending and (cell.execution_count is None or cell.outputs)
    }
    wanted = lost - set(given_up) - set(result.observations) - result.unanswered
    return {name: made for name, made in probes.items() if name in wanted}


def _replayed(result, how, deadline, do, given_up):
    """``do`` with one room after another, until it comes to its end, or there were too many, or it is too late."""
    while True:
        attempt = _Attempt(result, given_up, how, _fork(how.confined), deadline)
        try:
            do(attempt)
            return
        except Stopped:
            result.replays += 1
            if time.monotonic() < deadline and result.replays <= MOST_REPLAYS:
                continue
            why = "often" if result.replays > MOST_REPLAYS else "late"
            for index, cell in enumerate(result.notebook.cells):
                never_ran = cell.cell_type == "code" and cell.execution_count is None
                if never_ran or (is_test(cell) and index not in result.judged | result.refused):
                    result.stopped.setdefault(index, why)
            return
        finally:
            attempt.end()


def _is_own(cell):
    """A code cell that is neither an answer nor the course's."""
    return not (is_answer(cell) or is_test(cell) or is_locked(cell))


def _untested(notebook):
    """The notebook as it was before it ran."""
    quiet = copy.deepcopy(notebook)
    for cell in quiet.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return quiet


def rehearse(notebook, probes, how):
    """Run the instructor's own notebook, and have the warm process import whatever it came to import.

    torch, for one, imports half a second's worth of modules at the first gradient.
    """
    result = Run(notebook)
    rooms = warm(how.confined)
    deadline = time.monotonic() + 10 * SECONDS_TO_REHEARSE
    attempt = _Attempt(result, {}, replace(how, seconds=SECONDS_TO_REHEARSE), rooms.fork(), deadline)
    try:
        attempt.cells()
        attempt.observe(probes)
        attempt.hidden_parts()
        given = [cell.source for cell in notebook.cells if _is_given(cell)]
        rooms.preload(attempt.room.request(do="modules")["result"], given if how.split else ())
    finally:
        attempt.end()
    return result


def _belongs_to(cell):
    """The exercise of a solution or test cell, or None."""
    return grade_id(cell) if is_answer(cell) else exercise_of(grade_id(cell))


def _is_given(cell):
    """A code cell that the course has written for everybody to use."""
    return cell.cell_type == "code" and is_locked(cell) and not is_grade(cell)


def _is_stub(cell):
    """An answer's cell that was left as it was released."""
    return cell.metadata.nbgrader.get("untouched") is True


def _wraps(notebook):
    """Exercise -> (text, names) of the given cells that bind the student's function anew, before its checks."""
    found, exercises = {}, [grade_id(cell) for cell in notebook.cells if is_answer(cell)]
    for cell in notebook.cells:
        for name in exercises if _is_given(cell) else ():
            if re.search(rf"^ *{name} = ", cell.source, re.MULTILINE):
                found.setdefault(name, []).append((cell.source, [name]))
    return found


_END = -1  # the moment when all cells have run


class _Attempt:
    """One student room's life."""

    def __init__(self, result, given_up, how, line, deadline):
        self.result, self.given_up, self.how, self.line = result, given_up, how, line
        self.deadline, self.until = deadline, None
        self.most = None  # bytes that the room may hold beyond what it holds, where the check limits them
        # index of a check whose hidden part is still to come -> the names as its visible part left them, and the moment
        self.pending = {}
        self.before = {}  # index of a check whose visible part objected -> the names as it found them
        self.seen = {}  # exercise -> the moment at which its answer was looked at last
        self.theirs = set()  # names that stand for the student's
        self.room = Room(self._ask)
        self.tests = {"__name__": "__main__"}  # the test room's names
        self.wraps = _wraps(result.notebook)

    def end(self):
        """End the room, and let go of all that the tests made: through torch's graphs it holds itself alive."""
        self.line.end()
        for names in (self.tests, *self.before.values(), *(names for names, _ in self.pending.values())):
            names.clear()

    def _ask(self, request):
        left = max(0.05, self.until - time.monotonic())
        return self.line.ask(request, left, interrupt=request.get("do") == "run", most=self.most)

    def cells(self, *, with_checks=True):
        """All cells in order; of checks the part that students see."""
        for index, cell in enumerate(self.result.notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if index in self.result.stopped:
                self._given(cell)
                continue
            if is_test(cell) and index > self.given_up.get(_belongs_to(cell), index):
                continue
            if is_test(cell) and not with_checks:
                self._look(index, cell)
                continue
            if _is_own(cell) and self._had_enough(index):
                continue  # from here on only answers and checks
            if not is_test(cell):
                with self._watched(index, cell):
                    cell.outputs = self._run(cell)
                if any(output.get("ename") == TIMED_OUT for output in cell.outputs):
                    self.result.interrupted.add(index)
            elif not self.how.split:
                self._beside(index, cell)
            elif index not in self.result.judged:
                self._visible_part(index, cell)
        if with_checks:
            self._once_more()
            self._find_unanswered()
        self.until = min(time.monotonic() + self.how.seconds, self.deadline)
        with suppress(StudentError):
            self.room.request(do="remember", at=_END)

    def _had_enough(self, index):
        """Whether an own cell is passed over: the notebook ends its process, or does not come back, too often."""
        broken_off = len(self.result.interrupted)
        return self.result.replays >= MOST_REPLAYS or (
            broken_off >= MOST_INTERRUPTED and self.result.notebook.cells[index].execution_count is None
        )

    def _look(self, index, cell):
        """Have the room remember its names as a check finds them."""
        self.until = min(time.monotonic() + self.how.seconds, self.deadline)
        exercise = _belongs_to(cell)
        with suppress(StudentError):
            for wrapper, names in self.wraps.get(exercise, ()):
                self.room.request(do="wrap", source=wrapper, names=names)
            self.room.request(do="remember", at=index)
        if exercise not in self.result.later:
            self.seen[exercise] = index

    def _visible_part(self, index, cell):
        names = dict(self.tests)
        with self._watched(index, cell):
            self._look(index, cell)
            if index in self.result.refused:  # it has said so before the room had to begin again
                self.before[index] = names
                return
            failed = self._passes_in_part(index, cell, self.tests, index)
        if failed:
            cell.outputs = failed
            self.before[index] = names
            self.result.refused.add(index)

    def _passes_in_part(self, index, cell, names, at):
        """Ask the visible part of a check.  Returns what it objects to; a check with a hidden part then waits for that."""
        visible, hidden = _parts(cell.source)
        outputs = self._tested(visible, grade_id(cell), names)
        if any(output.output_type == "error" for output in outputs):
            return outputs
        if hidden is None:
            cell.outputs = outputs
            self.result.judged.add(index)
        else:  # a result, if any, stands at the end of the whole
            cell.outputs = []
            self.pending[index] = dict(names), at
        return []

    def _once_more(self):
        """Checks whose visible part objected, once all cells have run, where another answer stands further below by now."""
        for index in sorted(self.before):
            cell = self.result.notebook.cells[index]
            exercise, names = _belongs_to(cell), self.before[index]
            if index in self.result.judged or index > self.given_up.get(exercise, index):
                continue
            with self._watched(index, cell):
                if self._stands_elsewhere(index, cell):
                    for wrapper, wrapped in self.wraps.get(exercise, ()):
                        self.room.request(do="wrap", source=wrapper, names=wrapped)
                    failed = self._passes_in_part(index, cell, names, _END)
                    if not failed or cell.outputs[0].ename in ("NameError", "NotImplementedError"):
                        cell.outputs = failed
                        self.seen[exercise] = _END
                    if not failed:
                        self.result.later.add(exercise)
            if index not in self.pending:
                self.result.judged.add(index)

    def _stands_elsewhere(self, index, cell):
        """Whether a name that was missing may be there by now, or an answer's is bound to something else."""
        if any(output.get("ename") == "NameError" for output in cell.outputs):
            return True
        names = [grade_id(other) for other in self.result.notebook.cells if is_answer(other)]
        with suppress(StudentError):
            return self.room.request(do="rebound", names=names, since=index).get("result") is not False
        return False

    def _find_unanswered(self):
        """Which of the exercises whose cell was left as it was are answered by no other cell, either."""
        untouched = sorted(
            grade_id(cell) for cell in self.result.notebook.cells if is_answer(cell) and _is_stub(cell)
        )
        self.result.unanswered = set(untouched)  # where it does not come back
        if untouched:
            self.until = min(time.monotonic() + self.how.seconds, self.deadline)
            with suppress(StudentError, Stopped):
                found = self.room.request(do="unanswered", names=untouched).get("result")
                if isinstance(found, list):
                    self.result.unanswered = set(untouched).intersection(
                        name for name in found if isinstance(name, str)
                    )

    def hidden_parts(self):
        """What the checks ask beyond what students see, each with the names, here and over there, that its visible part had."""
        for index, (names, at) in self.pending.items():
            cell = self.result.notebook.cells[index]
            with self._watched(index, cell):
                self._recall(at)
                cell.outputs = self._tested(_parts(cell.source)[1], grade_id(cell), names)
            self.result.judged.add(index)

    def _recall(self, at):
        with suppress(StudentError):
            self.room.request(do="recall", at=at)

    def _beside(self, index, cell):
        """A test in the student's own room: run again in a replay, since later cells may need it, but judged once."""
        verdict = cell.outputs if index in self.result.judged else None
        with self._watched(index, cell):
            cell.outputs = self._run(cell)
        if verdict is not None:
            cell.outputs = verdict
        self.result.judged.add(index)

    @contextmanager
    def _watched(self, index, cell):
        """Around whatever calls the student's code: a time limit, and what becomes of a cell that does not come back."""
        self.until = min(time.monotonic() + self.how.seconds, self.deadline)
        cell.execution_count = index + 1
        megabytes = cell.metadata.get("room_memory") if is_test(cell) else None
        self.most = megabytes and megabytes * 2**20
        try:
            yield
        except Stopped as stopped:
            if index in self.result.judged:
                raise
            cell.outputs = []
            if time.monotonic() >= self.deadline and stopped.why == "timeout":
                stopped.why = "late"
            self.result.stopped[index] = stopped.why
            self.given_up.setdefault(_belongs_to(cell), index)
            raise
        finally:
            self.most = None

    def observe(self, probes):
        """How the functions of these exercises behave on the probes."""
        for exercise, made in probes.items():
            self.until = min(time.monotonic() + self.how.seconds, self.deadline)
            self.result.observations[exercise] = None  # where it does not come back, it is not asked again
            self._recall(self.seen.get(exercise, _END))
            with suppress(StudentError):
                answer = self.room.request(do="observe", exercise=exercise, probes=made)
                self.result.observations[exercise] = answer.get("result")

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
        if self.how.split and is_answer(cell):
            for name in _defined(cell, grade_id(cell)):
                # never in the place of what the tests themselves use: their helpers, NumPy, what is built in
                if name == grade_id(cell) or name in self.theirs or not self._taken(name):
                    self.theirs.add(name)
                    self.tests[name] = Function(self.room, name)
        stub = grade_id(cell) if is_answer(cell) and _is_stub(cell) else None
        wraps = [
            name
            for made in self.wraps.values()
            for source, names in made
            if source == cell.source
            for name in names
        ]
        try:
            answer = self.room.request(do="run", source=cell.source, given=given, stub=stub, wraps=wraps)
        except (StudentError, MemoryError) as error:
            return [_student_output(error, [], self.result.lines)]
        return _outputs(answer, self.result.lines)

    def _taken(self, name):
        return name in self.tests or name.startswith("_") or hasattr(builtins, name)

    def _tested(self, source, name, names):
        """A part of a test, here, against the stand-ins.

        Where the function changed what it was given, the test must pass without these changes too: else a function could
        make the expected result, which is computed from the same arrays, what it returns.
        """
        self.room.changes = 0
        before = dict(names)
        outputs = self._executed(source, name, names)
        if self.room.changes and not any(output.output_type == "error" for output in outputs):
            self.room.write_back = False
            try:
                again = self._executed(source, name, before)
            finally:
                self.room.write_back = True
            if any(output.output_type == "error" for output in again):
                return again
        return outputs

    def _executed(self, source, name, names):
        """Like a notebook cell's, a test's last expression is its result."""
        body, last = _split(source, name)
        try:
            with np.errstate(all="ignore"):
                exec(body, names)
                value = eval(last, names) if last is not None else None
        except Stopped:
            raise
        except Exception as error:
            return [_failure(error, name, self.result.lines)]
        return (
            []
            if value is None
            else [new_output("execute_result", {"text/plain": repr(value)[:200]}, execution_count=1)]
        )


@cache
def _parts(source):
    """A test's text up to its hidden part, and from there on with its lines at their numbers; None where it has none."""
    lines = source.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if "BEGIN HIDDEN TESTS" in line), None)
    if first is None:
        return source, None
    return "".join(lines[:first]), "\n" * first + "".join(lines[first:])


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


def own_lines(notebook):
    """Line of code -> its number in the student's first cell that has it.  Made once: what follows asks for every error."""
    found, left = {}, LONGEST_CODE
    for cell in notebook.cells:
        if cell.cell_type == "code" and not is_locked(cell) and left > 0:
            for number, line in enumerate(cell.source[:left].splitlines(), start=1):
                found.setdefault(line.strip(), number)
            left -= len(cell.source)
    return found


def _outputs(answer, lines):
    """What a cell of the student's showed, as notebook outputs.  The answer may be anything: what has not the right
    shape is dropped, what is too long is cut.  ``lines`` are the student's, as ``own_lines`` has them."""
    made = []
    for name in ("stdout", "stderr"):
        if isinstance(answer.get(name), str) and answer[name]:
            made.append(new_output("stream", name=name, text=plain(answer[name], LONGEST_OUTPUT)))
    shown = answer.get("shown")
    for part in shown[:100] if isinstance(shown, list) else ():
        data = part.get("data") if isinstance(part, dict) else None
        if isinstance(data, dict):
            texts = {
                mime: plain(data[mime], LONGEST_OUTPUT)
                if mime == "text/plain"
                else data[mime][: 4 * LONGEST_OUTPUT]
                for mime in SHOWN
                if isinstance(data.get(mime), str) and (mime == "text/plain" or _BASE64.fullmatch(data[mime]))
            }
            kind = "execute_result" if part.get("result") is True else "display_data"
            made.append(
                new_output(kind, texts, **({"execution_count": 1} if kind == "execute_result" else {}))
            )
    if isinstance(answer.get("raised"), dict):
        error = student_error(answer["raised"])
        made.append(_student_output(error, [], lines))
        if answer.get("interrupted") is True and made[-1].ename == "KeyboardInterrupt":
            made[-1].ename = TIMED_OUT
    return made


_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")  # a page would show the rest as it is


def _student_output(error, frames, lines):
    """An exception of the student's code.  It may call itself what it likes; it is never taken for a check's words.

    The line is shown only if it is one of the submission.
    """
    kind = type(error).__name__
    line = (error.where or "").partition(": ")[2]
    number = lines.get(line) if line else None
    own = [f"Cell In[0], in your code\n----> {number} {line}"] if number else []
    name = f"{kind} of yours" if kind in CHECKS else kind
    return new_output("error", ename=name, evalue=str(error), traceback=frames + own)


def _failure(error, name, own):
    """Why a test did not pass, in the form in which Jupyter would have kept it."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == f"<{name}>"
    ]
    frames = [f"Cell In[0], line {lines[0]}\n"] if lines else []
    if isinstance(error, StudentError):
        return _student_output(error, frames, own)
    return new_output("error", ename=type(error).__name__, evalue=plain(str(error)), traceback=frames)
