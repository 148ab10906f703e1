"""Encoder, attention and decoder in torch: from one sequence to another (chapter 2).

B sequences of m source tokens are read into states ``H (B, m, 2u)``; a decoder of width d writes n target tokens.
Token 0 is padding, 1 begins a sequence and 2 ends it (:mod:`attention_course.data.tokens`).  Masks are True where a state
may be attended to.

Every decoder has the same three methods.  ``begin(memory)`` gives its state before the first token; ``step(tokens (B,),
state, memory)`` gives ``(logits (B, V), state, weights (B, m) or None)``; ``forward(memory, tokens (B, n))`` does all
steps of a known target, ``(logits (B, n, V), weights (B, n, m) or None)``, for training by teacher forcing.
"""

from typing import Any, NamedTuple

import torch
from torch import nn

from attention_course.data.tokens import BOS, EOS, PAD
from attention_course.mechanisms.sentence_embedding import PaddedBiLSTM


class Memory(NamedTuple):
    """What an encoder leaves: states ``(B, m, 2u)``, mask ``(B, m)``, and a summary ``(B, 2u)`` of the whole."""

    states: torch.Tensor
    mask: torch.Tensor
    summary: torch.Tensor | None


class Encoder(nn.Module):
    """Embedding and BiLSTM; the summary joins the last state of each direction, which has read everything."""

    def __init__(self, vocabulary: int, width: int, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.lstm = PaddedBiLSTM(width, units)
        self.units, self.size = units, 2 * units

    def forward(self, tokens: torch.Tensor) -> Memory:
        """``tokens (B, m)`` → :class:`Memory`."""
        mask = tokens != PAD
        states = self.lstm(self.embedding(tokens), mask)
        last = (mask.sum(1) - 1).clamp(min=0)
        forwards = states[torch.arange(len(tokens)), last, : self.units]
        return Memory(states, mask, torch.cat([forwards, states[:, 0, self.units :]], dim=-1))


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Softmax of ``scores (…, m)`` over the keys that ``mask`` allows; all zeros where it allows none."""
    if mask is None:
        return torch.softmax(scores, dim=-1)
    lowest = torch.finfo(scores.dtype).min
    return torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask


class _Attention(nn.Module):
    """What all attentions here share: scores, a softmax under a mask, the weighted average of the values."""

    def prepare(self, keys: torch.Tensor) -> torch.Tensor:
        """The part of the score that does not depend on the query, computed once a sequence."""
        return keys

    def scores(self, query: torch.Tensor, prepared: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def weigh(self, query: torch.Tensor, prepared: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return masked_softmax(self.scores(query, prepared), mask)

    def forward(
        self,
        query: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor | None = None,
        prepared: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One query or n of them for each sequence.

        ``query (B, d_q)`` or ``(B, n, d_q)``, ``keys (B, m, d_k)``, ``values (B, m, d_v)``, ``mask (B, m)`` True where
        allowed; ``prepared`` is what :meth:`prepare` made of the same keys.  Returns ``(context (B, d_v) or (B, n,
        d_v), weights (B, m) or (B, n, m))``; a sequence without any allowed key gets zeros.
        """
        single = query.dim() == 2
        if single:
            query = query[:, None]
        prepared = self.prepare(keys) if prepared is None else prepared
        weights = self.weigh(query, prepared, None if mask is None else mask[:, None])
        context = weights @ values
        return (context[:, 0], weights[:, 0]) if single else (context, weights)


class AdditiveAttention(_Attention):
    """Score v · tanh(q W_q + k W_k): query and key are brought to one width, added, squashed and weighed.

    Source: Bahdanau, Cho & Bengio (2015), appendix A.1.2; no bias.
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int) -> None:
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def prepare(self, keys: torch.Tensor) -> torch.Tensor:
        return self.W_k(keys)

    def scores(self, query: torch.Tensor, prepared: torch.Tensor) -> torch.Tensor:
        return self.v(torch.tanh(self.W_q(query)[:, :, None] + prepared[:, None]))[..., 0]


class DotAttention(_Attention):
    """Score q · k; no parameters, and both of the same width.  Source: Luong, Pham & Manning (2015), section 3.1."""

    def scores(self, query: torch.Tensor, prepared: torch.Tensor) -> torch.Tensor:
        return query @ prepared.transpose(1, 2)


class GeneralAttention(_Attention):
    """Score q W k.  Source: Luong, Pham & Manning (2015), section 3.1."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        self.W = nn.Linear(key_size, query_size, bias=False)

    def prepare(self, keys: torch.Tensor) -> torch.Tensor:
        return self.W(keys)

    def scores(self, query: torch.Tensor, prepared: torch.Tensor) -> torch.Tensor:
        return query @ prepared.transpose(1, 2)


class ConcatAttention(_Attention):
    """Score v · tanh([q; k] W).  Source: Luong, Pham & Manning (2015), section 3.1.

    W acts on query and key side by side, and its two halves are the W_q and W_k of :class:`AdditiveAttention`; here
    it is computed as it is written.
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int) -> None:
        super().__init__()
        self.W = nn.Linear(query_size + key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def scores(self, query: torch.Tensor, prepared: torch.Tensor) -> torch.Tensor:
        n, m = query.shape[1], prepared.shape[1]
        pairs = torch.cat(
            [query[:, :, None].expand(-1, -1, m, -1), prepared[:, None].expand(-1, n, -1, -1)], dim=-1
        )
        return self.v(torch.tanh(self.W(pairs)))[..., 0]


class LocalAttention(_Attention):
    """Predictive local attention: a bell around a place p that the query chooses, times a general score.

    p = m · sigmoid(v_p · tanh(q W_p)) for m states, weights = softmax(q W k) · exp(−(s − p)² / 2σ²) with σ = D/2, only
    within D places of p.  As in the paper the weights then sum to less than one.  Source: Luong, Pham & Manning
    (2015), equations 9 and 10 (local-p).
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int, reach: int) -> None:
        super().__init__()
        self.general = GeneralAttention(query_size, key_size)
        self.W_p = nn.Linear(query_size, hidden_size, bias=False)
        self.v_p = nn.Linear(hidden_size, 1, bias=False)
        self.reach = reach

    def prepare(self, keys: torch.Tensor) -> torch.Tensor:
        return self.general.prepare(keys)

    def place(self, query: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        """The centre p ``(B, n, 1)`` in places from 0, for ``length (B, 1, 1)`` states."""
        return length * torch.sigmoid(self.v_p(torch.tanh(self.W_p(query))))

    def weigh(self, query: torch.Tensor, prepared: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        m = prepared.shape[1]
        if mask is None:
            mask = torch.ones(len(prepared), 1, m, dtype=torch.bool, device=prepared.device)
        place = self.place(query, mask.sum(-1, keepdim=True))
        distance = torch.arange(m, device=prepared.device) - place
        near = mask & (distance.abs() <= self.reach)
        bell = torch.exp(-2 * (distance / self.reach).square())  # σ = reach / 2
        return masked_softmax(self.general.scores(query, prepared), near) * bell


class PlainDecoder(nn.Module):
    """A GRU that is told the same fixed context, the encoder's summary, at every step.

    Source: Cho et al. (2014), whose gated unit this is; their maxout layer before the output is left out.
    """

    def __init__(self, encoder_size: int, vocabulary: int, width: int, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.first = nn.Linear(encoder_size, size)
        self.gru = nn.GRU(width + encoder_size, size, batch_first=True)
        self.out = nn.Linear(size + encoder_size, vocabulary)

    def begin(self, memory: Memory) -> Any:
        return torch.tanh(self.first(memory.summary))

    def _move(self, tokens, state, memory):
        """``tokens (B, n)`` through n steps → logits ``(B, n, V)`` and the last state."""
        context = memory.summary[:, None].expand(-1, tokens.shape[1], -1)
        hidden, last = self.gru(torch.cat([self.embedding(tokens), context], dim=-1), state[None])
        return self.out(torch.cat([hidden, context], dim=-1)), last[0]

    def step(
        self, tokens: torch.Tensor, state: Any, memory: Memory
    ) -> tuple[torch.Tensor, Any, torch.Tensor | None]:
        logits, state = self._move(tokens[:, None], state, memory)
        return logits[:, 0], state, None

    def forward(self, memory: Memory, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        return self._move(tokens, self.begin(memory), memory)[0], None


class AdditiveDecoder(nn.Module):
    """A GRU whose previous state asks for the context before each step.

    c_t from s_{t−1}; s_t = GRU([y_{t−1}; c_t], s_{t−1}); the logits read [s_t; c_t].  ``attention`` may be any of
    this module, :class:`AdditiveAttention` by default.  Source: Bahdanau, Cho & Bengio (2015), appendix A.2; their
    maxout layer before the output is left out.
    """

    def __init__(
        self, encoder_size: int, vocabulary: int, width: int, size: int, attention: _Attention | None = None
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.first = nn.Linear(encoder_size, size)
        self.attention = AdditiveAttention(size, encoder_size, size) if attention is None else attention
        self.gru = nn.GRUCell(width + encoder_size, size)
        self.out = nn.Linear(size + encoder_size, vocabulary)

    def begin(self, memory: Memory) -> Any:
        return torch.tanh(self.first(memory.summary)), self.attention.prepare(memory.states)

    def _move(self, embedded, state, memory):
        hidden, prepared = state
        context, weights = self.attention(hidden, memory.states, memory.states, memory.mask, prepared)
        hidden = self.gru(torch.cat([embedded, context], dim=-1), hidden)
        return torch.cat([hidden, context], dim=-1), (hidden, prepared), weights

    def step(
        self, tokens: torch.Tensor, state: Any, memory: Memory
    ) -> tuple[torch.Tensor, Any, torch.Tensor | None]:
        read, state, weights = self._move(self.embedding(tokens), state, memory)
        return self.out(read), state, weights

    def forward(self, memory: Memory, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        embedded, state = self.embedding(tokens), self.begin(memory)
        reads, rows = [], []
        for t in range(tokens.shape[1]):
            read, state, weights = self._move(embedded[:, t], state, memory)
            reads.append(read)
            rows.append(weights)
        return self.out(torch.stack(reads, dim=1)), torch.stack(rows, dim=1)


class LuongDecoder(nn.Module):
    """A GRU whose new state asks for the context after each step.

    h_t = GRU(y_{t−1}, h_{t−1}); c_t from h_t; the logits read h̃_t = tanh([c_t; h_t] W_c).  With ``feeding`` the GRU also
    gets h̃_{t−1}.  Without it no step waits for attention, so ``forward`` runs the GRU over the whole target at once and
    attends for all steps together.  Source: Luong, Pham & Manning (2015), equations 5 and 6 and section 3.3.
    """

    def __init__(
        self,
        encoder_size: int,
        vocabulary: int,
        width: int,
        size: int,
        attention: _Attention,
        feeding: bool = False,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.first = nn.Linear(encoder_size, size)
        self.attention, self.feeding, self.size = attention, feeding, size
        self.gru = nn.GRU(width + feeding * size, size, batch_first=True)
        self.W_c = nn.Linear(encoder_size + size, size, bias=False)
        self.out = nn.Linear(size, vocabulary)

    def begin(self, memory: Memory) -> Any:
        hidden = torch.tanh(self.first(memory.summary))
        return hidden[None], torch.zeros_like(hidden), self.attention.prepare(memory.states)

    def _move(self, embedded, state, memory):
        """``embedded (B, n, width)`` through n steps; with feeding, n must be 1."""
        hidden, fed, prepared = state
        if self.feeding:
            embedded = torch.cat([embedded, fed[:, None]], dim=-1)
        states, hidden = self.gru(embedded, hidden)
        context, weights = self.attention(states, memory.states, memory.states, memory.mask, prepared)
        attentional = torch.tanh(self.W_c(torch.cat([context, states], dim=-1)))
        return attentional, (hidden, attentional[:, -1], prepared), weights

    def step(
        self, tokens: torch.Tensor, state: Any, memory: Memory
    ) -> tuple[torch.Tensor, Any, torch.Tensor | None]:
        attentional, state, weights = self._move(self.embedding(tokens)[:, None], state, memory)
        return self.out(attentional)[:, 0], state, weights[:, 0]

    def forward(self, memory: Memory, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        embedded, state = self.embedding(tokens), self.begin(memory)
        if not self.feeding:
            attentional, _, weights = self._move(embedded, state, memory)
            return self.out(attentional), weights
        parts, rows = [], []
        for t in range(tokens.shape[1]):
            attentional, state, weights = self._move(embedded[:, t : t + 1], state, memory)
            parts.append(attentional)
            rows.append(weights)
        return self.out(torch.cat(parts, dim=1)), torch.cat(rows, dim=1)


class Seq2Seq(nn.Module):
    """An encoder and a decoder; called with source ``(B, m)`` and target tokens ``(B, n)``, it forces the target."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits ``(B, n, V)`` of the token after each of ``target``, and weights ``(B, n, m)`` or None."""
        return self.decoder(self.encoder(source), target)


def sequence_loss(model: Any, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each next token of ``target (B, n + 1)``, from its beginning to its end; padding is left out."""
    used = max(int((target != PAD).sum(1).max()), 2)
    logits, _ = model(source[:, : max(int((source != PAD).sum(1).max()), 1)], target[:, : used - 1])
    return nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:used].flatten(), ignore_index=PAD)


@torch.no_grad()
def decode_batch(model: Any, source: torch.Tensor, max_len: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Write greedily, for a batch at once: the likeliest token at each step, until all have ended.

    ``source (B, m)``.  Returns ``(tokens (B, T), weights (B, T, m) or None)``, T ≤ ``max_len``: tokens without the sign
    for beginning; after the sign for the end, padding.
    """
    memory = model.encoder(source)
    state = model.decoder.begin(memory)
    token = torch.full((len(source),), BOS, device=source.device)
    done = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    tokens, rows = [], []
    for _ in range(max_len):
        logits, state, weights = model.decoder.step(token, state, memory)
        token = logits.argmax(-1).masked_fill(done, PAD)
        tokens.append(token)
        rows.append(weights)
        done |= token == EOS
        if done.all():
            break
    return torch.stack(tokens, 1), None if rows[0] is None else torch.stack(rows, 1)


def exact_matches(tokens: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Which rows of ``tokens (B, T)`` say exactly what ``target (B, n + 1)`` says after its beginning: bool ``(B,)``."""
    target = target[:, 1:]
    width = max(tokens.shape[1], target.shape[1])
    padded = [nn.functional.pad(x, (0, width - x.shape[1]), value=PAD) for x in (tokens, target)]
    return (padded[0] == padded[1]).all(1)
