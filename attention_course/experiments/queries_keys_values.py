"""Lesson *Queries, keys and values*: what the square root of d does to random scores, to gradients and to learning."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_course.experiments import Verdict, above, all_of, below, experiment, grid
from attention_course.measuring.timing import growth_exponent
from attention_course.mechanisms.attention import softmax
from attention_course.records import Record

WIDTHS = [2**i for i in range(11)]
EACH = 4  # of a curve every fourth step is kept
SCALINGS = ["raw", "scaled"]
RATES = {"raw": [10 ** (k / 2 - 5) for k in range(13)], "scaled": [10 ** (k / 2 - 3) for k in range(13)]}


def jacobian_norm(weights: np.ndarray) -> np.ndarray:
    """Frobenius norm of diag(w) − w wᵀ for each row w."""
    squares = (weights**2).sum(-1)
    total = squares - 2 * (weights**3).sum(-1) + squares**2
    return np.sqrt(np.maximum(total, 0))  # rounding may leave −1e−17


def measure(seed: int, d: int, queries: int = 200, m: int = 16) -> list:
    """Raw and scaled: variance of the scores, median and mean norm of J, entropy, largest weight."""
    rng = np.random.default_rng([seed, d])
    q, k = rng.normal(size=(queries, 1, d)), rng.normal(size=(queries, m, d))
    dots, rows = (q @ k.swapaxes(-1, -2))[:, 0], []
    for scores in (dots, dots / math.sqrt(d)):
        w, norm = softmax(scores), jacobian_norm(softmax(scores))
        entropy = -(w * np.log2(np.where(w > 0, w, 1))).sum(-1)
        row = [scores.var(), np.median(norm), norm.mean(), np.median(entropy)]
        rows.append([*row, np.median(w.max(-1))])
    return rows


def query_gradients(
    seed: int, d: int, scales: Sequence[float], queries: int = 200, m: int = 16
) -> list[np.ndarray]:
    """Length of ∂z/∂q for values of width 1, for each scale and each query."""
    rng, lengths = np.random.default_rng([seed, d, 1]), []
    q, k = rng.normal(size=(queries, 1, d)), rng.normal(size=(queries, m, d))
    v, dots = rng.normal(size=(queries, m)), (q @ k.swapaxes(-1, -2))[:, 0]
    for scale in scales:
        w = softmax(dots * scale)
        by_score = w * (v - (w * v).sum(-1, keepdims=True))  # J v
        lengths.append(np.linalg.norm(by_score[:, None] @ k * scale, axis=-1)[:, 0])
    return lengths


def score_of_match(seed: int, d: int, rho: float = 0.5, queries: int = 300) -> float:
    """Mean scaled score of a query with a key that it resembles."""
    rng = np.random.default_rng([seed, d, 2])
    k, noise = rng.normal(size=(2, queries, d))
    q = rho * k + math.sqrt(1 - rho**2) * noise  # still variance 1
    return ((q * k).sum(-1) / math.sqrt(d)).mean()


@experiment(settings=None)
def draws(seed: int) -> dict[str, Any]:
    """Random queries and keys of many widths: scores, softmax and gradients with the division by √d and without."""
    arriving = query_gradients(seed, 1024, (1, 1 / math.sqrt(1024)))
    return {
        "measured": [measure(seed, d) for d in WIDTHS],  # (widths, raw and scaled, five marks)
        "mean": [g.mean() for g in arriving],
        "largest": [g.max() for g in arriving],
        "starved": [100 * (g < 0.01).mean() for g in arriving],
        "match": [score_of_match(seed, d) for d in WIDTHS if d >= 16],
    }


def marks(runs: Record, mark: str, scaling: str) -> np.ndarray:
    """A mark of ``measure`` for each seed and width, ``(seeds, widths)``."""
    column = ("variance", "median J", "mean J", "entropy", "largest").index(mark)
    return runs.values("measured")[:, :, SCALINGS.index(scaling), column]


def slopes(runs: Record, mark: str, scaling: str, least: int = 1) -> np.ndarray:
    """With which power of d a mark grows from width ``least`` on, of each seed."""
    wide = np.array(WIDTHS) >= least
    return np.array(
        [growth_exponent(np.array(WIDTHS)[wide], row[wide]) for row in marks(runs, mark, scaling)]
    )


def match_slopes(runs: Record) -> np.ndarray:
    """With which power of d the scaled score of a matching key grows, of each seed."""
    return np.array([growth_exponent([d for d in WIDTHS if d >= 16], row) for row in runs.values("match")])


def _near(values, centre, reach):
    return all_of(above(values, centre - reach), below(values, centre + reach))


@draws.claim
def variance_grows_like_d(runs: Record) -> Verdict:
    """Without the division the variance of the scores grows like d, with it it stays."""
    return all_of(
        _near(slopes(runs, "variance", "raw"), 1, 0.06), _near(slopes(runs, "variance", "scaled"), 0, 0.06)
    )


@draws.claim
def scaled_gradient_does_not_depend_on_d(runs: Record) -> Verdict:
    """From d = 4 on the scaled softmax's median gradient hardly depends on d."""
    found = marks(runs, "median J", "scaled")[:, 2:]
    return below(np.ptp(found, axis=1), 0.08)


