import math

import numpy as np
import pytest
import torch

from attention_course.mechanisms.attention import dot_product_attention, softmax
from attention_course.mechanisms.masking import (
    causal_mask,
    combine_masks,
    influence,
    masked_attention,
    masked_softmax,
    padding_mask,
    sliding_window_mask,
    to_additive,
    to_ignore_mask,
)

B, N, M, D, D_V = 2, 3, 5, 8, 6
RNG = np.random.default_rng(0)
Q, K, V = (RNG.normal(size=s) for s in ((B, N, D), (B, M, D), (B, M, D_V)))
MASK = RNG.random((B, N, M)) < 0.6
MASK[1, 2] = False  # a query with nothing to attend to
T, F = True, False


def test_masks_on_paper():
    assert padding_mask([2, 0, 3], 3).tolist() == [[T, T, F], [F, F, F], [T, T, T]]
    assert causal_mask(3).tolist() == [[T, F, F], [T, T, F], [T, T, T]]
    assert sliding_window_mask(4, 2).tolist() == [[T, F, F, F], [T, T, F, F], [F, T, T, F], [F, F, T, T]]
    both = combine_masks(padding_mask([2, 3], 3), causal_mask(3))
    assert both.tolist() == [[[T, F, F], [T, T, F], [T, T, F]], causal_mask(3).tolist()]
    for mask in (padding_mask([1], 2), causal_mask(2), sliding_window_mask(2, 1), both):
        assert mask.dtype == np.bool_


def test_a_window_of_all_is_causal_and_of_one_is_the_diagonal():
    np.testing.assert_array_equal(sliding_window_mask(4, 4), causal_mask(4))
    np.testing.assert_array_equal(sliding_window_mask(4, 9), causal_mask(4))
    np.testing.assert_array_equal(sliding_window_mask(4, 1), np.eye(4, dtype=bool))


def test_no_positions_no_mask():
    assert causal_mask(0).shape == sliding_window_mask(0, 2).shape == (0, 0)
    assert padding_mask([], 4).shape == (0, 4)
    assert padding_mask([0, 0], 0).shape == (2, 0)


def test_masked_softmax_on_paper():
    # e^0 : e^ln2 : e^ln3 = 1 : 2 : 3, the last forbidden
    weights = masked_softmax([0.0, math.log(2), math.log(3)], [T, T, F])
    np.testing.assert_allclose(weights, [1 / 3, 2 / 3, 0])


@pytest.mark.parametrize("shape", [(M,), (N, M), (B, 1, M), (1, N, 1), (B, N, M)])
def test_any_mask_that_broadcasts(shape):
    mask = RNG.random(shape) < 0.6
    whole = np.broadcast_to(mask, (B, N, M))
    output, weights = masked_attention(Q, K, V, mask)
    np.testing.assert_array_equal(weights, masked_attention(Q, K, V, whole)[1])
    assert weights.shape == (B, N, M) and output.shape == (B, N, D_V)
    assert (weights[~whole] == 0).all() and (weights[whole] > 0).all()
    np.testing.assert_allclose(weights.sum(-1), whole.any(-1))


def test_a_masked_key_is_a_key_that_is_not_there():
    mask = padding_mask([3, 5], M)
    output, weights = masked_attention(Q, K, V, mask[:, None])
    short, short_weights = dot_product_attention(Q[0], K[0, :3], V[0, :3])
    np.testing.assert_allclose(output[0], short)
    np.testing.assert_allclose(weights[0, :, :3], short_weights)
    np.testing.assert_allclose(output[1], dot_product_attention(Q[1], K[1], V[1])[0])


def test_agrees_with_torch_where_every_query_has_a_key():
    mask = MASK | (np.arange(M) == 1)
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.from_numpy, (Q, K, V)), attn_mask=torch.from_numpy(mask)
    )
    np.testing.assert_allclose(masked_attention(Q, K, V, mask)[0], expected.numpy(), atol=1e-12)


def test_a_query_with_nothing_to_attend_to_gets_zeros():
    output, weights = masked_attention(Q, K, V, MASK)
    assert (output[1, 2] == 0).all() and (weights[1, 2] == 0).all()
    assert np.isfinite(output).all()


def test_a_masked_score_does_not_matter_whatever_it_is():
    scores = RNG.normal(size=(N, M))
    mask = np.arange(M) != 2
    for value in (1e9, -1e9, np.inf, -np.inf, np.nan):
        other = scores.copy()
        other[:, 2] = value
        np.testing.assert_array_equal(masked_softmax(other, mask), masked_softmax(scores, mask))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_floating_dtype_is_kept(dtype):
    output, weights = masked_attention(Q.astype(dtype), K.astype(dtype), V.astype(dtype), MASK)
    assert output.dtype == weights.dtype == masked_softmax(Q.astype(dtype), Q > 0).dtype == dtype
    assert to_additive(MASK, dtype).dtype == dtype


def test_integers_become_float64():
    assert masked_softmax([1, 2, 3], [T, F, T]).dtype == np.float64


