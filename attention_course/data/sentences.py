"""Restaurant reviews made by a small grammar, of which we know the words that decide the label.

    review   →  clause (joiner clause)* .
    clause   →  the NOUN was ADJECTIVE [TIME]
    joiner   →  and | but | while
    NOUN     →  a dish | a person who serves | something that does not matter

Every review holds one clause about the food, one about the service and ``distractors`` clauses about things
that do not matter, in any order.  All clauses draw their adjectives from the same words, so an adjective
alone does not tell whether it counts: the noun before it does.  The label joins two verdicts and takes both
to know: ``2 · (food was good) + (service was good)``.  The *evidence words* are the two adjectives of the
food and the service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

FOOD = ("soup", "fish", "bread", "salad", "cake", "pasta")
SERVICE = ("waiter", "waitress", "cook", "host", "barman", "cashier")
OTHER = ("street", "weather", "film", "train", "hotel", "concert", "garden", "museum")
GOOD = ("good", "lovely", "great", "fine", "superb", "charming")
BAD = ("bad", "awful", "poor", "dull", "dreadful", "grim")
TIMES = ("today", "again", "tonight")
JOINERS = ("and", "but", "while")
PAD = "·"

VOCABULARY = (PAD, "the", "was", ".", *FOOD, *SERVICE, *OTHER, *GOOD, *BAD, *TIMES, *JOINERS)
INDEX = {word: i for i, word in enumerate(VOCABULARY)}
LABELS = ("neither", "service only", "food only", "both")


@dataclass(frozen=True)
class Review:
    """A made sentence: its ``words``, its ``label`` (0 … 3), and where the deciding adjectives stand."""

    words: tuple[str, ...]
    label: int
    food: int
    service: int


def make_review(rng: np.random.Generator, distractors: tuple[int, int] = (1, 4)) -> Review:
    """Draw one :class:`Review`; ``distractors``: lowest and highest number of clauses that do not matter."""
    kinds = [FOOD, SERVICE] + [OTHER] * int(rng.integers(distractors[0], distractors[1] + 1))
    words, place, good = [], {}, {}
    for turn, i in enumerate(rng.permutation(len(kinds))):
        if turn:
            words.append(str(rng.choice(JOINERS)))
        words += ["the", str(rng.choice(kinds[i])), "was"]
        good[i] = bool(rng.integers(2))
        place[i] = len(words)
        words.append(str(rng.choice(GOOD if good[i] else BAD)))
        if rng.random() < 0.4:
            words.append(str(rng.choice(TIMES)))
    words.append(".")
    return Review(tuple(words), 2 * good[0] + good[1], place[0], place[1])


def make_reviews(
    count: int, seed: int, distractors: tuple[int, int] = (1, 4), exclude: Iterable[Review] = ()
) -> list[Review]:
    """``count`` different reviews, none of whose sentences is in ``exclude`` (reviews made before)."""
    rng = np.random.default_rng(seed)
    seen = {review.words for review in exclude}
    reviews: list[Review] = []
    while len(reviews) < count:
        review = make_review(rng, distractors)
        if review.words not in seen:
            seen.add(review.words)
            reviews.append(review)
    return reviews


def encode(reviews: Sequence[Review]) -> dict[str, np.ndarray]:
    """Arrays of a list of reviews, padded to the longest: a dict with

    ``tokens (N, T)`` int, 0 where padded; ``mask (N, T)`` bool, True on words; ``labels (N,)`` int;
    ``evidence (N, T)`` int, 1 on the adjective of the food, 2 on that of the service, 0 elsewhere.
    """
    longest = max(len(review.words) for review in reviews)
    tokens = np.zeros((len(reviews), longest), dtype=np.int64)
    evidence = np.zeros((len(reviews), longest), dtype=np.int64)
    for i, review in enumerate(reviews):
        tokens[i, : len(review.words)] = [INDEX[word] for word in review.words]
        evidence[i, review.food], evidence[i, review.service] = 1, 2
    return {
        "tokens": tokens,
        "mask": tokens != 0,
        "labels": np.array([review.label for review in reviews]),
        "evidence": evidence,
    }
