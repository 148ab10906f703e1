"""The structured self-attentive sentence embedding of Lin et al. (2017), arXiv:1703.03130, in torch."""

import math

import torch
from torch import nn


class StructuredSelfAttention(nn.Module):
    """``r`` distributions over the positions of a sentence: A = softmax(W₂ tanh(W₁ Hᵀ)), M = A H.

    ``state_size`` is the width 2u of the states, ``hidden_size`` the width a in between, ``hops`` is r.
    Parameters ``W_1 (a, 2u)`` and ``W_2 (r, a)``, no bias.  Source: Lin et al. (2017), equations 6 and 7.
    """

    def __init__(self, state_size: int, hidden_size: int, hops: int) -> None:
        super().__init__()
        self.W_1 = nn.Parameter(torch.empty(hidden_size, state_size))
        self.W_2 = nn.Parameter(torch.empty(hops, hidden_size))
        for W in (self.W_1, self.W_2):
            nn.init.uniform_(W, -1 / math.sqrt(W.shape[1]), 1 / math.sqrt(W.shape[1]))

    def forward(self, H: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """``H (B, n, 2u)``, ``mask (B, n)`` bool with True on words → ``(M (B, r, 2u), A (B, r, n))``.

        Padding gets a weight of exactly zero; a sentence of nothing but padding gets A = 0 and M = 0.
        """
        scores = self.W_2 @ torch.tanh(self.W_1 @ H.transpose(1, 2))
        if mask is None:
            A = torch.softmax(scores, dim=-1)
        else:
            mask = mask[:, None, :]
            lowest = torch.finfo(scores.dtype).min  # not −∞, which would be NaN where all is padding
            A = torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask
        return A @ H, A


def hop_penalty(A: torch.Tensor) -> torch.Tensor:
    """Mean over the batch of ‖A Aᵀ − I‖²_F for ``A (B, r, n)``.  Source: Lin et al. (2017), equation 8."""
    eye = torch.eye(A.shape[1], device=A.device, dtype=A.dtype)
    return (A @ A.transpose(1, 2) - eye).square().sum((1, 2)).mean()


class PaddedBiLSTM(nn.Module):
    """A BiLSTM over padded sequences whose states on words do not depend on the padding.

    Each sequence is turned round within its own length for the backward direction, so in both directions
    the padding comes last.  Returns ``H (B, n, 2u)``: forward states, then backward states.  The states on
    padding mean nothing.
    """

    def __init__(self, input_size: int, units: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(input_size, units, batch_first=True)
        self.backwards = nn.LSTM(input_size, units, batch_first=True)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``x (B, n, input_size)``, ``mask (B, n)`` bool: True on the words, which come first."""
        turned = turn_round(x, mask)
        return torch.cat([self.forwards(x)[0], turn_round(self.backwards(turned)[0], mask)], dim=-1)


def turn_round(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Reverse the words of each sequence in ``x (B, n, …)`` and leave its padding where it is."""
    positions = torch.arange(x.shape[1], device=x.device)
    reverse = torch.where(mask, mask.sum(1, keepdim=True) - 1 - positions, positions)
    return x.gather(1, reverse[..., None].expand_as(x))


class LeftWindow(nn.Module):
    """States that know a word and those before it, ``window`` words in all, and nothing else: a convolution.

    ``forward(x (B, n, width), mask)`` → ``(B, n, size)``; the mask, which :class:`PaddedBiLSTM` takes, is not needed.
    """

    def __init__(self, width: int, size: int, window: int = 3) -> None:
        super().__init__()
        self.window, self.layer = window, nn.Conv1d(width, size, window)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x = nn.functional.pad(x.transpose(1, 2), (self.window - 1, 0))
        return torch.tanh(self.layer(x)).transpose(1, 2)


class SentenceClassifier(nn.Module):
    """Embedding, BiLSTM, pooling, one hidden layer: tokens ``(B, n)`` to the scores of the labels.

    ``hops`` is the r of :class:`StructuredSelfAttention`; with ``hops=0`` the sentence is the mean of its
    states.  ``encoder`` may take the place of the BiLSTM: a module that maps ``(B, n, width)`` and the mask
    to states ``(B, n, 2 · units)``.  Token 0 is padding.
    """

    def __init__(
        self,
        vocabulary: int,
        labels: int,
        *,
        hops: int,
        width: int = 32,
        units: int = 32,
        hidden_size: int = 32,
        encoder: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.encoder = encoder if encoder is not None else PaddedBiLSTM(width, units)
        self.attention = StructuredSelfAttention(2 * units, hidden_size, hops) if hops else None
        self.decide = nn.Sequential(
            nn.Linear(max(hops, 1) * 2 * units, hidden_size), nn.ReLU(), nn.Linear(hidden_size, labels)
        )

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns ``(scores (B, labels), A (B, r, n))``; for the mean, A holds the equal weights, r = 1."""
        mask = tokens != 0
        H = self.encoder(self.embedding(tokens), mask)
        if self.attention is None:
            A = (mask / mask.sum(1, keepdim=True).clamp(min=1))[:, None, :].to(H.dtype)
            M = A @ H
        else:
            M, A = self.attention(H, mask)
        return self.decide(M.flatten(1)), A
