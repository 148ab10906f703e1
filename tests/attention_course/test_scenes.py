import numpy as np
import pytest

from attention_course.data.scenes import DIGITS, RELATIONS, inside, make_scenes

LABELS = np.arange(10)
IMAGES = np.stack([np.full((8, 8), (label + 1) / 10) for label in LABELS])


def test_boxes_hold_what_the_words_name():
    for scene in make_scenes(IMAGES, LABELS, 50, seed=1, noise=0.05):
        assert scene.image.shape == (32, 32)
        for word, box in zip(scene.words, scene.boxes, strict=True):
            if box is None:
                assert word in RELATIONS
                continue
            top, left, bottom, right = box
            assert np.allclose(scene.image[top:bottom, left:right], (DIGITS.index(word) + 1) / 10)


def test_relations_and_reading_order():
    for scene in make_scenes(IMAGES, LABELS, 50, seed=2):
        for i in range(1, len(scene.words), 2):
            before, after = (np.array(scene.boxes[j][:2]) // 10 for j in (i - 1, i + 1))
            if scene.words[i] == "beside":
                assert before[0] == after[0] and before[1] < after[1]
            else:
                assert before[0] < after[0]


def test_seeded_and_checked():
    first, second = (make_scenes(IMAGES, LABELS, 3, seed=3) for _ in range(2))
    assert all(
        np.array_equal(a.image, b.image) and a.words == b.words for a, b in zip(first, second, strict=True)
    )
    with pytest.raises(ValueError, match="images must be"):
        make_scenes(IMAGES[:, :4], LABELS, 1, seed=0)


def test_inside():
    assert inside((0, 0, 8, 8), 1, 1, 4) and not inside((0, 0, 8, 8), 2, 1, 4)
    assert inside((0, 0, 8, 8), 2, 1, 4, margin=2)