@draws.claim
def unscaled_median_collapses(runs: Record) -> Verdict:
    """At d = 256 the unscaled median gradient is less than a fifth of the scaled one."""
    at = WIDTHS.index(256)
    return below(marks(runs, "median J", "raw")[:, at] / marks(runs, "median J", "scaled")[:, at], 0.2)


@draws.claim
def but_not_at_16(runs: Record) -> Verdict:
    """At d = 16 the unscaled softmax has about as much gradient as the scaled one."""
    at = WIDTHS.index(16)
    return above(marks(runs, "median J", "raw")[:, at] / marks(runs, "median J", "scaled")[:, at], 0.85)


@draws.claim
def unscaled_mean_falls_slowly(runs: Record) -> Verdict:
    """The unscaled mean gradient falls about like one over the root of d."""
    return _near(slopes(runs, "mean J", "raw", least=64), -0.5, 0.2)


@draws.claim
def entropy_is_lost(runs: Record) -> Verdict:
    """At d = 256 the median entropy of the weights is near zero without the division and above three bits with it."""
    at = WIDTHS.index(256)
    return all_of(
        below(marks(runs, "entropy", "raw")[:, at], 0.3), above(marks(runs, "entropy", "scaled")[:, at], 3)
    )


@draws.claim
def most_queries_starve(runs: Record) -> Verdict:
    """At d = 1024 more than half of the queries get hardly a gradient without the division, hardly one with it."""
    starved = runs.values("starved")
    return all_of(above(starved[:, 0], 50, cap=58), below(starved[:, 1], 4))


@draws.claim
def mean_gradient_is_larger_unscaled(runs: Record) -> Verdict:
    """At d = 1024 the mean gradient at the query is larger without the division."""
    return above(runs.values("mean")[:, 0] - runs.values("mean")[:, 1], 0)


@draws.claim
def a_match_grows_even_scaled(runs: Record) -> Verdict:
    """The scaled score of a key that the query resembles grows like the root of d."""
    return _near(match_slopes(runs), 0.5, 0.06)


def learn_lookup(
    seed: int,
    scale: float,
    rate: float,
    start: float = 1.0,
    steps: int = 100,
    d: int = 256,
    m: int = 16,
    d_v: int = 4,
) -> tuple[np.ndarray, float]:
    """Loss of each step and the final spread of the scores; W starts ``start`` times as large as its normal size."""
    rng = np.random.default_rng(seed)
    K, X = rng.normal(size=(2, m, d))
    V = rng.normal(size=(m, d_v))
    W = start * rng.normal(size=(d, d)) / math.sqrt(d)
    queries, gram, losses = X @ W, X @ X.T, []
    for _ in range(steps):
        weights = softmax(queries @ K.T * scale)
        error = weights @ V - V
        losses.append((error**2).mean())
        by_output = 2 * error / error.size
        by_weight = by_output @ V.T
        by_score = weights * (by_weight - (weights * by_weight).sum(1, keepdims=True))
        # a step on W moves Q = X W by −rate · X Xᵀ ∂L/∂Q, and Q is all we need
        queries -= rate * gram @ (by_score @ K * scale)
    return np.array(losses), (queries @ K.T * scale).std()


@experiment(settings=grid(scaling=SCALINGS, steps=100))
def lookup(seed: int, scaling: str, steps: int) -> dict[str, Any]:
    """A look-up learned by gradient descent at thirteen rates, with the division by √d and without."""
    scale = 1.0 if scaling == "raw" else 1 / math.sqrt(256)
    runs = [learn_lookup(seed, scale, rate, steps=steps) for rate in RATES[scaling]]
    return {
        "losses": [loss[::EACH] for loss, _ in runs],  # (rates, some of the steps)
        "final": [loss[-1] for loss, _ in runs],
        "spread": [spread for _, spread in runs],
    }


def best(runs: Record, scaling: str) -> int:
    """Which rate has the lowest median loss at the end."""
    return int(np.median(runs.values("final", scaling=scaling), axis=0).argmin())


@lookup.claim
def learned_only_scaled(runs: Record) -> Verdict:
    """At its best rate the scaled look-up is learned in 100 steps and the unscaled one is not."""
    final = {s: runs.values("final", scaling=s)[:, best(runs, s)] for s in SCALINGS}
    return all_of(
        below(final["scaled"], 0.15),
        above(final["raw"], 0.25, cap=0.9),
        above(final["raw"] - final["scaled"], 0.2, cap=0.9),
    )


@lookup.claim
def trained_scores_are_larger(runs: Record) -> Verdict:
    """In the learned look-up the scaled scores have a standard deviation well above 1."""
    return above(runs.values("spread", scaling="scaled")[:, best(runs, "scaled")], 1.4)
