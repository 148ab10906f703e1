import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import layer_norm

from attention_course.data.tokens import BOS, EOS, PAD
from attention_course.measuring import training
from attention_course.mechanisms import masking
from attention_course.mechanisms.positions import positional_encoding
from attention_course.mechanisms.seq2seq import decode_batch, sequence_loss
from attention_course.mechanisms.transformer import (
    KINDS,
    DecoderLayer,
    Embedding,
    EncoderLayer,
    FeedForward,
    Residual,
    Transformer,
    as_torch,
    read_weights,
)

B, h, n, m, d, d_ff, layers = 3, 2, 4, 6, 8, 10, 3
SOURCE, TARGET = 12, 11


def shaken(module, seed=0):
    """In float64, with every parameter drawn: fresh norms are all ones and zeros and would hide their order."""
    torch.manual_seed(seed)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.4)
    return module.double().eval()


def states(length, seed=1):
    return torch.randn(B, length, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def real(lengths, longest):
    return torch.from_numpy(masking.padding_mask(lengths, longest))


def triangle(length):
    return torch.from_numpy(masking.causal_mask(length))


def norm(x, residual):
    return layer_norm(x, (d,), residual.norm.weight, residual.norm.bias)


def tokens(length, words, ends, seed=0, begin=False):
    """Random tokens ``(B, length)``, padded from ``ends`` on."""
    drawn = torch.randint(EOS + 1, words, (B, length), generator=torch.Generator().manual_seed(seed))
    drawn = drawn.masked_fill(~real(ends, length), PAD)
    if begin:
        drawn[:, 0] = BOS
    return drawn


def a_model(**kwargs):
    torch.manual_seed(0)
    return Transformer(SOURCE, TARGET, d, h, d_ff, layers, **kwargs).double().eval()


SOURCES, TARGETS = tokens(m, SOURCE, [6, 3, 1]), tokens(n, TARGET, [4, 2, 3], seed=1, begin=True)


def test_the_feed_forward_network_is_the_formula_at_each_position():
    feed, x = shaken(FeedForward(d, d_ff)), states(n)
    first, _, second = feed
    wanted = torch.relu(x @ first.weight.T + first.bias) @ second.weight.T + second.bias
    torch.testing.assert_close(feed(x), wanted)
    torch.testing.assert_close(feed(x[:, 2:3]), wanted[:, 2:3])


@pytest.mark.parametrize("pre_norm", [True, False])
def test_layers_are_their_formula_sublayer_by_sublayer(pre_norm):
    x, memory, seen = states(n), states(m, seed=2), real([6, 3, 5], m)[:, None, None]

    def step(x, residual, sublayer):
        return x + sublayer(norm(x, residual)) if pre_norm else norm(x + sublayer(x), residual)

    encoder = shaken(EncoderLayer(d, h, d_ff, pre_norm))
    first, second = encoder.residuals
    wanted = step(memory, first, lambda y: encoder.self_attention(y, y, y, seen)[0])
    wanted = step(wanted, second, encoder.feed_forward)
    torch.testing.assert_close(encoder(memory, seen), wanted)

    decoder = shaken(DecoderLayer(d, h, d_ff, pre_norm))
    first, second, third = decoder.residuals
    wanted = step(x, first, lambda y: decoder.self_attention(y, y, y, triangle(n))[0])
    wanted = step(wanted, second, lambda y: decoder.cross_attention(y, memory, memory, seen)[0])
    wanted = step(wanted, third, decoder.feed_forward)
    torch.testing.assert_close(decoder(x, memory, triangle(n), seen), wanted)


def test_with_silent_sublayers_pre_norm_lets_x_through_and_post_norm_does_not():
    x = 3 + 2 * states(n)
    for pre_norm in (True, False):
        layer = EncoderLayer(d, h, d_ff, pre_norm).double()
        for part in (layer.self_attention.W_o, layer.feed_forward[2]):
            for parameter in part.parameters():
                nn.init.zeros_(parameter)
        assert torch.equal(layer(x, None), x) == pre_norm
    residual = Residual(d, pre_norm=False).double()
    torch.testing.assert_close(residual(x, torch.zeros_like), layer_norm(x, (d,)))


@pytest.mark.parametrize("pre_norm", [True, False])
def test_layers_are_those_of_torch_with_the_same_parameters(pre_norm):
    x, memory, seen = states(n), states(m, seed=2), real([6, 3, 5], m)
    encoder = shaken(EncoderLayer(d, h, d_ff, pre_norm))
    # in training mode torch takes the plain way, in evaluation a fused one that writes zeros at padding
    theirs = as_torch(encoder).train()
    assert theirs.norm_first == pre_norm
    wanted = theirs(memory, src_key_padding_mask=~seen)
    torch.testing.assert_close(encoder(memory, seen[:, None, None]), wanted)
    torch.testing.assert_close(encoder(x, triangle(n)), theirs(x, src_mask=~triangle(n)))

    decoder = shaken(DecoderLayer(d, h, d_ff, pre_norm))
    wanted = as_torch(decoder)(x, memory, tgt_mask=~triangle(n), memory_key_padding_mask=~seen)
    torch.testing.assert_close(decoder(x, memory, triangle(n), seen[:, None, None]), wanted)


def test_what_torch_gets_is_a_copy():
    layer = EncoderLayer(d, h, d_ff)
    before = layer.feed_forward[0].weight.clone()
    theirs = as_torch(layer)
    assert theirs.linear1.weight.dtype == torch.float32
    nn.init.zeros_(theirs.linear1.weight)
    assert torch.equal(layer.feed_forward[0].weight, before)


def influence(f, x):
    """Which rows of a sequence ``x (1, n, d)`` reach which rows of ``f(x)``."""

    def on_arrays(rows):
        with torch.no_grad():
            return f(torch.from_numpy(rows)[None])[0].numpy()

    return masking.influence(on_arrays, x[0].numpy(), eps=1e-3)


def test_masks_let_nothing_through_that_they_forbid():
    x, memory = states(n)[:1], states(n, seed=2)[:1]
    encoder, decoder = shaken(EncoderLayer(d, h, d_ff)), shaken(DecoderLayer(d, h, d_ff))
    seen = real([3], n)[:, None, None]
    found = influence(lambda y: encoder(y, seen), x)
    assert np.array_equal(found, seen[0, 0].numpy() | np.eye(n, dtype=bool)), "a pad reaches itself alone"
    found = influence(lambda y: decoder(y, memory, triangle(n), seen), x)
    assert np.array_equal(found, np.tri(n, dtype=bool)), "no place sees the future, each its past"
    found = influence(lambda y: decoder(x, y, triangle(n), seen), memory)
    assert np.array_equal(found, np.tile(seen[0, 0].numpy(), (n, 1))), "the memory without its padding"


def test_an_embedding_is_root_d_times_the_vector_and_the_place():
    training.set_seed(0)
    embedding = Embedding(5000, d)
    assert embedding.tokens.weight.std().item() == pytest.approx(d**-0.5, rel=0.02)
    ids = torch.tensor([[7, 7, 9]])
    wanted = math.sqrt(d) * embedding.tokens.weight[ids] + torch.from_numpy(positional_encoding(3, d)).float()
    torch.testing.assert_close(embedding(ids), wanted)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_model_gives_logits_of_each_place_and_normalises_at_the_end(pre_norm):
    model = a_model(pre_norm=pre_norm)
    logits, weights = model(SOURCES, TARGETS)
    assert logits.shape == (B, n, TARGET) and weights is None
    memory = model.encoder(SOURCES)
    assert memory.states.shape == (B, m, d) and torch.equal(memory.mask, real([6, 3, 1], m))
    assert memory.summary is None
    assert memory.states.mean(-1).abs().max() < 1e-6
    for part in (model.encoder, model.decoder):
        assert len(part.layers) == layers
        assert isinstance(part.norm, nn.LayerNorm if pre_norm else nn.Identity)


def test_neither_the_future_nor_padding_changes_what_the_model_says():
    model = a_model()
    logits, _ = model(SOURCES, TARGETS)
    for t in range(1, n):
        changed = TARGETS.clone()
        changed[:, t] = EOS + 1 + (changed[:, t] + 1) % (TARGET - EOS - 1)
        other, _ = model(SOURCES, changed)
        assert torch.equal(other[:, :t], logits[:, :t]), f"place {t} is seen before its time"
        assert not torch.allclose(other[:, t], logits[:, t])
    longer, _ = model(nn.functional.pad(SOURCES, (0, 5)), nn.functional.pad(TARGETS, (0, 2)))
    torch.testing.assert_close(longer[:, :n], logits)
    for b, (source, target) in enumerate(zip((6, 3, 1), (4, 2, 3), strict=True)):
        alone, _ = model(SOURCES[b : b + 1, :source], TARGETS[b : b + 1, :target])
        torch.testing.assert_close(alone[0], logits[b, :target])
    before = nn.functional.pad(TARGETS[:1], (2, 0))  # padding in the past of every word
    padded, _ = model(SOURCES[:1], before)
    with torch.no_grad():
        for part in (model.encoder, model.decoder):
            part.embedding.tokens.weight[PAD] = 7.0
    torch.testing.assert_close(model(SOURCES, TARGETS)[0][1, :2], logits[1, :2])
    torch.testing.assert_close(model(SOURCES[:1], before)[0][0, 2:], padded[0, 2:])


def test_the_order_of_the_source_is_seen():
    model = a_model()
    logits, _ = model(SOURCES[:1], TARGETS[:1])
    assert not torch.allclose(model(SOURCES[:1].flip(1), TARGETS[:1])[0], logits)


def test_step_by_step_gives_what_forcing_gives():
    model = a_model()
    memory = model.encoder(SOURCES)
    wanted, _ = model.decoder(memory, TARGETS)
    state = model.decoder.begin(memory)
    for t in range(2):  # up to here no target has ended
        logits, state, weights = model.decoder.step(TARGETS[:, t], state, memory)
        torch.testing.assert_close(logits, wanted[:, t])
        assert weights is None
    rows, state = [], model.decoder.begin(memory)
    for t in range(n):
        logits, state, _ = model.decoder.step(TARGETS[:, t], state, memory)
        rows.append(logits[0])
    torch.testing.assert_close(torch.stack(rows), wanted[0])


def test_greedy_decoding_writes_what_forcing_would_choose():
    model = shaken(a_model())
    written, weights = decode_batch(model, SOURCES, max_len=7)
    assert weights is None and written.shape[1] <= 7
    begun = nn.functional.pad(written, (1, 0), value=BOS)
    chosen = model(SOURCES, begun[:, :-1])[0].argmax(-1)
    assert torch.equal(chosen[written != PAD], written[written != PAD])


@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_gradient_reaches_every_parameter(pre_norm):
    model = a_model(pre_norm=pre_norm)
    sequence_loss(model, SOURCES, torch.cat([TARGETS, TARGETS[:, -1:]], dim=1)).backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert not silent
    for part in (model.encoder, model.decoder):
        assert not part.embedding.tokens.weight.grad[PAD].any(), "padding learns nothing"


def test_it_learns_to_copy():
    training.set_seed(0)
    model = Transformer(SOURCE, SOURCE, 16, 2, 32, 1)
    words = torch.randint(EOS + 1, SOURCE, (256, 5))
    ends = torch.full((256, 1), EOS)
    target = torch.cat([torch.full((256, 1), BOS), words, ends], dim=1)
    history = training.train(model, sequence_loss, (words, target), steps=250, warmup=30)
    assert history[-1] < 0.1 < math.log(SOURCE - 3) < history[0]


def test_weights_of_every_head_are_read_and_the_model_is_left_as_it_was():
    model = a_model()
    weights = read_weights(model, SOURCES, TARGETS)
    shapes = {"encoder self": (m, m), "decoder self": (n, n), "cross": (n, m)}
    assert tuple(weights) == KINDS
    for kind, found in weights.items():
        assert found.shape == (layers, B, h, *shapes[kind])
        torch.testing.assert_close(found.sum(-1), torch.ones_like(found[..., 0]))
    assert not weights["cross"][:, 1, :, :, 3:].any() and not weights["encoder self"][:, 2, :, :, 1:].any()
    assert not weights["decoder self"].triu(1).any()
    x = model.encoder.embedding(SOURCES)
    first = model.encoder.layers[0]
    y = first.residuals[0].norm(x)
    wanted = first.self_attention(y, y, y, (SOURCES != PAD)[:, None, None])[1]
    torch.testing.assert_close(weights["encoder self"][0], wanted.detach())
    assert not any(part._forward_hooks for part in model.modules())
    with pytest.raises(IndexError):
        read_weights(model, SOURCES, TARGETS + 100)
    assert not any(part._forward_hooks for part in model.modules()), "nor after an error"
