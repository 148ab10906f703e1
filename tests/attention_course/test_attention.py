import math

import numpy as np
import pytest
import torch

from attention_course.mechanisms.attention import attend, dot_product_attention, softmax

B, N, M, D, D_V = 2, 3, 5, 8, 6
RNG = np.random.default_rng(0)
Q, K, V = (RNG.normal(size=s) for s in ((B, N, D), (B, M, D), (B, M, D_V)))


def test_softmax_on_paper():
    # e^0 : e^ln2 : e^ln3 = 1 : 2 : 3
    np.testing.assert_allclose(softmax([0.0, math.log(2), math.log(3)]), [1 / 6, 2 / 6, 3 / 6])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_along_the_axis(axis):
    np.testing.assert_allclose(softmax(Q, axis=axis).sum(axis=axis), 1.0)


def test_softmax_is_safe_at_any_offset_of_a_row():
    scores = RNG.normal(size=(3, 4)).astype(np.float32)
    offset = np.array([[100.0], [-1000.0], [30000.0]], dtype=np.float32)
    np.testing.assert_allclose(softmax(scores + offset), softmax(scores), atol=3e-3)
    assert np.isfinite(softmax(scores + offset)).all()


def test_softmax_gives_zeros_where_nothing_may_be_attended_to():
    weights = softmax(np.array([[0.0, -np.inf], [-np.inf, -np.inf]]))
    np.testing.assert_array_equal(weights, [[1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_floating_dtype_is_kept(dtype):
    output, weights = dot_product_attention(Q.astype(dtype), K.astype(dtype), V.astype(dtype))
    assert output.dtype == weights.dtype == dtype
    assert softmax(Q.astype(dtype)).dtype == dtype


def test_integers_become_float64():
    assert softmax([1, 2, 3]).dtype == np.float64


def test_attention_is_the_definition_query_by_query():
    output, weights = dot_product_attention(Q, K, V)
    assert output.shape == (B, N, D_V) and weights.shape == (B, N, M)
    for b in range(B):
        for i in range(N):
            w = np.array([math.exp(Q[b, i] @ K[b, j] / math.sqrt(D)) for j in range(M)])
            w /= w.sum()
            np.testing.assert_allclose(weights[b, i], w)
            np.testing.assert_allclose(output[b, i], sum(w[j] * V[b, j] for j in range(M)))


def test_attention_agrees_with_torch():
    output, _ = dot_product_attention(Q, K, V)
    expected = torch.nn.functional.scaled_dot_product_attention(*map(torch.from_numpy, (Q, K, V)))
    np.testing.assert_allclose(output, expected.numpy(), atol=1e-12)


def test_more_and_fewer_leading_axes():
    output, weights = dot_product_attention(Q, K, V)
    for lead in ((0,), (0, 0)):
        single = dot_product_attention(*(a[lead[0]] if len(lead) == 1 else a[None] for a in (Q, K, V)))
        np.testing.assert_allclose(single[0], output[0] if len(lead) == 1 else output[None])
        np.testing.assert_allclose(single[1], weights[0] if len(lead) == 1 else weights[None])


def test_no_keys_give_zeros():
    output, weights = dot_product_attention(Q, K[:, :0], V[:, :0])
    assert weights.shape == (B, N, 0)
    np.testing.assert_array_equal(output, np.zeros((B, N, D_V)))


def test_inputs_are_left_alone():
    before = [a.copy() for a in (Q, K, V)]
    dot_product_attention(Q, K, V)
    softmax(Q)
    for a, b in zip((Q, K, V), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((Q, K[..., :4], V), "same width"),
        ((Q, K, V[:, :4]), "same in number"),
        ((Q, K, V[0, 0]), "values must"),
    ],
)
def test_shapes_that_do_not_fit_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        dot_product_attention(*arguments)


def test_attend_averages_values_by_the_softmax_of_scores():
    output, weights = attend(np.log([[1.0, 3.0]]), np.array([[4.0], [8.0]]))
    np.testing.assert_allclose(weights, [[0.25, 0.75]])
    np.testing.assert_allclose(output, [[7.0]])
    with pytest.raises(ValueError, match="scores"):
        attend(np.zeros((1, 2)), np.zeros((3, 1)))
