"""Self-attention in NumPy: queries, keys and values from one and the same sequence (chapter 3, lesson 3)."""

import numpy as np

from attention_course.mechanisms.attention import dot_product_attention


def self_attention(
    x: np.ndarray, W_q: np.ndarray, W_k: np.ndarray, W_v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled dot-product self-attention of each sequence in ``x``.

    ``x (B, n, d_x)``, ``W_q (d_x, d)``, ``W_k (d_x, d)``, ``W_v (d_x, d_v)``.  Returns ``(output (B, n,
    d_v), weights (B, n, n))``; row i of the weights belongs to the query of position i and sums to one.
    Raises ``ValueError`` where ``x`` is not a batch of sequences or the matrices do not fit. Source:
    Vaswani et al. (2017), equation 1, with Q = x W_q, K = x W_k, V = x W_v.
    """
    x, W_q, W_k, W_v = (np.asarray(array) for array in (x, W_q, W_k, W_v))
    if x.ndim != 3:
        raise ValueError(f"x must have shape (B, n, d_x), not {x.shape}")
    if W_q.shape != W_k.shape:
        raise ValueError(f"W_q {W_q.shape} and W_k {W_k.shape} must map to the same width d")
    for name, W in (("W_q", W_q), ("W_k", W_k), ("W_v", W_v)):
        if W.ndim != 2 or W.shape[0] != x.shape[-1]:
            raise ValueError(f"{name} must have shape (d_x, ·) with d_x = {x.shape[-1]}, not {W.shape}")
    return dot_product_attention(x @ W_q, x @ W_k, x @ W_v)
