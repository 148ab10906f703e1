import math

import numpy as np
import pytest

from attention_course.mechanisms.self_attention import self_attention

B, N, D_X, D, D_V = 2, 5, 3, 4, 6
RNG = np.random.default_rng(0)
X, W_Q, W_K, W_V = (RNG.normal(size=s) for s in ((B, N, D_X), (D_X, D), (D_X, D), (D_X, D_V)))


def test_it_is_the_definition_position_by_position():
    output, weights = self_attention(X, W_Q, W_K, W_V)
    assert output.shape == (B, N, D_V) and weights.shape == (B, N, N)
    for b in range(B):
        for i in range(N):
            scores = [(X[b, i] @ W_Q) @ (X[b, j] @ W_K) / math.sqrt(D) for j in range(N)]
            w = np.exp(scores) / np.exp(scores).sum()
            np.testing.assert_allclose(weights[b, i], w)
            np.testing.assert_allclose(output[b, i], sum(w[j] * (X[b, j] @ W_V) for j in range(N)))


def test_reordered_inputs_give_reordered_outputs():
    order = RNG.permutation(N)
    output, weights = self_attention(X, W_Q, W_K, W_V)
    output_2, weights_2 = self_attention(X[:, order], W_Q, W_K, W_V)
    np.testing.assert_allclose(output_2, output[:, order])
    np.testing.assert_allclose(weights_2, weights[:, order][:, :, order])


def test_inputs_are_left_alone():
    before = X.copy()
    self_attention(X, W_Q, W_K, W_V)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((X[0], W_Q, W_K, W_V), "x must"),
        ((X, W_Q, W_K[:, :2], W_V), "W_q .* and W_k"),
        ((X, W_Q, W_K, W_V.T), "W_v"),
    ],
)
def test_shapes_that_do_not_fit_are_named(arguments, name):
    with pytest.raises(ValueError, match=name):
        self_attention(*arguments)
