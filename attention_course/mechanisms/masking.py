"""Masks in NumPy: who may attend to whom, and attention that keeps to it (chapter 4).

A mask is boolean, and True means *may attend*.  Its last axis runs over the m keys, the one before over the n queries;
an axis of 1, or none, stands for all.  A query with no key to attend to gets weights of zero and an output of zero.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from attention_course.mechanisms.attention import attend, scaled_scores, softmax


def _boolean(mask):
    """``mask`` as an array; raises where it is not boolean, since a 0 means no in one convention and yes in another."""
    mask = np.asarray(mask)
    if mask.dtype != np.bool_:
        raise TypeError(f"a mask must be boolean, True = may attend, not {mask.dtype}")
    return mask


def padding_mask(lengths: ArrayLike, max_len: int) -> np.ndarray:
    """True at the tokens, False at the padding behind them.

    ``lengths (B,)`` are the numbers of tokens, whole and from 0 to ``max_len``.  Returns bool ``(B, max_len)``.  Raises
    ``ValueError`` where a length does not fit.
    """
    lengths = np.asarray(lengths)
    if lengths.ndim != 1:
        raise ValueError(f"lengths must be (B,), one number for each sequence, not of shape {lengths.shape}")
    if lengths.size and (lengths.min() < 0 or lengths.max() > max_len):
        raise ValueError(
            f"lengths must lie from 0 to max_len = {max_len}, not {lengths.min()} to {lengths.max()}"
        )
    return np.arange(max_len) < lengths[:, None]


def causal_mask(n: int) -> np.ndarray:
    """Position t may attend to itself and to what stands before it: bool ``(n, n)``, the lower triangle.

    Raises ``ValueError`` where ``n`` is negative.  Source: Vaswani et al. (2017), section 3.2.3.
    """
    if n < 0:
        raise ValueError(f"n must not be negative, but is {n}")
    return np.tri(n, dtype=bool)


def sliding_window_mask(n: int, window: int) -> np.ndarray:
    """Position t may attend to itself and to the ``window − 1`` positions before it: bool ``(n, n)``.

    Raises ``ValueError`` where ``window`` is less than 1.  Source: the local part of the attention of Child et al.
    (2019), section 4.3.
    """
    if window < 1:
        raise ValueError(f"a window holds at least the position itself; it must not be {window}")
    mask = causal_mask(n)
    return mask & ~np.tri(n, k=-window, dtype=bool)


def combine_masks(padding: np.ndarray, causal: np.ndarray) -> np.ndarray:
    """Both must allow it: ``padding (B, n)`` at the keys and ``causal (n, n)``, as bool ``(B, n, n)``.

    Raises ``ValueError`` where the two are not of the same length, and ``TypeError`` where they are not boolean.
    """
    padding, causal = _boolean(padding), _boolean(causal)
    if padding.ndim != 2 or causal.shape != 2 * padding.shape[-1:]:
        raise ValueError(f"padding {padding.shape} must be (B, n), and causal {causal.shape} (n, n)")
    return padding[:, None, :] & causal


def _forbid(scores, mask):
    """``scores`` with −∞ where the mask forbids."""
    scores, mask = np.asarray(scores), _boolean(mask)
    try:
        return np.where(mask, scores, -np.inf)
    except ValueError as error:
        raise ValueError(
            f"a mask of shape {mask.shape} does not broadcast to scores {scores.shape}"
        ) from error


def masked_softmax(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The softmax of ``scores (…, n, m)`` over the keys that ``mask`` allows; all zeros where it allows none.

    ``mask`` is any boolean array that broadcasts to the scores, for instance ``(m,)``, ``(n, m)`` or ``(B, 1, m)``.
    Keeps the floating dtype.  A masked score does not matter, whatever it is.  Raises ``TypeError`` where the mask is
    not boolean and ``ValueError`` where it does not fit.  Source: Vaswani et al. (2017), section 3.2.3.
    """
    return softmax(_forbid(scores, mask))


def masked_attention(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled dot-product attention to the keys that ``mask`` allows.

    ``queries (B, n, d)``, ``keys (B, m, d)``, ``values (B, m, d_v)``, any number of leading axes; ``mask`` any boolean
    array that broadcasts to ``(B, n, m)``.  Returns ``(output (B, n, d_v), weights (B, n, m))`` in the floating dtype
    that is given; a query with no key gets zeros in both.  Raises ``TypeError`` where the mask is not boolean and
    ``ValueError`` where shapes do not fit.  Source: Vaswani et al. (2017), equation 1 and section 3.2.3.
    """
    return attend(_forbid(scaled_scores(queries, keys), mask), values)


def to_additive(mask: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """What is added to scores in order to mask them: 0 where ``mask`` is True, −∞ elsewhere, in ``dtype``.

    Same shape as ``mask``.  Raises ``TypeError`` where the mask is not boolean or ``dtype`` not a floating one.
    """
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"an additive mask holds −∞ and so needs a floating dtype, not {np.dtype(dtype)}")
    return np.where(_boolean(mask), 0, -np.inf).astype(dtype)


def to_ignore_mask(mask: np.ndarray) -> np.ndarray:
    """The convention of padding masks in torch's modules, *True = ignore*: the negation of ``mask``, same shape.

    Raises ``TypeError`` where the mask is not boolean.
    """
    return ~_boolean(mask)


def influence(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, eps: float) -> np.ndarray:
    """Which inputs an output depends on, found by trying: bool ``(n, n)``.

    ``f`` takes an array like ``x (n, …)`` and returns one with n rows.  Entry ``[t, s]`` is True when moving input s
    by up to ``eps``, up or down, changes output t in any bit.  Each feature is moved by a different amount, because a
    layer that subtracts the mean would not notice a common one.  A place that is NaN before and after counts as
    unchanged.  Raises ``ValueError`` where ``eps`` is not positive or ``f`` gives two answers to the same input, as
    with dropout switched on.
    """
    if not eps > 0:
        raise ValueError(f"eps must be positive, not {eps}")
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        x = x.astype(np.float64)
    rest = np.asarray(f(x.copy()))

    def moved(output):
        differs = (output != rest) & ~(np.isnan(output) & np.isnan(rest))
        return differs.reshape(len(rest), -1).any(axis=1)

    if moved(np.asarray(f(x.copy()))).any():
        raise ValueError("f gives two answers to the same input; is dropout still on?")
    features = max(int(np.prod(x.shape[1:])), 1)
    step = (eps * np.linspace(1, 0.5, features)).reshape(x.shape[1:])
    found = np.zeros((len(rest), len(x)), dtype=bool)
    for s in range(len(x)):
        for sign in (1, -1):
            changed = x.copy()
            changed[s] += (sign * step).astype(x.dtype)
            found[:, s] |= moved(np.asarray(f(changed)))
    return found
