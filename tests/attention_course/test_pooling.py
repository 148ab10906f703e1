import math

import numpy as np
import pytest

from attention_course.mechanisms import pooling

RNG = np.random.default_rng(0)
KEYS, VALUES = RNG.uniform(0, 24, (12, 2)), RNG.normal(15, 4, 12)


def test_three_readings_on_paper():
    output, weights = pooling.kernel_attention([14.0], [13.0, 14.0, 16.0], np.array([15.0, 17.0, 21.0]), 1.0)
    kernels = [math.exp(-0.5), 1.0, math.exp(-2)]
    np.testing.assert_allclose(weights, [[k / sum(kernels) for k in kernels]])
    np.testing.assert_allclose(output, [(15 * kernels[0] + 17 + 21 * kernels[2]) / sum(kernels)])


def test_each_dimension_has_its_own_bandwidth():
    scores = pooling.kernel_scores([[0.0, 0.0]], [[2.0, 0.0], [0.0, 2.0]], [2.0, 4.0])
    np.testing.assert_allclose(scores, [[-0.5, -0.125]])


def test_limits_of_the_bandwidth():
    queries = RNG.uniform(0, 24, (7, 2))
    nearest = VALUES[np.square(queries[:, None] - KEYS).sum(-1).argmin(1)]
    np.testing.assert_allclose(pooling.kernel_attention(queries, KEYS, VALUES, 1e-3)[0], nearest)
    np.testing.assert_allclose(pooling.kernel_attention(queries, KEYS, VALUES, 1e6)[0], VALUES.mean())


def test_values_may_have_a_width():
    output, weights = pooling.kernel_attention(KEYS[:3], KEYS, np.stack([VALUES, -VALUES], 1), 2.0)
    assert output.shape == (3, 2) and weights.shape == (3, 12)
    np.testing.assert_allclose(output[:, 0], -output[:, 1])


def test_bad_sizes_and_bandwidths_are_named():
    with pytest.raises(ValueError, match="same width"):
        pooling.kernel_scores(KEYS, KEYS[:, :1], 1.0)
    with pytest.raises(ValueError, match="positive"):
        pooling.kernel_scores(KEYS, KEYS, 0.0)
    with pytest.raises(ValueError, match="points"):
        pooling.kernel_scores(KEYS[None], KEYS, 1.0)
    with pytest.raises(ValueError, match="resolution"):
        pooling.leave_one_out([1.0], KEYS, VALUES)


def test_leave_one_out_hides_the_reading_itself():
    loss, _ = pooling.leave_one_out([0.3, 0.2], KEYS, VALUES)
    errors = []
    for i in range(len(KEYS)):
        others = np.arange(len(KEYS)) != i
        answer = pooling.kernel_attention(KEYS[i : i + 1], KEYS[others], VALUES[others], [1 / 0.3, 1 / 0.2])
        errors.append(answer[0][0] - VALUES[i])
    np.testing.assert_allclose(loss, np.mean(np.square(errors)))


def test_the_gradient_is_the_finite_difference():
    at, step = np.array([0.3, 0.2]), 1e-6
    _, gradient = pooling.leave_one_out(at, KEYS, VALUES)
    for c in range(2):
        nudge = step * np.eye(2)[c]
        up, down = (pooling.leave_one_out(at + s * nudge, KEYS, VALUES)[0] for s in (1, -1))
        np.testing.assert_allclose(gradient[c], (up - down) / (2 * step), rtol=1e-5)


def test_learning_lowers_the_loss_and_drops_what_is_irrelevant():
    rng = np.random.default_rng(4)
    keys = rng.uniform(0, 24, (100, 2))
    values = pooling.temperature(keys[:, 0]) + rng.normal(0, 1.5, 100)
    path, losses = pooling.learn_resolution(keys, values, [0.5, 0.5])
    assert losses[-1] < 0.8 * losses[0]
    assert path[-1, 1] < 0.15 < 0.6 < path[-1, 0] and (path >= 0).all()
    np.testing.assert_array_equal(path[0], [0.5, 0.5])


def test_shared_resolutions_stay_equal():
    path, losses = pooling.learn_resolution(KEYS, VALUES, [0.5, 0.5], shared=True, steps=10)
    assert path.shape == (11, 2) and losses.shape == (11,)
    np.testing.assert_array_equal(path[:, 0], path[:, 1])


def test_readings_scatter_about_the_curve():
    hours, degrees = pooling.readings(4000, np.random.default_rng(0))
    assert (np.diff(hours) >= 0).all() and hours.min() >= 0 and hours.max() <= 24
    error = degrees - pooling.temperature(hours)
    assert abs(error.mean()) < 0.1 and abs(error.std() - 1.5) < 0.1
    assert pooling.temperature(15.0) == pytest.approx(18.5) and pooling.temperature(3.0) == pytest.approx(6.5)