def test_conversions():
    mask = np.array([[T, F], [T, T]])
    np.testing.assert_array_equal(to_additive(mask, np.float32), [[0, -np.inf], [0, 0]])
    assert to_ignore_mask(mask).tolist() == [[F, T], [F, F]]
    assert to_ignore_mask(mask).dtype == np.bool_
    scores = RNG.normal(size=(B, N, M))
    np.testing.assert_array_equal(
        softmax(scores + to_additive(MASK, scores.dtype)), masked_softmax(scores, MASK)
    )


def test_conversions_are_what_torch_takes():
    x = torch.from_numpy(RNG.normal(size=(B, M, D)))
    mask = padding_mask([3, 5], M)
    module = torch.nn.MultiheadAttention(D, 1, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        _, weights = module(x, x, x, key_padding_mask=torch.from_numpy(to_ignore_mask(mask)))
        additive = torch.from_numpy(to_additive(mask[:, None] & np.ones((M, M), dtype=bool), np.float64))
        _, same = module(x, x, x, attn_mask=additive)
    assert (weights.numpy()[~np.broadcast_to(mask[:, None], (B, M, M))] == 0).all()
    np.testing.assert_allclose(weights, same)


def test_inputs_are_left_alone():
    arrays = [Q.copy(), K.copy(), V.copy(), MASK.copy()]
    padding, causal = padding_mask([2, 3], 3), causal_mask(3)
    before = [a.copy() for a in (*arrays, padding, causal)]
    masked_attention(*arrays)
    masked_softmax(arrays[0], arrays[0] > 0)
    combine_masks(padding, causal)
    to_additive(arrays[3], np.float32), to_ignore_mask(arrays[3])
    for a, b in zip((*arrays, padding, causal), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("function", "arguments", "error", "words"),
    [
        (padding_mask, ([2, 4], 3), ValueError, "0 to max_len"),
        (padding_mask, ([-1], 3), ValueError, "0 to max_len"),
        (padding_mask, ([[1], [2]], 3), ValueError, "lengths"),
        (causal_mask, (-1,), ValueError, "negative"),
        (sliding_window_mask, (3, 0), ValueError, "window"),
        (combine_masks, (np.ones((2, 4), dtype=bool), np.ones((3, 3), dtype=bool)), ValueError, "padding"),
        (combine_masks, (np.ones((2, 3)), np.ones((3, 3), dtype=bool)), TypeError, "boolean"),
        (masked_softmax, (Q, np.ones((B, N, D))), TypeError, "boolean"),
        (masked_softmax, (Q, np.ones((B, N, D - 1), dtype=bool)), ValueError, "broadcast"),
        (masked_attention, (Q, K[..., :4], V, MASK), ValueError, "same width"),
        (masked_attention, (Q, K, V[:, :4], MASK), ValueError, "values"),
        (to_additive, (MASK, np.int64), TypeError, "floating"),
        (to_additive, (MASK.astype(float), np.float32), TypeError, "boolean"),
        (to_ignore_mask, (MASK.astype(int),), TypeError, "boolean"),
        (influence, (lambda x: x, Q[0], 0), ValueError, "positive"),
    ],
)
def test_what_does_not_fit_is_named(function, arguments, error, words):
    with pytest.raises(error, match=words):
        function(*arguments)


@pytest.mark.parametrize(
    "mask", [causal_mask(4), sliding_window_mask(4, 2), np.eye(4, dtype=bool), causal_mask(4).T]
)
def test_influence_finds_the_mask(mask):
    x = RNG.normal(size=(4, D))
    found = influence(lambda x: masked_attention(x, x, x, mask)[0], x, 1e-3)
    np.testing.assert_array_equal(found, mask)


def test_influence_sees_through_what_hides_it():
    x = RNG.normal(size=(4, D))
    everything = np.ones((4, 4), dtype=bool)

    def normed(x):  # a shift that is common to all features leaves no trace
        y = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
        return y @ y.T @ y

    np.testing.assert_array_equal(influence(normed, x, 1e-3), everything)
    edge = np.zeros((3, 1))  # a kink that only one direction crosses
    np.testing.assert_array_equal(influence(lambda x: np.maximum(x, 0), edge, 0.1), np.eye(3, dtype=bool))
    np.testing.assert_array_equal(influence(lambda x: np.minimum(x, 0), edge, 0.1), np.eye(3, dtype=bool))


def test_influence_has_outputs_in_rows_and_inputs_in_columns():
    found = influence(lambda x: np.stack([x[1], x[1], x[2]]), np.arange(3), 0.1)
    assert found.tolist() == [[F, T, F], [F, T, F], [F, F, T]]


def test_influence_leaves_its_input_alone_and_does_not_trust_f():
    x = np.arange(3.0)

    def greedy(x):
        x *= 2
        return x

    np.testing.assert_array_equal(influence(greedy, x, 0.1), np.eye(3, dtype=bool))
    np.testing.assert_array_equal(x, np.arange(3.0))
    with pytest.raises(ValueError, match="two answers"):
        influence(lambda x: x + np.random.default_rng().normal(size=x.shape), x, 0.1)
