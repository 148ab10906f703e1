"""Attention as pooling: made readings, kernel regression, a learned metric (chapter 3, lesson 1).

m keys, n queries, d numbers a key.  Times are hours of a day (0 to 24), temperatures degrees Celsius.
"""

import numpy as np

from attention_course.attention import attend, softmax


def temperature(hour):
    """The made day: degrees Celsius at each ``hour`` (any shape), coolest at night, warmest after noon."""
    angle = 2 * np.pi * (np.asarray(hour, dtype=float) - 9) / 24
    return 14 + 6 * np.sin(angle) + 1.5 * np.sin(3 * angle - 1)


def readings(m, rng, noise=1.5):
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


def kernel_scores(queries, keys, bandwidth):
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


def kernel_attention(queries, keys, values, bandwidth):
    """Nadaraya–Watson regression with a Gaussian kernel, as attention.

    ``queries`` and ``keys`` as in :func:`kernel_scores`, ``values (m,)`` or ``(m, d_v)``.  Returns
    ``(output (n,) or (n, d_v), weights (n, m))``, the output in the unit of the values.  Source: Nadaraya
    (1964); Watson (1964).
    """
    values = np.asarray(values)
    output, weights = attend(kernel_scores(queries, keys, bandwidth), _rows(values))
    return (output[:, 0] if values.ndim == 1 else output), weights


def leave_one_out(rates, keys, values):
    """How badly each value is predicted from all others, and how that changes with the metric.

    ``rates (d,)`` are inverse bandwidths 1/σ_c (0: dimension c does not count), ``keys (m, d)``, ``values
    (m,)``.  Returns ``(loss, gradient (d,))``: the mean squared error, each prediction made with its own
    reading left out, and its derivatives by the rates.
    """
    keys = _rows(keys)
    squares = np.square(keys[:, None] - keys[None])  # (m, m, d)
    scores = -0.5 * squares @ np.square(rates)
    np.fill_diagonal(scores, -np.inf)  # no reading may answer for itself
    weights = softmax(scores)
    predicted = weights @ values
    error = predicted - values
    # ∂ŷ_i/∂s_ij = w_ij (y_j − ŷ_i)  and  ∂s_ij/∂rate_c = −rate_c (k_ic − k_jc)²
    pull = weights * (values[None] - predicted[:, None]) * error[:, None]
    gradient = -2 * rates * np.einsum("ij,ijc->c", pull, squares) / len(values)
    return float(np.mean(error**2)), gradient


def learn_rates(keys, values, start, *, shared=False, steps=150, step_size=0.05):
    """Inverse bandwidths that predict each reading well from the others, by gradient descent.

    ``start (d,)`` positive.  ``shared=True`` ties all dimensions to one common rate.  Each step goes
    ``step_size`` times the mean start rate along the gradient's direction, with the step shrinking to zero
    over the run.  Returns ``(rates (steps + 1, d), losses (steps + 1,))``.
    """
    rates = np.array(start, dtype=float)
    unit = step_size * rates.mean()
    path, losses = [rates], []
    for step in range(steps + 1):
        loss, gradient = leave_one_out(rates, keys, values)
        losses.append(loss)
        if step == steps:
            break
        if shared:
            gradient = np.full_like(gradient, gradient.mean())
        length = np.linalg.norm(gradient)
        rates = np.abs(rates - unit * (1 - step / steps) * gradient / max(length, 1e-12))
        path.append(rates)
    return np.array(path), np.array(losses)
