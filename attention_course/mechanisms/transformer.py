"""The Transformer in torch: encoder and decoder layers, and a model made of them (chapter 5).

B sequences of n tokens become states ``(B, n, d_model)``; each layer adds to them what its sublayers found (residual
connections).  Masks are boolean, True = may attend, and broadcast to ``(B, h, n, m)``, all heads sharing one.  The model
keeps to the interface of :mod:`attention_course.mechanisms.seq2seq`, so that its loss and its greedy decoding serve here, too.

Source: Vaswani et al. (2017); the place of the layer normalisation, before each sublayer, as in Xiong et al. (2020).
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from attention_course.data.tokens import PAD
from attention_course.mechanisms.multi_head import MultiHeadAttention
from attention_course.mechanisms.positions import positional_encoding
from attention_course.mechanisms.seq2seq import Memory

KINDS = ("encoder self", "decoder self", "cross")


class FeedForward(nn.Sequential):
    """Two linear maps with a ReLU between, for each position by itself: d_model → d_ff → d_model."""

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))


class Residual(nn.Module):
    """Add to ``x`` what ``sublayer`` makes of it.

    Pre-norm: x + sublayer(norm(x)), so that ``x`` passes through untouched.  With ``pre_norm`` False norm(x +
    sublayer(x)), as Vaswani et al. (2017) had it.
    """

    def __init__(self, d_model: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.norm, self.pre_norm = nn.LayerNorm(d_model), pre_norm

    def forward(self, x: torch.Tensor, sublayer: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        return x + sublayer(self.norm(x)) if self.pre_norm else self.norm(x + sublayer(x))


class EncoderLayer(nn.Module):
    """Self-attention, then a feed-forward network, each with its normalisation and residual connection."""

    def __init__(self, d_model: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, h)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.residuals = nn.ModuleList(Residual(d_model, pre_norm) for _ in range(2))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """``x (B, n, d_model)`` and ``mask``, True where position i may attend to j, or None → ``(B, n, d_model)``."""
        attend, feed = self.residuals
        x = attend(x, lambda y: self.self_attention(y, y, y, mask)[0])
        return feed(x, self.feed_forward)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the encoder's states, then a feed-forward network."""

    def __init__(self, d_model: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, h)
        self.cross_attention = MultiHeadAttention(d_model, h)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.residuals = nn.ModuleList(Residual(d_model, pre_norm) for _ in range(3))

    def forward(
        self,
        x: torch.Tensor,
        memory: torch.Tensor,
        causal_mask: torch.Tensor | None,
        memory_mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """``x (B, n, d_model)`` reads ``memory (B, m, d_model)`` → ``(B, n, d_model)``.

        ``causal_mask`` says which positions of ``x`` may see which, ``memory_mask`` which of ``memory`` may be seen.
        The memory is not normalised here: the encoder has done that once, at its end.
        """
        attend, read, feed = self.residuals
        x = attend(x, lambda y: self.self_attention(y, y, y, causal_mask)[0])
        x = read(x, lambda y: self.cross_attention(y, memory, memory, memory_mask)[0])
        return feed(x, self.feed_forward)


def as_torch(layer: Any) -> nn.Module:
    """The layer of ``torch.nn`` that does the same, with a copy of the parameters of ``layer``.

    An :class:`EncoderLayer` becomes an ``nn.TransformerEncoderLayer``, a :class:`DecoderLayer` an
    ``nn.TransformerDecoderLayer``, ``batch_first`` and without dropout.  Their attention has biases, which torch starts at zero.
    Masks have to be turned round for them: there True forbids.
    """
    decodes = isinstance(layer, DecoderLayer)
    kind: Any = nn.TransformerDecoderLayer if decodes else nn.TransformerEncoderLayer
    mine, (expand, _, contract) = layer.self_attention, layer.feed_forward
    pre_norm = layer.residuals[0].pre_norm
    other = kind(
        mine.d_model, mine.h, expand.out_features, dropout=0.0, batch_first=True, norm_first=pre_norm
    )
    pairs = [(mine, other.self_attn)]
    if decodes:
        pairs.append((layer.cross_attention, other.multihead_attn))
    with torch.no_grad():
        for ours, theirs in pairs:
            theirs.in_proj_weight.copy_(torch.cat([ours.W_q.weight, ours.W_k.weight, ours.W_v.weight]))
            theirs.out_proj.weight.copy_(ours.W_o.weight)
    other.linear1.load_state_dict(expand.state_dict())
    other.linear2.load_state_dict(contract.state_dict())
    for i, residual in enumerate(layer.residuals, 1):
        getattr(other, f"norm{i}").load_state_dict(residual.norm.state_dict())
    return other.to(expand.weight)


class Embedding(nn.Module):
    """A vector for each token, times √d_model, plus the sinusoids of its place.

    The vectors are drawn with variance 1/d_model, so that the root brings them to the sinusoids' size.
    """

    def __init__(self, vocabulary: int, d_model: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, d_model, padding_idx=PAD)
        nn.init.normal_(self.tokens.weight, std=d_model**-0.5)
        self.scale = math.sqrt(d_model)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        n, d = tokens.shape[1], self.tokens.embedding_dim
        places = torch.as_tensor(
            positional_encoding(n, d), dtype=self.tokens.weight.dtype, device=tokens.device
        )
        return self.scale * self.tokens(tokens) + places


class Encoder(nn.Module):
    """Embedding and encoder layers; in pre-norm one more normalisation at the end."""

    def __init__(
        self, vocabulary: int, d_model: int, h: int, d_ff: int, layers: int, pre_norm: bool = True
    ) -> None:
        super().__init__()
        self.embedding = Embedding(vocabulary, d_model)
        self.layers = nn.ModuleList(EncoderLayer(d_model, h, d_ff, pre_norm) for _ in range(layers))
        self.norm = nn.LayerNorm(d_model) if pre_norm else nn.Identity()

    def forward(self, tokens: torch.Tensor) -> Memory:
        """``tokens (B, m)`` → :class:`~attention_course.mechanisms.seq2seq.Memory`, without a summary."""
        mask, x = tokens != PAD, self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, mask[:, None, None])
        return Memory(self.norm(x), mask, None)


