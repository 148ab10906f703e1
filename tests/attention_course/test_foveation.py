import numpy as np
import pytest

from attention_course.mechanisms import foveation

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(size=(40, 60, 3))


def test_resolution_is_a_half_at_e2_and_a_third_at_twice_that():
    np.testing.assert_allclose(foveation.resolution([0, 2.3, 4.6]), [1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(foveation.resolution(3.0, e2=1.0), 1 / 4)
    with pytest.raises(ValueError, match="negative"):
        foveation.resolution([1, -1])


def test_eccentricity_counts_degrees_from_the_fixation():
    away = foveation.eccentricity((40, 60, 3), (10, 20), 30)  # half a degree a pixel
    assert away.shape == (40, 60) and away[10, 20] == 0
    np.testing.assert_allclose([away[10, 24], away[13, 24], away[16, 20]], [2, 2.5, 3])


def test_blur_adds_variances():
    assert foveation.blur_for(1) == 0
    np.testing.assert_allclose(0.25 + foveation.blur_for(np.array([0.5, 0.1])) ** 2, [1, 25])


def test_blur_stays_within_colours_and_keeps_the_mean_of_an_even_picture():
    even = np.broadcast_to([0.2, 0.5, 0.9], (9, 11, 3))
    np.testing.assert_allclose(foveation.blurred(even, 2.0), even)


def test_a_look_is_sharp_where_it_rests_and_blurred_far_away():
    before = IMAGE.copy()
    view = foveation.foveate(IMAGE, (10, 20), 30)
    assert view.shape == IMAGE.shape
    np.testing.assert_array_equal(IMAGE, before)
    np.testing.assert_allclose(view[10, 20], IMAGE[10, 20])
    assert view[30:, 45:].std() < 0.3 * IMAGE[30:, 45:].std()
    assert view[9:12, 19:22].std() > 0.8 * IMAGE[9:12, 19:22].std()


def test_a_look_follows_the_blur_of_each_place():
    """Far from the fixation, where the blur hardly changes, the view is the evenly blurred picture."""
    sigma = foveation.blur_for(foveation.resolution(foveation.eccentricity((40, 60), (0, 0), 30)))
    view = foveation.foveate(IMAGE, (0, 0), 30, levels=60)
    for at in ((39, 59), (20, 40), (5, 5)):
        np.testing.assert_allclose(view[at], foveation.blurred(IMAGE, sigma[at])[at], atol=0.01)


def test_grey_pictures_are_welcome():
    assert foveation.foveate(IMAGE[..., 0], (3, 4), 10).shape == (40, 60)


def test_pixels_worth_is_the_sum_of_squares():
    # three pixels of 2.3 degrees: resolutions 1, 1/2, 1/3
    np.testing.assert_allclose(foveation.pixels_worth((1, 3), (0, 0), 6.9), 1 + 1 / 4 + 1 / 9)
