"""The misconception bank: wrong answers that people really write, and right ones written another way.

Each entry is executable.  It serves twice: as a mutant from which the exercise's tests must take points, and
as a diagnosis of a submission that behaves like it.  The tests run every entry of the bank, so that an entry
added is an entry tested.

``misconceptions/<assignment>/<exercise>.py`` holds an exercise's entries, each named for what is wrong with it.
Most are the solution with a piece changed; one that goes another way is written out; where two meet, both are told::

    unscaled = wrong("Divide the scores by √d …", change(" / math.sqrt(queries.shape[-1])", ""))

    @wrong("The result does not depend on the query …")
    def mean(queries, keys, values): ...

    unscaled_over_queries = both(unscaled, over_queries)

    @right()
    def with_einsum(queries, keys, values): ...

A function ``probes(rng)`` makes the inputs on which behaviours are compared: ``return [Call(q, k, v), …]``.

The folders have the assignments' names, as everywhere, which no import statement could name.  So the files are read by
path, each by itself, and reading one changes nothing outside it.  A file sees what the notebook gives, as an answer
does (``np``, ``nn``, ``softmax``, the other exercises), and imports none of it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.answers.assignment import Assignment
from autograder.answers.changes import Change, bare, change, changed
from autograder.errors import CourseError
from autograder.paths import PACKAGE

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["Bank", "Call", "Entry", "Given", "Layer", "again", "both", "change", "load", "right", "wrong"]

FOLDER = PACKAGE / "misconceptions"


@dataclass(frozen=True)
class Given:
    """Stands in a probe for the function of that name in a given cell, wherever the probe is observed: a
    student's function gets the student's copy, an entry of the bank the one beside the solution."""

    name: str


@dataclass(frozen=True)
class Call:
    """A probe of a function: call it with ``args``.  The result, or the kind of error, is observed.

    An argument may be ``Given("step")``.  Where the solution itself refuses it, ``raises`` says with which error.
    """

    args: tuple[Any, ...]
    raises: type[Exception] | None = None

    def __init__(self, *args: Any, raises: type[Exception] | None = None) -> None:
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "raises", raises)

    def payload(self) -> dict[str, Any]:
        """The probe as plain data, for ``observe.encode``."""
        args = [{"given": arg.name} if isinstance(arg, Given) else {"data": arg} for arg in self.args]
        return {"kind": "call", "args": args}


@dataclass(frozen=True)
class Layer:
    """A probe of an ``nn.Module``: construct it with ``init``, load ``parameters``, call it with ``inputs``.

    Observed are the names and shapes of its parameters, the outputs, and the gradient that each parameter
    receives from the sum of the first output's squares.  ``raises`` as in ``Call``.
    """

    init: tuple[Any, ...]
    parameters: dict[str, Any]
    inputs: tuple[Any, ...]
    raises: type[Exception] | None = None

    def payload(self) -> dict[str, Any]:
        """The probe as plain data, for ``observe.encode``."""
        return {
            "kind": "module",
            "init": list(self.init),
            "parameters": dict(self.parameters),
            "inputs": list(self.inputs),
        }


Probe = Call | Layer


@dataclass(frozen=True, eq=False)
class Answer:
    """What a file of the bank says of one answer.  As a decorator it takes what is written out below it."""

    hint: str = ""
    changes: tuple[Change, ...] = ()
    meeting: tuple["Answer", ...] = ()  # the answers whose hints are given here
    written_out: bool = False

    def __call__(self, function: Callable[..., Any]) -> "Answer":
        return replace(self, written_out=True)


def wrong(hint: str, *changes: Change) -> Answer:
    """A wrong answer: the solution with ``changes``, or what this decorates."""
    return Answer(hint, changes)


def right(*changes: Change) -> Answer:
    """A right answer that is written in another way than the solution."""
    return Answer(changes=changes)


def both(one: Answer, other: Answer, *changes: Change) -> Answer:
    """Two mistakes in one answer, whose hints are both given.  Their changes together, unless it is told otherwise."""
    if not changes and not one.written_out and not other.written_out:
        changes = one.changes + other.changes
    return Answer(changes=changes, meeting=(one, other))


def again(one: Answer, *changes: Change) -> Answer:
    """The mistake of another entry, which behaves otherwise where it is made in this way."""
    return Answer(changes=changes, meeting=(one,))


@dataclass(frozen=True)
class Entry:
    """One implementation of an exercise, as a student would type it: ``hints`` are empty for a right one."""

    exercise: str
    id: str
    source: str
    hints: tuple[tuple[str, str], ...] = ()  # (misconception id, hint): two where two mistakes meet

    @property
    def is_wrong(self) -> bool:
        return bool(self.hints)


@dataclass
class Bank:
    """All that is known of one assignment's answers."""

    wrong: dict[str, list[Entry]] = field(default_factory=dict)
    right: dict[str, list[Entry]] = field(default_factory=dict)
    probes: dict[str, list[Probe]] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        for exercise in self.probes:
            yield from self.wrong.get(exercise, ())
            yield from self.right.get(exercise, ())


