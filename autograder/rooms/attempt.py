"""One student room's life: a notebook's cells in their order, of checks first what students see, then what is hidden."""

import builtins
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import CodeType, FunctionType
from typing import Any

from nbformat import NotebookNode

from autograder.answers import hidden
from autograder.answers.cells import belongs_to, id_of, is_answer, is_given, is_own, is_test, is_untouched
from autograder.answers.marks import TIMED_OUT, UNSEEN
from autograder.rooms.checking import tested
from autograder.rooms.line import Stopped
from autograder.rooms.opening import How, OpenRoom
from autograder.rooms.outputs import own_lines
from autograder.rooms.stand_in import Function, StudentError

MOST_REPLAYS = 16  # of a notebook whose cells end their process or never come back
MOST_INTERRUPTED = 8  # cells that do not come back, then the student's own are passed over: answers and checks need time, too


@dataclass
class Run:
    """What came of it.  ``stopped`` tells which cells ended badly: cell index -> why, as ``Stopped`` has it, or "late"."""

    notebook: NotebookNode
    observations: dict[str, Any] = field(default_factory=dict)  # exercise -> encoded observations, or None
    stopped: dict[int, str] = field(default_factory=dict)
    judged: set[int] = field(default_factory=set)  # checks with their verdict; a replay does not ask again
    refused: set[int] = field(default_factory=set)  # checks whose visible part objected where it stands
    later: set[str | None] = field(default_factory=set)  # exercises answered only when all cells had run
    unanswered: set[str] = field(default_factory=set)  # exercises that nothing in the notebook answers
    deadline: float = 0.0  # of the monotonic clock: what is asked again, in whatever room, has no longer
    replays: int = 0  # how often a new room had to begin from the start
    replays_told: int = 0  # of these, the ones before a hidden part was asked
    # A hidden part was asked.  A room that begins again after that has met none itself, and yet can be told of one: by the
    # moment at which the room before it ended.  So nothing that is said from here on is kept; what was said before, is.
    met_hidden: bool = False
    interrupted: set[int] = field(default_factory=set)  # cells that were broken off

    @cached_property
    def lines(self) -> dict[str, int]:
        return own_lines(self.notebook)


# Exercise, or None for what belongs to none -> the cell at which it was given up; its checks behind that are not run.
GivenUp = dict[str | None, int]
Probes = Mapping[str, list[Any]]  # exercise -> what its function is observed on, encoded
Bindings = dict[str, Any]  # names, and what they are bound to
END = -1  # the moment when all cells have run


