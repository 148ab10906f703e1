"""Where a token stands, as numbers that attention can read: sinusoids and rotations (chapter 5, lesson 2).

Both use d/2 wavelengths in a geometric row, from 2π to nearly 10000 · 2π positions.
"""

from typing import Any

import numpy as np


def rates(d: int, base: float = 10000.0) -> np.ndarray:
    """How fast each pair of features turns, in radians a position: float64 ``(d/2,)``, ``base`` to the power −2i/d.

    Raises ``ValueError`` where d is odd or less than 2, since a sine without its cosine cannot be turned.
    """
    if d < 2 or d % 2:
        raise ValueError(f"the width d must be even, a sine and a cosine for each rate, not {d}")
    return base ** (-np.arange(0, d, 2) / d)


def positional_encoding(n: int, d: int) -> np.ndarray:
    """Sinusoids for positions 0 to n − 1: float64 ``(n, d)``, sin at even features, cos at odd ones.

    Features 2i and 2i + 1 of position t are the sine and cosine of t · 10000^(−2i/d).  Raises ``ValueError`` where n is
    negative or d odd.  Source: Vaswani et al. (2017), section 3.5.
    """
    if n < 0:
        raise ValueError(f"n must not be negative, but is {n}")
    angles = np.arange(n)[:, None] * rates(d)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n, d)


def rotary(x: Any, positions: Any) -> Any:
    """Turn each pair of features (2i, 2i + 1) of ``x (…, n, d)`` by the angle position · 10000^(−2i/d).

    ``x`` is an array or a tensor and keeps its kind and floating dtype; ``positions (n,)`` are numbers, not necessarily
    whole.  Queries and keys turned like this have dot products that depend on the difference of positions only.  Raises
    ``ValueError`` where d is odd or there is not one position for each row.  Source: Su et al. (2021), section 3.2.
    """
    positions = np.asarray(positions.cpu() if hasattr(positions, "cpu") else positions, dtype=float)
    if positions.shape != tuple(x.shape[-2:-1]):
        raise ValueError(f"x {tuple(x.shape)} needs positions of shape (n,), not {positions.shape}")
    angles = np.repeat(positions[:, None] * rates(x.shape[-1]), 2, axis=1)
    cos, sin = np.cos(angles), np.sin(angles)
    sin[:, ::2] *= -1  # (a, b) becomes (a cos − b sin, b cos + a sin)
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    if isinstance(x, np.ndarray):
        dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
        cos, sin, partners = cos.astype(dtype), sin.astype(dtype), np.flip(pairs, -1)
    else:
        cos, sin, partners = x.new_tensor(cos), x.new_tensor(sin), pairs.flip(-1)
    return x * cos + partners.reshape(x.shape) * sin
