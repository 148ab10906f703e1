"""The misconception bank: wrong answers that people really write, and right ones written another way.

Each entry is executable.  It serves twice: as a mutant from which the exercise's tests must take points, and
as a diagnosis of a submission that behaves like it.  The tests run every entry of the bank, so that an entry
added is an entry tested.

An entry is a function or class in ``misconceptions/<module>.py``, named for what is wrong with it::

    @wrong("dot_product_attention", "Divide the scores by √d …")
    def unscaled(queries, keys, values): ...

    @right("dot_product_attention")
    def with_einsum(queries, keys, values): ...

and each exercise has one function that makes its probes, the inputs on which behaviours are compared::

    @probes("dot_product_attention")
    def attention_probes(rng): return [Call(q, k, v), …]
"""

import importlib
import inspect
import re
from dataclasses import dataclass, field
from functools import cache
from textwrap import dedent
from typing import Any


@dataclass(frozen=True)
class Given:
    """Stands in a probe for the function of that name in a given cell, wherever the probe is observed: a
    student's function gets the student's copy, an entry of the bank the one beside the solution."""

    name: str


@dataclass(frozen=True)
class Call:
    """A probe of a function: call it with ``args``.  The result, or the kind of error, is observed.

    An argument may be ``Given("step")``.
    """

    args: tuple

    def __init__(self, *args):
        object.__setattr__(self, "args", args)

    def payload(self):
        args = [{"given": arg.name} if isinstance(arg, Given) else {"data": arg} for arg in self.args]
        return {"kind": "call", "args": args}


@dataclass(frozen=True)
class Module:
    """A probe of an ``nn.Module``: construct it with ``init``, load ``parameters``, call it with ``inputs``.

    Observed are the names and shapes of its parameters, the outputs, and the gradient that each parameter
    receives from the sum of the first output's squares.
    """

    init: tuple
    parameters: dict[str, Any]
    inputs: tuple

    def payload(self):
        return {
            "kind": "module",
            "init": list(self.init),
            "parameters": dict(self.parameters),
            "inputs": list(self.inputs),
        }


Probe = Call | Module


@dataclass(frozen=True)
class Entry:
    """One implementation of an exercise: ``hints`` are empty for a right one."""

    exercise: str
    id: str
    implementation: Any = field(compare=False)
    hints: tuple[tuple[str, str], ...] = ()  # (misconception id, hint): two where two mistakes meet

    @property
    def is_wrong(self):
        return bool(self.hints)

    @property
    def source(self):
        """The entry as a student would type it: under the exercise's name, without the decorator."""
        text = dedent(inspect.getsource(self.implementation))
        start = re.search(r"^(def|class) ", text, re.MULTILINE).start()
        return re.sub(rf"^(def|class) {self.implementation.__name__}\b", rf"\1 {self.exercise}", text[start:])


@dataclass
class Bank:
    """All that is known of one assignment's answers."""

    wrong: dict[str, list[Entry]] = field(default_factory=dict)
    right: dict[str, list[Entry]] = field(default_factory=dict)
    probes: dict[str, list[Probe]] = field(default_factory=dict)

    def entries(self):
        for exercise in self.probes:
            yield from self.wrong.get(exercise, ())
            yield from self.right.get(exercise, ())


_collecting: list = []  # what the decorators of the module being imported have seen


def wrong(exercise, hint, *, also=None):
    """Register a wrong implementation.  ``also`` names entries of the same module whose mistakes meet in this
    one: their hints are given instead, and ``hint`` must be None."""

    def register(implementation):
        _collecting.append(("wrong", exercise, implementation, hint, also))
        return implementation

    return register


def right(exercise):
    """Register a right implementation that is written in another way than the solution."""

    def register(implementation):
        _collecting.append(("right", exercise, implementation, None, None))
        return implementation

    return register


def probes(exercise):
    """Register the maker of an exercise's probes; it gets a seeded ``numpy.random.Generator``."""

    def register(maker):
        _collecting.append(("probes", exercise, maker, None, None))
        return maker

    return register


def module_name(assignment):
    """``03-query-key-value`` -> ``ch03_query_key_value``."""
    return "ch" + assignment.replace("-", "_")


@cache
def load(assignment):
    """The bank of an assignment; an empty one where it has no module."""
    import numpy as np

    _collecting.clear()
    name = f"autograder.misconceptions.{module_name(assignment)}"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:
            raise
        return Bank()
    bank = Bank()
    hints = {(e, f.__name__): hint for kind, e, f, hint, _ in _collecting if kind == "wrong" and hint}
    for kind, exercise, made, hint, also in _collecting:
        if kind == "probes":
            bank.probes[exercise] = [p for seed in (1, 2) for p in made(np.random.default_rng(seed))]
        elif kind == "right":
            bank.right.setdefault(exercise, []).append(Entry(exercise, made.__name__, made))
        else:
            names = also or (made.__name__,)
            pairs = tuple((name, hint or hints[exercise, name]) for name in names)
            bank.wrong.setdefault(exercise, []).append(Entry(exercise, made.__name__, made, pairs))
    return bank
