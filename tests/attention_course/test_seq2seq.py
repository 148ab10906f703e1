import math

import pytest
import torch
from torch import nn

from attention_course.data.tokens import BOS, EOS, PAD
from attention_course.measuring import training
from attention_course.mechanisms.seq2seq import (
    AdditiveAttention,
    AdditiveDecoder,
    ConcatAttention,
    DotAttention,
    Encoder,
    GeneralAttention,
    LocalAttention,
    LuongDecoder,
    PlainDecoder,
    Seq2Seq,
    decode_batch,
    exact_matches,
    masked_softmax,
    sequence_loss,
)

B, M, N, QUERY, KEY, VALUE, HIDDEN = 2, 5, 3, 4, 6, 7, 8
ATTENTIONS = {
    "additive": lambda: AdditiveAttention(QUERY, KEY, HIDDEN),
    "dot": DotAttention,
    "general": lambda: GeneralAttention(QUERY, KEY),
    "concat": lambda: ConcatAttention(QUERY, KEY, HIDDEN),
    "local": lambda: LocalAttention(QUERY, KEY, HIDDEN, reach=2),
}


def inputs(kind):
    torch.manual_seed(0)
    attention = ATTENTIONS[kind]()
    keys = torch.randn(B, M, QUERY if kind == "dot" else KEY)
    return attention, torch.randn(B, N, QUERY), keys, torch.randn(B, M, VALUE)


def score(kind, attention, q, k):
    """One score, written as in the papers."""
    if kind == "additive":
        inner = attention.W_q.weight @ q + attention.W_k.weight @ k
        return (attention.v.weight[0] * torch.tanh(inner)).sum()
    if kind == "dot":
        return (q * k).sum()
    if kind == "general":
        return q @ attention.W.weight @ k
    return (attention.v.weight[0] * torch.tanh(attention.W.weight @ torch.cat([q, k]))).sum()


@pytest.mark.parametrize("kind", ["additive", "dot", "general", "concat"])
def test_it_is_the_formula_pair_by_pair(kind):
    attention, queries, keys, values = inputs(kind)
    context, weights = attention(queries, keys, values)
    for b in range(B):
        for t in range(N):
            row = torch.stack([score(kind, attention, queries[b, t], keys[b, j]) for j in range(M)])
            torch.testing.assert_close(weights[b, t], torch.softmax(row, 0))
            torch.testing.assert_close(context[b, t], sum(weights[b, t, j] * values[b, j] for j in range(M)))


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_one_query_is_the_first_of_many_and_the_mask_holds(kind):
    attention, queries, keys, values = inputs(kind)
    mask = torch.tensor([[True] * M, [True] * 3 + [False] * 2])
    context, weights = attention(queries, keys, values, mask)
    assert context.shape == (B, N, VALUE) and weights.shape == (B, N, M)
    one, one_weights = attention(queries[:, 0], keys, values, mask)
    torch.testing.assert_close(one, context[:, 0])
    torch.testing.assert_close(one_weights, weights[:, 0])
    assert (weights[1, :, 3:] == 0).all()
    short = attention(queries[1:], keys[1:, :3], values[1:, :3])
    torch.testing.assert_close(context[1:], short[0])
    prepared = attention(queries, keys, values, mask, attention.prepare(keys))
    torch.testing.assert_close(prepared[0], context)


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_nothing_to_attend_to_gives_zeros_and_finite_gradients(kind):
    attention, queries, keys, values = inputs(kind)
    mask = torch.tensor([[True] * M, [False] * M])
    queries.requires_grad_()
    context, weights = attention(queries, keys, values, mask)
    assert (weights[1] == 0).all() and (context[1] == 0).all()
    context.sum().backward()
    assert torch.isfinite(queries.grad).all()


def test_concat_is_additive_with_its_two_halves():
    attention, queries, keys, values = inputs("concat")
    additive = AdditiveAttention(QUERY, KEY, HIDDEN)
    with torch.no_grad():
        additive.W_q.weight.copy_(attention.W.weight[:, :QUERY])
        additive.W_k.weight.copy_(attention.W.weight[:, QUERY:])
        additive.v.weight.copy_(attention.v.weight)
    torch.testing.assert_close(additive(queries, keys, values)[1], attention(queries, keys, values)[1])


def test_local_weights_are_a_bell_around_the_place():
    attention, queries, keys, values = inputs("local")
    place = attention.place(queries, torch.full((B, 1, 1), M))
    weights = attention(queries, keys, values)[1]
    scores = attention.general.scores(queries, attention.prepare(keys))
    for b in range(B):
        for t in range(N):
            p = place[b, t, 0].item()
            inside = [j for j in range(M) if abs(j - p) <= 2]
            total = sum(math.exp(scores[b, t, j].item()) for j in inside)
            for j in range(M):
                bell = math.exp(-((j - p) ** 2) / (2 * (2 / 2) ** 2))
                expected = math.exp(scores[b, t, j].item()) / total * bell if j in inside else 0
                assert weights[b, t, j].item() == pytest.approx(expected, abs=1e-6)