class Decoder(nn.Module):
    """Embedding, decoder layers and the logits of the next token; its state is what has been written so far."""

    def __init__(
        self, vocabulary: int, d_model: int, h: int, d_ff: int, layers: int, pre_norm: bool = True
    ) -> None:
        super().__init__()
        self.embedding = Embedding(vocabulary, d_model)
        self.layers = nn.ModuleList(DecoderLayer(d_model, h, d_ff, pre_norm) for _ in range(layers))
        self.norm = nn.LayerNorm(d_model) if pre_norm else nn.Identity()
        self.out = nn.Linear(d_model, vocabulary)

    def forward(self, memory: Memory, tokens: torch.Tensor) -> tuple[torch.Tensor, None]:
        """All places of ``tokens (B, n)`` at once: logits ``(B, n, V)`` of the token after each, and None."""
        n, x = tokens.shape[1], self.embedding(tokens)
        causal = torch.ones(n, n, dtype=torch.bool, device=tokens.device).tril()
        causal = causal & (tokens != PAD)[:, None, None]  # (n, n) & (B, 1, 1, n)
        for layer in self.layers:
            x = layer(x, memory.states, causal, memory.mask[:, None, None])
        return self.out(self.norm(x)), None

    def begin(self, memory: Memory) -> Any:
        return memory.mask.new_empty(len(memory.mask), 0, dtype=torch.long)

    def step(self, tokens: torch.Tensor, state: Any, memory: Memory) -> tuple[torch.Tensor, Any, None]:
        """One more token ``(B,)``.  Everything before it is computed again: a cache would save that."""
        written = torch.cat([state, tokens[:, None]], dim=1)
        return self.forward(memory, written)[0][:, -1], written, None


class Transformer(nn.Module):
    """Encoder and decoder of ``layers`` layers each; called as :class:`~attention_course.mechanisms.seq2seq.Seq2Seq` is.

    ``source_words`` and ``target_words`` are the sizes of the vocabularies; h must divide d_model.
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        d_model: int,
        h: int,
        d_ff: int,
        layers: int,
        pre_norm: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(source_words, d_model, h, d_ff, layers, pre_norm)
        self.decoder = Decoder(target_words, d_model, h, d_ff, layers, pre_norm)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Logits ``(B, n, V)`` of the token after each of ``target (B, n)``, given ``source (B, m)``, and None."""
        return self.decoder(self.encoder(source), target)


@torch.no_grad()
def read_weights(model: Any, source: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
    """What every head of a :class:`Transformer` looks at while it reads ``source`` and is forced through ``target``.

    ``source (B, m)``, ``target (B, n)`` from the sign for beginning on.  Returns kind → weights ``(layers, B, h, …)``:
    ``"encoder self"`` ``(…, m, m)``, ``"decoder self"`` ``(…, n, n)``, ``"cross"`` ``(…, n, m)``.
    """
    found: dict[str, list] = {kind: [] for kind in KINDS}
    parts = [("encoder self", layer.self_attention) for layer in model.encoder.layers]
    parts += [("decoder self", layer.self_attention) for layer in model.decoder.layers]
    parts += [("cross", layer.cross_attention) for layer in model.decoder.layers]
    hooks = [
        part.register_forward_hook(lambda _, __, output, kind=kind: found[kind].append(output[1]))
        for kind, part in parts
    ]
    try:
        model(source, target)
    finally:
        for hook in hooks:
            hook.remove()
    return {kind: torch.stack(rows) for kind, rows in found.items()}
