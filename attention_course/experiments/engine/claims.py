"""When a statement about trained networks holds.

A claim makes one *effect* a seed and sets it against a bound.  It holds when at least seven seeds of eight are on the
right side of the bound and the mean of all is three standard errors away from it.  Where single runs lie far out on the
right side, ``cap`` says from where on it makes no difference how far: they must not blur a mean that they support.  "No
difference" is a claim of equivalence: the 95 % interval of the mean difference lies within a smallest difference that
would matter, and the values of the two sides overlap.

A repetition with fewer than eight seeds says little of how far seeds lie apart: from four runs alone, one true claim in
ten whose bound is three standard deviations away would seem false.  :func:`judge` therefore takes their spread together
with that of the runs in the record; where the mean lies, and how many are on the right side, is up to the new runs alone.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

STANDARD_ERRORS = 3
FEW = 8  # fewer seeds than these borrow from the record's spread

# Of the parts of a claim that is being judged, in the order in which it makes them: a list to which each adds its
# effects, or what each of them had in the record.
_made: ContextVar[list[np.ndarray] | None] = ContextVar("made", default=None)
_recorded: ContextVar[Iterator[np.ndarray] | None] = ContextVar("recorded", default=None)


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, and the numbers that say so.

    ``effects (seeds,)`` in the unit of the claim, ``mean``, ``error`` (one standard error of the mean), ``bound`` and in
    ``words`` the comparison as a person would read it.
    """

    holds: bool
    words: str
    effects: np.ndarray
    mean: float
    error: float
    bound: float

    def __bool__(self):
        return self.holds


def allowed_misses(seeds: int) -> int:
    """How many of ``seeds`` runs may be on the wrong side: one in eight, and one where four to seven were made."""
    return max(seeds // 8, 1 if seeds >= 4 else 0)


def _summary(effects):
    """Effects, their mean, its standard error and the degrees of freedom behind that."""
    effects = np.asarray(effects, dtype=float)
    if effects.ndim != 1:
        raise ValueError(f"a claim needs one effect for each seed, not an array of shape {effects.shape}")
    sets = [effects]
    if (made := _made.get()) is not None:
        made.append(effects)
    if (recorded := _recorded.get()) is not None:
        sets += [one for one in (next(recorded, None),) if one is not None]
    freedom = sum(len(one) - 1 for one in sets)
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in sets)
    error = np.sqrt(squares / freedom / len(effects)) if len(effects) > 1 else np.inf
    return effects, float(effects.mean()), float(error), freedom


def _one_sided(effects, bound, cap, sign, word):
    if cap is not None:
        if sign * (cap - bound) <= 0:
            raise ValueError(f"a cap of {cap} leaves nothing {word} {bound}")
        effects = (np.minimum if sign > 0 else np.maximum)(np.asarray(effects, dtype=float), cap)
    effects, mean, error, _ = _summary(effects)
    right = int((sign * (effects - bound) > 0).sum())  # NaN is on no side
    far = bool(sign * (mean - bound) > STANDARD_ERRORS * error)
    shown = 0 if abs(mean) < 1e-12 else mean  # what rounding leaves of nothing
    words = f"{shown:.4g} ± {error:.2g}, {right} of {len(effects)} seeds {word} {bound:g}"
    if cap is not None:
        words += f" (counted as {cap:g} where further)"
    return Verdict(
        right >= len(effects) - allowed_misses(len(effects)) and far, words, effects, mean, error, bound
    )


def above(effects: ArrayLike, bound: float, cap: float | None = None) -> Verdict:
    """The claim that ``effects (seeds,)`` lie above ``bound``; what is above ``cap`` counts as ``cap``.

    Raises ``ValueError`` for another shape, and for a cap that is not above the bound.
    """
    return _one_sided(effects, bound, cap, 1, "above")


def below(effects: ArrayLike, bound: float, cap: float | None = None) -> Verdict:
    """The claim that ``effects (seeds,)`` lie below ``bound``; what is below ``cap`` counts as ``cap``.

    Raises ``ValueError`` for another shape, and for a cap that is not below the bound.
    """
    return _one_sided(effects, bound, cap, -1, "below")


def within(one: ArrayLike, other: ArrayLike, smallest: float) -> Verdict:
    """The claim that ``one (seeds,)`` and ``other (seeds,)``, paired by seed, differ by less than ``smallest``.

    Holds where the 95 % interval (Student's t) of the mean difference lies within ±``smallest`` and the two ranges overlap.
    """
    from scipy import stats

    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    effects, mean, error, freedom = _summary(one - other)
    reach = stats.t.ppf(0.975, max(freedom, 1)) * error
    inside = bool(abs(mean) + reach < smallest)
    overlap = bool(one.min() <= other.max() and other.min() <= one.max())
    words = (
        f"difference {mean:.3g}, 95 % interval {mean - reach:.3g} to {mean + reach:.3g}, within ±{smallest:g}"
    )
    if not overlap:
        words += ", but the ranges do not overlap"
    return Verdict(inside and overlap, words, effects, mean, error, smallest)


def all_of(*verdicts: Verdict) -> Verdict:
    """A claim with several parts, all of which must hold; its numbers are those of the weakest part."""

    def slack(verdict):
        return abs(verdict.mean - verdict.bound) / max(verdict.error, 1e-12)

    weakest = min(verdicts, key=lambda v: (v.holds, slack(v)))
    words = "; ".join(verdict.words for verdict in verdicts)
    return Verdict(all(verdicts), words, weakest.effects, weakest.mean, weakest.error, weakest.bound)


def judge(claim: Callable[[Any], Verdict], runs: Any, recorded: Any = None) -> Verdict:
    """The verdict of ``claim`` on ``runs``, a record; fewer than eight seeds borrow from the spread of ``recorded``.

    Raises what the claim raises.
    """
    if recorded is None or len(runs.seeds) >= FEW:
        return claim(runs)
    made: list[np.ndarray] = []
    token = _made.set(made)
    try:
        claim(recorded)
    finally:
        _made.reset(token)
    borrowed = _recorded.set(iter(made))
    try:
        return claim(runs)
    finally:
        _recorded.reset(borrowed)
