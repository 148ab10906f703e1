"""Attention in NumPy: softmax, the weighted average, scaled dot products (chapter 3, lesson 2).

Batch first: B batch, n queries, m keys, d width of queries and keys, d_v width of values.
"""

import math

import numpy as np


def _floating(*arrays):
    """The arrays in their common floating dtype; integers and booleans become float64."""
    given = [np.asarray(array) for array in arrays]
    dtype = np.result_type(*given)
    if not np.issubdtype(dtype, np.floating):
        dtype = np.dtype(np.float64)
    return [array.astype(dtype, copy=False) for array in given]


def softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into weights: not negative, summing to one along ``axis``.

    ``scores`` of any shape, without unit; returns the same shape and floating dtype.  The maximum is
    subtracted first, which changes nothing in exact arithmetic and keeps large scores from overflowing.
    A score of −inf gets the weight 0; where all along ``axis`` are −inf, all weights are 0.  Source:
    Bahdanau, Cho & Bengio (2015), equation 6, for scores of attention.
    """
    (scores,) = _floating(scores)
    top = scores.max(axis=axis, keepdims=True, initial=-np.inf)
    exponentials = np.exp(scores - np.where(np.isneginf(top), 0, top))
    total = exponentials.sum(axis=axis, keepdims=True)
    return exponentials / np.where(total == 0, 1, total)


def attend(scores: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average ``values (…, m, d_v)`` with the softmax of ``scores (…, n, m)`` over the keys.

    Returns ``(output (…, n, d_v), weights (…, n, m))``.  Raises ``ValueError`` where there is not one score
    for each value.
    """
    scores, values = _floating(scores, values)
    if scores.ndim < 2 or values.ndim < 2 or scores.shape[-1] != values.shape[-2]:
        raise ValueError(f"scores {scores.shape} must be (…, n, m) and values {values.shape} (…, m, d_v)")
    weights = softmax(scores)
    return weights @ values, weights


def scaled_scores(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The scores ``Q Kᵀ / √d (B, n, m)`` of ``queries (B, n, d)`` with ``keys (B, m, d)``.

    Any number of leading axes.  Raises ``ValueError`` where queries and keys differ in width.  Source: Vaswani
    et al. (2017), equation 1.
    """
    queries, keys = _floating(queries, keys)
    for name, array in (("queries", queries), ("keys", keys)):
        if array.ndim < 2:
            raise ValueError(f"{name} must be a batch of rows, (B, rows, width), not of shape {array.shape}")
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"queries {queries.shape} and keys {keys.shape} must have the same width d")
    return queries @ np.swapaxes(keys, -1, -2) / math.sqrt(queries.shape[-1])


def dot_product_attention(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled dot-product attention, ``softmax(Q Kᵀ / √d) V``.

    ``queries (B, n, d)``, ``keys (B, m, d)``, ``values (B, m, d_v)``; any number of leading axes will do,
    none included.  Returns ``(output (B, n, d_v), weights (B, n, m))`` in the floating dtype that is given;
    each row of the weights sums to one.  Raises ``ValueError`` where queries and keys differ in width, or
    keys and values in number.  Source: Vaswani et al. (2017), equation 1.
    """
    queries, keys, values = _floating(queries, keys, values)
    scores = scaled_scores(queries, keys)
    if values.ndim < 2:
        raise ValueError(f"values must be a batch of rows, (B, rows, width), not of shape {values.shape}")
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(f"keys {keys.shape} and values {values.shape} must be the same in number m")
    return attend(scores, values)
