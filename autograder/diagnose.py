"""From how a function behaves to what its author has misunderstood.

A submission gets the hint of a bank entry when it does the same as the entry on every probe while the right
implementation does otherwise on at least one.  Where nothing fits, nothing is said.
"""

from dataclasses import dataclass

import numpy as np

from . import bank, observe

MOST_HINTS = 2


@dataclass(frozen=True)
class Hint:
    misconception: str
    hint: str


def alike(one, other, tolerance=1e-5):
    """True where two decoded observations say the same, numbers up to rounding.

    The dtype counts too: a float32 result that became float64 is another behaviour.
    """
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


class Diagnosis:
    """The bank of one assignment, with every entry observed once."""

    def __init__(self, assignment):
        self.bank = bank.load(assignment.name)
        self.probes = {
            exercise: [observe.encode(probe.payload()) for probe in made]
            for exercise, made in self.bank.probes.items()
        }
        self._reference = assignment.reference
        self._seen = {}

    def observed(self, entry_or_reference, exercise):
        """The decoded observations of a bank entry, or of the reference for None."""
        key = (exercise, entry_or_reference.id if entry_or_reference else None)
        if key not in self._seen:
            thing = entry_or_reference.implementation if entry_or_reference else self._reference(exercise)
            self._seen[key] = observe.decode(observe.observe(thing, self.probes[exercise]))
        return self._seen[key]

    def matching(self, exercise, observations):
        """The wrong entries that do what was observed; none where the observed is right."""
        if exercise not in self.probes or observations is None:
            return []
        try:
            seen = observe.decode(observations)
        except Exception:  # the student's process wrote it, and may write what it likes
            return []
        if alike(seen, self.observed(None, exercise)):
            return []
        return [
            entry
            for entry in self.bank.wrong.get(exercise, ())
            if alike(seen, self.observed(entry, exercise))
        ]

    def hints(self, exercise, observations):
        """At most two hints, the first entry's first."""
        found = {}
        for entry in self.matching(exercise, observations):
            found.update({name: hint for name, hint in entry.hints if name not in found})
        return [Hint(name, hint) for name, hint in list(found.items())[:MOST_HINTS]]