def test_masked_softmax():
    scores = torch.tensor([[100.0, 1000.0, 2.0]])
    assert masked_softmax(scores).tolist() == [[0, 1, 0]]
    assert masked_softmax(scores, torch.tensor([[True, False, False]])).tolist() == [[1, 0, 0]]
    assert masked_softmax(scores, torch.zeros(1, 3, dtype=torch.bool)).tolist() == [[0, 0, 0]]


SIZE, V = 8, 9
DECODERS = {
    "plain": lambda: PlainDecoder(SIZE, V, 5, 6),
    "additive": lambda: AdditiveDecoder(SIZE, V, 5, 6),
    "luong": lambda: LuongDecoder(SIZE, V, 5, SIZE, DotAttention()),
    "feeding": lambda: LuongDecoder(SIZE, V, 5, 6, GeneralAttention(6, SIZE), feeding=True),
}


@pytest.fixture(params=DECODERS)
def model(request):
    torch.manual_seed(0)
    return Seq2Seq(Encoder(11, 5, SIZE // 2), DECODERS[request.param]()).eval()


SOURCE = torch.tensor([[3, 4, 5, 6], [7, 8, PAD, PAD]])
TARGET = torch.tensor([[BOS, 3, 4, 5, EOS], [BOS, 6, EOS, PAD, PAD]])


def test_steps_and_teacher_forcing_agree(model):
    memory = model.encoder(SOURCE)
    logits, weights = model(SOURCE, TARGET[:, :-1])
    state = model.decoder.begin(memory)
    for t in range(4):
        step_logits, state, step_weights = model.decoder.step(TARGET[:, t], state, memory)
        torch.testing.assert_close(step_logits, logits[:, t])
        assert (step_weights is None) == (weights is None)
        if weights is not None:
            torch.testing.assert_close(step_weights, weights[:, t])
            assert (step_weights[1, 2:] == 0).all()


def test_padding_and_neighbours_change_nothing(model):
    both = model(SOURCE, TARGET[:, :-1])[0]
    torch.testing.assert_close(both[1:, :2], model(SOURCE[1:, :2], TARGET[1:, :2])[0])
    wider = [nn.functional.pad(x, (0, 3), value=PAD) for x in (SOURCE, TARGET)]
    torch.testing.assert_close(sequence_loss(model, *wider), sequence_loss(model, SOURCE, TARGET))


def test_the_loss_counts_each_token_once(model):
    logits = model(SOURCE, TARGET[:, :-1])[0].log_softmax(-1)
    expected = [logits[b, t, TARGET[b, t + 1]] for b, t in [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]]
    torch.testing.assert_close(sequence_loss(model, SOURCE, TARGET), -torch.stack(expected).mean())


def test_a_decoder_never_sees_what_it_has_to_write(model):
    logits = model(SOURCE, TARGET[:, :-1])[0]
    changed = TARGET.clone()
    changed[0, 3] = 8
    torch.testing.assert_close(model(SOURCE, changed[:, :-1])[0][0, :3], logits[0, :3])


def test_greedy_decoding_takes_the_likeliest_and_stops(model):
    tokens, _ = decode_batch(model, SOURCE, max_len=6)
    for b in range(2):
        written = [BOS]
        for t in range(tokens.shape[1]):
            logits, _ = model(SOURCE[b : b + 1], torch.tensor([written]))
            written.append(logits[0, -1].argmax().item())
            assert tokens[b, t] == written[-1]
            if written[-1] == EOS:
                assert (tokens[b, t + 1 :] == PAD).all()
                break


def test_exact_matches_need_every_token():
    tokens = torch.tensor([[3, 4, 5, EOS, PAD], [6, 6, EOS, PAD, PAD]])
    assert exact_matches(tokens, TARGET).tolist() == [True, False]
    assert exact_matches(tokens[:, :3], TARGET).tolist() == [False, False]


def test_summary_has_read_everything():
    encoder = Encoder(11, 5, 4)
    summary = encoder(SOURCE).summary
    for at in range(4):
        changed = SOURCE.clone()
        changed[0, at] = 9
        assert not torch.allclose(encoder(changed).summary[0], summary[0])
        torch.testing.assert_close(encoder(changed).summary[1], summary[1])


def test_attention_learns_to_turn_a_sequence_round():
    training.set_seed(0)
    words = torch.randint(3, 9, (256, 5))
    target = torch.cat([torch.full((256, 1), BOS), words.flip(1), torch.full((256, 1), EOS)], dim=1)
    model = Seq2Seq(Encoder(9, 8, 16), LuongDecoder(32, 9, 8, 32, DotAttention()))
    bar = training.tqdm(disable=True)
    training.train(model, sequence_loss, (words, target), steps=150, batch_size=32, bar=bar)
    tokens, weights = decode_batch(model, words, 6)
    assert exact_matches(tokens, target).float().mean() > 0.95
    assert weights.shape == (256, 6, 5)
