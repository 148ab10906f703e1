import numpy as np
import pytest

from attention_course.data.photographs import photograph
from attention_course.mechanisms import saliency

RNG = np.random.default_rng(0)
GREY = np.full((128, 128, 3), 0.3)


def spot(colour, at=(64, 96), half=8):
    image = GREY.copy()
    image[at[0] - half : at[0] + half, at[1] - half : at[1] + half] = colour
    return image


def bar(degrees, size=65):
    """A bright bar through the middle that runs at ``degrees`` from horizontal, counter-clockwise."""
    rows, columns = np.indices((size, size)) - size // 2
    away = rows * np.cos(np.deg2rad(degrees)) + columns * np.sin(np.deg2rad(degrees))
    return (np.abs(away) < 1.5).astype(float)


# --- centre and surround


def test_centre_surround_of_a_point_is_the_difference_of_two_bells():
    point = np.zeros((61, 61))
    point[30, 30] = 1
    result = saliency.center_surround(point, 2.0, 5.0)
    at = np.arange(61) - 30
    bells = [np.exp(-(at[:, None] ** 2 + at**2) / (2 * s**2)) / (2 * np.pi * s**2) for s in (2.0, 5.0)]
    np.testing.assert_allclose(result, np.abs(bells[0] - bells[1]), atol=2e-4)


def test_centre_surround_ignores_a_constant_and_scales():
    image = RNG.uniform(size=(30, 40))
    one = saliency.center_surround(image, 1, 4)
    np.testing.assert_allclose(saliency.center_surround(3 * image + 10, 1, 4), 3 * one, atol=1e-9)
    assert one.shape == (30, 40) and (one >= 0).all()
    with pytest.raises(ValueError, match="wider"):
        saliency.center_surround(image, 4, 4)


# --- pyramid and channels


def test_pyramid_halves_and_keeps_what_is_even():
    levels = saliency.pyramid(np.full((2, 33, 50), 0.7), 4)
    assert [level.shape for level in levels] == [(2, 33, 50), (2, 17, 25), (2, 9, 13), (2, 5, 7)]
    for level in levels:
        np.testing.assert_allclose(level, 0.7)


def test_enlarge_interpolates_between_the_places_of_the_coarse_map():
    coarse = np.array([[0.0, 2.0, 4.0], [10.0, 12.0, 14.0]])
    fine = saliency.enlarge(coarse, (4, 6), 2)
    np.testing.assert_allclose(fine[0], [0, 1, 2, 3, 4, 4])
    np.testing.assert_allclose(fine[:, 0], [0, 5, 10, 10])


def test_channels_have_the_sign_of_their_colour():
    colours = {
        "red": (1, 0, 0),
        "green": (0, 1, 0),
        "blue": (0, 0, 1),
        "yellow": (1, 1, 0),
        "white": (1, 1, 1),
    }
    image = np.array([list(colours.values())], dtype=float)
    intensity, rg, by = saliency.opponent_channels(image)[:, 0]
    np.testing.assert_allclose(intensity, [1 / 3, 1 / 3, 1 / 3, 2 / 3, 1])
    assert rg[0] > 0 > rg[1] and by[2] > 0 > by[3]
    np.testing.assert_allclose([rg[2], rg[3], rg[4], by[4]], 0, atol=1e-12)


def test_a_colour_counts_the_same_in_the_shade_and_not_at_all_in_the_dark():
    image = np.array([[[0.9, 0.3, 0.3], [0.45, 0.15, 0.15], [0.03, 0.01, 0.01]]])
    _, rg, _ = saliency.opponent_channels(image)[:, 0]
    assert rg[0] == pytest.approx(rg[1]) and rg[0] > 0 and rg[2] == 0


def test_gabor_energy_prefers_its_own_orientation():
    for i, degrees in enumerate(saliency.ORIENTATIONS):
        answers = saliency.gabor_energy(bar(degrees))[:, 32, 32]
        assert answers.argmax() == i and answers[i] > 3 * np.delete(answers, i).max(), degrees


def test_gabor_energy_of_plain_grey_is_nothing():
    np.testing.assert_allclose(saliency.gabor_energy(np.full((20, 20), 0.6)), 0, atol=1e-12)


