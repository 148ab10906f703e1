"""Glimpses, weights and what they average to (chapter 1, lesson 3).

n places, each with a vector of width d that a glimpse of it would give.  Weights are not negative and sum to one.
"""

import numpy as np

from attention_course.mechanisms.attention import attend


def soft_attention(values: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a glimpse gives on average, if places are drawn with the softmax of their scores.

    ``values (n, d)``, ``scores (n,)`` without unit.  Returns ``(z (d,), weights (n,))``, z in the unit of the values.
    Raises ``ValueError`` where there is not one score for each value.  Source: Xu et al. (2015), equations 8 and 13;
    Bahdanau, Cho & Bengio (2015), equations 5 and 6.
    """
    z, weights = attend(np.asarray(scores)[None], values)
    return z[0], weights[0]


def glimpse(values: np.ndarray, weights: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """What ``number`` glimpses see, ``(number, d)``: rows of ``values (n, d)`` drawn with ``weights (n,)``.

    ``rng`` is a NumPy generator.
    """
    return np.asarray(values)[rng.choice(len(weights), size=number, p=weights)]


def expected_location(weights: np.ndarray) -> tuple[float, float]:
    """Where a map of weights ``(h, w)`` attends on average: ``(row, column)`` as floats, in pixels of the map.

    Raises ``ValueError`` where the weights do not sum to one.
    """
    weights = np.asarray(weights)
    if not np.isclose(weights.sum(), 1, atol=1e-4):
        raise ValueError(f"weights sum to one, these to {weights.sum():.4g}")
    rows, columns = np.indices(weights.shape)
    return float((weights * rows).sum()), float((weights * columns).sum())


def attention_entropy(weights: np.ndarray, axis: int | tuple[int, ...] = -1) -> np.ndarray:
    """How undecided weights are, in bits: 0 where one place has all, log₂ n where n places share equally.

    ``weights`` of any shape, summing to one along ``axis``; a weight of 0 contributes nothing.  Source: Shannon
    (1948), section 6.
    """
    weights = np.asarray(weights)
    return -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=axis)