class Attempt(OpenRoom):
    """One student room's life."""

    def __init__(self, result: Run, given_up: GivenUp, how: How, deadline: float) -> None:
        super().__init__(how, deadline)
        self.result, self.given_up = result, given_up
        # index of a check whose hidden part is still to come -> the names as its visible part left them, and the moment
        self.pending: dict[int, tuple[Bindings, int]] = {}
        # index of a check whose visible part objected -> the names as it found them
        self.before: dict[int, Bindings] = {}
        self.seen: dict[str | None, int] = {}  # exercise -> the moment at which its answer was looked at last
        self.theirs: set[str] = set()  # names that stand for the student's
        self.tests: Bindings = {"__name__": "__main__"}  # the test room's names
        self.wraps = _wraps(result.notebook)

    def end(self) -> None:
        """End the room, and let go of all that the tests made: through torch's graphs it holds itself alive."""
        super().end()
        for names in (self.tests, *self.before.values(), *(names for names, _ in self.pending.values())):
            names.clear()

    def cells(self, *, with_checks: bool = True) -> None:
        """All cells in order; of checks the part that students see."""
        for index, cell in enumerate(self.result.notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if index in self.result.stopped:
                self._given(cell)
                continue
            if is_test(cell) and index > self.given_up.get(belongs_to(cell), index):
                continue
            if is_test(cell) and not with_checks:
                self._look(index, cell)
                continue
            if is_own(cell) and self._had_enough(index):
                continue  # from here on only answers and checks
            if not is_test(cell):
                shown: list[NotebookNode] = []
                with self._watched(index, cell):
                    shown = self._run(cell)
                if not self.result.met_hidden:
                    cell.outputs = shown
                if any(output.get("ename") == TIMED_OUT for output in shown):
                    self.result.interrupted.add(index)
            elif not self.how.split:
                self._beside(index, cell)
            elif index not in self.result.judged:
                self._visible_part(index, cell)
        if with_checks:
            self._once_more()
            self._find_unanswered()
        self.start_clock()
        with suppress(StudentError):
            self.room.request(do="remember", at=END)

    def _had_enough(self, index: int) -> bool:
        """Whether an own cell is passed over: the notebook ends its process, or does not come back, too often."""
        broken_off = len(self.result.interrupted)
        return self.result.replays >= MOST_REPLAYS or (
            broken_off >= MOST_INTERRUPTED and self.result.notebook.cells[index].execution_count is None
        )

    def _look(self, index: int, cell: NotebookNode) -> None:
        """Have the room remember its names as a check finds them."""
        self.start_clock()
        exercise = belongs_to(cell)
        with suppress(StudentError):
            for wrapper, names in self.wraps.get(exercise, ()):
                self.room.request(do="wrap", source=wrapper, names=names)
            self.room.request(do="remember", at=index)
        if exercise not in self.result.later:
            self.seen[exercise] = index

    def _visible_part(self, index: int, cell: NotebookNode) -> None:
        names = dict(self.tests)
        with self._watched(index, cell):
            self._look(index, cell)
            if index in self.result.refused:  # it has said so before the room had to begin again
                self.before[index] = names
                return
            failed = self._passes_in_part(index, cell, self.tests, index)
        if failed and self.result.met_hidden:
            self._give_up_unseen(index, cell)
        elif failed:
            cell.outputs = failed
            self.before[index] = names
            self.result.refused.add(index)

    def _give_up_unseen(self, index: int, cell: NotebookNode) -> None:
        """Of a check that passed in part, and no more in a later room, nothing is told but that."""
        cell.outputs = []
        self.result.stopped[index] = UNSEEN

    def _passes_in_part(self, index: int, cell: NotebookNode, names: Bindings, at: int) -> list[NotebookNode]:
        """Ask the visible part of a check.  Returns what it objects to; a check with a hidden part then waits for that."""
        parts = hidden.parts(cell.source)
        shown = tested(self.room, parts.visible, id_of(cell), names, self.result.lines)
        if any(output.output_type == "error" for output in shown):
            return shown
        if parts.hidden is None:
            cell.outputs = shown
            self.result.judged.add(index)
        else:  # a result, if any, stands at the end of the whole
            cell.outputs = []
            self.pending[index] = dict(names), at
        return []

    def _once_more(self) -> None:
        """Checks whose visible part objected, once all cells have run, where another answer stands further below by now."""
        for index in sorted(self.before):
            cell = self.result.notebook.cells[index]
            exercise, names = belongs_to(cell), self.before[index]
            if index in self.result.judged or index > self.given_up.get(exercise, index):
                continue
            with self._watched(index, cell):
                if self._stands_elsewhere(index, cell):
                    for wrapper, wrapped in self.wraps.get(exercise, ()):
                        self.room.request(do="wrap", source=wrapper, names=wrapped)
                    failed = self._passes_in_part(index, cell, names, END)
                    if failed and self.result.met_hidden:
                        self._give_up_unseen(index, cell)
                        continue
                    # nothing stands there where it has passed in a room that ended, and does not in this one
                    said = cell.outputs[0].ename if failed and cell.outputs else None
                    if said in (None, "NameError", "NotImplementedError"):
                        cell.outputs = failed
                        self.seen[exercise] = END
                    if not failed:
                        self.result.later.add(exercise)
            if index not in self.pending:
                self.result.judged.add(index)

    def _stands_elsewhere(self, index: int, cell: NotebookNode) -> bool:
        """Whether a name that was missing may be there by now, or an answer's is bound to something else."""
        if any(output.get("ename") == "NameError" for output in cell.outputs):
            return True
        names = [id_of(other) for other in self.result.notebook.cells if is_answer(other)]
        with suppress(StudentError):
            return self.room.request(do="rebound", names=names, since=index).get("result") is not False
        return False

    def _find_unanswered(self) -> None:
        """Which of the exercises whose cell was left as it was are answered by no other cell, either."""
        untouched = sorted(
            id_of(cell) for cell in self.result.notebook.cells if is_answer(cell) and is_untouched(cell)
        )
        if self.result.met_hidden:  # it is known, and not for a later room to say
            return
        self.result.unanswered = set(untouched)  # where it does not come back
        if untouched:
            self.start_clock()
            with suppress(StudentError, Stopped):
                found = self.room.request(do="unanswered", names=untouched).get("result")
                if isinstance(found, list):
                    self.result.unanswered = set(untouched).intersection(
                        name for name in found if isinstance(name, str)
                    )

    def hidden_parts(self) -> None:
        """What the checks ask beyond what students see, each with the names, here and over there, that its visible part had."""
        self.result.met_hidden |= bool(self.pending)
        for index, (names, at) in self.pending.items():
            cell = self.result.notebook.cells[index]
            with self._watched(index, cell):
                self._recall(at)
                cell.outputs = tested(
                    self.room,
                    hidden.parts(cell.source).hidden or "",
                    id_of(cell),
                    names,
                    self.result.lines,
                )
            self.result.judged.add(index)

    def _recall(self, at: int) -> None:
        with suppress(StudentError):
            self.room.request(do="recall", at=at)

    def _beside(self, index: int, cell: NotebookNode) -> None:
        """A test in the student's own room: run again in a replay, since later cells may need it, but judged once."""
        verdict = cell.outputs if index in self.result.judged else None
        with self._watched(index, cell):
            cell.outputs = self._run(cell)
        if verdict is not None:
            cell.outputs = verdict
        self.result.judged.add(index)

    @contextmanager
    def _watched(self, index: int, cell: NotebookNode) -> Iterator[None]:
        """Around whatever calls the student's code: a time limit, and what becomes of a cell that does not come back."""
        self.start_clock()
        cell.execution_count = index + 1
        megabytes = cell.metadata.get("room_memory") if is_test(cell) else None
        self.most = megabytes and megabytes * 2**20
        try:
            yield
        except Stopped as stopped:
            if index in self.result.judged:
                raise
            if is_test(cell) or not self.result.met_hidden:
                cell.outputs = []
            if time.monotonic() >= self.deadline and stopped.why == "timeout":
                stopped.why = "late"
            # in what way a room ends is the code's to choose, by what it has met
            self.result.stopped[index] = UNSEEN if self.result.met_hidden else stopped.why
            self.given_up.setdefault(belongs_to(cell), index)
            raise
        finally:
            self.most = None

    def observe(self, probes: Probes) -> None:
        """How the functions of these exercises behave on the probes."""
        for exercise, asked in probes.items():
            self.start_clock()
            self.result.observations[exercise] = None  # where it does not come back, it is not asked again
            self._recall(self.seen.get(exercise, END))
            with suppress(StudentError):
                answer = self.room.request(do="observe", exercise=exercise, probes=asked)
                self.result.observations[exercise] = answer.get("result")

    def _given(self, cell: NotebookNode) -> list[str]:
        """What the course wrote runs here too, whatever the student's room makes of it.

        Returns the names of the functions that it defines: tests may pass these to the student's.
        """
        if not (self.how.split and is_given(cell)):
            return []
        exec(_compiled(cell.source, id_of(cell)), self.tests)
        names = [name for name in _defined(cell) if isinstance(self.tests.get(name), FunctionType)]
        self.room.given.update({name: self.tests[name] for name in names})
        return names

    def _run(self, cell: NotebookNode) -> list[NotebookNode]:
        """A cell of the student's, or one that is given: runs over there, and here too where the course wrote it."""
        given = self._given(cell)
        if self.how.split and is_answer(cell):
            for name in {id_of(cell), *_defined(cell)}:  # the exercise's own, and what else tests may call
                # never in the place of what the tests themselves use: their helpers, NumPy, what is built in
                # (a name of theirs that the course has bound since is the course's)
                theirs = name in self.theirs and isinstance(self.tests.get(name), Function)
                if name == id_of(cell) or theirs or not self._taken(name):
                    self.theirs.add(name)
                    self.tests[name] = Function(self.room, name)
        stub = id_of(cell) if is_answer(cell) and is_untouched(cell) else None
        wraps = [
            name
            for wrappers in self.wraps.values()
            for source, names in wrappers
            if source == cell.source
            for name in names
        ]
        return self.shown_by(cell.source, self.result.lines, given=given, stub=stub, wraps=wraps)

    def _taken(self, name: str) -> bool:
        return name in self.tests or name.startswith("_") or hasattr(builtins, name)


def _wraps(notebook: NotebookNode) -> dict[str | None, list[tuple[str, list[str]]]]:
    """Exercise -> (text, names) of the given cells that bind the student's function anew, before its checks."""
    found: dict[str | None, list[tuple[str, list[str]]]] = {}
    exercises = [id_of(cell) for cell in notebook.cells if is_answer(cell)]
    for cell in notebook.cells:
        for name in exercises if is_given(cell) else ():
            if re.search(rf"^ *{name} = ", cell.source, re.MULTILINE):
                found.setdefault(name, []).append((cell.source, [name]))
    return found


@cache
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, f"<{name}>", "exec")


def _defined(cell: NotebookNode) -> set[str]:
    """What a cell defines at top level.

    Read off the text: Python's parser is not to be had by whoever writes the cell.
    """
    return set(re.findall(r"^(?:def|class)[ \t]+([A-Za-z_]\w*)", cell.source, re.MULTILINE))
