"""Attention that computes less than all scores: windows in blocks, packed sequences, squares that are skipped (chapter 4).

In torch.  ``Q (…, n, d)``, ``K (…, m, d)``, ``V (…, m, d_v)``; masks are boolean, True = may attend, as in
:mod:`attention_course.mechanisms.masking`.
"""

import math

import numpy as np
import torch


def masked(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Compute all scores, then forbid: the output ``(…, n, d_v)``; NaN in a row without any key."""
    scores = Q @ K.transpose(-1, -2) / math.sqrt(Q.shape[-1])
    return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1) @ V


def in_window(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, window: int) -> torch.Tensor:
    """Sliding-window attention in blocks: each place attends to itself and the ``window − 1`` places before it.

    ``Q, K (n, d)``, ``V (n, d_v)``; n must be a multiple of ``window``.  Holds 2 · window scores a place.  Source: the
    blocks of Beltagy et al. (2020), section 3.1, for one direction.
    """
    c = Q.shape[-2] // window
    Q, K, V = (x.unflatten(-2, (c, window)) for x in (Q, K, V))  # (c, w, d)

    def with_the_block_before(x):
        before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
        return torch.cat([before, x], dim=1)  # (c, 2w, d)

    i = torch.arange(window)[:, None]
    j = torch.arange(2 * window) - window  # the block before counts from -w
    mask = ((j <= i) & (j > i - window)).repeat(c, 1, 1)  # (c, w, 2w)
    mask[0, :, :window] = False  # nothing stands before the first block
    z = masked(Q, with_the_block_before(K), with_the_block_before(V), mask)
    return z.flatten(0, 1)


def pack(lengths: np.ndarray, capacity: int) -> np.ndarray:
    """Sequences laid end to end: numbers ``(rows, capacity)``, 1, 2, … for each sequence and 0 for padding.

    ``lengths (s,)`` are at most ``capacity``.  The longest comes first, each goes to the first row that has room.
    """
    rows: list[list[int]] = []
    free: list[int] = []
    for k in np.argsort(-lengths, kind="stable"):
        r = next((r for r, f in enumerate(free) if f >= lengths[k]), len(rows))
        if r == len(rows):
            rows.append([])
            free.append(capacity)
        rows[r] += [k + 1] * lengths[k]
        free[r] -= lengths[k]
    return np.array([row + [0] * (capacity - len(row)) for row in rows])


def same_sequence(numbers: np.ndarray) -> np.ndarray:
    """The block-diagonal mask of packed rows: ``numbers (rows, n)`` → bool ``(rows, n, n)``; padding sees nothing."""
    return (numbers[:, :, None] == numbers[:, None]) & (numbers > 0)[:, None]


def plan(
    mask: torch.Tensor, block: int, skip: bool = True
) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], float]:
    """What to compute of ``mask (n, m)``, a boolean tensor cut into squares of ``block``.

    Returns ``(steps, share)``: for each block of queries the keys of the squares with a True in them, and their mask;
    and which share of the squares these are.  With ``skip=False`` no square is left out.
    """
    n, m = mask.shape
    live = mask.reshape(n // block, block, m // block, block).any(3).any(1)
    live = live if skip else torch.ones_like(live)
    steps = []
    for rows, squares in zip(mask.split(block), live, strict=True):
        keys = squares.repeat_interleave(block).nonzero()[:, 0]
        steps.append((keys, rows[:, keys]))
    return steps, live.float().mean().item()


def skipping(
    Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, steps: list[tuple[torch.Tensor, torch.Tensor]]
) -> torch.Tensor:
    """Attention that computes only what the ``steps`` of :func:`plan` say."""
    blocks = Q.split(Q.shape[-2] // len(steps), dim=-2)
    out = [
        masked(q, K[..., keys, :], V[..., keys, :], mask)
        for q, (keys, mask) in zip(blocks, steps, strict=True)
    ]
    return torch.cat(out, dim=-2)
