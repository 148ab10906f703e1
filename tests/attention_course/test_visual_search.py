import numpy as np
import pytest

from attention_course.data import visual_search as search


def looks(image, places):
    """For each bar its colour's largest channel and whether it stands upright, read from the pixels."""
    result = []
    for row, column in places:
        colour = int(image[row - 1 : row + 1, column - 1 : column + 1].mean((0, 1)).argmax())
        ink = image[row - 8 : row + 8, column - 8 : column + 8, colour] > 0.5
        result.append((colour, bool(ink.any(1).sum() > ink.any(0).sum())))
    return result


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        ("colour", {(2, True): 11}),
        ("orientation", {(0, False): 11}),
        ("conjunction", {(2, True): 6, (0, False): 5}),
        ("opponent", {(1, True): 11}),
    ],
)
def test_only_the_target_is_red_and_upright(kind, others):
    image, places = search.display(kind, 12, np.random.default_rng(3))
    assert image.shape == (144, 144, 3) and places.shape == (12, 2)
    found = looks(image, places)
    assert found[0] == (0, True)
    assert {look: found[1:].count(look) for look in set(found[1:])} == others


def test_a_conjunction_is_balanced_at_every_size():
    """What is left over goes to either sort equally often; all others stand in equal numbers."""
    for n in (4, 5, 8, 33):
        blue = [
            looks(*search.display("conjunction", n, np.random.default_rng(seed)))[1:].count((2, True))
            for seed in range(60)
        ]
        half = (n - 1) / 2
        assert set(blue) == ({half} if n % 2 else {half - 0.5, half + 0.5})
        assert abs(np.mean(blue) - half) < 0.2


def test_bars_may_be_longer_and_broader_and_must_fit():
    image, _ = search.display("opponent", 36, np.random.default_rng(0), bar=20, width=12)
    green = (image[..., 1] > 0.5).mean()
    assert abs(green - 35 * 240 / 144**2) < 0.01
    for size in ({"bar": 26}, {"bar": 7}, {"width": 18}, {"width": 0}):
        with pytest.raises(ValueError, match="even number of pixels"):
            search.display("colour", 4, np.random.default_rng(0), **size)


def test_bars_do_not_touch_and_colours_are_equally_bright():
    for seed in range(5):
        _, places = search.display("conjunction", 36, np.random.default_rng(seed))
        gaps = np.abs(places[:, None] - places[None]).max(-1)[np.triu_indices(36, 1)]
        assert gaps.min() >= 20
        assert places.min() >= 8 and places.max() <= 136
    assert sum(search.RED) == pytest.approx(sum(search.BLUE)) == pytest.approx(sum(search.GREEN))


def test_displays_are_the_same_for_the_same_seed():
    first, second, other = (search.displays("colour", 8, 3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[1], other[1])
    assert first[0].shape == (3, 144, 144, 3) and first[1].shape == (3, 8, 2)


def test_other_kinds_and_numbers_are_refused():
    for kind, n in (("shape", 8), ("colour", 37), ("colour", 1)):
        with pytest.raises(ValueError, match="kind must be one of"):
            search.display(kind, n, np.random.default_rng(0))


def test_bars_win_in_the_order_of_their_peaks():
    places = np.array([[[16, 16], [16, 80], [80, 16], [80, 80]]])
    maps = np.zeros((1, 36, 36))
    maps[0, 4, 4], maps[0, 5, 21], maps[0, 20, 3], maps[0, 20, 20] = 2, 4, 1, 3  # two of them a pixel off
    np.testing.assert_array_equal(search.order_of_bars(maps, places), [[3, 1, 4, 2]])
    np.testing.assert_array_equal(search.steps_to_target(maps, places), [3])
    np.testing.assert_array_equal(search.at_bars(maps, places), [[2, 4, 1, 3]])
    assert search.at_bars(np.stack([maps, -maps], axis=-1), places).shape == (1, 4, 2)
