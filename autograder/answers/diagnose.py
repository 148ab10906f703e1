"""From how a function behaves to what its author has misunderstood.

A submission gets the hint of a bank entry when it does the same as the entry on every probe while the right
implementation does otherwise on at least one.  Where nothing fits, nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.answers import bank, observe
from autograder.answers.assignment import Assignment
from autograder.answers.bank import Entry

MOST_HINTS = 2


@dataclass(frozen=True)
class Hint:
    misconception: str
    hint: str


def alike(one: Any, other: Any, tolerance: float = 1e-5) -> bool:
    """True where two decoded observations say the same, numbers up to rounding.

    The dtype counts too: a float32 result that became float64 is another behaviour.
    """
    one, other = _plain(one), _plain(other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name], tolerance) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(alike(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if hasattr(one, "shape"):
        same_kind = one.dtype == other.dtype and tuple(one.shape) == tuple(other.shape)
        a, b = np.asarray(one), np.asarray(other)
        loose = 1e-3 if a.dtype == np.float32 else tolerance
        return same_kind and bool(np.allclose(a, b, rtol=loose, atol=loose, equal_nan=True))
    if isinstance(one, float):
        return bool(np.isclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))
    return one == other


def _plain(value):
    """A single number of NumPy's as Python's, where nothing is lost: ``argmax()`` and ``int(argmax())`` say the same."""
    single = isinstance(value, np.ndarray) and value.ndim == 0
    return value.item() if single and value.dtype in (np.int64, np.float64, np.bool_) else value


Observed = list[dict[str, Any]]  # what one thing does on each probe of its exercise, decoded
Seen = dict[tuple[str, str | None], Observed]  # (exercise, entry or None for the solution) -> that


class Diagnosis:
    """The bank of one assignment, with every entry observed once."""

    def __init__(self, assignment: Assignment) -> None:
        self.bank = bank.load(assignment)
        self.probes = {
            exercise: [observe.encode(probe.payload()) for probe in probes]
            for exercise, probes in self.bank.probes.items()
        }
        self._assignment = assignment
        self._seen: Seen = {}

    def observations(self, entry: Entry | None, exercise: str) -> list[Any]:
        """What a bank entry, or the reference for None, does on the exercise's probes, encoded."""
        names = self._assignment.namespace
        thing = self._assignment.answered(exercise, entry.source) if entry else names[exercise]
        with np.errstate(all="ignore"):  # a wrong answer may well divide by zero
            return observe.observe(thing, self.probes[exercise], names)

    def observed(self, entry: Entry | None, exercise: str) -> Observed:
        """The same decoded, and kept."""
        key = (exercise, entry.id if entry else None)
        if key not in self._seen:
            self._seen[key] = observe.decode(self.observations(entry, exercise))
        return self._seen[key]

    def observe_all(self) -> Seen:
        """Observe the whole bank now.  Returns what was seen, for ``take``: another process's diagnosis need not observe again."""
        for exercise in self.probes:
            for entry in (None, *self.bank.wrong.get(exercise, ())):
                self.observed(entry, exercise)
        return self._seen

    def take(self, seen: Mapping[tuple[str, str | None], Observed]) -> None:
        """What ``observe_all`` returned elsewhere."""
        self._seen.update(seen)

    def _decoded(self, exercise: str, observations: Any) -> Observed | None:
        """The observations, one a probe, or None: a student's process wrote them, and may write what it likes."""
        try:
            seen = observe.decode(observations)
        except Exception:
            return None
        fits = isinstance(seen, list) and len(seen) == len(self.probes[exercise])
        return seen if fits and all(isinstance(one, dict) for one in seen) else None

    def matching(self, exercise: str, observations: Any) -> list[Entry]:
        """The wrong entries that do what was observed; none where the observed is right."""
        if exercise not in self.probes or observations is None:
            return []
        seen = self._decoded(exercise, observations)
        if seen is None or alike(seen, self.observed(None, exercise)):
            return []
        return [
            entry
            for entry in self.bank.wrong.get(exercise, ())
            if alike(seen, self.observed(entry, exercise))
        ]

    def hints(self, exercise: str, observations: Any) -> list[Hint]:
        """At most two hints, the first entry's first."""
        entries = self.matching(exercise, observations) or self.nearly_matching(exercise, observations)
        found: dict[str, str] = {}
        for entry in entries:
            found.update({name: hint for name, hint in entry.hints if name not in found})
        return [Hint(name, hint) for name, hint in list(found.items())[:MOST_HINTS]]

    def nearly_matching(self, exercise: str, observations: Any) -> list[Entry]:
        """Where no entry fits as a whole: the one that has the same numbers, then those of the same manners.

        Somebody who scales by d may also write np.sqrt, which lifts float32, or exponentials that overflow, or
        change an argument in place.  Such manners (dtype, finiteness, in place) are set apart from the numbers.
        """
        if exercise not in self.probes or observations is None:
            return []
        seen = self._decoded(exercise, observations)
        right = self.observed(None, exercise)
        if seen is None or alike(seen, right):
            return []
        same: list[Entry] = []
        mannered: list[Entry] = []
        for entry in self.bank.wrong.get(exercise, ()):
            known = self.observed(entry, exercise)
            if not _same_numbers(known, right):
                if _same_numbers(seen, known) and not _same_numbers(seen, right):
                    same.append(entry)
            elif any(
                here == there != due
                for here, there, due in zip(_manners(seen), _manners(known), _manners(right), strict=True)
            ):
                mannered.append(entry)
        if not same and not _same_numbers(seen, right):
            return []  # other numbers than any that are known: nothing is sure
        return (same if len(same) == 1 else []) + mannered


def _arrays(part):
    """The arrays in an observation's result, in order."""
    if isinstance(part, list):
        return [array for one in part for array in _arrays(one)]
    return [part] if hasattr(part, "dtype") else []


def _as_numbers(part):
    """The same result, every array in float64."""
    if isinstance(part, list):
        return [_as_numbers(one) for one in part]
    return np.asarray(part, dtype=np.float64) if hasattr(part, "dtype") else part


def _same_numbers(one, other):
    """Alike on the probes on which both give finite numbers, whatever the dtype; at least two such probes."""
    compared = 0
    for a, b in zip(one, other, strict=True):
        if any(not np.isfinite(np.asarray(x)).all() for side in (a, b) for x in _arrays(side.get("result"))):
            continue
        keys = ("result", "error", "parameters")
        one_said, other_said = ([_as_numbers(side.get(key)) for key in keys] for side in (a, b))
        if not alike(one_said, other_said, 1e-4):
            return False
        compared += "result" in a
    return compared >= 2


def _manners(observations):
    """(dtypes, which probes overflow, which change their arguments)."""
    results = [_arrays(seen.get("result")) for seen in observations]
    return (
        [[str(array.dtype) for array in arrays] for arrays in results],
        [[bool(np.isfinite(np.asarray(array)).all()) for array in arrays] for arrays in results],
        [seen.get("changed") for seen in observations],
    )