def test_a_drawn_level_is_the_level_of_the_pyramid():
    image = RNG.uniform(0.2, 0.8, size=(256, 256, 3))
    grey = image.mean(-1, keepdims=True).repeat(
        3, -1
    )  # colours are taken relative to intensity before the pyramid
    coarse = np.moveaxis(saliency.pyramid(np.moveaxis(grey, -1, 0), 3)[2], 0, -1)
    np.testing.assert_allclose(saliency.feature_maps(grey), saliency.feature_maps(coarse, level=2), atol=1e-9)


# --- saliency


def test_promote_on_paper():
    flat = np.zeros((3, 20, 20))
    flat[0, 3, 3], flat[0, 3, 15], flat[0, 15, 9] = 8, 7, 7
    flat[1, 3, 3], flat[1, 15, 9] = 8, 2
    promoted = saliency.promote(flat)
    np.testing.assert_allclose(promoted.max((1, 2)), [(1 - 7 / 8) ** 2, (1 - 1 / 4) ** 2, 0])
    assert promoted[1, 15, 9] == pytest.approx(0.25 * 0.5625)


def test_an_even_wall_is_not_salient_whatever_its_colour():
    for colour in ((0.8, 0.2, 0.2), (0.2, 0.2, 0.8), (1, 1, 1), (0, 0, 0)):
        wall = np.broadcast_to(np.array(colour, dtype=float), (128, 128, 3))
        assert np.abs(saliency.feature_maps(wall)).max() < 1e-9
        assert saliency.saliency_map(wall).max() == 0


@pytest.mark.parametrize("colour", [(0.9, 0.1, 0.1), (0.1, 0.1, 0.9), (0.9, 0.9, 0.9), (0.0, 0.0, 0.0)])
def test_a_lone_spot_is_the_most_salient_place(colour):
    path = saliency.scanpath(saliency.saliency_map(spot(colour)), 1, 1)
    assert np.abs(path[0] * 16 - (64, 96)).max() <= 16


def test_a_batch_is_its_displays_one_by_one():
    images = np.stack([spot((0.9, 0.1, 0.1)), spot((0, 0, 1), at=(32, 32)), RNG.uniform(size=GREY.shape)])
    for function in (saliency.saliency_map, saliency.channel_responses, saliency.feature_maps):
        batch = function(images)
        for one, image in zip(batch, images, strict=True):
            np.testing.assert_allclose(one, function(image), atol=1e-9)


def test_kinds_and_shapes():
    image = photograph("coffee")
    features = saliency.feature_maps(image)
    assert features.shape == (7, 6, 25, 38)
    parts = saliency.conspicuity_maps(features)
    assert list(parts) == ["intensity", "colour", "orientation"]
    np.testing.assert_allclose(saliency.combine(features), saliency.saliency_map(image))
    assert saliency.saliency_map(image).shape == (25, 38)


def test_channel_responses_name_the_oddity():
    at = (4, 6)  # the spot's place on the map
    for colour, name in (
        ((0.9, 0.1, 0.1), "red"),
        ((0.1, 0.9, 0.1), "green"),
        ((0.1, 0.1, 0.9), "blue"),
        ((0.9, 0.9, 0.1), "yellow"),
        ((0.9, 0.9, 0.9), "bright"),
        ((0.0, 0.0, 0.0), "dark"),
    ):
        found = saliency.channel_responses(spot(colour))
        assert found.shape == (8, 8, 10) and found.min() >= 0 and found.max() <= 1 + 1e-9
        assert found[(*at, saliency.CHANNELS.index(name))] > 0.8, name


def test_context_by_name():
    wish = saliency.context({"red": 2, "90°": -1})
    assert wish.shape == (10,) and wish[2] == 2 and wish[8] == -1 and np.abs(wish).sum() == 3
    with pytest.raises(KeyError, match="no channel"):
        saliency.context({"pink": 1})


# --- scanpath


def test_scanpath_takes_the_highest_places_outside_the_discs():
    race = np.zeros((5, 7))
    race[1, 1], race[1, 3], race[3, 5], race[4, 0] = 9, 8, 7, 6
    before = race.copy()
    path = saliency.scanpath(race, 3, 2)
    assert path.dtype.kind == "i"
    np.testing.assert_array_equal(path, [[1, 1], [3, 5], [4, 0]])  # (1, 3) lies on the edge of the first disc
    np.testing.assert_array_equal(saliency.scanpath(race, 2, 1.9), [[1, 1], [1, 3]])
    np.testing.assert_array_equal(race, before)


def test_a_used_up_map_is_named():
    with pytest.raises(ValueError, match="used up after 1"):
        saliency.scanpath(np.ones((3, 3)), 2, 9)