def load(assignment: Assignment) -> Bank:
    """The bank of an assignment; an empty one where it has no folder."""
    import numpy as np

    bank = Bank()
    files = {path.stem: path for path in (FOLDER / assignment.name).glob("*.py")}
    if unknown := files.keys() - {exercise.id for exercise in assignment.exercises}:
        raise CourseError(
            f"The bank of {assignment.name} has files of no exercise: {', '.join(sorted(unknown))}."
        )
    for exercise in (exercise.id for exercise in assignment.exercises if exercise.id in files):
        entries, makes_probes = _read(files[exercise], exercise, assignment)
        bank.wrong[exercise] = [entry for entry in entries if entry.is_wrong]
        bank.right[exercise] = [entry for entry in entries if not entry.is_wrong]
        bank.probes[exercise] = [p for seed in (1, 2) for p in makes_probes(np.random.default_rng(seed))]
    return bank


def _read(
    path: Path, exercise: str, assignment: Assignment
) -> tuple[list[Entry], Callable[["Generator"], list[Probe]]]:
    """The entries in a file of the bank, and its maker of probes.  Raises ``CourseError`` where something does not fit."""
    file = f"{path.parent.name}/{path.name}"
    text = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(text, str(path)), text.split("\n")
    defined = _defined(tree, file)
    if "probes" not in defined:
        raise CourseError(f"{file}: there is no function probes(rng), which makes the inputs to compare on.")
    space = dict(assignment.namespace)
    try:
        exec(compile(tree, str(path), "exec"), space)
    except NameError as fault:  # its words are told by the neighbours' first lines
        raise CourseError(
            f"{file}: {fault.name} is neither given to this exercise nor imported; `from autograder.answers.bank import …` brings the bank's words."
        ) from fault
    answers = {name: space[name] for name in defined if isinstance(space[name], Answer)}
    names = {id(answer): name for name, answer in answers.items()}
    solution = bare(assignment.cells[exercise].source)
    entries = []
    for name, answer in answers.items():
        if answer.written_out:
            node = defined[name]
            source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            source = re.sub(rf"^(def|class) {name}\b", rf"\1 {exercise}", source)
        elif answer.changes:
            source = changed(solution, answer.changes, f"{file}, {name}")
        else:
            raise CourseError(f"{file}, {name}: neither a change nor written out below it.")
        told = answer.meeting or ((answer,) if answer.hint else ())
        entries.append(Entry(exercise, name, source, tuple((names[id(one)], one.hint) for one in told)))
    return entries, space["probes"]


def _defined(tree: ast.Module, file: str) -> dict[str, ast.stmt]:
    """Name -> statement of what a file defines at its top.  Raises ``CourseError`` for a name that is there twice, or none."""
    defined: dict[str, ast.stmt] = {}
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names = [alias.asname or alias.name for alias in aliases]
            case ast.Expr(value=ast.Constant()):  # the docstring
                names = []
            case _:
                raise CourseError(f"{file}, line {node.lineno}: an answer needs a name.")
        for name in names:
            if name in defined:
                earlier = defined[name].lineno
                raise CourseError(f"{file}: two are called {name!r}, in lines {earlier} and {node.lineno}.")
            defined[name] = node
    return defined
