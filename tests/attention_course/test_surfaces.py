"""Patches of surfaces, cameras that fail, digits on walls."""

import numpy as np
import pytest

from attention_course.data import surfaces


def test_patches_are_standardised_and_can_be_repeated():
    x, y = surfaces.patches(np.random.default_rng(1), 200, test=False)
    assert x.shape == (200, surfaces.SIZE, surfaces.SIZE) and x.dtype == np.float32
    assert set(y) == set(range(len(surfaces.SURFACES)))
    assert np.abs(x.mean((1, 2))).max() < 1e-5 and x.std((1, 2)).max() < 1
    again, _ = surfaces.patches(np.random.default_rng(1), 200, test=False)
    np.testing.assert_array_equal(x, again)


def test_training_and_test_come_from_two_sides_of_a_line():
    picture = np.tile(np.r_[np.zeros(60), np.ones(40)], (50, 1))  # the line is at 60 % of the width
    rng = np.random.default_rng(2)
    for test in (False, True):
        cuts = [surfaces._cut(rng, picture, 16, test) for _ in range(300)]
        assert all(np.ptp(cut) == 0 for cut in cuts), "a patch reaches over the line"


@pytest.mark.parametrize("defect", ["fixed", "varying"])
def test_one_camera_sees_the_patch_and_the_others_send_loud_noise(defect):
    rng = np.random.default_rng(3)
    x, _ = surfaces.patches(rng, 400, test=False)
    seen, works = surfaces.seen_by_cameras(rng, x, defect)
    assert seen.shape == (400, surfaces.CAMERAS, surfaces.SIZE, surfaces.SIZE) and seen.dtype == np.float32
    np.testing.assert_array_equal(seen[np.arange(400), works], x)
    noise = seen[~np.eye(surfaces.CAMERAS, dtype=bool)[works]]
    assert noise.std() == pytest.approx(3, rel=0.01) and abs(noise.mean()) < 0.05
    assert set(works) == ({0} if defect == "fixed" else set(range(surfaces.CAMERAS)))


def test_there_is_no_third_defect():
    with pytest.raises(ValueError, match="fixed"):
        surfaces.seen_by_cameras(np.random.default_rng(0), np.zeros((1, 2, 2)), "moving")


def test_digits_on_walls_stand_where_the_corners_say():
    x, y, corners = surfaces.digits_on_walls(np.random.default_rng(4), 300, test=True)
    assert x.shape == (300, 1, surfaces.SCENE, surfaces.SCENE) and x.dtype == np.float32
    assert set(y) == set(range(surfaces.CLASSES))
    assert corners.min() >= 0 and corners.max() + surfaces.DIGIT <= surfaces.SCENE
    inside = np.zeros((300, surfaces.SCENE, surfaces.SCENE), dtype=bool)
    for mask, (top, left) in zip(inside, corners, strict=True):
        mask[top : top + surfaces.DIGIT, left : left + surfaces.DIGIT] = True
    brightest = x[:, 0].reshape(300, -1).argmax(1)
    hits = inside.reshape(300, -1)[np.arange(300), brightest]
    assert hits.mean() < 0.1, "the disc is brighter than the digit, and stands beside it"
    assert x[:, 0][inside].mean() > 1, "strokes are brighter than the wall"


def test_digits_of_training_and_test_are_different_ones():
    drawn = {}
    for test in (False, True):
        rng = np.random.default_rng(5)
        original = rng.choice

        class Spy:
            def __getattr__(self, name, rng=rng):
                return getattr(rng, name)

            def choice(self, numbers, count, original=original, test=test):
                drawn[test] = set(numbers)
                return original(numbers, count)

        surfaces.digits_on_walls(Spy(), 2, test)
    assert drawn[True] and not drawn[True] & drawn[False]
