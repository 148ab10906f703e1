import subprocess
import sys

import numpy as np

from attention_course.data.sentences import (
    BAD,
    FOOD,
    GOOD,
    INDEX,
    OTHER,
    PAD,
    SERVICE,
    TIMES,
    VOCABULARY,
    encode,
    make_reviews,
)

REVIEWS = make_reviews(300, seed=1)


def noun_before(review, place):
    """The noun of the clause whose adjective stands at ``place``: the nearest noun to the left."""
    return next(word for word in reversed(review.words[:place]) if word in FOOD + SERVICE + OTHER)


def test_the_label_follows_from_the_evidence_words():
    for review in REVIEWS:
        food_good = review.words[review.food] in GOOD
        service_good = review.words[review.service] in GOOD
        assert review.label == 2 * food_good + service_good
        assert {review.words[review.food], review.words[review.service]} <= set(GOOD + BAD)


def test_the_evidence_belongs_to_the_food_and_to_the_service():
    for review in REVIEWS:
        assert noun_before(review, review.food) in FOOD
        assert noun_before(review, review.service) in SERVICE
        assert sum(word in FOOD for word in review.words) == 1
        assert sum(word in SERVICE for word in review.words) == 1


def test_distractors_use_the_same_adjectives_and_their_number_is_kept():
    seen = set()
    for review in make_reviews(200, seed=5, distractors=(2, 3)):
        assert sum(word in OTHER for word in review.words) in (2, 3)
        seen |= {
            word
            for i, word in enumerate(review.words)
            if word in GOOD + BAD and noun_before(review, i) in OTHER
        }
    assert seen == set(GOOD + BAD)


def test_all_labels_orders_and_lengths_occur():
    assert np.bincount([review.label for review in REVIEWS], minlength=4).min() > 40
    assert 0.35 < np.mean([review.food < review.service for review in REVIEWS]) < 0.65
    assert len({len(review.words) for review in REVIEWS}) > 10
    assert any(word in TIMES for review in REVIEWS for word in review.words)


def test_same_seed_same_reviews_and_none_twice():
    assert make_reviews(50, seed=3) == make_reviews(50, seed=3) != make_reviews(50, seed=4)
    assert len({review.words for review in REVIEWS}) == len(REVIEWS)


def test_excluded_reviews_do_not_come_back():
    again = make_reviews(300, seed=1, exclude=REVIEWS)
    assert not {review.words for review in again} & {review.words for review in REVIEWS}


def test_encode_pads_masks_and_marks():
    arrays = encode(REVIEWS)
    assert VOCABULARY[0] == PAD and len(INDEX) == len(VOCABULARY)
    for i, review in enumerate(REVIEWS):
        n = len(review.words)
        assert tuple(VOCABULARY[t] for t in arrays["tokens"][i, :n]) == review.words
        assert not arrays["tokens"][i, n:].any()
        assert arrays["mask"][i].sum() == n and arrays["mask"][i, :n].all()
        assert list(np.flatnonzero(arrays["evidence"][i])) == sorted((review.food, review.service))
        assert arrays["evidence"][i, review.food] == 1 and arrays["evidence"][i, review.service] == 2
        assert arrays["labels"][i] == review.label
    assert arrays["tokens"].shape[1] == max(len(review.words) for review in REVIEWS)


def test_the_module_needs_neither_torch_nor_matplotlib():
    code = "import sys, attention_course.data.sentences; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
