import math

import pytest
import torch

from attention_course.mechanisms.sentence_embedding import (
    LeftWindow,
    PaddedBiLSTM,
    SentenceClassifier,
    StructuredSelfAttention,
    hop_penalty,
    turn_round,
)

B, N, WIDTH, HIDDEN, HOPS = 2, 5, 6, 7, 3


@pytest.fixture
def case():
    torch.manual_seed(0)
    return StructuredSelfAttention(WIDTH, HIDDEN, HOPS), torch.randn(B, N, WIDTH)


def test_it_is_the_formula_position_by_position(case):
    attention, H = case
    M, A = attention(H)
    for b in range(B):
        for r in range(HOPS):
            scores = [(attention.W_2[r] * torch.tanh(attention.W_1 @ H[b, t])).sum().item() for t in range(N)]
            total = sum(math.exp(s) for s in scores)
            for t in range(N):
                assert A[b, r, t].item() == pytest.approx(math.exp(scores[t]) / total, abs=1e-6)
            mixed = sum(A[b, r, t] * H[b, t] for t in range(N))
            torch.testing.assert_close(M[b, r], mixed)


def test_each_hop_is_a_distribution_over_positions(case):
    M, A = case[0](case[1])
    assert M.shape == (B, HOPS, WIDTH) and A.shape == (B, HOPS, N)
    torch.testing.assert_close(A.sum(-1), torch.ones(B, HOPS))


def test_masked_positions_get_nothing_and_matter_not(case):
    attention, H = case
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    M, A = attention(H, mask)
    assert (A[1, :, 3:] == 0).all()
    torch.testing.assert_close(A[1:, :, :3], attention(H[1:, :3])[1])
    H2 = H.clone()
    H2[1, 3:] = 1e3
    torch.testing.assert_close(attention(H2, mask)[0], M)


@pytest.mark.parametrize("hops", [0, 2])
def test_nothing_to_attend_to_gives_zeros_and_finite_gradients(hops):
    torch.manual_seed(0)
    model = SentenceClassifier(9, 4, hops=hops)
    scores, A = model(torch.tensor([[0, 0, 0], [1, 2, 0]]))
    assert (A[0] == 0).all() and torch.isfinite(scores).all()
    scores.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_penalty_of_known_weights():
    disjoint = torch.eye(4)[None, :2]
    identical = torch.eye(4)[None, [0, 0]]
    halves = torch.tensor([[[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]])
    assert hop_penalty(disjoint).item() == 0
    assert hop_penalty(identical).item() == 2
    assert hop_penalty(halves).item() == 0.5
    assert hop_penalty(torch.cat([disjoint, identical])).item() == 1, "the mean over the batch"


def test_turn_round_keeps_the_padding_in_place():
    x = torch.tensor([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8]])[..., None]
    assert turn_round(x, x[..., 0] > 0)[..., 0].tolist() == [[3, 2, 1, 0, 0], [8, 7, 6, 5, 4]]


def test_states_do_not_depend_on_the_padding():
    torch.manual_seed(0)
    encoder, x = PaddedBiLSTM(WIDTH, 4), torch.randn(1, 3, WIDTH)
    alone = encoder(x, torch.ones(1, 3, dtype=torch.bool))
    padded = torch.cat([x, torch.randn(1, 2, WIDTH)], dim=1)
    inside = encoder(padded, torch.tensor([[True, True, True, False, False]]))
    torch.testing.assert_close(inside[:, :3], alone)
    whole = torch.nn.LSTM(WIDTH, 4, batch_first=True, bidirectional=True)
    for name, parameter in encoder.forwards.named_parameters():
        getattr(whole, name).data.copy_(parameter)
    for name, parameter in encoder.backwards.named_parameters():
        getattr(whole, name + "_reverse").data.copy_(parameter)
    torch.testing.assert_close(alone, whole(x)[0])


@pytest.mark.parametrize("hops", [0, 1, 3])
def test_a_neighbour_in_the_batch_changes_nothing(hops):
    torch.manual_seed(0)
    model = SentenceClassifier(9, 4, hops=hops)
    short, long = torch.tensor([[3, 1, 2]]), torch.tensor([[4, 5, 6, 7, 8]])
    both = torch.cat([torch.nn.functional.pad(short, (0, 2)), long])
    scores, A = model(both)
    assert scores.shape == (2, 4) and A.shape == (2, max(hops, 1), 5)
    torch.testing.assert_close(scores[:1], model(short)[0])
    torch.testing.assert_close(scores[1:], model(long)[0])
    assert (A[0, :, 3:] == 0).all()


def test_the_left_window_knows_a_word_and_the_two_before_it():
    torch.manual_seed(0)
    window, x = LeftWindow(WIDTH, HIDDEN), torch.randn(B, N, WIDTH)
    rest = window(x)
    for s in range(N):
        changed = x.clone()
        changed[:, s] += 1
        moved = (window(changed) != rest).any(-1).any(0)
        assert moved.tolist() == [s <= t <= s + 2 for t in range(N)]
