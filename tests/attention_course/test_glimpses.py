import numpy as np
import pytest

from attention_course.mechanisms import glimpses

VALUES = np.array([[0.9, 0.4], [0.1, 0.8], [0.0, 1.0]])
CHANCE = np.array([0.5, 0.3, 0.2])


def test_the_table_of_the_lesson():
    z, weights = glimpses.soft_attention(VALUES, np.log(CHANCE) + 7)
    np.testing.assert_allclose(weights, CHANCE)
    np.testing.assert_allclose(z, [0.48, 0.64])


def test_soft_attention_keeps_dtype_and_names_sizes_that_do_not_fit():
    z, weights = glimpses.soft_attention(VALUES.astype(np.float32), np.float32([1, 2, 3]))
    assert z.shape == (2,) and weights.shape == (3,) and z.dtype == weights.dtype == np.float32
    with pytest.raises(ValueError, match="scores"):
        glimpses.soft_attention(VALUES, np.zeros(4))


def test_glimpses_are_rows_drawn_with_their_chances():
    seen = glimpses.glimpse(VALUES, CHANCE, 20000, np.random.default_rng(0))
    assert seen.shape == (20000, 2)
    np.testing.assert_allclose([(seen == row).all(1).mean() for row in VALUES], CHANCE, atol=0.01)


def test_expected_location():
    weights = np.zeros((3, 6))
    weights[0, 1], weights[2, 5] = 0.25, 0.75
    assert glimpses.expected_location(weights) == pytest.approx((1.5, 4.0))
    with pytest.raises(ValueError, match="sum to one"):
        glimpses.expected_location(2 * weights)


def test_entropy_in_bits():
    weights = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.25, 0.25, 0]])
    np.testing.assert_allclose(glimpses.attention_entropy(weights), [0, 2, 1.5])
    np.testing.assert_allclose(glimpses.attention_entropy(weights.T, axis=0), [0, 2, 1.5])
