"""Who does what to whom: sentences of chapter 2's grammar, and for each verb the words that play a part (chapter 5).

A verb has four roles, in this order: the subject's noun and adjective, the object's noun and adjective.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from attention_course.data.tokens import PAD
from attention_course.data.translation import ENGLISH, Sentence, english

ROLES = ("subject", "subject's adjective", "object", "object's adjective")
_PARTS = (("subject", "noun"), ("subject", "adjective"), ("object", "noun"), ("object", "adjective"))


class Roles(NamedTuple):
    """N sentences as arrays, with V the most verbs in one.

    ``tokens (N, n)``, padded; ``verbs (N, V)``, the verbs' places; ``places (N, V, 4)``, where each role's word stands;
    ``answers (N, V, 4)``, that word's number, 0 for a role that nobody plays.  A place is −1 where there is none.
    """

    tokens: np.ndarray
    verbs: np.ndarray
    places: np.ndarray
    answers: np.ndarray


def encode_roles(sentences: Sequence[Sentence]) -> Roles:
    """:class:`Roles` of a list of :class:`~attention_course.data.translation.Sentence`."""
    said = [english(sentence) for sentence in sentences]
    tokens = ENGLISH.encode([[word.text for word in words] for words in said])
    most = max(len(sentence.clauses) for sentence in sentences)
    places = np.full((len(said), most, 5), -1)
    for row, words in enumerate(said):
        where = {word.sure: place for place, word in enumerate(words)}
        for i in range(len(sentences[row].clauses)):
            ideas = [(i, "verb"), *((i, *part) for part in _PARTS)]
            places[row, i] = [where.get(idea, -1) for idea in ideas]
    verbs, places = places[..., 0], places[..., 1:]
    answers = np.take_along_axis(tokens[:, None], np.maximum(places, 0), axis=2)
    return Roles(tokens, verbs, places, np.where(places < 0, PAD, answers))
