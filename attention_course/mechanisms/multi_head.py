"""Multi-head attention in torch: one set of projections, split into h subspaces (chapter 5, lesson 1).

Width d is cut into h heads of d/h features each.  A mask is boolean, and True means *may attend*, as everywhere here.
"""

import math
from typing import Any

import torch
from torch import nn

from attention_course.mechanisms.seq2seq import masked_softmax


def split_heads(x: Any, h: int) -> Any:
    """``x (B, n, d)``, array or tensor, as ``(B, h, n, d/h)``: head i gets the i-th block of d/h neighbouring features.

    Raises ``ValueError`` where ``x`` has not three axes or h does not divide d.  Source: Vaswani et al. (2017), section
    3.2.2.
    """
    if x.ndim != 3:
        raise ValueError(f"x must be (B, n, d), not of shape {tuple(x.shape)}")
    B, n, d = x.shape
    if h < 1 or d % h:
        raise ValueError(f"{h} heads do not divide the width d = {d}")
    return x.reshape(B, n, h, d // h).swapaxes(1, 2)


def merge_heads(x: Any) -> Any:
    """The way back, ``x (B, h, n, d/h)`` → ``(B, n, d)``: the heads side by side, at each position.

    Raises ``ValueError`` where ``x`` has not four axes.
    """
    if x.ndim != 4:
        raise ValueError(f"x must be (B, h, n, d/h), not of shape {tuple(x.shape)}")
    B, h, n, width = x.shape
    return x.swapaxes(1, 2).reshape(B, n, h * width)


class MultiHeadAttention(nn.Module):
    """h attentions in subspaces of one set of projections; no biases.

    ``head_gate (h,)`` is all ones and no parameter.  A head whose gate is set to 0 contributes nothing to the output;
    that is how a head is ablated.  Raises ``ValueError`` where h does not divide ``d_model``.  Source: Vaswani et al.
    (2017), section 3.2.2; the gate as in Michel, Levy & Neubig (2019), section 2.3.
    """

    head_gate: torch.Tensor

    def __init__(self, d_model: int, h: int) -> None:
        super().__init__()
        if h < 1 or d_model % h:
            raise ValueError(f"{h} heads do not divide the width d_model = {d_model}")
        self.d_model, self.h = d_model, h
        self.W_q = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_o = nn.Linear(d_model, d_model, bias=False)
        self.register_buffer("head_gate", torch.ones(h), persistent=False)

    def scores(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """``queries (B, h, n, d/h)`` and ``keys (B, h, m, d/h)`` → scores ``(B, h, n, m)``, scaled by the width of a head.

        A subclass that lets positions into the scores overrides this.
        """
        return queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])

    def forward(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``query (B, n, d_model)``, ``key`` and ``value (B, m, d_model)`` → ``(out (B, n, d_model), weights (B, h, n, m))``.

        ``mask`` is any boolean tensor that broadcasts to ``(B, h, n, m)``: padding as ``(B, 1, 1, m)``, a causal mask as
        ``(n, m)``, both as ``(B, 1, n, m)``.  A query with no key to attend to gets weights of zero and an output of
        zero.  The weights are those of the softmax, whatever ``head_gate`` says.  Raises ``TypeError`` where the mask
        is not boolean.
        """
        if mask is not None and mask.dtype != torch.bool:
            raise TypeError(f"a mask must be boolean, True = may attend, not {mask.dtype}")
        queries, keys, values = (
            split_heads(W(x), self.h) for W, x in ((self.W_q, query), (self.W_k, key), (self.W_v, value))
        )
        weights = masked_softmax(self.scores(queries, keys), mask)
        heads = weights @ values * self.head_gate[:, None, None]
        return self.W_o(merge_heads(heads)), weights
