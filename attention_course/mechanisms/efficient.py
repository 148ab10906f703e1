"""Attention that computes or keeps less and gives the same: a cache, shared keys, a softmax in blocks (chapter 5).

In torch.  ``q (…, n, d)``, ``k (…, m, d)``, ``v (…, m, d_v)``.
"""

import functools
import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from attention_course.mechanisms.multi_head import merge_heads, split_heads
from attention_course.mechanisms.seq2seq import masked_softmax

Note = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # of :func:`note`


def attend(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Attention, all scores at once: the output ``(…, n, d_v)``; ``mask`` bool, True = may attend."""
    return masked_softmax(q @ k.mT / math.sqrt(q.shape[-1]), mask) @ v


class CachedLayer(nn.Module):
    """Self-attention in ``h`` heads that is added to its input, for all places at once or for one more."""

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.project = nn.Linear(d, 3 * d, bias=False)
        self.W_o = nn.Linear(d, d, bias=False)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """All places at once: ``x (B, n, d)`` → ``(B, n, d)``."""
        q, k, v = (split_heads(p, self.h) for p in self.project(x).chunk(3, dim=-1))
        return x + self.W_o(merge_heads(attend(q, k, v, mask)))

    def step(self, x: torch.Tensor, cache: torch.Tensor, t: int) -> torch.Tensor:
        """One more place: ``x (B, 1, d)``; ``cache (2, B, h, longest, d/h)`` is written at ``t``."""
        q, *new = (split_heads(p, self.h) for p in self.project(x).chunk(3, dim=-1))
        cache[:, :, :, t : t + 1] = torch.stack(new)
        k, v = cache[..., : t + 1, :]
        return x + self.W_o(merge_heads(attend(q, k, v)))


def whole(layers: Iterable[CachedLayer], x: torch.Tensor, causal: bool = True) -> torch.Tensor:
    """All places through a stack of layers at once, under the causal mask or without a mask."""
    n = x.shape[1]
    mask = torch.ones(n, n, dtype=torch.bool)
    for layer in layers:
        x = layer(x, mask.tril() if causal else mask)
    return x


def empty_caches(layers: Sequence[CachedLayer], B: int, longest: int) -> torch.Tensor:
    """Caches for a stack of :class:`CachedLayer`: ``(layers, 2, B, h, longest, d/h)``."""
    h, d = layers[0].h, layers[0].W_o.in_features
    return torch.zeros(len(layers), 2, B, h, longest, d // h)


def grouped(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """``q (B, h, n, d)``, ``k`` and ``v (B, g, m, d)``: h/g heads at a time share keys, and nothing is copied.

    Source: Ainslie et al. (2023); with g = 1 Shazeer (2019).
    """
    B, h, n, _ = q.shape
    rows = q.reshape(B, k.shape[1], -1, q.shape[-1])  # (B, g, h/g · n, d)
    return attend(rows, k, v).reshape(B, h, n, v.shape[-1])


def copied(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The same as :func:`grouped` by way of a copy of the keys and values for each head."""
    times = q.shape[1] // k.shape[1]
    return attend(q, *(x.repeat_interleave(times, dim=1) for x in (k, v)))


class Grouped(nn.Module):
    """Attention with ``h`` query heads and ``g`` heads of keys and values, of the given ``width`` each."""

    def __init__(self, d: int, h: int, g: int, width: int) -> None:
        super().__init__()
        self.h, self.g = h, g
        self.W_q = nn.Linear(d, h * width, bias=False)
        self.W_k = nn.Linear(d, g * width, bias=False)
        self.W_v = nn.Linear(d, g * width, bias=False)
        self.W_o = nn.Linear(h * width, d, bias=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``x (B, n, d)`` asks ``y (B, m, d)``, of which ``mask (B, m)`` says what is no padding."""
        q = split_heads(self.W_q(x), self.h)
        k, v = split_heads(self.W_k(y), self.g), split_heads(self.W_v(y), self.g)
        rows = q.reshape(len(x), self.g, -1, q.shape[-1])
        z = attend(rows, k, v, mask[:, None, None]).reshape(q.shape)
        return self.W_o(merge_heads(z))


def note(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> Note:
    """Of some keys: highest score ``(…, n, 1)``, sum of exponentials ``(…, n, 1)``, undivided output ``(…, n, d_v)``."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    highest = scores.amax(dim=-1, keepdim=True)
    raw = torch.exp(scores - highest)
    return highest, raw.sum(dim=-1, keepdim=True), raw @ v


def join(one: Note, other: Note) -> Note:
    """The :func:`note` of two parts of the keys together.  Source: Milakov & Gimelshein (2018)."""
    highest = torch.maximum(one[0], other[0])
    shrink, shrink_other = torch.exp(one[0] - highest), torch.exp(other[0] - highest)
    total, out = (shrink * a + shrink_other * b for a, b in zip(one[1:], other[1:], strict=True))
    return highest, total, out


def blockwise(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, block: int) -> torch.Tensor:
    """Attention that holds the scores of at most ``block`` keys at a time.  Source: Rabe & Staats (2021)."""
    parts = zip(k.split(block, dim=-2), v.split(block, dim=-2), strict=True)
    _, total, out = functools.reduce(join, (note(q, *part) for part in parts))
    return out / total
