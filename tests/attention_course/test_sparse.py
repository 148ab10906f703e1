import numpy as np
import pytest
import torch

from attention_course.mechanisms import masking, sparse

N, D, D_V = 24, 5, 3


@pytest.fixture
def qkv():
    torch.manual_seed(0)
    return torch.randn(N, D), torch.randn(N, D), torch.randn(N, D_V)


def test_masked_is_the_package_s_attention_in_numpy(qkv):
    mask = masking.sliding_window_mask(N, 4)
    wanted, _ = masking.masked_attention(*(x.numpy() for x in qkv), mask)
    torch.testing.assert_close(sparse.masked(*qkv, torch.from_numpy(mask)), torch.from_numpy(wanted))


@pytest.mark.parametrize("window", [1, 4, 8, 24])
def test_a_window_in_blocks_is_the_masked_window(window, qkv):
    mask = torch.from_numpy(masking.sliding_window_mask(N, window))
    torch.testing.assert_close(sparse.in_window(*qkv, window), sparse.masked(*qkv, mask))


def test_packing_keeps_every_sequence_whole_in_one_row():
    lengths = np.array([3, 7, 1, 4, 7, 2])
    numbers = sparse.pack(lengths, 8)
    assert numbers.shape[1] == 8 and numbers.size - (numbers == 0).sum() == lengths.sum()
    for k, length in enumerate(lengths):
        rows, places = np.nonzero(numbers == k + 1)
        assert len(places) == length and len(set(rows)) == 1 and np.ptp(places) == length - 1
    assert len(numbers) == 4


def test_packed_sequences_see_themselves_and_padding_nobody():
    mask = sparse.same_sequence(np.array([[1, 1, 2, 3, 3, 0]]))[0]
    wanted = np.zeros((6, 6), dtype=bool)
    wanted[:2, :2] = wanted[2, 2] = wanted[3:5, 3:5] = True
    assert np.array_equal(mask, wanted)


@pytest.mark.parametrize("skip", [True, False])
def test_skipping_squares_changes_nothing(skip, qkv):
    mask = torch.from_numpy(masking.sliding_window_mask(N, 5))
    steps, share = sparse.plan(mask, 4, skip=skip)
    torch.testing.assert_close(sparse.skipping(*qkv, steps), sparse.masked(*qkv, mask))
    assert share == pytest.approx(11 / 36 if skip else 1)  # the diagonal of six, and five beside it
