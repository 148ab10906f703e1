"""What an experiment is: a function of a seed and settings, the settings it runs under, and what the book says of it."""

import difflib
import importlib
import inspect
import itertools
import json
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from attention_course.experiments import Verdict
from attention_course.records import Record

PACKAGE = "attention_course.experiments"

Settings = dict[str, Any]  # what an experiment takes beside its seed


@dataclass(frozen=True)
class Outcome:
    """What one run returns: ``numbers`` (a dict for JSON; arrays are taken as lists) and, to be kept, ``parameters``.

    ``parameters`` is a module, a state dict of tensors, or None.  They are stored in half precision.
    """

    numbers: dict
    parameters: Any = None


def grid(**axes: Any) -> list[Settings]:
    """All combinations of ``axes`` as a list of settings; what is no list is the same in each."""
    lists = [value if isinstance(value, list) else [value] for value in axes.values()]
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*lists)]


@dataclass(eq=False)
class Experiment:
    """A function of ``seed`` and settings, with the list of settings and the claims about its runs."""

    function: Any
    settings: list
    claims: dict = field(default_factory=dict)

    def __post_init__(self):
        wanted = set(inspect.signature(self.function).parameters) - {"seed"}
        said = [json.dumps(row, sort_keys=True) for row in self.settings]
        if len(set(said)) != len(said) or [json.loads(text) for text in said] != self.settings:
            raise TypeError(
                f"{self.function.__name__}: settings are numbers, texts, lists, and no two are alike"
            )
        known = ", ".join(sorted(wanted)) or "none"
        for row in self.settings:
            if unknown := sorted(set(row) - wanted):
                raise TypeError(
                    f"{self.name} has no parameter {', '.join(unknown)}; those that a setting may give are: {known}."
                )
            if missing := sorted(wanted - set(row)):
                raise TypeError(
                    f"{self.name}: a setting gives no {', '.join(missing)}; its parameters are: {known}."
                )

    @property
    def lesson(self) -> str:
        return self.function.__module__.rsplit(".", 1)[-1]

    @property
    def name(self) -> str:
        return f"{self.lesson}.{self.function.__name__}"

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.function) or "").split("\n\n")[0].replace("\n", " ")

    def claim(self, function: Callable[[Record], Verdict]) -> Callable[[Record], Verdict]:
        """Take ``function(record)``, which returns a :class:`Verdict`, for a claim; its docstring is the sentence."""
        if not inspect.getdoc(function):
            raise TypeError(
                f"the claim {function.__name__} needs a docstring: the sentence that the book says"
            )
        self.claims[function.__name__] = function
        return function

    def run(self, seed: int, settings: Settings) -> Outcome:
        """One run: the :class:`Outcome` of ``seed`` under ``settings``."""
        outcome = self.function(seed=seed, **settings)
        return outcome if isinstance(outcome, Outcome) else Outcome(outcome)


def experiment(settings: Sequence[Settings] | None) -> Callable[[Callable], Experiment]:
    """Take a function ``f(seed, …)`` for an experiment that runs under each of ``settings``, a list of dicts."""

    def wrap(function):
        return Experiment(function, [dict(row) for row in (settings or [{}])])

    return wrap


def lessons() -> list[str]:
    """Names of the modules that hold experiments."""
    modules = pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__)
    return sorted(m.name for m in modules if not m.ispkg and m.name != "__main__")


def of_lesson(lesson: str) -> dict[str, Experiment]:
    """The experiments of one lesson, ``{name: Experiment}``, in the order in which they are written."""
    module = importlib.import_module(f"{PACKAGE}.{lesson}")
    own = (value for value in vars(module).values() if isinstance(value, Experiment))
    return {e.name: e for e in own if e.function.__module__ == module.__name__}


def _near(name: str) -> str | None:
    """What ``name``, which nothing is called, was probably meant to be: a lesson, or an experiment of one."""
    lesson, dot, one = name.partition(".")
    for close in difflib.get_close_matches(lesson, lessons(), n=1):  # a lesson's own name is the closest
        if not dot:
            return close
        own = {e.rpartition(".")[2]: e for e in of_lesson(close)}
        return next((own[near] for near in difflib.get_close_matches(one, own, n=1)), None)
    return None


class UnknownName(LookupError):
    """No experiment is called so."""


def find(names: Iterable[str] = ()) -> dict[str, Experiment]:
    """The experiments of ``names``, lessons or ``lesson.experiment``; all without any.  Raises :class:`UnknownName`."""
    known = lessons()
    chosen: dict[str, Experiment] = {}
    for name in [n.replace("-", "_") for n in names] or known:
        lesson, _dot, one = name.partition(".")
        found = of_lesson(lesson) if lesson in known else {}
        if one:
            found = {key: value for key, value in found.items() if key == name}
        if not found:
            near = _near(name)
            there = ", ".join(of_lesson(lesson) if lesson in known else known)
            hint = f"Did you mean {near}?" if near else f"There is: {there}."
            raise UnknownName(f"There is no experiment {name}. {hint}")
        chosen |= found
    return chosen
