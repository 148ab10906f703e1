import math

import numpy as np
import pytest
import torch

from attention_course.mechanisms.positions import positional_encoding, rates, rotary


def test_sinusoids_by_hand():
    P = positional_encoding(3, 4)
    assert P.shape == (3, 4) and P.dtype == np.float64
    assert np.allclose(P[0], [0, 1, 0, 1])
    assert np.allclose(P[2], [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)])
    assert positional_encoding(0, 6).shape == (0, 6)


def test_wavelengths_are_a_geometric_row():
    assert np.allclose(rates(6), [1, 10000 ** (-1 / 3), 10000 ** (-2 / 3)])


def test_dot_products_of_sinusoids_depend_on_the_offset_only():
    P = positional_encoding(40, 16)
    G = P @ P.T
    for k in (0, 1, 7, 30):
        assert np.allclose(np.diagonal(G, k), G[0, k])
    assert np.allclose(G, G.T)


@pytest.mark.parametrize("d", [0, 1, 7])
def test_an_odd_width_is_refused(d):
    with pytest.raises(ValueError):
        positional_encoding(3, d)
    with pytest.raises(ValueError):
        rotary(np.ones((3, d)), range(3))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError):
        positional_encoding(-1, 4)
    with pytest.raises(ValueError):
        rotary(np.ones((2, 3, 4)), range(2))


def test_turning_by_hand():
    x = np.array([[3.0, 4, 1, 0]] * 2)
    turned = rotary(x, [0, math.pi / 2])
    assert np.allclose(turned[0], x[0])
    angle = math.pi / 2 / 100
    assert np.allclose(turned[1], [-4, 3, math.cos(angle), math.sin(angle)])


def test_rotary_scores_depend_on_the_offset_only_and_lengths_stay():
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 8))
    queries, keys = (rotary(np.tile(x, (20, 1)), range(20)) for x in (q, k))
    scores = queries @ keys.T
    for offset in range(-19, 20):
        assert np.ptp(np.diagonal(scores, offset)) < 1e-12
    assert np.ptp(scores[0]) > 0.1 and not np.allclose(scores, scores.T)
    assert np.allclose(np.linalg.norm(queries, axis=1), np.linalg.norm(q))


def test_arrays_and_tensors_give_the_same_and_keep_their_dtype():
    x = np.random.default_rng(1).normal(size=(2, 3, 5, 6)).astype(np.float32)
    before = x.copy()
    array, tensor = rotary(x, np.arange(5)), rotary(torch.from_numpy(x), torch.arange(5))
    assert array.dtype == np.float32 and tensor.dtype == torch.float32
    assert np.allclose(array, tensor.numpy()) and np.array_equal(x, before)


def test_gradients_pass_through():
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: rotary(x, range(3)), x)
