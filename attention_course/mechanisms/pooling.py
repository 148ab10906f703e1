"""Attention as pooling: made readings, kernel regression, a learned metric (chapter 3, lesson 1).

n queries, m keys, d numbers in each.  Times are hours of a day (0 to 24), temperatures degrees Celsius.
"""

import numpy as np
from numpy.typing import ArrayLike

from attention_course.mechanisms.attention import attend, softmax


def temperature(hour: ArrayLike) -> np.ndarray:
    """The made day: degrees Celsius at each ``hour`` (any shape), coolest at night, warmest after noon."""
    angle = 2 * np.pi * (np.asarray(hour, dtype=float) - 9) / 24
    return 14 + 6 * np.sin(angle) + 1.5 * np.cos(2 * angle)


def readings(m: int, rng: np.random.Generator, noise: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """``m`` readings at random hours: ``(hours (m,), degrees (m,))``, by time.

    ``noise`` is the standard deviation of a reading's error in degrees; ``rng`` a NumPy generator.
    """
    hours = np.sort(rng.uniform(0, 24, m))
    return hours, temperature(hours) + rng.normal(0, noise, m)


def _rows(points):
    """Points as rows: ``(n,)`` numbers become ``(n, 1)``."""
    points = np.asarray(points)
    if points.ndim not in (1, 2):
        raise ValueError(f"points must be (n,) or (n, d), not {points.shape}")
    return points[:, None] if points.ndim == 1 else points


def kernel_scores(queries: np.ndarray, keys: np.ndarray, bandwidth: ArrayLike) -> np.ndarray:
    """The logarithm of the Gaussian kernel, ``−½ Σ_c ((q_c − k_c) / σ_c)²``, for every pair.

    ``queries (n,)`` or ``(n, d)``, ``keys (m,)`` or ``(m, d)``; ``bandwidth`` in the unit of the keys, one
    positive number or one for each of the d.  Returns ``(n, m)``.  Raises ``ValueError`` where queries and
    keys differ in width or a bandwidth is not positive.
    """
    queries, keys, bandwidth = _rows(queries), _rows(keys), np.asarray(bandwidth)
    if queries.shape[1] != keys.shape[1]:
        raise ValueError(f"queries {queries.shape} and keys {keys.shape} must have the same width d")
    if not (bandwidth > 0).all():
        raise ValueError(f"bandwidths must be positive, not {bandwidth}")
    return -0.5 * np.square((queries[:, None] - keys[None]) / bandwidth).sum(-1)


def kernel_attention(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, bandwidth: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Nadaraya–Watson regression with a Gaussian kernel, as attention.

    ``queries`` and ``keys`` as in :func:`kernel_scores`, ``values (m,)`` or ``(m, d_v)``.  Returns
    ``(output (n,) or (n, d_v), weights (n, m))``, the output in the unit of the values.  Source: Nadaraya
    (1964); Watson (1964).
    """
    values = np.asarray(values)
    output, weights = attend(kernel_scores(queries, keys, bandwidth), _rows(values))
    return (output[:, 0] if values.ndim == 1 else output), weights


def leave_one_out(resolution: np.ndarray, keys: np.ndarray, values: np.ndarray) -> tuple[float, np.ndarray]:
    """How badly each value is predicted from all others, and how that changes with the metric.

    ``resolution (d,)`` holds the inverse bandwidths 1/σ_c (0: dimension c does not count), ``keys (m,)`` or
    ``(m, d)``, ``values (m,)``.  Returns ``(loss, gradient (d,))``: the mean squared error, in the values'
    unit squared, each prediction made without its own reading, and its derivatives by the resolutions.
    Raises ``ValueError`` where the sizes do not fit.  Source: Weinberger & Tesauro (2007).
    """
    keys, values, resolution = _rows(keys), np.asarray(values), np.asarray(resolution, dtype=float)
    m, d = keys.shape
    if values.shape != (m,) or resolution.shape != (d,):
        raise ValueError(
            f"keys {keys.shape} want values ({m},), resolution ({d},), not {values.shape}, {resolution.shape}"
        )
    squares = np.square(keys[:, None] - keys[None])  # (m, m, d)
    scores = (squares.reshape(-1, d) @ (-0.5 * resolution**2)).reshape(m, m)
    np.fill_diagonal(scores, -np.inf)  # no reading may answer for itself
    weights = softmax(scores)
    predicted = weights @ values
    error = predicted - values
    # ∂ŷ_i/∂s_ij = w_ij (v_j − ŷ_i)  and  ∂s_ij/∂ρ_c = −ρ_c (k_ic − k_jc)²
    pull = error[:, None] * weights * (values[None] - predicted[:, None])
    gradient = -2 / m * resolution * (pull.reshape(-1) @ squares.reshape(-1, d))
    return float(np.mean(error**2)), gradient


def learn_resolution(
    keys: np.ndarray,
    values: np.ndarray,
    start: ArrayLike,
    *,
    shared: bool = False,
    steps: int = 100,
    step_size: float = 0.1,
) -> tuple[np.ndarray, np.ndarray]:
    """Inverse bandwidths that predict each reading well from the others, by gradient descent.

    ``start (d,)`` positive; ``shared=True`` moves all dimensions by the same amount.  Only the gradient's
    direction is used: each step is ``step_size`` times the mean of ``start`` long, shrinking linearly to
    zero over the run; a resolution that would fall below zero stops there.  Returns ``(path (steps + 1, d),
    losses (steps + 1,))``.  Raises ``ValueError`` as :func:`leave_one_out`.
    """
    path, losses = [np.array(start, dtype=float)], []
    for step in range(steps + 1):
        loss, gradient = leave_one_out(path[-1], keys, values)
        losses.append(loss)
        if step == steps:
            break
        if shared:
            gradient = np.full_like(gradient, gradient.mean())
        stride = step_size * path[0].mean() * (1 - step / steps)
        path.append(np.maximum(path[-1] - stride * gradient / max(np.linalg.norm(gradient), 1e-12), 0))
    return np.array(path), np.array(losses)
